"""Who acts: every request carries `request.actor`, and errors of authority become pages or JSON."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.web import problems
from anlan.web.surface import queries

AUTHORITY = (Refused, Hidden, Conflict, Invalid)


class ActorMiddleware:
    """Set `request.actor` (None for a visitor). A page needs sign-in unless its view is `@login_not_required`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.actor = queries("people").actor_for(request.user) if request.user.is_authenticated else None  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Send a visitor to sign-in, and back to where they wanted to go. /api/ decides for itself."""
        if (
            request.user.is_authenticated
            or not getattr(view, "login_required", True)
            or request.path.startswith("/api/")
        ):
            return None
        if request.headers.get("HX-Request"):  # a fragment cannot show a sign-in page: let htmx go there
            return HttpResponse(status=401, headers={"HX-Redirect": redirect_to_login(request.path)["Location"]})
        if problems.wants_json(request):
            return problems.body(problems.Problem(401, _("先登录"), _("这个地址要登录以后才能看。")))
        return redirect_to_login(request.get_full_path())

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 403, 404, 409 or 422; anything else is Django's to report."""
        return problems.page(request, problems.of(error)) if isinstance(error, AUTHORITY) else None
