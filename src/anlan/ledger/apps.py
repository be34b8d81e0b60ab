"""Finds, when every app is loaded, what each context adds: reactions, and words for its entries."""

from importlib import import_module

from django.apps import AppConfig, apps
from django.utils.module_loading import autodiscover_modules, module_has_submodule

from anlan.ledger.ports import directory


class LedgerConfig(AppConfig):
    """The ledger as Django knows it."""

    name = "anlan.ledger"
    label = "ledger"

    def ready(self) -> None:
        """Load every context's reactions and gather the words by which its entries and machines read."""
        for config in apps.get_app_configs():
            if config.name.startswith("anlan.") and config.module and module_has_submodule(config.module, "terms"):
                terms = import_module(f"{config.name}.terms")
                directory.words.update(getattr(terms, "WORDS", {}))
                directory.keys.update(getattr(terms, "KEYS", ()))
                directory.types.update(getattr(terms, "TYPES", {}))
                directory.machines.update(getattr(terms, "MACHINES", {}))
                directory.values.update(getattr(terms, "VALUES", {}))
        autodiscover_modules("reactions")
