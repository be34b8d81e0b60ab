"""Call-out as Django knows it."""

from collections.abc import Sequence
from importlib import import_module
from urllib.parse import urlencode
from uuid import UUID

from django.apps import AppConfig
from django.conf import settings
from django.urls import reverse

from anlan.callout import carriers, tokens
from anlan.ledger.ports import directory
from anlan.people.ports import address_kinds, call_page
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
        call_page.fill(_page_for)
        directory.values["carrier"] = {name: one.label for name, one in carriers.discover().items()}
        boundaries = import_module("anlan.callout.services.boundaries")  # models are not ready when this file loads
        ports.goes += boundaries.GOES
        ports.followers.append(boundaries.Follower())


def _page_for(paths: Sequence[str], roles: Sequence[str]) -> str:
    return f"{reverse('callout:new')}?{urlencode({'paths': paths, 'roles': roles}, doseq=True)}"


def _call(call_id: UUID) -> str:
    return reverse("callout:board", args=[call_id])
