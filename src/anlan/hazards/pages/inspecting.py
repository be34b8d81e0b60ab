"""What the pages of inspections share: the actor, places to narrow by, how objects and tasks read, files."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from anlan.hazards.models import Object, Task
from anlan.hazards.queries import objects
from anlan.hazards.terms import Can
from anlan.hazards.terms.inspections import KIND_NAMES, RISK_NAMES, TASK_NAMES, TaskState
from anlan.kernel import authority, tables
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.places import queries as places

PER_PAGE = 50
EXPORT_MOST = 100_000
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def actor_of(request: HttpRequest, *cans: str) -> Actor:
    """Return who asks, if they hold one of the permissions anywhere. What they see is narrowed by the queries."""
    by: Actor | None = getattr(request, "actor", None)
    if by is None or not authority.anywhere(by, cans):
        raise Refused(cans[0], "")
    return by


def page_of(request: HttpRequest, rows: Any) -> Page[Any]:
    """Return the page that ?page= asks for."""
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))


def kept(request: HttpRequest) -> str:
    """Return the address's filters without the page, for the links that keep them."""
    left = request.GET.copy()
    left.pop("page", None)
    return left.urlencode()


def place_of(request: HttpRequest, by: Actor, *cans: str) -> str:
    """Return the place that the address narrows to, "" for none or one that is not the actor's."""
    wanted = request.GET.get("place", "")[:40]
    scopes = [path for can in cans for path in authority.scopes(by, can)]
    return wanted if any(wanted.startswith(path) for path in scopes) else ""


def top_of(by: Actor, *cans: str) -> str:
    """Return the first place where the actor holds one of the permissions."""
    return next((path for can in cans for path in authority.scopes(by, can)), "")


def steps(by: Actor, here: str, *cans: str) -> list[tuple[str, str]]:
    """Return the places to narrow by: the actor's own, the chosen one, and those right below."""
    scopes = [path for can in cans for path in authority.scopes(by, can)]
    top = here or (scopes[0] if scopes else "")
    below = list(places.children(top).values_list("path", "name")) if top else []
    return sorted({*places.names([*scopes, here]).items(), *below})


def text_of(request: HttpRequest, name: str = "q", most: int = 60) -> str:
    """Return a word of the address, harmless and short."""
    return request.GET.get(name, "").replace("\x00", "").strip()[:most]


def number_of(text: str) -> int | None:
    """Return a whole number, None for anything else."""
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 8 else None


def decimal_of(text: str, field: str) -> float | None:
    """Return a form's number, None for an empty one. Raises Invalid."""
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        raise Invalid({field: _("只写数字")}) from None


def day_of(text: str) -> dt.date | None:
    """Return a day of a date field, None for none."""
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        return None


def uuid_of(text: str, field: str) -> UUID:
    """Return a form's UUID. Raises Invalid."""
    try:
        return UUID(text)
    except ValueError:
        raise Invalid({field: _("这里少了东西，回到上一页再选一次")}) from None


def pace_words(of: Object) -> str:
    """Say in plain words how often an object is inspected, and why (ENT-01)."""
    facts = {"days": of.pace_days, "risk": RISK_NAMES[of.risk], "clean": of.clean_run}
    said = {
        "hand": _("{days} 天查一次：人工定的"),
        "risk": _("{days} 天查一次：{risk}"),
        "less": _("{days} 天查一次：{risk}，连续 {clean} 次没查出问题，单位自查也可信，少跑一半"),
        "more": _("{days} 天查一次：{risk}，最近有过重大隐患或者复发，多跑一倍"),
    }
    return said[of.pace_why].format(**facts)


def shown(rows: Iterable[Object]) -> list[dict[str, Any]]:
    """Return objects as a list draws them; one query for their places, one for their hazards."""
    found = list(rows)
    names = objects.where({o.place_path for o in found})
    open_ones = objects.open_hazards([o.id for o in found])
    return [
        {
            "object": o, "where": names.get(o.place_path, ""), "kind": KIND_NAMES.get(o.kind, o.kind),
            "risk": RISK_NAMES[o.risk], "pace": pace_words(o), "hazards": open_ones.get(o.id, 0),
            "late": o.next_due_on is not None and o.next_due_on < objects.today() and o.closed_at is None,
        }
        for o in found
    ]  # fmt: skip


def task_row(t: Task, names: dict[str, str]) -> dict[str, Any]:
    """Return a task as a list draws it."""
    mark, says = TASK_NAMES[TaskState(t.state)]
    parts = list(t.parts.all())
    late_day = t.state == TaskState.OPEN and t.due_on < objects.today()
    return {
        "task": t, "object": t.object, "where": names.get(t.place_path, ""), "kind": KIND_NAMES.get(t.object.kind, ""),
        "mark": "late" if late_day else mark, "says": says, "parts": parts, "risk": RISK_NAMES[t.object.risk],
        "why": "、".join(dict.fromkeys(p.programme.name if p.programme else p.reason for p in parts)) or t.reason,
        "signed": sum(1 for p in parts if p.signed_at or p.excused),
    }  # fmt: skip


def task_rows(rows: Iterable[Task]) -> list[dict[str, Any]]:
    """Return tasks as a list draws them; one query for all their places."""
    found = list(rows)
    names = objects.where({t.place_path for t in found})
    return [task_row(t, names) for t in found]


def download(header: Sequence[str], rows: Iterable[Sequence[object]], name: str, kind: str) -> HttpResponse:
    """Return rows as a CSV or XLSX file. Raises Hidden for any other kind."""
    if kind not in TYPES:
        raise Hidden
    made = tables.to_xlsx(header, rows, title=name) if kind == "xlsx" else tables.to_csv(header, rows)
    answer = HttpResponse(made, content_type=TYPES[kind])
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.{kind}"
    return answer


def act(request: HttpRequest, do: Callable[[], Any], said: str, to: str, *args: Any) -> HttpResponse:
    """Do one thing a button asked for, say so, and go back; what was wrong is said on the page it came from."""
    try:
        do()
    except (Invalid, Conflict) as error:
        for text in error.errors.values() if isinstance(error, Invalid) else [str(error)]:
            messages.error(request, text)
    else:
        messages.success(request, said)
    return redirect(to, *args)


def may_plan(by: Actor, at: str) -> bool:
    """Say whether the actor manages objects and plans at a place."""
    return authority.holds(by, Can.PLAN, at=at)
