"""Who comes through a bare door: the session's account and its CSRF token, asked as Django's middleware asks."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import translation

from anlan.kernel.authority import Actor
from anlan.people import queries as people

Scope = MutableMapping[str, Any]
HEADER = b"x-anlan-field"
sessions = import_module(settings.SESSION_ENGINE)


class Unentered(PermissionError):  # noqa: N818 - a sentence: they did not get in
    """Not let in: `status` 401 (sign in first) or 403, `error` a code for the client."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status, self.error = status, error


@dataclass(frozen=True, slots=True)
class Entered:
    """Who came in, and in which language they are answered."""

    by: Actor
    language: str


class _Request(HttpRequest):
    """What Django asks of a request: headers and cookies of an ASGI scope."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.method, self.path = scope["method"], scope["path"]
        self._at = scope.get("scheme", "http")
        for name, value in scope["headers"]:
            self.META["HTTP_" + name.decode("latin-1").upper().replace("-", "_")] = value.decode("latin-1")
        host, port = scope.get("server") or ("localhost", 80)
        self.META |= {"SERVER_NAME": host, "SERVER_PORT": str(port)}
        try:
            self.COOKIES = {k: m.value for k, m in SimpleCookie(self.META.get("HTTP_COOKIE", "")).items()}
        except CookieError:
            self.COOKIES = {}

    def _get_scheme(self) -> str:
        return str(self._at)


class _Token(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:  # noqa: ARG002 - Django's signature
        return HttpResponse(reason, status=403)


def _nothing(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def enter(scope: Scope, *, writes: bool = True) -> Entered:
    """Return who a request comes from. Raises Unentered. Asks the database: call it in a thread."""
    request = _Request(scope)
    request.session = sessions.SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    user = get_user(request)
    if not user.is_authenticated:
        raise Unentered(401, "sign in first")
    if writes:
        if not any(name == HEADER for name, _value in scope["headers"]):
            raise Unentered(403, "the header X-Anlan-Field is missing")
        check = _Token(_nothing)
        try:
            check.process_request(request)
            refused = check.process_view(request, _nothing, (), {})
        except DisallowedHost as error:
            raise Unentered(400, "unknown host") from error
        if refused is not None:
            raise Unentered(403, "the CSRF token is missing or wrong; fetch /field/pack for a new one")
    if user.person_id is None:
        return Entered(Actor(name=user.get_username()), _language(request))
    by = people.actor_for(user)
    if settings.SECOND_FACTOR and user.second_factor_owed and not is_mfa_enabled(user):
        raise Unentered(403, "set up the second factor first")
    return Entered(by, _language(request))


def _language(request: HttpRequest) -> str:
    return translation.get_language_from_request(request) or settings.LANGUAGE_CODE
