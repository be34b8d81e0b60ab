"""Answers as they come in, by the hundred: each is judged, written, counted and entered in one transaction."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from anlan.callout import counting, tokens
from anlan.callout.models import Call, Report
from anlan.callout.services import judging, results, standing, tallies
from anlan.callout.services.standing import Silent
from anlan.callout.services.undone import begun_again
from anlan.callout.terms import (
    INSTRUCTIONS,
    RESULT,
    TOLD,
    Answer,
    CallState,
    Can,
    Did,
    How,
    ObligationState,
    Outcome,
    Part,
    Result,
)
from anlan.kernel import authority
from anlan.kernel.authority import Actor
from anlan.kernel.clock import now
from anlan.ledger import services as ledger

MOST = 1_000  # answers in one transaction
_FIELDS = """id, number, call_id, part, stands_for, person_id, pseudonym, place_path, post, post_title, state, rung,
 dead, tries, began_at, due_at, reached_at, met_at, met_how, met_part, receipt_id, chain_id, exercise_id, subject_type,
 subject_id, deputy_id, superior_id, role, rank, weight, why, met_by, declined, did, directive, finish,
 read_at, known_at, drill"""
_NAMES = tuple(name.strip() for name in _FIELDS.split(","))

_MET = ("id", "met_at", "met_how", "met_part", "met_by", "declined", "reached_at", "finish")


@dataclass(slots=True)
class Change:
    """An obligation under the batch's lock, as it was and as it becomes: met (`touched`), or otherwise (`noted`)."""

    row: dict[str, Any]
    before: dict[str, int]
    touched: bool = False
    noted: bool = False


def answer_many(answers: Sequence[Answer]) -> list[Outcome]:
    """Take in answers; returns one outcome each, in order. Nothing here refuses the batch for one bad answer."""
    outcomes: list[Outcome] = []
    for at in range(0, len(answers), MOST):
        outcomes += _taken(answers[at : at + MOST])
    return outcomes


def answer(one: Answer) -> Outcome:
    """Take in one answer."""
    return answer_many([one])[0]


@begun_again
@transaction.atomic
def _taken(answers: Sequence[Answer]) -> list[Outcome]:
    return _Batch(now()).take(answers)


