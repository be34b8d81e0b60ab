"""A duty handed on: by whoever owes it, or by the duty officer. The same is laid on the other, and the sender told."""

import datetime as dt
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from anlan.callout import counting, ladder
from anlan.callout.models import Call, Obligation, Report
from anlan.callout.services import channels, obligations, results, settling, tallies
from anlan.callout.services.undone import begun_again
from anlan.callout.terms import ANSWER, RESULT, CallState, Can, Did, Finish, How, ObligationState, Part
from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7, uuid7s
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.people.queries import Target

NEAR = 200  # persons offered

_LAY = """
INSERT INTO callout_obligation (id, subject_type, subject_id, call_id, did, part, stands_for, person_id, pseudonym,
  deputy_id, superior_id, post, post_title, role, rank, place_path, why, link, weight, began_at, due_at, next_at, step,
  rung, tries, state, dead, met_how, met_part, declined, chain_id, exercise_id, drill, directive)
SELECT q.id, o.subject_type, o.subject_id, o.call_id, q.did, q.part, q.stands, %(person)s, %(pseudonym)s, %(deputy)s,
  %(superior)s, %(post)s, %(title)s, %(role)s, %(rank)s, %(path)s, %(why)s, '', 0, %(now)s, q.due, q.next, q.step,
  'self', 1, q.state, %(dead)s, '', '', false, o.chain_id, o.exercise_id, o.drill, o.directive
FROM callout_obligation o, unnest(%(ids)s::uuid[], %(dids)s::text[], %(parts)s::text[], %(stands)s::uuid[],
  %(dues)s::timestamptz[], %(nexts)s::timestamptz[], %(steps)s::int[], %(states)s::text[])
  AS q (id, did, part, stands, due, next, step, state)
WHERE o.id = %(from)s"""


def near(row: Obligation) -> list[Target]:
    """Return who may take a duty over from whoever owes it: those who answer under the place above theirs."""
    above = paths.parent(row.place_path) or row.place_path
    return [t for t in people.people_at(above, limit=NEAR) if t.person_id != row.person_id]


@begun_again
@transaction.atomic
def pass_on(obligation_id: UUID, to_post: UUID, reason: str, *, by: Actor) -> UUID:
    """Lay the same duty on who answers for another post; returns the new duty's id.

    By whoever owes it, to somebody near; or by an officer who may start calls there, to anybody they see. Raises
    Hidden, Refused, Conflict (no longer open), Invalid (no reason, nobody there, the same person).
    """
    row, own = _lock(obligation_id)
    call = Call.objects.get(id=row.call_id or row.subject_id)
    mine = by.person == row.person_id
    if not mine:
        if not authority.holds(by, Can.SEE, at=row.place_path):
            raise Hidden(str(obligation_id))
        authority.require(by, Can.START, at=row.place_path)
    if row.state != ObligationState.OPEN or call.state != CallState.RUNNING:
        raise Conflict(_("这件事已经不用办了，不能再转"))
    target = people.answering([to_post]).get(to_post)
    allowed = target is not None and (
        target.person_id in {t.person_id for t in near(row)}
        if mine
        else any(paths.contains(s, target.place_path) for s in authority.scopes(by, Can.START))
    )
    wrong = {}
    if target is None or not allowed or target.person_id == row.person_id:
        wrong["to"] = _("选一个能接手的人")
    if not reason.strip():
        wrong["reason"] = _("写上为什么转")
    if wrong or target is None:
        raise Invalid(wrong)
    return _pass(call, row, own, target, reason.strip()[: results.WORDS], by=by)


def _lock(obligation_id: UUID) -> tuple[Obligation, Obligation]:
    found = Obligation.objects.filter(id=obligation_id, did=RESULT, part=Part.RESULT).first()
    if found is None:
        raise Hidden(str(obligation_id))
    own = found.stands_for or found.id  # the database holds that a result stands for a person's own row
    rows = {r.id: r for r in Obligation.objects.select_for_update().filter(id__in=(found.id, own)).order_by("id")}
    return rows[found.id], rows[own]


def _counts(row: Obligation) -> dict[str, int]:
    return counting.counts(results.facts(vars(row)))


