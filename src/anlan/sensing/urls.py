"""Addresses of sensing, written from the root."""

from django.urls import URLPattern, path

from anlan.sensing.api import push_door, sensorthings
from anlan.sensing.pages import alarm, alarms, rules, streams

app_name = "sensing"
urlpatterns: list[URLPattern] = [
    path("sensing/alarms", alarms.index, name="alarms"),
    path("sensing/alarms/file.<str:kind>", alarms.export, name="alarms-file"),
    path("sensing/alarms/rates", alarms.false_rates, name="alarm-rates"),
    path("sensing/alarms/photos/<uuid:photo_id>", alarm.photo, name="alarm-photo"),
    path("sensing/alarms/<uuid:alarm_id>", alarm.alarm, name="alarm"),
    path("sensing/alarms/<uuid:alarm_id>/where.geojson", alarm.where, name="alarm-where"),
    path("sensing/alarms/<uuid:alarm_id>/<str:verb>", alarm.act, name="alarm-act"),
    path("sensing/push", push_door.push, name="push"),
    path("sta/v1.1", sensorthings.serve, name="sta-root"),
    path("sta/v1.1/<path:path>", sensorthings.serve, name="sta"),
    path("sensing/streams/<int:stream_id>", streams.stream, name="stream"),
    path("sensing/streams/<int:stream_id>/file.<str:kind>", streams.export, name="stream-file"),
    path("sensing/streams/<int:stream_id>/mark", streams.mark, name="stream-mark"),
    path("sensing/rules", rules.index, name="rules"),
    path("sensing/rules/new", rules.create, name="rule-new"),
    path("sensing/rules/<uuid:rule_id>", rules.rule, name="rule"),
    path("sensing/rules/<uuid:rule_id>/<str:verb>", rules.act, name="rule-act"),
]
