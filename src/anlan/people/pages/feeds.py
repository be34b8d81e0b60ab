"""Calendars to subscribe to: a private address, shown once; the feed itself asks for no sign-in."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from anlan.people import duty_calendar, queries, services
from anlan.people.pages import shared
from anlan.people.pages.shared import actor_of


@never_cache
@require_POST
def open_feed(request: HttpRequest) -> HttpResponse:
    """Make an address and show it once; the one before stops."""
    by, text = actor_of(request), request.POST.get("rota", "")
    token = services.open_feed(by=by, rota_id=shared.uuid_of(text, "rota") if text else None)
    address = settings.PUBLIC_URL + reverse("people:feed", args=[token])
    return render(request, "people/feed.html", {"address": address, "rota": text})


@require_POST
def revoke(request: HttpRequest, feed_id: UUID) -> HttpResponse:
    """Stop an address."""
    services.revoke_feed(feed_id, by=actor_of(request))
    messages.success(request, _("那个日历地址停用了"))
    return redirect("people:duty")


@login_not_required
@never_cache
@require_GET
def feed(request: HttpRequest, token: str) -> HttpResponse:  # noqa: ARG001 - who asks is told by the token
    """Give the calendar of a private address; a wrong or stopped one is as if absent."""
    found = queries.feed_by(token)
    name = found.rota.name if found.rota else _("%s的值班") % found.owner.name
    domain = settings.PUBLIC_URL.split("//")[-1].split("/")[0].split(":")[0]
    made = duty_calendar.feed(name, queries.entries_of(found, settings.PUBLIC_URL), domain=domain)
    return HttpResponse(made, content_type="text/calendar; charset=utf-8")
