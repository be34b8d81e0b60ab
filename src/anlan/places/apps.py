from django.apps import AppConfig


class PlacesConfig(AppConfig):
    name = "anlan.places"
    label = "places"
    verbose_name = "区划"
