"""Addresses of warnings, written from the root."""

from django.urls import path

from anlan.alerts.pages import alerts, intake, notices, open_doors, public, ringing, send, settings

app_name = "alerts"
urlpatterns = [
    path("alerts", alerts.index, name="list"),
    path("alerts/new", intake.upload, name="upload"),
    path("alerts/intake", intake.queue, name="intake"),
    path("alerts/intake/<uuid:intake_id>", intake.document, name="document"),
    path("alerts/intake/<uuid:intake_id>/retry", intake.retry, name="retry"),
    path("alerts/intake/<uuid:intake_id>/dismiss", intake.dismiss, name="dismiss"),
    path("alerts/calls/<uuid:call_id>", send.send, name="send"),
    path("alerts/calls/<uuid:call_id>/list", send.listed, name="send-list"),
    path("alerts/<uuid:alert_id>", alerts.alert, name="alert"),
    path("alerts/<uuid:alert_id>/handle", alerts.handle, name="handle"),
    path("alerts/<uuid:alert_id>/call", send.compose, name="compose"),
    path("alerts/<uuid:alert_id>/raw", alerts.raw, name="raw"),
    path("alerts/<uuid:alert_id>.geojson", alerts.shape, name="shape"),
    path("alerts/<uuid:notice_id>.cap.xml", open_doors.document, name="cap"),
    path("feed/alerts.atom", open_doors.atom, name="feed"),
    path("feed/<str:where>.atom", open_doors.place_atom, name="place-feed"),
    path("notices", notices.index, name="notices"),
    path("notices/new", notices.new, name="notice-new"),
    path("notices/<uuid:notice_id>", notices.notice, name="notice"),
    path("notices/<uuid:notice_id>/edit", notices.edit, name="notice-edit"),
    path("notices/<uuid:notice_id>/act", notices.act, name="notice-act"),
    path("settings/alerts/sources", settings.index, name="sources"),
    path("settings/alerts/sources/<uuid:source_id>", settings.source, name="source"),
    path("settings/alerts/sources/<uuid:source_id>/token", settings.token, name="source-token"),
    path("settings/alerts/sources/<uuid:source_id>/poll", settings.poll, name="source-poll"),
    path("settings/alerts/rules", settings.rules, name="rules"),
    path("r/", public.resident, name="resident"),
    path("r/<str:where>", public.resident, name="resident-place"),
    path("r/<str:where>/notice", public.door_notice, name="door-notice"),
    path("r/<str:where>/ring", ringing.ring, name="ring"),
    path("r/<str:where>/unring", ringing.unring, name="unring"),
]
