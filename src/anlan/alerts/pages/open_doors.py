"""Feeds and documents for anybody's machine: Atom of the city or of a place, CAP 1.2 of each warning."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from anlan.alerts import feeds, queries
from anlan.alerts.models import Alert, Notice
from anlan.alerts.pages.public import fresh, spoken
from anlan.alerts.pages.telling import KINDS
from anlan.alerts.queries import published
from anlan.kernel.clock import now

ATOM = "application/atom+xml; charset=utf-8"
CAP = "application/cap+xml; charset=utf-8"


@login_not_required
@require_safe
def atom(request: HttpRequest) -> HttpResponse:
    """Give our public notices as an Atom feed of CAP."""
    title = _("{city}内部风险提示").format(city=settings.CITY_NAME)
    return _feed(request, "/feed/alerts.atom", title, [_of_notice(n) for n in published.notices_at()])


@login_not_required
@require_safe
@spoken
def place_atom(request: HttpRequest, where: str) -> HttpResponse:
    """Give the warnings of a place, and our public notices there, as an Atom feed of CAP."""
    place = queries.place_named(where[:40])
    if place is None:
        raise Http404(where)
    path, name = place
    entries = [_of_alert(a) for a in published.alerts_at(path)] + [_of_notice(n) for n in published.notices_at(path)]
    entries.sort(key=lambda one: one.updated, reverse=True)
    title = _("{place}的预警").format(place=name)
    return _feed(request, f"/feed/{path}.atom", title, entries, page=f"{settings.PUBLIC_URL}/r/{path}")


def _of_notice(n: Notice) -> feeds.Published:
    base = str(settings.PUBLIC_URL)
    return feeds.Published(
        f"{base}/alerts/{n.id}", n.title, n.ended_at or n.sent_at or now(), f"{base}/alerts/{n.id}.cap.xml", n.where
    )


def _of_alert(a: Alert) -> feeds.Published:
    base = str(settings.PUBLIC_URL)
    kind = KINDS.get(a.msg_type)
    title = f"{queries.title_of(a)}（{kind}）" if a.msg_type != "Alert" and kind else queries.title_of(a)
    updated = a.sent if a.state == "active" else max(a.sent, a.state_at)
    return feeds.Published(
        f"{base}/alerts/{a.id}", title, updated, f"{base}/alerts/{a.id}.cap.xml", a.headline or a.description[:200]
    )


def _feed(
    request: HttpRequest, path: str, title: str, entries: list[feeds.Published], *, page: str = ""
) -> HttpResponse:
    """An empty feed bears the beginning of the hour, so that its ETag holds."""
    newest = max((e.updated for e in entries), default=now().replace(minute=0, second=0, microsecond=0))
    raw = feeds.write_atom(settings.PUBLIC_URL + path, title, settings.CITY_NAME, entries, newest, page=page)
    return fresh(request, HttpResponse(raw, content_type=ATOM))


@login_not_required
@require_safe
def document(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """Give one public notice or warning as CAP 1.2."""
    return fresh(request, HttpResponse(published.document(notice_id), content_type=CAP))
