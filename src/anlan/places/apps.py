"""Tells the ledger how places are called."""

from importlib import import_module

from django.apps import AppConfig

from anlan.ledger.ports import directory


class PlacesConfig(AppConfig):
    """The places context."""

    name = "anlan.places"
    label = "places"
    verbose_name = "区划"

    def ready(self) -> None:
        """Fill the ledger's directory."""
        directory.places = import_module("anlan.places.queries").names  # models are not ready when this file loads
        directory.links |= {
            "places.place": lambda key: f"/places/id/{key}",
            "places.import": lambda key: f"/places/imports/{key}",
            "places.adjustment": lambda key: f"/places/adjustments/{key}",
            "places.reject": lambda key: f"/places/rejects/{key}",
        }
