"""Fills the ports of lower contexts that need to know every context."""

from django.apps import AppConfig

from anlan.people import ports
from anlan.web import names


class WebConfig(AppConfig):
    """The web context."""

    name = "anlan.web"
    label = "web"

    def ready(self) -> None:
        """Tell people which permissions there are."""
        ports.permissions.fill(names.permissions)