class _Batch:
    """One transaction of answers."""

    def __init__(self, moment: dt.datetime) -> None:
        self.moment = moment
        self.held: dict[UUID, Change] = {}
        self.calls: dict[UUID, Call] = {}
        self.lines: dict[Did, list[ledger.Line]] = {}
        self.receipts: dict[UUID, tuple[dt.datetime, bool]] = {}
        self.deputies: list[tuple[Call, Silent]] = []
        self.late: set[UUID] = set()
        self.reports: list[Report] = []
        self.refusals: list[tuple[Call, Silent]] = []

    def take(self, answers: Sequence[Answer]) -> list[Outcome]:
        named = self._resolve(answers)
        self._hold({i for i in named if i is not None})
        outcomes = [self._one(a, i) for a, i in zip(answers, named, strict=True)]
        self._write()
        return outcomes

    def _resolve(self, answers: Sequence[Answer]) -> list[UUID | None]:
        """Return which obligation each answer names; None where a token or an id is nobody's."""
        read = [tokens.read(a.token) if a.token is not None else None for a in answers]
        numbers = sorted({r[0] for r in read if r is not None})
        receipts = sorted({a.receipt for a in answers if a.receipt is not None})
        by_number: dict[int, list[UUID]] = {}
        by_receipt: dict[UUID, UUID] = {}
        with connection.cursor() as cursor:
            if numbers:
                cursor.execute("SELECT number, id FROM callout_obligation WHERE number = ANY(%s)", [numbers])
                for number, identifier in cursor.fetchall():
                    by_number.setdefault(number, []).append(identifier)
            if receipts:
                cursor.execute("SELECT id, obligation_id FROM callout_receipt WHERE id = ANY(%s)", [receipts])
                by_receipt = dict(cursor.fetchall())
        named: list[UUID | None] = []
        for a, parsed in zip(answers, read, strict=True):
            if parsed is not None:
                named.append(next((i for i in by_number.get(parsed[0], ()) if tokens.proves(parsed[1], i)), None))
            elif a.receipt is not None:
                named.append(by_receipt.get(a.receipt))
            else:
                named.append(a.obligation if a.token is None else None)
        return named

    def _hold(self, ids: set[UUID]) -> None:
        """Lock what is answered, what it stands for, and the result owed beside it, in the order of ids."""
        if not ids:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                f"""SELECT {_FIELDS} FROM callout_obligation WHERE id = ANY(%s::uuid[] || ARRAY(
                      SELECT stands_for FROM callout_obligation WHERE id = ANY(%s::uuid[]) AND stands_for IS NOT NULL
                      UNION ALL
                      SELECT id FROM callout_obligation WHERE stands_for = ANY(%s::uuid[]) AND part = 'result'))
                    ORDER BY id FOR UPDATE""",
                [sorted(ids)] * 3,
            )
            for values in cursor.fetchall():
                row = dict(zip(_NAMES, values, strict=True))
                self.held[row["id"]] = Change(row, counting.counts(results.facts(row)))
        self.calls = Call.objects.in_bulk({c.row["call_id"] for c in self.held.values() if c.row["call_id"]})

    def _one(self, a: Answer, identifier: UUID | None) -> Outcome:  # noqa: PLR0911 - one return for each way it may end
        change = self.held.get(identifier) if identifier is not None else None
        if change is None:
            return Outcome(Result.UNKNOWN, _("这个链接不对，或者已经作废"))
        row = change.row
        call = self.calls.get(row["call_id"]) if row["call_id"] else None
        title = call.title if call else row["why"]
        known = Outcome(Result.FIRST, "", row["id"], row["call_id"], title, row["met_at"], row["met_how"])
        known = replace(known, place_path=row["place_path"])
        if a.person is not None and a.person != row["person_id"]:
            return Outcome(Result.UNKNOWN, _("这件事不是叫您的"))
        if a.finish:
            return results.take(self, a, row, known)
        if row["did"] == RESULT or (row["state"] == ObligationState.TOLD and row["directive"] in INSTRUCTIONS):
            return self._heard(a, change, known)
        if row["state"] == ObligationState.MET:
            if row["met_part"] == Part.SELF or row["part"] != Part.SELF:
                return replace(known, result=Result.REPEAT, words=_("您已经应过了，不用再应"))
            self._late(a, row)
            return replace(known, result=Result.REPEAT, words=_("已经有人替您应了，您这次也记下了"))
        if problem := judging.not_an_answer(a, call, row["did"]):
            self.enter(Did.NOT_AN_ANSWER, row, {"how": a.how, "reason": problem, "seconds": a.seconds}, a)
            self._receipt(a, row, answered=False)
            return replace(known, result=Result.NOT_AN_ANSWER, words=problem)
        if row["state"] != ObligationState.OPEN or (call is not None and call.state != CallState.RUNNING):
            return self._after_the_end(a, change, call, known)
        self._meet(a, change, call)
        words = judging.thanks(call, declined=a.declined)
        return replace(known, words=words, met_at=row["met_at"], met_how=row["met_how"])

    def _heard(self, a: Answer, change: Change, known: Outcome) -> Outcome:
        """Take 知道了 from whoever owes no receipt; from whoever owes a result it is the receipt, and no result."""
        own = self.held.get(change.row["stands_for"]) if change.row["part"] == Part.RESULT else None
        if own is not None and own.row["state"] != ObligationState.TOLD:
            return self._one(replace(a, finish="", person=None), own.row["id"])
        heard = own or change
        if a.how == How.READ or a.how not in set(How):
            return replace(known, result=Result.NOT_AN_ANSWER, words=_("看过了不算应，请按“我知道了”"))
        words = _("记下了：知道了") if heard.row["directive"] in TOLD else _("收到了。办完还要报结果")
        if heard.row["known_at"] is not None:
            return replace(known, result=Result.REPEAT, words=words)
        heard.row["known_at"], heard.noted = self.moment, True
        self.enter(Did.KNOWN, heard.row, {"how": a.how}, a)
        return replace(known, words=words)

    def duty(self, row: dict[str, Any]) -> Change | None:
        """Return the row that owes the result: this one, or the one beside it. None where no result is owed."""
        if row["did"] == RESULT:
            return self.held[row["id"]]
        beside = (c for c in self.held.values() if c.row["part"] == Part.RESULT and c.row["stands_for"] == row["id"])
        return next(beside, None)

    def received(self, a: Answer, row: dict[str, Any]) -> None:
        """Whoever reports a result has received what they report on, if they had not yet said so."""
        own = self.held.get(row["stands_for"])
        if own is None or own.row["part"] != Part.SELF:
            return
        if own.row["state"] == ObligationState.OPEN:
            self._meet(replace(a, declined=False), own, self.calls.get(own.row["call_id"]))
        elif own.row["state"] == ObligationState.TOLD and own.row["known_at"] is None:
            own.row["known_at"], own.noted = self.moment, True

    def met(self, change: Change, a: Answer, part: str, pseudonym: UUID) -> None:
        """Close the duty of a result; a B岗's closes the one they stand for."""
        at = self._when(a, change.row)
        _meet_row(change, at, a.how, part, pseudonym)
        principal = self.held.get(change.row["stands_for"]) if change.row["part"] == Part.DEPUTY else None
        if principal is not None and principal.row["state"] == ObligationState.OPEN:
            principal.row["finish"] = change.row["finish"]
            _meet_row(principal, at, a.how, Part.DEPUTY, pseudonym)

    def _after_the_end(self, a: Answer, change: Change, call: Call | None, known: Outcome) -> Outcome:
        row = change.row
        if row["state"] == ObligationState.TOLD:
            return replace(known, result=Result.REPEAT, words=_("这是通知，不用应"))
        self._late(a, row)
        if call is not None and call.state == CallState.SUPERSEDED:
            words = _("这一次已经升级或改了内容，请应新的一次")
            return replace(known, result=Result.SUPERSEDED, words=words)
        if call is not None and call.state == CallState.CANCELLED:
            return replace(known, result=Result.LATE, words=_("这一次叫应已经取消，不用应了"))
        return replace(known, result=Result.LATE, words=_("叫应已经结束，您的回应记下了"))

    def _late(self, a: Answer, row: dict[str, Any]) -> None:
        if row["id"] not in self.late:
            self.late.add(row["id"])
            self.enter(Did.ANSWERED_LATE, row, {"how": a.how}, a)

    def _meet(self, a: Answer, change: Change, call: Call | None) -> None:
        row = change.row
        at = self._when(a, row)
        _meet_row(change, at, a.how, Part.SELF, row["pseudonym"])
        row["declined"] = a.declined
        row["reached_at"] = row["reached_at"] or at
        self._receipt(a, row, answered=True)
        values = {"how": a.how, "seconds": round((at - row["began_at"]).total_seconds(), 1), "carrier": a.carrier}
        if a.declined:
            values["declined"] = True
        did = {Part.SELF: Did.ANSWERED, Part.DEPUTY: Did.COVERED, Part.SUPERIOR: Did.HEARD_ABOVE}[Part(row["part"])]
        if call is None:
            did = Did.MET
        elif call.genre:
            did = Did.CONFIRMED
        if row["part"] == Part.SUPERIOR:
            values["count"] = row["weight"]
        self.enter(did, row, values, a, at)
        principal = self.held.get(row["stands_for"]) if row["stands_for"] else None
        if principal is not None and principal.row["state"] == ObligationState.OPEN and not a.declined:
            _meet_row(principal, at, a.how, Part.DEPUTY, row["pseudonym"])
        if a.declined and row["part"] == Part.SELF and call is not None and not call.genre:
            who = ("id", "place_path", "deputy_id", "superior_id", "post", "post_title", "role", "rank")
            self.deputies.append((call, Silent(*(row[n] for n in who))))

    def _when(self, a: Answer, row: dict[str, Any]) -> dt.datetime:
        """Return when the answer came: the carrier's word if it lies between the call and now."""
        return a.at if a.at is not None and row["began_at"] <= a.at <= self.moment else self.moment

    def _receipt(self, a: Answer, row: dict[str, Any], *, answered: bool) -> None:
        receipt = a.receipt or row["receipt_id"]
        if receipt is not None and answered:
            self.receipts[receipt] = (self.moment, answered)

    def enter(
        self, did: Did, row: dict[str, Any], values: dict[str, Any], a: Answer, at: dt.datetime | None = None
    ) -> None:
        if a.ref:
            values = values | {"ref": a.ref}
        self.lines.setdefault(did, []).append(
            ledger.Line(
                "callout.obligation", row["id"], row["place_path"], row["chain_id"], row["exercise_id"],
                values | {"call": row["call_id"]}, row["pseudonym"], row["post"], row["post_title"], at,
            )
        )  # fmt: skip

    def _write(self) -> None:
        changed = [c for c in self.held.values() if c.touched]
        if changed:
            _save(changed)
            results.void_deputies([c.row["id"] for c in changed if c.row["part"] in {Part.SELF, Part.RESULT}])
        leaves = counting.deltas()
        _answered(self.receipts, self.moment, leaves)
        _came_late(self.late, self.moment)
        for call, silent in self.deputies:
            standing.call_deputy_now(call, silent, self.moment)
        results.write(self, [c.row for c in self.held.values() if c.noted and not c.touched])
        for did, lines in self.lines.items():
            ledger.record_many(did, lines, by=authority.machine("callout.answers"))
        for c in (c for c in self.held.values() if c.touched or c.noted):
            call_id, path = c.row["call_id"], c.row["place_path"]
            counting.moved(leaves, call_id, path, c.before, counting.counts(results.facts(c.row)))
        tallies.add(leaves)


