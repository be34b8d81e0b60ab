"""Addresses of analytics, written from the root."""

from django.urls import URLPattern

app_name = "analytics"
urlpatterns: list[URLPattern] = []
