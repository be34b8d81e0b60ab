"""Hazards as Django knows them."""

from collections.abc import Callable
from importlib import import_module
from uuid import UUID

from django.apps import AppConfig

from anlan.fieldwork.ports import handlers, packs
from anlan.ledger.ports import directory
from anlan.places import ports
from anlan.sensing.ports import told

_INSPECTIONS: dict[str, Callable[[UUID], str]] = {
    "hazards.object": lambda identifier: f"/inspections/objects/{identifier}",
    "hazards.programme": lambda identifier: f"/inspections/plans/{identifier}",
    "hazards.task": lambda identifier: f"/inspections/{identifier}",
    "hazards.visit": lambda identifier: f"/inspections/visits/{identifier}",
    "hazards.riskpoint": lambda identifier: f"/risks/{identifier}",
}


class HazardsConfig(AppConfig):
    """The hazards context."""

    name = "anlan.hazards"
    label = "hazards"

    def ready(self) -> None:
        """Tell the ledger where a hazard is shown, places what goes along when divisions change, fieldwork what phones
        send and keep, the map of devices what people saw.
        """
        directory.links |= {"hazards.hazard": _hazard, "hazards.tip": _tip} | _INSPECTIONS
        directory.links |= {"hazards.neglectlead": _lead, "hazards.conduct": _conduct}
        boundaries = import_module("anlan.hazards.services.boundaries")  # models are not ready when this file loads
        ports.goes += boundaries.GOES
        told.append(import_module("anlan.hazards.queries.told").told)
        handlers.update(import_module("anlan.hazards.services.phones").handlers())
        kept = import_module("anlan.hazards.queries.phones")
        packs.update({"hazards.library": kept.Library(), "hazards.hazards": kept.Hazards()})
        packs["hazards.inspections"] = kept.Inspections()


def _tip(identifier: UUID) -> str:
    return f"/tips/desk/{identifier}"


def _lead(identifier: UUID) -> str:
    return f"/conduct/leads/{identifier}"


def _conduct(pseudonym: UUID) -> str:
    return f"/conduct/{pseudonym}"


def _hazard(identifier: UUID) -> str:
    return f"/hazards/{identifier}"
