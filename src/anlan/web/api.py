"""The one NinjaAPI: /api/v1, who may enter, and how an error reads as JSON."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.security import APIKeyCookie

from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.web import problems

CONTEXTS = ("alerts", "callout", "people", "places", "ledger")


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


def _answer(kind: type[Exception]) -> Callable[[HttpRequest, Exception], HttpResponse]:
    def handler(_request: HttpRequest, error: Exception) -> HttpResponse:
        return problems.as_json(error)

    handler.__name__ = f"answer_{kind.__name__.lower()}"
    return handler


for _kind in (Refused, Hidden, Conflict, Invalid):
    api.add_exception_handler(_kind, _answer(_kind))

for _name in CONTEXTS:
    if find_spec(f"anlan.{_name}.api"):
        api.add_router("", import_module(f"anlan.{_name}.api").router, tags=[_name])
