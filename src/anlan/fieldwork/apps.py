"""The context as Django knows it."""

from importlib import import_module
from uuid import UUID

from django.apps import AppConfig

from anlan.fieldwork.ports import handlers, packs
from anlan.ledger.ports import directory
from anlan.places import ports


class FieldworkConfig(AppConfig):
    """The fieldwork context."""

    name = "anlan.fieldwork"
    label = "fieldwork"

    def ready(self) -> None:
        """Tell the ledger where things are shown, and places what goes along; take forms from phones."""
        directory.links["fieldwork.record"] = _record
        directory.links["fieldwork.form"] = _form
        boundaries = import_module("anlan.fieldwork.services.boundaries")  # models are not ready when this file loads
        ports.goes += boundaries.GOES
        handlers["fieldwork.form"] = import_module("anlan.fieldwork.services.forms").Submits()
        packs["fieldwork.forms"] = import_module("anlan.fieldwork.queries.forms").Keeps()


def _record(identifier: UUID) -> str:
    return f"/field/records/{identifier}"


def _form(identifier: UUID) -> str:
    return f"/field/forms/{identifier}"
