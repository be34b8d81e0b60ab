"""Addresses of fieldwork, written from the root."""

from django.urls import URLPattern, path

from anlan.fieldwork.pages import pack

app_name = "fieldwork"
urlpatterns: list[URLPattern] = [
    path("field/pack", pack.pack, name="pack"),
]
