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
        directory.types |= {"places.place": "地方", "places.import": "地方的导入", "places.reject": "导入待处理的行"}
