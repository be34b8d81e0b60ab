"""Addresses of analytics, written from the root."""

from django.urls import path

from anlan.analytics.pages import compare, findings, forms, measures, statistics

app_name = "analytics"
urlpatterns = [
    path("statistics", statistics.statistics, name="statistics"),
    path("statistics/compare", compare.compare, name="compare"),
    path("statistics/findings", findings.findings, name="findings"),
    path("statistics/findings/<uuid:identifier>", findings.finding, name="finding"),
    path("statistics/burden", forms.burden, name="burden"),
    path("statistics/gate", forms.entries, name="gate"),
    path("statistics/gate/new", forms.enter, name="enter"),
    path("statistics/gate/<uuid:identifier>", forms.entry, name="form"),
    path("statistics/measures", measures.measures, name="measures"),
    path("statistics/measures/<slug:code>", measures.measure, name="measure"),
    path("statistics/measures/<slug:code>/define", measures.define, name="define"),
]
