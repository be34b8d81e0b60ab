"""The context as Django knows it."""

from django.apps import AppConfig


class FieldworkConfig(AppConfig):
    """The fieldwork context."""

    name = "anlan.fieldwork"
    label = "fieldwork"
