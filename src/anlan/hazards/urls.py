"""Addresses of hazards and inspections, written from the root."""

from django.urls import URLPattern, path

from anlan.hazards.pages import act, bulk, desk, new, one, paper, tip_desk, tips

app_name = "hazards"
urlpatterns: list[URLPattern] = [
    path("tips", tips.new, name="tips"),
    path("tips/find", tips.find, name="tip-find"),
    path("tips/desk", tip_desk.index, name="tips-desk"),
    path("tips/desk/muted", tip_desk.muted, name="tips-muted"),
    path("tips/desk/rewards", tip_desk.ledger, name="tip-rewards"),
    path("tips/desk/rewards.<str:kind>", tip_desk.rewards_file, name="tip-rewards-file"),
    path("tips/desk/poster/<str:path>", tip_desk.poster, name="tip-poster"),
    path("tips/desk/poster/<str:path>/code.svg", tip_desk.poster_code, name="tip-poster-code"),
    path("tips/desk/<uuid:tip_id>", tip_desk.one, name="tip-one"),
    path("tips/desk/<uuid:tip_id>/informant", tip_desk.informant, name="tip-informant"),
    path("tips/desk/<uuid:tip_id>/photos/<uuid:upload_id>", tip_desk.photo, name="tip-photo"),
    path("tips/<str:receipt>", tips.one, name="tip"),
    path("hazards", desk.index, name="index"),
    path("hazards/points", desk.points, name="points"),
    path("hazards/list.<str:kind>", desk.export, name="file"),
    path("hazards/views", desk.views, name="views"),
    path("hazards/assign", bulk.bulk, name="bulk"),
    path("hazards/new", new.new, name="new"),
    path("hazards/photos/<uuid:evidence_id>", one.photo, name="photo"),
    path("hazards/<uuid:hazard_id>", one.hazard, name="hazard"),
    path("hazards/<uuid:hazard_id>/where", one.where, name="where"),
    path("hazards/<uuid:hazard_id>/notice", paper.notice, name="notice"),
    path("hazards/<uuid:hazard_id>/print", paper.printed, name="print"),
    path("hazards/<uuid:hazard_id>/bundle", paper.bundle, name="bundle"),
    path("hazards/<uuid:hazard_id>/do/<slug:verb>", act.act, name="act"),
]
