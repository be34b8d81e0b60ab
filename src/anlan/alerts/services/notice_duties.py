"""What a notice leaves others to do: approve it before it leaves, or look over what left without approval."""

import datetime as dt

from django.utils.translation import gettext as _

from anlan.alerts.models import Notice
from anlan.alerts.services.linkage import AGAIN, CARRIERS
from anlan.alerts.terms import Can, Did
from anlan.callout.queries import affair
from anlan.callout.services import obligations, policies, reviews
from anlan.callout.terms import Can as CalloutCan
from anlan.callout.terms import Did as Called
from anlan.callout.terms import Draft, Owed
from anlan.kernel import authority
from anlan.kernel.authority import Actor
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.people.terms import Targeting

MOST = 5  # approvers who are asked; the first to act frees the others


def ask(notice: Notice, *, by: Actor) -> int:
    """Ring whoever may approve at the notice's place or above, the nearest first. Returns how many.

    Due when the call of such a level must have started. Nobody is asked to approve their own notice.
    """
    why = _("批准「{title}」：批了才发").format(title=notice.title)
    asked = _lay(notice, Did.APPROVED, why, now() + _span(notice, "start_within"), ring=True, by=by)
    for duty in asked:
        ledger.record(Did.ASKED, notice, by=by, post_title=duty.post_title, of=duty.pseudonym)
    return len(asked)


def approved(notice: Notice, *, by: Actor) -> None:
    """Somebody decided on the notice, one way or the other: whoever was asked owes nothing more."""
    obligations.meet_all(notice.id, Did.APPROVED, by=by)


def free(notice: Notice, reason: str, *, by: Actor) -> None:
    """Nobody has to approve the notice any more."""
    obligations.void(notice.id, reason, by=by, did=Did.APPROVED)


def review_by(notice: Notice) -> dt.datetime:
    """Return by when an urgent send of this level must have been looked over."""
    return now() + _span(notice, "review_within")


def owe_review(notice: Notice, *, by: Actor) -> int:
    """Lay the review of an urgent send on those who may approve; its call's review goes with it. Returns how many."""
    why = _("补审紧急发出的「{title}」").format(title=notice.title)
    asked = _lay(notice, Did.REVIEWED, why, notice.review_due, ring=False, by=by)
    if asked:
        for call in affair.of_chain(notice.chain_id):
            obligations.void(call.id, _("和内部风险提示一起补审"), by=by, did=Called.REVIEWED)
    return len(asked)


def reviewed(notice: Notice, opinion: str, *, by: Actor) -> None:
    """Note the review as done, on the calls that left with the notice too."""
    obligations.meet_all(notice.id, Did.REVIEWED, by=by)
    for call in affair.of_chain(notice.chain_id):
        owed = call.review_due is not None and call.reviewed_at is None
        if owed and authority.holds(by, CalloutCan.APPROVE, at=call.place_path):
            reviews.review(call.id, opinion, by=by)


def _span(notice: Notice, name: str) -> dt.timedelta:
    policy = policies.choose(Draft(title=notice.title, body="", targeting=Targeting(()), level=notice.level))
    return dt.timedelta(seconds=int(policy.body[name]))


def _lay(notice: Notice, did: Did, why: str, due: dt.datetime | None, *, ring: bool, by: Actor) -> list[Owed]:
    own = {by.pseudonym, notice.made_by, notice.submitted_by, notice.sent_by}
    able = [t for t in people.holders(Can.APPROVE, at=notice.place_path) if t.pseudonym not in own]
    duties = [
        Owed(
            subject_type="alerts.notice", subject_id=notice.id, did=did, person=t.person_id, pseudonym=t.pseudonym,
            place_path=notice.place_path, why=why, due_at=due, post=t.post_id, post_title=t.post_title,
            role=t.role_code, rank=t.rank, deputy=t.deputy_person_id, superior=t.superior_post_id,
            chain=notice.chain_id, exercise=notice.exercise_id, drill=notice.exercise_id is not None,
            ladder=AGAIN if ring else (), carriers=CARRIERS if ring else (), link=f"/notices/{notice.id}",
        )
        for t in able[:MOST]
    ]  # fmt: skip
    obligations.owe_many(duties, by=by)
    return duties
