"""Incidents as Django knows them."""

from uuid import UUID

from django.apps import AppConfig

from anlan.ledger.ports import directory


class IncidentsConfig(AppConfig):
    """The incidents context."""

    name = "anlan.incidents"
    label = "incidents"

    def ready(self) -> None:
        """Tell the ledger where things of this context are shown."""
        directory.links["incidents.report"] = _report
        directory.links["incidents.incident"] = _incident


def _report(identifier: UUID) -> str:
    return f"/incidents/reports/{identifier}"


def _incident(identifier: UUID) -> str:
    return f"/incidents/{identifier}"
