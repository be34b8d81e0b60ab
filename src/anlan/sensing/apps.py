"""Sensing as Django knows it."""

from importlib import import_module
from uuid import UUID

from django.apps import AppConfig

from anlan.fieldwork.ports import handlers, packs
from anlan.ledger.ports import directory
from anlan.places import ports


class SensingConfig(AppConfig):
    """The sensing context."""

    name = "anlan.sensing"
    label = "sensing"

    def ready(self) -> None:
        """Tell the ledger where things are shown, places what goes along, fieldwork what phones send and keep."""
        directory.links |= {
            "sensing.thing": _thing,
            "sensing.rule": _rule,
            "sensing.alarm": _alarm,
            "sensing.feed": _feed,
        }
        boundaries = import_module("anlan.sensing.services.boundaries")  # models are not ready when this file loads
        ports.goes += boundaries.GOES
        handlers.update(import_module("anlan.sensing.services.alarm_phones").handlers())
        packs["sensing.alarms"] = import_module("anlan.sensing.queries.alarm_phones").Alarms()


def _thing(identifier: UUID) -> str:
    return f"/sensing/things/{identifier}"


def _rule(identifier: UUID) -> str:
    return f"/sensing/rules/{identifier}"


def _alarm(identifier: UUID) -> str:
    return f"/sensing/alarms/{identifier}"


def _feed(identifier: UUID) -> str:
    return f"/sensing/feeds/{identifier}"
