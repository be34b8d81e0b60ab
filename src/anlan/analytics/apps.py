"""The context as Django knows it."""

from importlib import import_module
from uuid import UUID

from django.apps import AppConfig

from anlan.fieldwork.ports import gates
from anlan.ledger.ports import directory
from anlan.places import ports


class AnalyticsConfig(AppConfig):
    """The analytics context."""

    name = "anlan.analytics"
    label = "analytics"

    def ready(self) -> None:
        """Tell the ledger where a finding is shown, and places what goes along when divisions change."""
        directory.links["analytics.finding"] = _finding
        directory.links["analytics.form"] = _form
        boundaries = import_module("anlan.analytics.services.boundaries")  # models are not ready when this file loads
        ports.goes += boundaries.GOES
        ports.followers.append(boundaries.Follower())
        gates.append(import_module("anlan.analytics.services.gate").of_published)


def _finding(identifier: UUID) -> str:
    return f"/statistics/findings/{identifier}"


def _form(identifier: UUID) -> str:
    return f"/statistics/gate/{identifier}"
