"""Warnings as Django knows them."""

from importlib import import_module
from uuid import UUID

from django.apps import AppConfig

from anlan.ledger.ports import directory
from anlan.places import ports


class AlertsConfig(AppConfig):
    """The alerts context."""

    name = "anlan.alerts"
    label = "alerts"

    def ready(self) -> None:
        """Tell the ledger where things of this context are shown."""
        directory.links["alerts.alert"] = _alert
        directory.links["alerts.notice"] = _notice
        directory.links["alerts.intake"] = _intake
        boundaries = import_module("anlan.alerts.services.boundaries")  # models are not ready when this file loads
        ports.goes += boundaries.GOES
        ports.followers.append(boundaries.Follower())


def _alert(identifier: UUID) -> str:
    return f"/alerts/{identifier}"


def _notice(identifier: UUID) -> str:
    return f"/notices/{identifier}"


def _intake(identifier: UUID) -> str:
    return f"/alerts/intake/{identifier}"
