"""Incidents as Django knows them."""

from importlib import import_module
from uuid import UUID

from django.apps import AppConfig

from anlan.ledger.ports import directory
from anlan.places import ports
from anlan.sensing.ports import neighbours, told


class IncidentsConfig(AppConfig):
    """The incidents context."""

    name = "anlan.incidents"
    label = "incidents"

    def ready(self) -> None:
        """Tell the ledger where things of this context are shown, and devices what people reported near them."""
        directory.links["incidents.report"] = _report
        directory.links["incidents.incident"] = _incident
        boundaries = import_module("anlan.incidents.services.boundaries")  # models are not ready when this file loads
        ports.goes += boundaries.GOES
        neighbours.append(import_module("anlan.incidents.queries").around)
        told.append(import_module("anlan.incidents.queries").told)


def _report(identifier: UUID) -> str:
    return f"/incidents/reports/{identifier}"


def _incident(identifier: UUID) -> str:
    return f"/incidents/{identifier}"
