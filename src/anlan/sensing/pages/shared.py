"""What the pages of the registry share: the actor, places to narrow by, how a thing reads, files, what a form says."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid, Refused
from anlan.kernel.clock import local, now
from anlan.places import queries as places
from anlan.sensing.models import Thing
from anlan.sensing.pages.alarm_shared import ICONS
from anlan.sensing.queries import intake, wellness
from anlan.sensing.queries.alarms import where_of
from anlan.sensing.terms import KIND_NAMES, Can, ThingKind

PER_PAGE = 50
EXPORT_MOST = 100_000
SEEN = (Can.SEE, Can.MANAGE)
LOW = 0.2  # of a battery, below which it is called empty


def actor_of(request: HttpRequest, *cans: str) -> Actor:
    """Return who asks, if they hold one of the permissions anywhere. What they see is narrowed by the queries."""
    by: Actor | None = getattr(request, "actor", None)
    if by is None or not authority.anywhere(by, cans or SEEN):
        raise Refused((cans or SEEN)[0], "")
    return by


def page_of(request: HttpRequest, rows: Any) -> Page[Any]:
    """Return the page that ?page= asks for."""
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))


def kept(request: HttpRequest) -> str:
    """Return the address's filters without the page, for the links that keep them."""
    left = request.GET.copy()
    left.pop("page", None)
    return left.urlencode()


def scopes_of(by: Actor, *cans: str) -> list[str]:
    """Return the places where the actor holds one of the permissions."""
    return [path for can in cans or SEEN for path in authority.scopes(by, can)]


def place_of(request: HttpRequest, by: Actor, *cans: str) -> str:
    """Return the place that the address narrows to, "" for none or one that is not the actor's."""
    wanted = request.GET.get("place", "")[:40]
    return wanted if any(wanted.startswith(path) for path in scopes_of(by, *cans)) else ""


def steps(by: Actor, here: str, *cans: str) -> list[tuple[str, str]]:
    """Return the places to narrow by: the actor's own, the chosen one, and those right below."""
    scopes = scopes_of(by, *cans)
    top = here or (scopes[0] if scopes else "")
    below = list(places.children(top).values_list("path", "name")) if top else []
    return sorted({*places.names([*scopes, here]).items(), *below})


def text_of(request: HttpRequest, name: str = "q", most: int = 60) -> str:
    """Return a word of the address, harmless and short."""
    return request.GET.get(name, "").replace("\x00", "").strip()[:most]


def number_of(text: str, field: str) -> float | None:
    """Return a form's number, None for an empty one. Raises Invalid."""
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        raise Invalid({field: _("只写数字")}) from None


def whole_of(text: str, field: str) -> int | None:
    """Return a form's whole number, None for an empty one. Raises Invalid."""
    plain = text.strip()
    if not plain:
        return None
    if not (plain.isascii() and plain.isdecimal() and len(plain) < 9):
        raise Invalid({field: _("只写整数")})
    return int(plain)


def day_of(text: str, field: str) -> dt.date | None:
    """Return a day of a date field, None for an empty one. Raises Invalid."""
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid({field: _("日子写成 2027-05-01 这样")}) from None


def uuid_of(text: str, field: str) -> UUID | None:
    """Return a form's UUID, None for an empty one. Raises Invalid."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Invalid({field: _("这里少了东西，回到上一页再选一次")}) from None


def wrong_of(error: Invalid | Conflict) -> dict[str, str]:
    """Return an error's lines by field."""
    return error.errors if isinstance(error, Invalid) else {"": str(error)}


def link(name: str, *args: Any) -> str:
    """Return the address of a view, "" where this installation has none of that name."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def fares(thing: Thing) -> list[tuple[str, Any]]:
    """Return what a glance at a thing of `registry.told` shows: (shape of state, words)."""
    said: list[tuple[str, Any]] = []
    if thing.stopped_at:
        return [("done", _("停用了"))]
    if thing.alarming:  # type: ignore[attr-defined]
        said.append(("late", _("在报警")))
    if thing.silent:  # type: ignore[attr-defined]
        said.append(("late", _("没有数据了")))
    if not thing.heard_at:  # type: ignore[attr-defined]
        said.append(("wait", _("还没来过数据")))
    if thing.battery is not None and thing.battery < LOW:
        said.append(("wait", _("电快没了")))
    if thing.calibration_due and thing.calibration_due <= local(now()).date():
        said.append(("wait", _("该检定了")))
    return said or [("done", _("正常"))]


def shown(things: Iterable[Thing]) -> list[dict[str, Any]]:
    """Return things as a list draws them; one query for their places, one for how much they were online."""
    rows = list(things)
    where = where_of({t.place_path for t in rows})
    online = wellness.online(t.id for t in rows)
    return [
        {
            "thing": t, "where": where.get(t.place_path, ""), "kind": KIND_NAMES[ThingKind(t.kind)],
            "icon": ICONS.get(ThingKind(t.kind), "bolt"), "fares": fares(t), "online": percent(online.get(t.id)),
            "battery": percent(t.battery), "low": t.battery is not None and t.battery < LOW,
        }
        for t in rows
    ]  # fmt: skip


def percent(share: float | None) -> str:
    """Return a share 0…1 as "98%", never rounded up to all; "" for none."""
    return "" if share is None else f"{int(share * 100 + 1e-9)}%"


def act(request: HttpRequest, do: Callable[[], Any], said: str, to: str, *args: Any) -> HttpResponse:
    """Do one thing a button asked for, say so, and go back; what was wrong is said on the page it came from."""
    try:
        do()
    except (Invalid, Conflict) as error:
        for text in wrong_of(error).values():
            messages.error(request, text)
    else:
        messages.success(request, said)
    return redirect(to, *args)


def tabs(by: Actor, here: str) -> list[dict[str, Any]]:
    """Return the pages of the registry that the actor may open, with how many wait in the queues."""
    devices, faults = intake.waiting(by)
    lines = (
        ("things", _("设备"), SEEN, 0), ("health", _("健康"), SEEN, 0),
        ("unclaimed", _("没认领的设备"), intake.WHO, devices),
        ("rejected", _("没收进来的数据"), intake.WHO, faults),
        ("purposes", _("门禁、视频备案"), (Can.SEE, Can.PURPOSE), 0),
    )  # fmt: skip
    return [
        {"url": reverse(f"sensing:{name}"), "name": said, "count": count, "here": name == here}
        for name, said, cans, count in lines
        if authority.anywhere(by, cans)
    ]
