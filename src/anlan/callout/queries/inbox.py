"""What somebody owes: one list, soonest first, with the clock, why it is theirs, and the one next act."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from anlan.callout.models import Call, Obligation
from anlan.callout.queries import landing, preview
from anlan.callout.terms import ANSWER, INSTRUCTIONS, RESULT, CallState, Directive, Genre, ObligationState, Part, Rung
from anlan.kernel import clock
from anlan.kernel.authority import Actor, Hidden
from anlan.people import queries as people
from anlan.places import queries as places

HOUR = dt.timedelta(hours=1)
GROUPS = ("late", "hour", "today", "later")
VIEWS = ("all", "answer", "result", "other", "told")
KEPT = dt.timedelta(days=14)  # how long what one was told stays in the inbox


@dataclass(frozen=True, slots=True)
class Filter:
    """What the address asks for. `view`: one of VIEWS; `due`: "", late, hour, today; `post` "" for every one."""

    view: str = "all"
    due: str = ""
    post: UUID | None = None
    place: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Duty:
    """One line of the inbox. `group` is one of GROUPS; `href` leads to where it is done, "" if it is answered here."""

    id: UUID
    title: str
    note: str
    why: str
    due_at: dt.datetime | None
    group: str
    href: str
    answers: bool
    level: str
    drill: bool
    call_id: UUID | None
    climbed: str


def owed(by: Actor) -> QuerySet[Obligation]:
    """Return everything the actor has open; nothing for an actor without a person.

    A question about a number is not here: only an answer from the telephone itself proves it.
    """
    if by.person is None:
        return Obligation.objects.none()
    asked = Call.objects.filter(state=CallState.RUNNING).exclude(genre=Genre.CALL).values("id")
    # a result comes after its own receipt: until that is given, the receipt is the one thing to do
    receipt = Obligation.objects.filter(id=OuterRef("stands_for"), person_id=by.person, state=ObligationState.OPEN)
    rows = Obligation.objects.filter(person_id=by.person, state=ObligationState.OPEN)
    rows = rows.exclude(Exists(receipt.filter(part=Part.SELF)), part=Part.RESULT)
    return rows.filter(~Q(call_id__in=asked) | Q(call_id=None))


def told(by: Actor) -> QuerySet[Obligation]:
    """Return what the actor was told by instructions in the last days and owes nothing on, the newest first.

    A task stands among what is owed, not here.
    """
    if by.person is None:
        return Obligation.objects.none()
    since = clock.now() - KEPT
    rows = Obligation.objects.filter(person_id=by.person, state=ObligationState.TOLD, began_at__gt=since)
    rows = rows.filter(directive__in=INSTRUCTIONS).exclude(directive=Directive.TASK, part=Part.SELF)
    return rows.order_by("-began_at", "-id")


@dataclass(frozen=True, slots=True)
class News:
    """One thing somebody was told: `words` are what they have to do or know; `known` that they said 知道了."""

    id: UUID
    title: str
    words: tuple[str, ...]
    directive: Any
    level: str
    at: dt.datetime
    known: bool
    drill: bool
    post: str


def news(rows: Sequence[Obligation]) -> list[News]:
    """Say rows of `told`: two queries and one for places, whatever their number."""
    calls = Call.objects.in_bulk({r.call_id for r in rows if r.call_id})
    where = places.names({r.place_path for r in rows})
    return [
        News(
            r.id, c.title, landing.words_of(r, c, where.get(r.place_path, "")),
            preview.DIRECTIVES[Directive(c.directive)], c.level, r.began_at, r.known_at is not None, r.drill,
            r.post_title,
        )
        for r in rows
        if (c := calls.get(r.call_id))
    ]  # fmt: skip


def owed_count(by: Actor) -> int:
    """Return how many things the actor owes: for the menu."""
    return owed(by).count()


def inbox(by: Actor, what: Filter) -> QuerySet[Obligation]:
    """Return what the actor owes, narrowed, soonest first; those without a deadline last."""
    rows, now = owed(by), clock.now()
    if what.view == "answer":
        rows = rows.filter(did=ANSWER)
    elif what.view == "result":
        rows = rows.filter(did=RESULT)
    elif what.view == "other":
        rows = rows.exclude(did__in=[ANSWER, RESULT])
    if what.post:
        rows = rows.filter(post=what.post)
    if what.place:
        rows = rows.filter(places.under([what.place], "place_path"))
    if what.due:
        rows = rows.filter(due_at__lt={"late": now, "hour": now + HOUR}.get(what.due, tonight(now)))
    if what.text:
        titled = Call.objects.filter(title__icontains=what.text).values("id")
        rows = rows.filter(Q(why__icontains=what.text) | Q(post_title__icontains=what.text) | Q(call_id__in=titled))
    return rows.order_by(F("due_at").asc(nulls_last=True), "id")


def tonight(now: dt.datetime) -> dt.datetime:
    """Return the end of the local day."""
    there = clock.local(now)
    return (there + dt.timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def counts(by: Actor) -> dict[str, int]:
    """Return how many are owed by view, and how many are late or due within the hour."""
    now = clock.now()
    return owed(by).aggregate(
        all=Count("id"),
        answer=Count("id", filter=Q(did=ANSWER)),
        result=Count("id", filter=Q(did=RESULT)),
        other=Count("id", filter=~Q(did__in=[ANSWER, RESULT])),
        late=Count("id", filter=Q(due_at__lt=now)),
        hour=Count("id", filter=Q(due_at__gte=now, due_at__lt=now + HOUR)),
    )


def duties(rows: Sequence[Obligation]) -> list[Duty]:
    """Say rows as lines of the inbox: three queries, whatever their number."""
    now = clock.now()
    calls = Call.objects.in_bulk({r.call_id for r in rows if r.call_id})
    names = places.names({r.place_path for r in rows} | {c.place_path for c in calls.values()})
    stood = _stood_for(rows)
    return [_duty(r, calls.get(r.call_id) if r.call_id else None, names, stood, now) for r in rows]


def _duty(row: Obligation, call: Call | None, names: dict[str, str], stood: dict[UUID, str], now: dt.datetime) -> Duty:
    answers = row.did == ANSWER and call is not None
    here = names.get(row.place_path, "")
    if call is not None and answers:
        title = _("应答：%(title)s") % {"title": call.title}
        there = names.get(call.place_path, "")
        where = f"{there} → {here}" if there and there != here else here
        kind = preview.DIRECTIVES[Directive(call.directive)]
        note = "·".join(part for part in (str(kind), where, _("应了才算，看了不算")) if part)
    elif call is not None and row.did == RESULT:
        title = _("报结果：%(title)s") % {"title": call.title}
        note = "·".join(part for part in (str(preview.DIRECTIVES[Directive(call.directive)]), here) if part)
    else:
        title, note = row.why, here
    return Duty(
        id=row.id,
        title=title,
        note=note,
        why=_why(row, stood),
        due_at=row.due_at,
        group=group(row.due_at, now),
        href="" if answers else f"/inbox/{row.id}/result" if row.did == RESULT else row.link,
        answers=answers,
        level=call.level if call else "",
        drill=row.drill,
        call_id=row.call_id,
        climbed=_climbed(row),
    )


def group(due: dt.datetime | None, now: dt.datetime) -> str:
    """Return late, hour, today or later."""
    if due is None:
        return "later"
    if due < now:
        return "late"
    if due < now + HOUR:
        return "hour"
    return "today" if due < tonight(now) else "later"


def _why(row: Obligation, stood: dict[UUID, str]) -> str:
    """Say by which post it is theirs."""
    post = row.post_title or _("被指定的人")
    if row.part == Part.DEPUTY:
        absent = stood.get(row.stands_for) if row.stands_for else ""
        if absent:
            return _("%(name)s还没应，你是这个岗的 B⁠岗：%(post)s") % {"name": absent, "post": post}
        return _("你是这个岗的 B⁠岗：%(post)s") % {"post": post}
    if row.part == Part.SUPERIOR:
        return _("你是上级：%(post)s，下面还有 %(count)d 人没应") % {"post": post, "count": max(row.weight, 1)}
    return _("你是%(post)s") % {"post": post}


def _climbed(row: Obligation) -> str:
    """Say how far the ladder has gone without an answer."""
    return {
        Rung.DEPUTY: _("已经去叫 B⁠岗了"),
        Rung.SUPERIOR: _("已经报给上级了"),
        Rung.DOOR: _("已经派人上门了"),
    }.get(Rung(row.rung), "")


def _stood_for(rows: Iterable[Obligation]) -> dict[UUID, str]:
    """Return the names of whoever the deputies stand for, by the obligation stood for."""
    wanted = {r.stands_for for r in rows if r.stands_for}
    if not wanted:
        return {}
    whose = dict(Obligation.objects.filter(id__in=wanted).values_list("id", "person_id"))
    names = people.names(set(whose.values()))
    return {obligation: names.get(person, "") for obligation, person in whose.items()}


def mine(obligation: UUID, by: Actor) -> Obligation:
    """Return an obligation of the actor's own. Raises Hidden."""
    found = Obligation.objects.filter(id=obligation).first()
    if found is None or found.person_id != by.person:
        raise Hidden(str(obligation))
    return found


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something the actor set going and others have not done: a call that they still wait for."""

    call_id: UUID
    title: str
    silent: int
    late: bool
    drill: bool


def waiting(by: Actor, limit: int = 4) -> list[Waiting]:
    """Return the running calls that the actor prepared and that are not all answered, newest first."""
    calls = list(
        Call.objects.filter(prepared_by=by.pseudonym, state="running", genre=Genre.CALL).order_by("-id")[:limit]
    )
    rows = {
        r["call_id"]: r
        for r in Obligation.objects.filter(call_id__in=[c.id for c in calls], state=ObligationState.OPEN)
        .values("call_id")
        .annotate(silent=Count("id"), first=Min("due_at"), last=Max("due_at"))
    }
    now = clock.now()
    return [
        Waiting(c.id, c.title, rows[c.id]["silent"], bool(rows[c.id]["first"] and rows[c.id]["first"] < now), c.drill)
        for c in calls
        if c.id in rows
    ]
