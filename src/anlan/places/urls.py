"""Addresses of places, written from the root. A place is found by its path: digits and capitals, four a level."""

from django.urls import path, re_path

from anlan.places import pages

PATH = r"(?P<where>(?:[0-9A-Z]{4}){1,10})"

app_name = "places"
urlpatterns = [
    path("places", pages.index, name="index"),
    path("places.geojson", pages.map_of_all, name="map-all"),
    path("places/imports", pages.imports, name="imports"),
    path("places/imports/new", pages.upload, name="upload"),
    path("places/imports/<uuid:import_id>", pages.import_page, name="import"),
    path("places/imports/<uuid:import_id>/store", pages.store, name="import-store"),
    path("places/imports/<uuid:import_id>/undo", pages.undo, name="import-undo"),
    path("places/imports/<uuid:import_id>/findings.<str:kind>", pages.findings_file, name="import-findings"),
    path("places/id/<uuid:place_id>", pages.by_id, name="by-id"),
    path("places/adjustments", pages.adjustments, name="adjustments"),
    path("places/adjustments/new", pages.adjustment_new, name="adjustment-new"),
    path("places/adjustments/<uuid:plan_id>", pages.adjustment, name="adjustment"),
    path("places/adjustments/<uuid:plan_id>/lines.<str:kind>", pages.adjustment_file, name="adjustment-file"),
    path("places/adjustments/<uuid:plan_id>/accept", pages.adjustment_accept, name="adjustment-accept"),
    path("places/adjustments/<uuid:plan_id>/add", pages.adjustment_add, name="adjustment-add"),
    path("places/adjustments/<uuid:plan_id>/apply", pages.adjustment_apply, name="adjustment-apply"),
    path("places/adjustments/<uuid:plan_id>/undo", pages.adjustment_undo, name="adjustment-undo"),
    path("places/adjustments/<uuid:plan_id>/drop", pages.adjustment_drop, name="adjustment-drop"),
    path("places/adjustments/lines/<uuid:line_id>", pages.adjustment_line, name="adjustment-line"),
    path("places/rejects", pages.rejects, name="rejects"),
    path("places/rejects/<uuid:reject_id>", pages.settle, name="settle"),
    re_path(rf"^places/{PATH}$", pages.place, name="place"),
    re_path(rf"^places/{PATH}/map\.geojson$", pages.map_of, name="map"),
    re_path(rf"^places/{PATH}/children\.(?P<kind>csv|xlsx|geojson)$", pages.children_file, name="children-file"),
    re_path(rf"^places/{PATH}/history$", pages.history, name="history"),
    re_path(rf"^places/{PATH}/edit$", pages.edit, name="edit"),
    re_path(rf"^places/{PATH}/add$", pages.add, name="add"),
    re_path(rf"^places/{PATH}/close$", pages.close, name="close"),
    re_path(rf"^places/{PATH}/reopen$", pages.reopen, name="reopen"),
    re_path(rf"^places/{PATH}/recode$", pages.recode, name="recode"),
]
