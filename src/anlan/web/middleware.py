"""Who acts: every request carries `request.actor`, and errors of authority become pages or JSON."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.people import queries as people
from anlan.web import pages, problems

FREE = ("/accounts/", "/language", "/settings/look")  # open before the second factor is set up
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
AUTHORITY = (Refused, Hidden, Conflict, Invalid)


class ActorMiddleware:
    """Set `request.actor` (None for a visitor). A page needs sign-in unless its view is `@login_not_required`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.actor = self._actor(request)  # type: ignore[attr-defined]
        return self.get_response(request)

    def _actor(self, request: HttpRequest) -> Actor | None:
        if not request.user.is_authenticated:
            return None
        if request.user.person_id is None:  # an account made by hand, without a person: it may sign in and see nothing
            return Actor(name=request.user.get_username())
        return people.actor_for(request.user)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: tuple[Any, ...], _kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Send a visitor to sign-in, and back to where they wanted to go. /api/ decides for itself."""
        if _holds_nul(request):
            return pages.bad_request(request)
        if request.user.is_authenticated:
            return self._second_factor(request)
        if not getattr(view, "login_required", True) or request.path.startswith("/api/"):
            return None
        if request.headers.get("HX-Request"):  # a fragment cannot show a sign-in page: let htmx go there
            return HttpResponse(status=401, headers={"HX-Redirect": redirect_to_login(request.path)["Location"]})
        if problems.wants_json(request):
            return problems.body(problems.Problem(401, _("先登录"), _("这个地址要登录以后才能看。")))
        return redirect_to_login(request.get_full_path())

    def _second_factor(self, request: HttpRequest) -> HttpResponseBase | None:
        """Lead whoever must sign in with a second factor and has none to where they set one up."""
        user = request.user
        owed = settings.SECOND_FACTOR and getattr(user, "second_factor_owed", False)
        if not owed or request.path.startswith(FREE) or is_mfa_enabled(user):
            return None
        if problems.wants_json(request):
            return problems.body(problems.Problem(403, _("先设好两步验证"), _("你的岗位要求两步验证。")))
        messages.warning(request, _("你的岗位要求两步验证：先用手机上的验证器扫一扫，再办事。"))
        return redirect("mfa_activate_totp")

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 403, 404, 409 or 422; anything else is Django's to report."""
        return problems.page(request, problems.of(error)) if isinstance(error, AUTHORITY) else None


def _holds_nul(request: HttpRequest) -> bool:
    """Say whether the address or the form holds a NUL, which PostgreSQL's text cannot and no person ever typed."""
    if request.content_type == "application/json" and request.path.startswith("/api/") and b"\\u0000" in request.body:
        return True
    sent = (request.GET, request.POST) if request.content_type in FORMS else (request.GET,)
    return "\0" in request.path or any(
        "\0" in value for form in sent for _name, values in form.lists() for value in values
    )
