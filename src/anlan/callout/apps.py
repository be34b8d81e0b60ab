"""Call-out as Django knows it."""

from django.apps import AppConfig
from django.conf import settings

from anlan.callout import tokens


class CalloutConfig(AppConfig):
    """The callout context."""

    name = "anlan.callout"
    label = "callout"

    def ready(self) -> None:
        """Give the answer links their key."""
        tokens.configure(settings.SECRET_KEY)
