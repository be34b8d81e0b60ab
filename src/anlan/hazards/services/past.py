"""Hazards and inspections that are over, laid down in masses: an invented city's past, never a running city's."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from anlan.hazards.models import Hazard, Object, RoundRow, Task, Visit
from anlan.hazards.services import numbers, pacing
from anlan.hazards.terms import Did, Grade, HazardState, Source
from anlan.hazards.terms.inspections import TaskState
from anlan.kernel.authority import Actor
from anlan.kernel.clock import local
from anlan.kernel.ids import uuid7s
from anlan.ledger import services as ledger

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Who:
    """One of the five, as a hazard keeps them."""

    pseudonym: UUID
    name: str
    title: str
    person: UUID | None = None
    post: UUID | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """A hazard that was accepted. `times`: found, confirmed, assigned, rectified, accepted; `due` is its limit's end.

    `refused`: when acceptance was refused once before, and why, or None. `cost` is in fen.
    """

    text: str
    where: str
    kind: str
    kind_version: int | None
    trade: str
    source: str
    place: str
    limit: str
    times: tuple[dt.datetime, dt.datetime, dt.datetime, dt.datetime, dt.datetime]
    due: dt.datetime
    due_words: str
    reporter: Who
    desk: Who
    owner: str
    rectifier: Who
    acceptor: Who
    words: tuple[str, str, str]
    grade: str = Grade.GENERAL
    refused: tuple[dt.datetime, str] | None = None
    lon: float | None = None
    lat: float | None = None
    object: UUID | None = None
    cost: int | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """A visit that is over: `failed` are positions (0 …) of the version's items that were not right.

    `due`: it was a task for that day; `missed`: nobody came, and there is no visit.
    """

    object: UUID
    place: str
    version: UUID
    items: Sequence[UUID]
    failed: frozenset[int]
    by: Who
    at: dt.datetime
    minutes: int
    source: str
    due: dt.date | None = None
    missed: bool = False


@dataclass(frozen=True, slots=True)
class Thing:
    """An object to inspect. `risk` 1 … 4."""

    place: str
    kind: str
    name: str
    keeper: str
    risk: int
    lon: float | None
    lat: float | None
    facts: Mapping[str, Any]


@transaction.atomic
def lay_objects(things: Sequence[Thing]) -> list[UUID]:
    """Register objects in a mass; returns their ids, in order."""
    rows = [
        Object(
            place_path=t.place, kind=t.kind, name=t.name, keeper_name=t.keeper, risk=t.risk, lon=t.lon, lat=t.lat,
            facts=dict(t.facts),
        )
        for t in things
    ]  # fmt: skip
    Object.objects.bulk_create(rows, batch_size=CHUNK)
    return [row.id for row in rows]


@transaction.atomic
def lay_hazards(closed: Sequence[Closed], *, by: Actor) -> int:
    """Lay closed hazards with their rounds and entries. Returns how many."""
    ordered = sorted(closed, key=lambda one: one.times[0])
    ids = uuid7s(len(ordered))
    by_year: dict[int, list[int]] = defaultdict(list)
    for index, one in enumerate(ordered):
        by_year[one.times[0].year].append(index)
    given: dict[int, str] = {}
    for indexes in by_year.values():
        given |= dict(zip(indexes, numbers.take(ordered[indexes[0]].times[0], len(indexes)), strict=True))
    Hazard.objects.bulk_create(
        [_row(key, given[n], one) for n, (key, one) in enumerate(zip(ids, ordered, strict=True))], batch_size=CHUNK
    )
    RoundRow.objects.bulk_create(
        [row for key, one in zip(ids, ordered, strict=True) for row in _rounds(key, one)], batch_size=CHUNK
    )
    _entries(list(zip(ids, ordered, strict=True)), by)
    return len(ordered)


def _row(key: UUID, number: str, one: Closed) -> Hazard:
    found, confirmed, assigned, rectified, accepted = one.times
    values: dict[str, Any] = {}
    for step, who, at in (
        ("confirmed", one.desk, confirmed), ("assigned", one.desk, assigned), ("rectified", one.rectifier, rectified),
        ("accepted", one.acceptor, accepted),
    ):  # fmt: skip
        values |= {f"{step}_by": who.pseudonym, f"{step}_name": who.name, f"{step}_title": who.title, f"{step}_at": at}
    return Hazard(
        id=key, client_id=key, chain_id=key, number=number, revision=6, place_path=one.place, where=one.where,
        lon=one.lon, lat=one.lat, object_id=one.object, kind=one.kind, kind_version=one.kind_version, trade=one.trade,
        source=one.source, text=one.text, found_at=found, arrived_at=found, state=HazardState.CLOSED, state_at=accepted,
        grade=one.grade, limit=one.limit, due_at=one.due, clock_from=assigned, opinion=one.words[2],
        reported_by=one.reporter.pseudonym, reported_person=one.reporter.person, reported_name=one.reporter.name,
        reported_title=one.reporter.title, owner_name=one.owner, cost=one.cost, rounds=2 if one.refused else 1,
        refusals=1 if one.refused else 0, lapses=1 if rectified > one.due else 0, **values,
    )  # fmt: skip


def _rounds(key: UUID, one: Closed) -> Iterable[RoundRow]:
    _found, _confirmed, _assigned, rectified, accepted = one.times
    last = 1
    if one.refused is not None:
        at, why = one.refused
        last = 2
        yield RoundRow(
            hazard_id=key, number=1, words=one.words[1], done_at=at - dt.timedelta(hours=6),
            done_by=one.rectifier.pseudonym, done_name=one.rectifier.name, judged_at=at,
            judged_by=one.acceptor.pseudonym, judged_name=one.acceptor.name, passed=False, opinion=why,
        )  # fmt: skip
    yield RoundRow(
        hazard_id=key, number=last, words=one.words[1], cost=one.cost, done_at=rectified,
        done_by=one.rectifier.pseudonym, done_name=one.rectifier.name, judged_at=accepted,
        judged_by=one.acceptor.pseudonym, judged_name=one.acceptor.name, passed=True, opinion=one.words[2],
    )  # fmt: skip


def _entries(laid: Sequence[tuple[UUID, Closed]], by: Actor) -> None:
    lines: dict[Did, list[ledger.Line]] = defaultdict(list)
    for key, one in laid:
        found, confirmed, assigned, rectified, accepted = one.times
        said: list[tuple[Did, Who, dt.datetime, dict[str, Any]]] = [
            (Did.REPORTED, one.reporter, found, {"hazard_source": one.source, "what": one.kind}),
            (Did.CONFIRMED, one.desk, confirmed, {"grade": one.grade, "opinion": one.words[0]}),
            (Did.ASSIGNED, one.desk, assigned, {"owner": one.owner, "due_words": one.due_words}),
            (Did.RECTIFIED, one.rectifier, rectified, {"opinion": one.words[1]}),
            (Did.ACCEPTED, one.acceptor, accepted, {"opinion": one.words[2]}),
        ]
        if one.refused is not None:
            at, why = one.refused
            said += [
                (Did.RECTIFIED, one.rectifier, at - dt.timedelta(hours=6), {"opinion": one.words[1]}),
                (Did.NOT_ACCEPTED, one.acceptor, at, {"opinion": why, "count": 1}),
            ]
        for did, who, when, values in said:
            lines[did].append(
                ledger.Line(
                    "hazards.hazard", key, one.place, key, values=values, pseudonym=who.pseudonym, post=who.post,
                    post_title=who.title, at=when,
                )
            )  # fmt: skip
    for did, some in lines.items():
        ledger.record_many(did, some, by=by)


@transaction.atomic
def lay_visits(checked: Sequence[Checked]) -> int:
    """Lay visits with their tasks and answers, and say on each object when it was visited last. Returns how many
    answers.
    """
    ids, tasks = uuid7s(len(checked)), uuid7s(len(checked))
    asked = [(key, task, one) for key, task, one in zip(ids, tasks, checked, strict=True) if one.due is not None]
    Task.objects.bulk_create([_task(task, one) for _key, task, one in asked], batch_size=CHUNK)
    of = {key: task for key, task, _one in asked}
    came = [(key, one) for key, one in zip(ids, checked, strict=True) if not one.missed]
    ids, checked = [key for key, _one in came], [one for _key, one in came]
    Visit.objects.bulk_create(
        [_visit(key, one, of.get(key)) for key, one in zip(ids, checked, strict=True)], batch_size=CHUNK
    )
    count = 0
    with connection.cursor() as cursor:
        with cursor.copy("COPY hazards_visit_version (visit_id, version_id) FROM STDIN") as copy:
            for key, one in zip(ids, checked, strict=True):
                copy.write_row((key, one.version))
        with cursor.copy("COPY hazards_answer (visit_id, item_id, result, note) FROM STDIN") as copy:
            for key, one in zip(ids, checked, strict=True):
                for n, item in enumerate(one.items):
                    copy.write_row((key, item, "fail" if n in one.failed else "pass", ""))
                    count += 1
        cursor.execute(
            "UPDATE hazards_object o SET last_visit_at = v.at FROM (SELECT object_id, max(done_at) AS at"
            " FROM hazards_visit WHERE id = ANY(%s) GROUP BY object_id) v WHERE o.id = v.object_id",
            [ids],
        )
    pacing.refresh(sorted({one.object for one in checked}))
    return count


def _task(key: UUID, one: Checked) -> Task:
    day = one.due or local(one.at).date()
    return Task(
        id=key, object_id=one.object, place_path=one.place, on_day=day, due_on=day, post_id=one.by.post,
        state=TaskState.MISSED if one.missed else TaskState.DONE, done_at=None if one.missed else one.at,
        joint=one.source == Source.JOINT,
    )  # fmt: skip


def _visit(key: UUID, one: Checked, task: UUID | None) -> Visit:
    return Visit(
        id=key, task_id=task, client_id=key, place_path=one.place, object_id=one.object, source=one.source,
        by=one.by.pseudonym, by_person=one.by.person, by_name=one.by.name, by_title=one.by.title,
        began_at=one.at - dt.timedelta(minutes=one.minutes), done_at=one.at, arrived_at=one.at,
        nothing_wrong=not one.failed, passed=len(one.items) - len(one.failed), failed=len(one.failed),
    )  # fmt: skip
