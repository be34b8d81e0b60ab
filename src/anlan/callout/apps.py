"""Call-out as Django knows it."""

from uuid import UUID

from django.apps import AppConfig
from django.conf import settings
from django.urls import reverse

from anlan.callout import carriers, tokens
from anlan.ledger.ports import directory


class CalloutConfig(AppConfig):
    """The callout context."""

    name = "anlan.callout"
    label = "callout"

    def ready(self) -> None:
        """Give the answer links their key, and the ledger the way to a call and the names of carriers."""
        tokens.configure(settings.SECRET_KEY)
        directory.links["callout.call"] = _call
        directory.values["carrier"] = {name: one.label for name, one in carriers.discover().items()}


def _call(call_id: UUID) -> str:
    return reverse("callout:board", args=[call_id])