def _pass(call: Call, row: Obligation, own: Obligation, target: Target, reason: str, *, by: Actor) -> UUID:
    moment, leaves = now(), counting.deltas()
    before = (_counts(row), _counts(own))
    row.state, row.finish, row.next_at = ObligationState.VOID, Finish.PASSED, None
    row.save(update_fields=["state", "finish", "next_at"])
    if own.state == ObligationState.OPEN:
        own.state, own.met_at, own.met_how, own.met_part, own.next_at = "met", moment, How.INBOX, Part.SELF, None
        own.met_by, own.reached_at = by.pseudonym, own.reached_at or moment
        own.save(update_fields=["state", "met_at", "met_how", "met_part", "next_at", "met_by", "reached_at"])
    kin = Obligation.objects.filter(stands_for__in=[row.id, own.id], part=Part.DEPUTY, state=ObligationState.OPEN)
    kin.update(state=ObligationState.VOID, next_at=None)
    ids = _lay(call, row, target, moment)
    made = dict(zip(("own", "result"), Obligation.objects.filter(id__in=ids).order_by("id"), strict=True))
    Report.objects.create(
        id=uuid7(), call_id=call.id, obligation_id=row.id, person_id=row.person_id, place_path=row.place_path,
        finish=Finish.PASSED, words=reason, how=How.INBOX, by=by.pseudonym, at=moment, next_person=target.person_id,
        next_duty=ids[1], exercise_id=row.exercise_id, drill=row.drill,
    )  # fmt: skip
    ledger.record(
        Did.PASSED, row, by=by, post_title=target.post_title, to=ids[1], whom=target.pseudonym, call=call.id,
        private={"reason": reason},
    )  # fmt: skip
    for one, earlier in ((row, before[0]), (own, before[1])):
        counting.moved(leaves, call.id, one.place_path, earlier, _counts(one))
    for one in made.values():
        counting.moved(leaves, call.id, one.place_path, {}, _counts(one))
    for usable in channels.rounds(call.policy["send"], drill=call.drill):
        settling.queue([(ids[0], usable[0], ",".join(usable[1:]), 1)], moment)
    if by.pseudonym != call.prepared_by:
        results.tell_sender(call)
    tallies.add(leaves)
    return ids[1]


def _lay(call: Call, row: Obligation, target: Target, moment: dt.datetime) -> list[UUID]:
    """Lay a receipt (or only the news) and the result on the one who takes over; returns both ids."""
    ids = uuid7s(2)
    answer = bool(call.policy["needs_answer"])
    step, at = ladder.begin_at(ladder.steps(call.policy.get("result_ladder")), row.due_at or moment, moment)
    receipt = ladder.steps(call.policy["ladder"])
    due = moment + dt.timedelta(seconds=call.policy["answer_within"])
    with connection.cursor() as cursor:
        cursor.execute(
            _LAY,
            {
                "ids": ids, "dids": [ANSWER, RESULT], "parts": ["self", "result"], "stands": [None, ids[0]],
                "dues": [due if answer else None, row.due_at],
                "nexts": [ladder.due(receipt, 0, moment) if answer else None, at], "steps": [0, step],
                "states": ["open" if answer else "told", "open"], "from": row.id, "now": moment,
                "person": target.person_id, "pseudonym": target.pseudonym, "deputy": target.deputy_person_id,
                "superior": target.superior_post_id, "post": target.post_id, "title": target.post_title,
                "role": target.role_code, "rank": target.rank, "path": target.place_path,
                "dead": target.reach == "dead", "why": _("「{post}」把这件事转给了您。").format(post=row.post_title),
            },
        )  # fmt: skip
    return ids


@transaction.atomic
def insist(obligation_id: UUID, *, by: Actor) -> None:
    """An officer has read why somebody will not do it, and it stays theirs. Raises Hidden, Refused, Conflict."""
    row, _own = _lock(obligation_id)
    if not authority.holds(by, Can.SEE, at=row.place_path):
        raise Hidden(str(obligation_id))
    authority.require(by, Can.START, at=row.place_path)
    if row.state != ObligationState.OPEN or row.finish != Finish.REFUSED:
        raise Conflict(_("这件事没有人说不办，或者已经定下来了"))
    before = _counts(row)
    row.finish = ""
    row.save(update_fields=["finish"])
    ledger.record(Did.INSISTED, row, by=by, call=row.call_id)
    leaves = counting.deltas()
    counting.moved(leaves, row.call_id, row.place_path, before, _counts(row))
    tallies.add(leaves)


def looked(call_id: UUID, *, by: Actor) -> int:
    """Whoever may start calls has seen the refusals: the sender's duty to look is met. Returns how many were."""
    call = Call.objects.filter(id=call_id).first()
    if call is None or not authority.holds(by, Can.SEE, at=call.place_path):
        raise Hidden(str(call_id))
    authority.require(by, Can.START, at=call.place_path)
    return obligations.meet_all(call_id, results.LOOK, by=by)
