"""Every address. A context's own addresses stand in its `urls.py` and are written from the root."""

from importlib.util import find_spec

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from anlan.web import health, pages
from anlan.web.api import api

CONTEXTS = ("alerts", "callout", "people", "places", "ledger")


def context_urls() -> list[URLResolver]:
    return [path("", include(f"anlan.{name}.urls")) for name in CONTEXTS if find_spec(f"anlan.{name}.urls")]


urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("search", pages.search, name="search"),
    path("settings", pages.settings_index, name="settings"),
    path("settings/look", pages.look, name="look"),
    path("language", login_not_required(set_language), name="set_language"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    *context_urls(),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", api.urls),
    path("demo/", include("anlan.web.demo")),
]

handler400 = "anlan.web.pages.bad_request"
handler403 = "anlan.web.pages.forbidden"
handler404 = "anlan.web.pages.not_found"
handler500 = "anlan.web.pages.broken"
