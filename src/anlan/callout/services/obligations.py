"""Duties of any kind, for every context: laid on, met, taken back; reminded by the same ladder as a call's."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import Jsonb

from anlan.callout import ladder
from anlan.callout.ladder import Step
from anlan.callout.models import Obligation
from anlan.callout.services import channels, settling
from anlan.callout.terms import Act, Did, ObligationState, Owed, Part
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7s
from anlan.ledger import services as ledger
from anlan.people import queries as people

_COLUMNS = (
    "id", "subject_type", "subject_id", "did", "part", "stands_for", "person_id", "pseudonym", "deputy_id",
    "superior_id",
    "post", "post_title", "role", "rank", "place_path", "why", "link", "began_at", "due_at", "next_at", "chain_id",
    "exercise_id", "drill", "ladder", "carriers",
)  # fmt: skip
_TYPES = (
    "uuid", "text", "uuid", "text", "text", "uuid", "uuid", "uuid", "uuid", "uuid", "uuid", "text", "text", "int",
    "text", "text", "text", "timestamptz", "timestamptz", "timestamptz", "uuid", "uuid", "bool", "jsonb", "jsonb",
)  # fmt: skip


def owe(duty: Owed, *, by: Actor) -> UUID:
    """Lay one duty on one person; returns the obligation's id."""
    return owe_many([duty], by=by)[0]


@transaction.atomic
def owe_many(duties: Sequence[Owed], *, by: Actor) -> list[UUID]:
    """Lay duties on persons, in one statement; returns the obligations' ids, in order.

    The person is told by the duty's carriers, and reminded by its ladder. The caller has asked whether `by` may.
    """
    if not duties:
        return []
    moment = now()
    ids = uuid7s(len(duties))
    rows = [_row(i, d, moment) for i, d in zip(ids, duties, strict=True)]
    _insert(rows)
    _tell(list(zip(ids, duties, strict=True)), moment)
    ledger.record_many(
        Did.OWED,
        [
            ledger.Line(
                "callout.obligation", i, d.place_path, d.chain or d.subject_id, d.exercise,
                {"due_at": d.due_at, "of": d.pseudonym, "subject": d.subject_id, "wanted": d.did},
            )
            for i, d in zip(ids, duties, strict=True)
        ],
        by=by,
    )  # fmt: skip
    return ids


@transaction.atomic
def tell_many(news: Sequence[Owed]) -> list[UUID]:
    """Tell persons something by its carriers: nothing is owed, nobody is reminded, no inbox counts it.

    What is told is an entry already (the caller's); `due_at` and `ladder` are ignored. Returns the rows' ids, in order.
    """
    if not news:
        return []
    moment = now()
    ids = uuid7s(len(news))
    plain = [replace(d, due_at=None, ladder=()) for d in news]
    _insert([_row(i, d, moment) for i, d in zip(ids, plain, strict=True)], ObligationState.TOLD)
    _tell(list(zip(ids, plain, strict=True)), moment)
    return ids


def _row(identifier: UUID, d: Owed, moment: dt.datetime) -> tuple[Any, ...]:
    raw = [dict(s) for s in d.ladder]
    return (
        identifier, d.subject_type, d.subject_id, d.did, Part.SELF.value, None, d.person, d.pseudonym, d.deputy,
        d.superior,
        d.post, d.post_title, d.role, d.rank, d.place_path, d.why, d.link, moment, d.due_at,
        ladder.due(ladder.steps(raw), 0, moment), d.chain or d.subject_id, d.exercise,
        d.drill or d.exercise is not None, Jsonb(raw), Jsonb([list(g) for g in d.carriers]),
    )  # fmt: skip


