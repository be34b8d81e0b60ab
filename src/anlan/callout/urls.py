"""Addresses of call-out, written from the root."""

from django.urls import path

from anlan.callout.api import gateways
from anlan.callout.pages import (
    answer,
    board,
    calls,
    carriers,
    devices,
    inbox,
    mend,
    policies,
    printing,
    reach,
    statistics,
    unplaced,
)

app_name = "callout"
urlpatterns = [
    path("inbox", inbox.inbox, name="inbox"),
    path("inbox/<uuid:obligation>/answer", inbox.answer, name="answer-here"),
    path("a/<str:token>", answer.answer, name="answer"),
    path("calls", calls.calls, name="calls"),
    path("calls/statistics", statistics.statistics, name="statistics"),
    path("calls/<uuid:call_id>", board.call_board, name="board"),
    path("calls/<uuid:call_id>/persons/<uuid:obligation>", calls.person, name="person"),
    path("calls/<uuid:call_id>/print", printing.printed, name="print"),
    path("calls/<uuid:call_id>/unreached", board.call_unreached, name="unreached"),
    path("calls/<uuid:call_id>/list.<str:kind>", board.call_list, name="board-list"),
    path("calls/<uuid:call_id>/report", board.call_report, name="board-report"),
    path("calls/<uuid:call_id>/report.<str:kind>", board.call_report_file, name="board-report-file"),
    path("calls/<uuid:call_id>/proxy/<uuid:obligation>", board.call_proxy, name="proxy"),
    path("unplaced", unplaced.queue, name="unplaced"),
    path("unplaced/<uuid:identifier>", unplaced.settle, name="unplaced-settle"),
    path("settings/policies", policies.policies_list, name="policies"),
    path("settings/policies/<str:code>", policies.policy, name="policy"),
    path("settings/carriers", carriers.carriers, name="carriers"),
    path("settings/carriers/<str:name>", carriers.carrier, name="carrier"),
    path("settings/carriers/<str:name>/test", carriers.test, name="carrier-test"),
    path("settings/carriers/<str:name>/look", carriers.look, name="carrier-look"),
    path("settings/reminders", devices.mine, name="devices"),
    path("settings/reminders/add", devices.add, name="device-add"),
    path("settings/reminders/try", devices.trial, name="device-try"),
    path("settings/reminders/<uuid:device_id>/remove", devices.remove, name="device-remove"),
    path("sw.js", devices.worker, name="worker"),
    path("push/ack", devices.acknowledge, name="push-ack"),
    path("settings/reach", reach.settings, name="asking"),
    path("people/reach", reach.reach, name="reach"),
    path("people/reach/start", reach.begin, name="reach-start"),
    path("people/reach/<uuid:round_id>/<slug:verb>", reach.act, name="reach-act"),
    path("people/reach/mend", mend.queue, name="mend"),
    path("people/reach/mend/<uuid:person_id>", mend.mend, name="mend-person"),
    path("people/reach/fill/<uuid:post_id>", mend.fill, name="mend-post"),
    path("gateway/<str:carrier>/events", gateways.events, name="gateway-events"),
]
