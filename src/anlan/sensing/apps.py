"""Sensing as Django knows it."""

from importlib import import_module
from uuid import UUID

from django.apps import AppConfig

from anlan.ledger.ports import directory
from anlan.places import ports


class SensingConfig(AppConfig):
    """The sensing context."""

    name = "anlan.sensing"
    label = "sensing"

    def ready(self) -> None:
        """Tell the ledger where things, rules and alarms are shown, and places what goes along."""
        directory.links |= {"sensing.thing": _thing, "sensing.rule": _rule, "sensing.alarm": _alarm}
        boundaries = import_module("anlan.sensing.services.boundaries")  # models are not ready when this file loads
        ports.goes += boundaries.GOES


def _thing(identifier: UUID) -> str:
    return f"/sensing/things/{identifier}"


def _rule(identifier: UUID) -> str:
    return f"/sensing/rules/{identifier}"


def _alarm(identifier: UUID) -> str:
    return f"/sensing/alarms/{identifier}"
