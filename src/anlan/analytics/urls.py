"""Addresses of analytics, written from the root."""

from django.urls import path

from anlan.analytics.pages import compare, measures, statistics

app_name = "analytics"
urlpatterns = [
    path("statistics", statistics.statistics, name="statistics"),
    path("statistics/compare", compare.compare, name="compare"),
    path("statistics/measures", measures.measures, name="measures"),
    path("statistics/measures/<slug:code>", measures.measure, name="measure"),
    path("statistics/measures/<slug:code>/define", measures.define, name="define"),
]
