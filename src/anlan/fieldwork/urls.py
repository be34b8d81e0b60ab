"""Addresses of fieldwork, written from the root."""

from django.urls import URLPattern, path

from anlan.fieldwork.pages import pack, queue

app_name = "fieldwork"
urlpatterns: list[URLPattern] = [
    path("field/pack", pack.pack, name="pack"),
    path("field/queue", queue.queue, name="queue"),
    path("field/mine", queue.mine, name="mine"),
    path("field/records/<uuid:record_id>", queue.record, name="record"),
    path("field/records/<uuid:record_id>/settle", queue.settle, name="settle"),
]
