"""The one NinjaAPI: /api/v1, who may enter, and how an error reads as JSON."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.security import APIKeyCookie

from anlan.alerts import api as alerts
from anlan.analytics import api as analytics
from anlan.callout import api as callout
from anlan.hazards import api as hazards
from anlan.incidents import api as incidents
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.people import api as people
from anlan.places import api as places
from anlan.sensing import api as sensing
from anlan.web import problems


class SignedIn(APIKeyCookie):
    """A session with an actor; writes need the CSRF token (header X-CSRFToken)."""

    param_name = "sessionid"

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:  # noqa: ARG002 - ninja's signature
        """Return the actor the middleware found; the key itself was read by Django's session."""
        actor: Actor | None = getattr(request, "actor", None)
        return actor


api = NinjaAPI(
    title="Anlan 安澜",
    version="1",
    description="一个城市基层的风险、预警、叫应与台账。Errors are application/problem+json.",
    auth=SignedIn(csrf=True),
    urls_namespace="api",
)


def _answer(kind: type[Exception]) -> Callable[[HttpRequest, Any], HttpResponse]:
    def handler(_request: HttpRequest, error: Any) -> HttpResponse:
        return problems.as_json(error)

    handler.__name__ = f"answer_{kind.__name__.lower()}"
    return handler


for _kind in (Refused, Hidden, Conflict, Invalid):
    api.add_exception_handler(_kind, _answer(_kind))

for _name, _router in (
    ("analytics", analytics.router),
    ("incidents", incidents.router),
    ("hazards", hazards.router),
    ("sensing", sensing.router),
    ("alerts", alerts.router),
    ("callout", callout.router),
    ("people", people.router),
    ("places", places.router),
):
    api.add_router("", _router, tags=[_name])
