"""Addresses of sensing."""

from django.urls import URLPattern

app_name = "sensing"
urlpatterns: list[URLPattern] = []
