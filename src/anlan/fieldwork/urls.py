"""Addresses of fieldwork, written from the root."""

from django.urls import URLPattern, path

from anlan.fieldwork.pages import forms, pack, queue

app_name = "fieldwork"
urlpatterns: list[URLPattern] = [
    path("field/forms", forms.index, name="forms"),
    path("field/forms/new", forms.new, name="form-new"),
    path("field/forms/<uuid:form_id>", forms.form, name="form"),
    path("field/forms/<uuid:form_id>/versions/<int:number>.xlsx", forms.source, name="form-source"),
    path("field/forms/<uuid:form_id>/submissions", forms.submissions, name="submissions"),
    path("field/forms/<uuid:form_id>/submissions.<str:kind>", forms.export, name="form-export"),
    path("field/forms/<uuid:form_id>/publish", forms.publish, name="form-publish"),
    path("field/forms/<uuid:form_id>/retire", forms.retire, name="form-retire"),
    path("field/pack", pack.pack, name="pack"),
    path("field/queue", queue.queue, name="queue"),
    path("field/mine", queue.mine, name="mine"),
    path("field/records/<uuid:record_id>", queue.record, name="record"),
    path("field/records/<uuid:record_id>/settle", queue.settle, name="settle"),
]
