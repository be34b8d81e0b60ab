"""A person settles what no machine could place."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout.models import Unmatched
from anlan.callout.queries import unplaced as queries
from anlan.callout.services import answers, gateways
from anlan.callout.terms import Answer, Can, Did, How, Outcome
from anlan.kernel import authority, clock
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.ledger import services as ledger

OUTCOMES = ("answered", "declined", "noted", "reported")


@transaction.atomic
def settle(identifier: UUID, outcome: str, *, by: Actor) -> Outcome | None:
    """Settle one report: an answer, an answer that cannot go, nothing to act on, or news that became a report.

    Raises Hidden, Refused, Invalid (no such outcome), Conflict (it is about nobody, so it cannot be an answer).
    """
    if outcome not in OUTCOMES:
        raise Invalid({"outcome": _("只能记为应了、去不了、看过了或转成情况报告")})
    row = queries.get(identifier, by)
    if row.place_path:
        authority.require(by, Can.ANSWER_FOR, at=row.place_path)
    came = _answer(row, declined=outcome == "declined") if outcome in {"answered", "declined"} else None
    row.settled_at, row.settled_by, row.outcome = clock.now(), by.pseudonym, outcome
    row.save(update_fields=["settled_at", "settled_by", "outcome"])
    ledger.record(Did.UNPLACED_SETTLED, row, by=by, carrier=row.carrier, reason=row.reason, outcome=outcome)
    return came


def _answer(row: Unmatched, *, declined: bool) -> Outcome:
    if row.about is None:
        raise Conflict(_("不知道是谁回的，不能记成应了；找到人以后在看板上代记"))
    event = gateways.opened(row)
    said = str(event.get("text", ""))[:20] if isinstance(event, dict) else ""
    came = Answer(How.REPLY, obligation=row.about, at=row.at, said=said, declined=declined, carrier=row.carrier)
    return answers.answer(came)
