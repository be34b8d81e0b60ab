"""The review that somebody owes after a call was sent without its second person."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout.models import Call
from anlan.callout.services import obligations
from anlan.callout.terms import Can, Did, Owed
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people import queries as people

MOST = 5  # approvers who are asked; the first to review frees the others


def owe(call: Call, *, by: Actor) -> int:
    """Lay the review on those who may approve at the call's place or above, not on who sent it; returns how many."""
    able = people.holders(Can.APPROVE, at=call.place_path)
    duties = [
        Owed(
            subject_type="callout.call", subject_id=call.id, did=Did.REVIEWED, person=t.person_id,
            pseudonym=t.pseudonym, place_path=call.place_path,
            why=_("补审紧急发出的叫应「{title}」").format(title=call.title),
            due_at=call.review_due, post=t.post_id, post_title=t.post_title, role=t.role_code, rank=t.rank,
            chain=call.chain_id, exercise=call.exercise_id, drill=call.drill, link=f"/calls/{call.id}",
        )
        for t in able if t.pseudonym not in {by.pseudonym, call.prepared_by}
    ]  # fmt: skip
    obligations.owe_many(duties[:MOST], by=by)
    return len(duties[:MOST])


@transaction.atomic
def review(call_id: UUID, opinion: str, *, by: Actor) -> Call:
    """Review a call that was sent urgently. Raises Refused (also for who sent or prepared it), Conflict, Invalid."""
    call = Call.objects.select_for_update().filter(id=call_id).first()
    if call is None or not authority.holds(by, Can.SEE, at=call.place_path):
        raise Hidden(str(call_id))
    authority.require(by, Can.APPROVE, at=call.place_path)
    if by.pseudonym is not None and by.pseudonym == call.prepared_by:
        raise authority.Refused(Can.APPROVE, call.place_path)
    if call.review_due is None or call.reviewed_at is not None:
        raise Conflict(_("这次叫应不用补审，或者已经补审过了"))
    if not opinion.strip():
        raise Invalid({"opinion": _("写上补审意见")})
    call.reviewed_at, call.reviewed_by = now(), by.pseudonym
    call.save(update_fields=["reviewed_at", "reviewed_by"])
    obligations.meet_all(call.id, Did.REVIEWED, by=by)
    ledger.record(Did.REVIEWED, call, by=by, opinion=opinion.strip())
    return call