def _meet_row(change: Change, at: dt.datetime, how: str, part: str, by: UUID | None) -> None:
    change.row.update(state=ObligationState.MET, met_at=at, met_how=str(how), met_part=str(part), met_by=by)
    change.touched = True


def _save(changed: Sequence[Change]) -> None:
    rows = [c.row for c in changed]
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE callout_obligation o SET state = 'met', next_at = NULL, met_at = q.met_at, met_how = q.how,
                 met_part = q.part, met_by = q.by, declined = q.declined, reached_at = q.reached, finish = q.finish
               FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[], %s::text[], %s::uuid[], %s::bool[],
                 %s::timestamptz[], %s::text[]) AS q (id, met_at, how, part, by, declined, reached, finish)
               WHERE o.id = q.id""",
            [[r[n] for r in rows] for n in _MET],
        )


def _came_late(ids: set[UUID], moment: dt.datetime) -> None:
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE callout_obligation SET late_at = coalesce(late_at, %s) WHERE id = ANY(%s)",
                [moment, sorted(ids)],
            )


def _answered(receipts: dict[UUID, tuple[dt.datetime, bool]], moment: dt.datetime, leaves: counting.Deltas) -> None:
    """Mark the attempts answered. An answer may overtake the note that its attempt was handed over."""
    if not receipts:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE callout_receipt r SET state = 'answered', answered_at = %s, handed_at = coalesce(r.handed_at, %s)
               FROM (SELECT id, handed_at IS NULL AS fresh FROM callout_receipt
                     WHERE id = ANY(%s) AND state <> 'answered'
                     ORDER BY id FOR UPDATE) g
               WHERE r.id = g.id
               RETURNING r.call_id, r.place_path, g.fresh AND r.id = r.obligation_id""",
            [moment, moment, sorted(receipts)],
        )
        for call, path, newly in cursor.fetchall():
            if newly and call is not None:
                leaves[call, path]["handed"] += 1


