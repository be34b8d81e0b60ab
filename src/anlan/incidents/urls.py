"""Addresses of reports and incidents, written from the root."""

from django.urls import path

from anlan.incidents.pages import desk, incident, one, report

app_name = "incidents"
urlpatterns = [
    path("report", report.new, name="new"),
    path("report/where", report.where, name="where"),
    path("report/mine", report.mine, name="mine"),
    path("report/sent/<uuid:report_id>", report.sent, name="sent"),
    path("report/sent/<uuid:report_id>/act", report.act, name="sent-act"),
    path("report/photos/<uuid:photo_id>", report.photo, name="photo"),
    path("incidents", desk.index, name="index"),
    path("incidents/list.<str:kind>", desk.export, name="file"),
    path("incidents/phoned", desk.phoned, name="phoned"),
    path("incidents/replies/<uuid:identifier>", desk.from_reply, name="from-reply"),
    path("incidents/reports/<uuid:report_id>", one.report, name="report"),
    path("incidents/reports/<uuid:report_id>/act", one.act, name="report-act"),
    path("incidents/events", incident.index, name="incidents"),
    path("incidents/<uuid:incident_id>", incident.incident, name="incident"),
    path("incidents/<uuid:incident_id>/act", incident.act, name="incident-act"),
]