def _insert(rows: Sequence[tuple[Any, ...]], state: ObligationState = ObligationState.OPEN) -> None:
    names = ", ".join(_COLUMNS)
    arrays = ", ".join(f"%s::{t}[]" for t in _TYPES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO callout_obligation
                  ({names}, weight, step, rung, tries, state, dead, met_how, met_part, declined)
                SELECT {names}, 0, 0, 'self', 1, %s, false, '', '', false FROM unnest({arrays}) AS q ({names})""",
            [state.value, *(list(column) for column in zip(*rows, strict=True))],
        )


@transaction.atomic
def tell(news: Sequence[Owed], *, by: Actor) -> list[UUID]:
    """Tell persons something by its carriers: `why` is what they read. Nothing is owed, nothing climbs.

    Returns the ids under which the attempts are kept.
    """
    if not news:
        return []
    moment = now()
    ids = uuid7s(len(news))
    told = [replace(one, due_at=None, ladder=()) for one in news]
    _insert([_row(i, d, moment) for i, d in zip(ids, told, strict=True)], ObligationState.TOLD)
    _tell(list(zip(ids, told, strict=True)), moment)
    ledger.record_many(
        Did.TOLD,
        [
            ledger.Line("callout.obligation", i, d.place_path, d.chain or d.subject_id, d.exercise, {"of": d.pseudonym})
            for i, d in zip(ids, told, strict=True)
        ],
        by=by,
    )
    return ids


def _tell(laid: Sequence[tuple[UUID, Owed]], moment: dt.datetime) -> None:
    queued = []
    rounds: dict[tuple[Any, bool], list[list[str]]] = {}
    for identifier, d in laid:
        drill = d.drill or d.exercise is not None
        if (d.carriers, drill) not in rounds:  # a mass goes by a few of them, and each asks for the carriers' state
            rounds[d.carriers, drill] = channels.rounds(d.carriers, drill=drill)
        sends = rounds[d.carriers, drill]
        queued += [(identifier, u[0], ",".join(u[1:]), 1) for u in sends]
    settling.queue(queued, moment)


@transaction.atomic
def meet(obligation_id: UUID, *, by: Actor, how: str = "inbox") -> Obligation:
    """Mark a duty done by whoever owes it, or by a machine on what happened. Raises Hidden, Conflict if not open."""
    row = _lock(obligation_id, by)
    row.state, row.met_at, row.met_how, row.met_part = ObligationState.MET, now(), how, Part.SELF
    row.met_by, row.next_at = by.pseudonym, None
    row.save(update_fields=["state", "met_at", "met_how", "met_part", "met_by", "next_at"])
    _free_others(row)
    ledger.record(Did.MET, row, by=by, how=how, about=row.subject_id, wanted=row.did)
    return row


@transaction.atomic
def meet_all(subject_id: UUID, did: str, *, by: Actor) -> int:
    """Mark met every open duty of a kind on a subject: it was done, whoever did it. Returns how many."""
    ids = list(
        Obligation.objects.select_for_update().filter(subject_id=subject_id, did=did, call_id=None, state="open")
        .order_by("id").values_list("id", flat=True)
    )  # fmt: skip
    for one in Obligation.objects.filter(id__in=ids):
        ledger.record(Did.MET, one, by=by, how="arrived", about=subject_id, wanted=did)
    Obligation.objects.filter(id__in=ids).update(
        state=ObligationState.MET,
        met_at=now(),
        met_how="arrived",
        met_part=Part.SELF,
        met_by=by.pseudonym,
        next_at=None,
    )
    return len(ids)


@dataclass(frozen=True, slots=True)
class Graver:
    """What is owed on a subject became more urgent: new words, an earlier end, a quicker ladder, louder carriers."""

    why: str
    due_at: dt.datetime
    ladder: tuple[Mapping[str, Any], ...]
    carriers: tuple[tuple[str, ...], ...]


@transaction.atomic
def hasten_many(changes: Mapping[UUID, Graver], did: str) -> set[UUID]:
    """Tell whoever owes a deed on the subjects that it became graver, and let it climb quicker, in a few statements.

    The caller writes the entry. Returns the subjects on which somebody owed it.
    """
    moment = now()
    rows = list(
        Obligation.objects.select_for_update()
        .filter(subject_id__in=list(changes), did=did, call_id=None, state="open")
        .order_by("id")
    )
    queued: list[tuple[UUID, str, str, int]] = []
    rounds: dict[tuple[Any, bool], list[list[str]]] = {}
    for row in rows:
        new = changes[row.subject_id]
        row.why, row.due_at, row.tries = new.why, min(new.due_at, row.due_at or new.due_at), row.tries + 1
        row.carriers = [list(group) for group in new.carriers]
        if row.ladder and row.next_at is not None:
            row.ladder = [dict(step) for step in new.ladder]
            at = ladder.due(ladder.steps(row.ladder), row.step, row.began_at)
            row.next_at = max(at, moment) if at else None
        if (new.carriers, row.drill) not in rounds:
            rounds[new.carriers, row.drill] = channels.rounds(new.carriers, drill=row.drill)
        queued += [(row.id, u[0], ",".join(u[1:]), row.tries) for u in rounds[new.carriers, row.drill]]
    Obligation.objects.bulk_update(rows, ["why", "due_at", "tries", "carriers", "ladder", "next_at"])
    settling.queue(queued, moment)
    return {row.subject_id for row in rows}


@transaction.atomic
def void(subject_id: UUID, reason: str, *, by: Actor, did: str | None = None) -> int:
    """Take back what is still open on a subject (of one kind, or all). Returns how many were."""
    return void_many([subject_id], reason, by=by, did=did)


@transaction.atomic
def void_many(subjects: Sequence[UUID], reason: str, *, by: Actor, did: str | None = None) -> int:
    """Take back what is still open on many subjects, in a few statements. Returns how many duties were."""
    open_ones = Obligation.objects.select_for_update().filter(subject_id__in=subjects, call_id=None, state="open")
    rows = list((open_ones.filter(did=did) if did else open_ones).order_by("id"))
    Obligation.objects.filter(id__in=[r.id for r in rows]).update(state=ObligationState.VOID, next_at=None)
    ledger.record_many(
        Did.VOIDED,
        [
            ledger.Line("callout.obligation", r.id, r.place_path, r.chain_id, r.exercise_id, {"reason": reason})
            for r in rows
        ],
        by=by,
    )
    return len(rows)


def _lock(obligation_id: UUID, by: Actor) -> Obligation:
    row = Obligation.objects.select_for_update().filter(id=obligation_id, call_id=None).first()
    if row is None or not (by.machine or by.person == row.person_id):
        raise authority.Hidden(str(obligation_id))
    if row.state != ObligationState.OPEN:
        raise Conflict(f"obligation {row.id} is {row.state}")
    return row


def _free_others(row: Obligation) -> None:
    """One of a B岗 and an A岗 did it: the other owes it no more."""
    kin = Obligation.objects.filter(state="open", call_id=None)
    kin.filter(stands_for=row.id).update(state=ObligationState.VOID, next_at=None)
    if row.stands_for:
        kin.filter(id=row.stands_for).update(
            state=ObligationState.MET, met_at=row.met_at, met_how=row.met_how, met_part=row.part, met_by=row.met_by,
            next_at=None,
        )  # fmt: skip


def climb(ids: Sequence[UUID], moment: dt.datetime) -> None:
    """Take duties that belong to no call one step: each holds its own ladder, and few are due at once."""
    rows = list(Obligation.objects.filter(id__in=ids).order_by("id"))
    queued: list[tuple[UUID, str, str, int]] = []
    others: list[tuple[Obligation, Step, int]] = []
    for row in rows:
        steps = ladder.steps(row.ladder)
        if row.step >= len(steps):
            row.next_at = None
            continue
        step = steps[row.step]
        at = ladder.due(steps, row.step + 1, row.began_at)
        row.step, row.next_at, row.rung = row.step + 1, max(at, moment) if at else None, ladder.RUNG[step.act]
        if step.act == Act.AGAIN:
            row.tries += 1
            sends = channels.rounds(step.send, drill=row.drill)
            queued += [(row.id, u[0], ",".join(u[1:]), row.tries) for u in sends]
        elif step.act != Act.DOOR:
            others.append((row, step, sum(s.act == step.act for s in steps[: row.step])))
    Obligation.objects.bulk_update(rows, ["next_at", "rung", "step", "tries"])
    settling.queue(queued, moment)
    _lay_on_others(others, moment)
    ledger.record_many(
        Did.CLIMBED,
        [
            ledger.Line(
                "callout.obligation", r.id, r.place_path, r.chain_id, r.exercise_id, {"rung": r.rung, "count": 1}
            )
            for r in rows
        ],
        by=authority.machine("callout.climb"),
    )


def _above(others: Sequence[tuple[Obligation, Step, int]]) -> dict[UUID, people.Target]:
    """Return who answers above each duty that goes to a superior: the n-th such step goes n superiors up."""
    climbing: dict[UUID, tuple[UUID | None, int]] = {
        r.id: (r.superior_id, nth) for r, s, nth in others if s.act == Act.SUPERIOR and r.superior_id
    }
    found: dict[UUID, people.Target] = {}
    for level in range(1, max((nth for _, nth in climbing.values()), default=0) + 1):
        up = people.answering([post for post, _ in climbing.values() if post])
        found |= {i: up[post] for i, (post, nth) in climbing.items() if nth == level and post and post in up}
        climbing = {
            i: (up[post].superior_post_id, nth)
            for i, (post, nth) in climbing.items()
            if nth > level and post and post in up
        }
    return found


def _lay_on_others(others: Sequence[tuple[Obligation, Step, int]], moment: dt.datetime) -> None:
    """Lay the duty on the B岗 too, or on who answers for a superior post."""
    deputies = people.pseudonyms({r.deputy_id for r, s, _ in others if s.act == Act.DEPUTY and r.deputy_id})
    above = _above(others)
    rows, told = [], []
    for r, step, _nth in others:
        if step.act == Act.DEPUTY and r.deputy_id in deputies:
            part, stands, person, pseudonym = Part.DEPUTY, r.id, r.deputy_id, deputies[r.deputy_id]
            post, title, path = r.post, r.post_title, r.place_path
        elif step.act == Act.SUPERIOR and r.id in above:
            t = above[r.id]
            part, stands, person, pseudonym = Part.SUPERIOR, None, t.person_id, t.pseudonym
            post, title, path = t.post_id, t.post_title, t.place_path
        else:
            continue
        identifier = uuid7s(1)[0]
        rows.append((
            identifier, r.subject_type, r.subject_id, r.did, part.value, stands, person, pseudonym, None, None, post,
            title, r.role, r.rank, path, r.why, r.link, moment, r.due_at, None, r.chain_id, r.exercise_id, r.drill,
            Jsonb([]), Jsonb(r.carriers or []),
        ))  # fmt: skip
        told += [(identifier, u[0], ",".join(u[1:]), 1) for u in channels.rounds(r.carriers or [], drill=r.drill)]
    if rows:
        _insert(rows)
        settling.queue(told, moment)
