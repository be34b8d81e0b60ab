"""What came of a task or a command: done, cannot, or refused with a reason (WRN-05). Part of a batch of answers.

A result closes the duty, and says by itself that the instruction was received. A refusal closes nothing: the duty
stays open, the superior is called at once, and the sender is told.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from anlan.callout import counting
from anlan.callout.models import Call, Obligation, Report
from anlan.callout.services import obligations, standing
from anlan.callout.services.standing import Silent
from anlan.callout.terms import RESULT, Answer, CallState, Did, Finish, ObligationState, Outcome, Owed, Part, Result
from anlan.kernel import authority
from anlan.kernel.ids import uuid7
from anlan.people import queries as people

WORDS = 500  # characters of a report
LOOK = "callout.look-at-refusals"  # what the sender owes: to see who will not do it, and who passed it on
DID = {Finish.DONE: Did.DONE, Finish.CANNOT: Did.CANNOT, Finish.REFUSED: Did.REFUSED}


class Held(Protocol):
    """An obligation under lock, as answers hold it."""

    row: dict[str, Any]
    touched: bool
    noted: bool


class Batch(Protocol):
    """What of a batch of answers is used here."""

    moment: dt.datetime
    calls: dict[UUID, Call]
    reports: list[Report]
    refusals: list[tuple[Call, Silent]]

    def duty(self, row: dict[str, Any]) -> Any:
        """Return the row that owes the result of which `row` is a part."""

    def received(self, a: Answer, row: dict[str, Any]) -> None:
        """Note that whoever reports has received what they report on."""

    def met(self, change: Any, a: Answer, part: str, pseudonym: UUID) -> None:
        """Close a duty."""

    def enter(self, did: Did, row: dict[str, Any], values: dict[str, Any], a: Answer) -> None:
        """Enter what was done."""


def take(batch: Batch, a: Answer, asked: dict[str, Any], known: Outcome) -> Outcome:
    """Take one report in; says what became of it. Nothing is lost: one that comes after the end is kept as late."""
    change = batch.duty(asked)
    if change is None or a.finish not in DID:
        return replace(known, result=Result.NOT_AN_ANSWER, words=_("这件事不用报结果"))
    row, finish, words = change.row, Finish(a.finish), a.words.strip()[:WORDS]
    call = batch.calls[row["call_id"]]
    known = replace(known, obligation=row["id"], met_at=row["met_at"], met_how=row["met_how"])
    if finish is Finish.REFUSED and not words:
        return replace(known, result=Result.NOT_AN_ANSWER, words=_("不办要写明原因"))
    if row["state"] == ObligationState.MET:
        return replace(known, result=Result.REPEAT, words=_("结果已经报过了，不用再报"))
    late = row["state"] != ObligationState.OPEN or call.state != CallState.RUNNING
    batch.reports.append(_report(batch, a, row, words, late=late))
    batch.enter(DID[finish], row, {"how": a.how, "late": late}, a)
    if late:
        return replace(known, result=Result.LATE, words=_("这条指令已经结束，您报的记下了"))
    batch.received(a, row)
    row["finish"] = finish
    if finish is Finish.REFUSED:
        change.noted = True
        who = ("id", "place_path", "deputy_id", "superior_id", "post", "post_title", "role", "rank")
        batch.refusals.append((call, Silent(*(row[n] for n in who))))
        return replace(known, words=_("记下了您不办的原因，已经告诉上级和发指令的人。定下来以前，还是您的事"))
    batch.met(change, a, Part.SELF, row["pseudonym"])
    said = _("记下了：办好了") if finish is Finish.DONE else _("记下了：办不了，值班员会看到您写的")
    return replace(known, words=said, met_at=row["met_at"], met_how=row["met_how"])


def _report(batch: Batch, a: Answer, row: dict[str, Any], words: str, *, late: bool) -> Report:
    return Report(
        id=uuid7(), call_id=row["call_id"], obligation_id=row["id"], person_id=row["person_id"],
        place_path=row["place_path"], finish=a.finish, words=words, how=a.how, by=row["pseudonym"], at=batch.moment,
        late=late, exercise_id=row["exercise_id"], drill=row["drill"],
    )  # fmt: skip


def write(batch: Batch, noted: Sequence[dict[str, Any]]) -> None:
    """Write what a batch gathered of results: the reports, open rows that changed, whom a refusal calls."""
    Report.objects.bulk_create(batch.reports)
    if noted:
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE callout_obligation o SET finish = q.finish, known_at = q.known
                   FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[]) AS q (id, finish, known) WHERE o.id = q.id""",
                [[r[n] for r in noted] for n in ("id", "finish", "known_at")],
            )
    by_call: dict[UUID, tuple[Call, list[Silent]]] = {}
    for call, who in batch.refusals:
        by_call.setdefault(call.id, (call, []))[1].append(who)
    for call, silent in by_call.values():
        standing.call_superiors(call, silent, batch.moment, did=RESULT, refused=True)
        tell_sender(call)


def tell_sender(call: Call) -> None:
    """Put it before whoever made the call that somebody will not do it, or passed it on; once until they have looked.

    Where a machine made it, whoever approved is told.
    """
    if Obligation.objects.filter(subject_id=call.id, did=LOOK, state=ObligationState.OPEN).exists():
        return
    senders = [p for p in (call.prepared_by, call.approved_by) if p is not None][:1]
    duties = [
        Owed(
            subject_type="callout.call", subject_id=call.id, did=LOOK, person=person, pseudonym=pseudonym,
            place_path=call.place_path,
            why=_("「{title}」有人不办或者转给了别人：看原因，定下谁办").format(title=call.title),
            chain=call.chain_id, exercise=call.exercise_id, drill=call.drill,
            link=f"/calls/{call.id}/results?finish=refused",
        )
        for pseudonym, person in people.persons_of(senders).items()
    ]  # fmt: skip
    obligations.owe_many(duties, by=authority.machine("callout.answers", exercise=call.exercise_id))


def void_deputies(ids: Sequence[UUID]) -> None:
    """Whoever met their duty frees their B岗, unless they answered that they cannot go."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE callout_obligation d SET state = 'void', next_at = NULL
               FROM (SELECT d.id FROM callout_obligation d JOIN callout_obligation p ON p.id = d.stands_for
                     WHERE d.stands_for = ANY(%s) AND d.part = 'deputy' AND d.state = 'open'
                       AND p.met_part <> 'deputy' AND NOT p.declined
                     ORDER BY d.id FOR UPDATE OF d) x
               WHERE d.id = x.id""",
            [list(ids)],
        )


def facts(row: dict[str, Any]) -> counting.Facts:
    """Return what of a row is counted."""
    return counting.Facts(
        row["part"], row["state"], row["rung"], row["dead"], row["tries"], row["began_at"], row["due_at"],
        row["reached_at"], row["met_at"], row["met_part"], row["read_at"], row["known_at"], row["finish"],
    )  # fmt: skip