@begun_again
@transaction.atomic
def proxy(obligation_id: UUID, *, by: Actor, how: str, note: str = "", at: dt.datetime | None = None) -> Outcome:
    """Write down that somebody was reached by hand: `how` in a few words ("上门", "打座机"), `note` is kept apart.

    Counted apart from the person's own answers. Raises Hidden, Refused.
    """
    batch = _Batch(now())
    batch._hold({obligation_id})  # noqa: SLF001 - the same file
    change = batch.held.get(obligation_id)
    if change is None or not authority.holds(by, Can.SEE, at=change.row["place_path"]):
        raise authority.Hidden(str(obligation_id))
    row = change.row
    authority.require(by, Can.ANSWER_FOR, at=row["place_path"])
    call = batch.calls.get(row["call_id"])
    known = Outcome(Result.FIRST, "", row["id"], row["call_id"], call.title if call else row["why"], row["met_at"])
    if row["state"] == ObligationState.MET:
        return replace(known, result=Result.REPEAT, words=_("他已经应过了"), met_how=row["met_how"])
    if row["state"] != ObligationState.OPEN or (call is not None and call.state != CallState.RUNNING):
        return replace(known, result=Result.LATE, words=_("叫应已经结束，不能再代报"))
    if row["did"] == RESULT:
        raise authority.Invalid(_("结果要本人报；办不了的可以改派给别人"))
    if call is not None and How.PROXY not in call.policy.get("counts", ()):
        raise authority.Invalid(_("这次叫应不认代报"))
    when = at if at is not None and row["began_at"] <= at <= batch.moment else batch.moment
    _meet_row(change, when, How.PROXY, counting.PROXY, by.pseudonym)
    ledger.record(
        Did.PROXIED, _Subject(row), by=by, at=when, how=how[:20], call=row["call_id"], whom=row["pseudonym"],
        private={"note": note} if note else None,
    )  # fmt: skip
    batch._write()  # noqa: SLF001 - the same file
    return replace(known, words=_("记下了：当面找到了他"), met_at=when, met_how=How.PROXY)


class _Subject:
    """An obligation as the ledger asks for it."""

    ledger_type = "callout.obligation"

    def __init__(self, row: dict[str, Any]) -> None:
        self.id: UUID = row["id"]
        self.place_path: str = row["place_path"]
        self.chain_id: UUID = row["chain_id"]
        self.exercise_id: UUID | None = row["exercise_id"]
