"""Addresses of fieldwork, written from the root."""

from django.urls import URLPattern

app_name = "fieldwork"
urlpatterns: list[URLPattern] = []
