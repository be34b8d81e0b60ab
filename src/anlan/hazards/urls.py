"""Addresses of hazards and inspections, written from the root."""

from django.urls import URLPattern

app_name = "hazards"
urlpatterns: list[URLPattern] = []
