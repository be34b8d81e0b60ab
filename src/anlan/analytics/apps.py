"""The context as Django knows it."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """The analytics context."""

    name = "anlan.analytics"
    label = "analytics"
