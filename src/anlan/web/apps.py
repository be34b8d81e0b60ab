"""Fills the ports of lower contexts that need to know every context."""

from importlib import import_module

from django.apps import AppConfig

from anlan.fieldwork.ports import packs
from anlan.people import ports
from anlan.web import names


class WebConfig(AppConfig):
    """The web context."""

    name = "anlan.web"
    label = "web"

    def ready(self) -> None:
        """Tell people which permissions there are, and fieldwork what contexts beside it take and a phone keeps."""
        ports.permissions.fill(names.permissions)
        import_module("anlan.web.field").fill()  # models are not ready when this file loads
        packs["places.ground"] = import_module("anlan.web.ground").Ground()
