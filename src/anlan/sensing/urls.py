"""Addresses of sensing, written from the root."""

from django.urls import URLPattern, path

from anlan.sensing.api import sensorthings
from anlan.sensing.pages import alarm, alarms

app_name = "sensing"
urlpatterns: list[URLPattern] = [
    path("sensing/alarms", alarms.index, name="alarms"),
    path("sensing/alarms/file.<str:kind>", alarms.export, name="alarms-file"),
    path("sensing/alarms/rates", alarms.false_rates, name="alarm-rates"),
    path("sensing/alarms/photos/<uuid:photo_id>", alarm.photo, name="alarm-photo"),
    path("sensing/alarms/<uuid:alarm_id>", alarm.alarm, name="alarm"),
    path("sensing/alarms/<uuid:alarm_id>/where.geojson", alarm.where, name="alarm-where"),
    path("sensing/alarms/<uuid:alarm_id>/<str:verb>", alarm.act, name="alarm-act"),
    path("sta/v1.1", sensorthings.serve, name="sta-root"),
    path("sta/v1.1/<path:path>", sensorthings.serve, name="sta"),
]
