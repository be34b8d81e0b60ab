"""What the pages of people share: the actor, pages of a list, files to take away."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from anlan.kernel import authority, tables
from anlan.kernel.authority import Actor, Invalid
from anlan.people import queries, terms
from anlan.people.models import Holding
from anlan.places import queries as places

PER_PAGE = 50
EXPORT_MOST = 200_000
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def actor_of(request: HttpRequest) -> Actor:
    """Return who asks; the shell lets nobody else in here."""
    return request.actor  # type: ignore[attr-defined,no-any-return]


def need(by: Actor, can: str) -> None:
    """Refuse a page to whoever holds the permission nowhere: what it shows is narrowed by the queries."""
    if not authority.anywhere(by, [can]):
        raise authority.Refused(can, "")


def page_of(request: HttpRequest, rows: Any) -> Page[Any]:
    """Return the page that ?page= asks for."""
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))


def scope_of(by: Actor, can: str, wanted: str) -> str:
    """Return the place a page is about: the wanted one if it lies in scope, else the first place of the scope."""
    scopes = authority.scopes(by, can)
    if wanted and any(wanted.startswith(path) for path in scopes):
        return wanted
    return scopes[0] if scopes else ""


def steps(path: str, by: Actor) -> list[tuple[str, str]]:
    """Return (path, name) of the places right below, to narrow a list by: those in the actor's scope."""
    readable = authority.scopes(by, terms.Can.READ)
    below = places.children(path).values_list("path", "name")
    return [one for one in below if any(one[0].startswith(p) or p.startswith(one[0]) for p in readable)]


def place_names(paths: Iterable[str]) -> dict[str, str]:
    """Return "柳荫街道 竹苑社区" for each path: the place with its parent."""
    wanted = set(paths)
    names = places.names({*wanted, *(path[:-4] for path in wanted)} - {""})
    return {path: " ".join(filter(None, (names.get(path[:-4], ""), names.get(path, "")))) for path in wanted}


def download(header: Sequence[str], rows: Iterable[Sequence[object]], name: str, kind: str) -> HttpResponse:
    """Return rows as a CSV or XLSX file to keep."""
    if kind not in TYPES:
        raise authority.Hidden
    made = tables.to_xlsx(header, rows, title=name) if kind == "xlsx" else tables.to_csv(header, rows)
    answer = HttpResponse(made, content_type=TYPES[kind])
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.{kind}"
    return answer


def fail(form: forms.Form, error: Invalid) -> None:
    """Put an Invalid's errors at the fields of a form."""
    for name, text in error.errors.items():
        form.add_error(name if name in form.fields else None, text)


def act(request: HttpRequest, do: Callable[[], Any], said: str, to: str, *args: Any) -> HttpResponse:
    """Do one thing a button asked for, say so, and go back; bad input is said on the page it came from."""
    try:
        do()
    except Invalid as error:
        for text in error.errors.values():
            messages.error(request, text)
    else:
        messages.success(request, said)
    return redirect(to, *args)


def uuid_of(text: str, field: str) -> UUID:
    """Return a form's UUID. Raises Invalid."""
    try:
        return UUID(text)
    except ValueError:
        raise Invalid({field: _("这里少了东西，回到上一页再选一次")}) from None


def seat_lines(seats: Iterable[Holding]) -> list[str]:
    """Return how each holding reads in a list: "竹苑社区网格员（B岗）"."""
    return [f"{one.post.title}{_('（B岗）') if one.seat == terms.Seat.B else ''}" for one in seats]


def masked(person: Any) -> str:
    """Return a person's masked phone."""
    return queries.masked(person)
