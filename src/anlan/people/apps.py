"""Hands the keys to the vault at start-up."""

from django.apps import AppConfig
from django.conf import settings

from anlan.people import secrecy


class PeopleConfig(AppConfig):
    """The people context."""

    name = "anlan.people"
    label = "people"

    def ready(self) -> None:
        """Give the vault its keys."""
        secrecy.configure(settings.FIELD_KEY, settings.LOOKUP_KEY)
