"""Call-out as Django knows it."""

from django.apps import AppConfig


class CalloutConfig(AppConfig):
    """The callout context."""

    name = "anlan.callout"
    label = "callout"
