"""Call-out as Django knows it."""

from importlib import import_module
from uuid import UUID

from django.apps import AppConfig
from django.conf import settings
from django.urls import reverse

from anlan.callout import carriers, tokens
from anlan.ledger.ports import directory
from anlan.people.ports import address_kinds
from anlan.places import ports


class CalloutConfig(AppConfig):
    """The callout context."""

    name = "anlan.callout"
    label = "callout"

    def ready(self) -> None:
        """Give the answer links their key, the ledger its ways and names, and people the kinds of account."""
        tokens.configure(settings.SECRET_KEY)
        directory.links["callout.call"] = _call
        address_kinds.fill(carriers.address_kinds)
        directory.values["carrier"] = {name: one.label for name, one in carriers.discover().items()}
        boundaries = import_module("anlan.callout.services.boundaries")  # models are not ready when this file loads
        ports.goes += boundaries.GOES
        ports.followers.append(boundaries.Follower())


def _call(call_id: UUID) -> str:
    return reverse("callout:board", args=[call_id])
