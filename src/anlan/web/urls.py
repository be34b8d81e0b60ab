"""Every address. A context's own addresses stand in its `urls.py` and are written from the root."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from anlan.web import health, kiosk, offline, pages
from anlan.web.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("search", pages.search, name="search"),
    path("settings", pages.settings_index, name="settings"),
    path("settings/look", pages.look, name="look"),
    path("language", login_not_required(set_language), name="set_language"),
    path("sw.js", offline.worker, name="worker"),
    path("field", offline.page, name="field"),
    path("field/manifest.webmanifest", offline.manifest, name="field-manifest"),
    path("kiosk/<str:where>", kiosk.home, name="kiosk"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("", include("anlan.analytics.urls")),
    path("", include("anlan.incidents.urls")),
    path("", include("anlan.hazards.urls")),
    path("", include("anlan.sensing.urls")),
    path("", include("anlan.fieldwork.urls")),
    path("", include("anlan.alerts.urls")),
    path("", include("anlan.callout.urls")),
    path("", include("anlan.people.urls")),
    path("", include("anlan.places.urls")),
    path("", include("anlan.ledger.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", api.urls),
    path("scim/v2/", include("anlan.web.scim")),
    path("demo/", include("anlan.web.demo")),
]

handler400 = "anlan.web.pages.bad_request"
handler403 = "anlan.web.pages.forbidden"
handler404 = "anlan.web.pages.not_found"
handler500 = "anlan.web.pages.broken"
