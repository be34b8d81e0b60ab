"""The context as Django knows it."""

from importlib import import_module
from uuid import UUID

from django.apps import AppConfig

from anlan.ledger.ports import directory
from anlan.places import ports


class FieldworkConfig(AppConfig):
    """The fieldwork context."""

    name = "anlan.fieldwork"
    label = "fieldwork"

    def ready(self) -> None:
        """Tell the ledger where a record is shown, and places what goes along when divisions change."""
        directory.links["fieldwork.record"] = _record
        boundaries = import_module("anlan.fieldwork.services.boundaries")  # models are not ready when this file loads
        ports.goes += boundaries.GOES


def _record(identifier: UUID) -> str:
    return f"/field/records/{identifier}"
