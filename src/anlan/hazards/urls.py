"""Addresses of hazards and inspections, written from the root."""

from django.urls import URLPattern, path

from anlan.hazards.pages import tip_desk, tips

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
]
