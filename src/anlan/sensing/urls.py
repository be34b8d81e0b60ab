"""Addresses of sensing, written from the root."""

from django.urls import URLPattern, path

from anlan.sensing.api import push_door, sensorthings
from anlan.sensing.pages import (
    alarm,
    alarms,
    health,
    intake,
    purposes,
    rules,
    streams,
    thing_forms,
    things,
    things_import,
)

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
    path("sensing/things", things.index, name="things"),
    path("sensing/things.geojson", things.geojson, name="things-map"),
    path("sensing/things.<str:kind>", things.export, name="things-file"),
    path("sensing/things/import", things_import.upload, name="things-upload"),
    path("sensing/things/sample.<str:kind>", things_import.sample, name="things-sample"),
    path("sensing/things/imports/<uuid:import_id>", things_import.imported, name="things-import"),
    path("sensing/things/imports/<uuid:import_id>/faults.<str:kind>", things_import.faults, name="things-faults"),
    path("sensing/things/new", thing_forms.create, name="thing-new"),
    path("sensing/things/<uuid:thing_id>", things.one, name="thing"),
    path("sensing/things/<uuid:thing_id>/where.geojson", things.where, name="thing-where"),
    path("sensing/things/<uuid:thing_id>/edit", thing_forms.edit, name="thing-edit"),
    path("sensing/things/<uuid:thing_id>/act", things.act, name="thing-act"),
    path("sensing/unclaimed", intake.unclaimed, name="unclaimed"),
    path("sensing/unclaimed/claim", intake.claim, name="claim"),
    path("sensing/rejected", intake.rejected, name="rejected"),
    path("sensing/rejected.<str:kind>", intake.rejected_file, name="rejected-file"),
    path("sensing/rejected/settle", intake.settle, name="rejected-settle"),
    path("sensing/purposes", purposes.index, name="purposes"),
    path("sensing/purposes/<uuid:purpose_id>/end", purposes.end, name="purpose-end"),
    path("sensing/health", health.index, name="health"),
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
