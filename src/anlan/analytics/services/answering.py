"""What people do about a finding: make a special task of it, or say why it needs nothing."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.analytics.models import Finding
from anlan.analytics.queries import findings as queries
from anlan.analytics.terms import Did, FindingState
from anlan.callout.services import obligations
from anlan.hazards import services as hazards
from anlan.hazards.terms import Can
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger


@transaction.atomic
def make_task(
    finding_id: UUID, title: str, reason: str, checklists: Sequence[UUID], due_on: dt.date | None, *, by: Actor
) -> Finding:
    """Make a special inspection of the finding's place out of it. Raises Refused, Hidden, Conflict, Invalid."""
    row = _open(finding_id, by)
    if due_on is None:
        raise Invalid({"due_on": _("写成年-月-日，例如 2026-01-01")})
    made = hazards.special([row.place_path], title, reason, checklists, due_on, by=by)
    row.task = made[0].id
    return _answer(row, FindingState.TASKED, reason, by)


@transaction.atomic
def dismiss(finding_id: UUID, opinion: str, *, by: Actor) -> Finding:
    """Say why it needs nothing (it counts as a false alarm). Raises Refused, Hidden, Conflict, Invalid."""
    row = _open(finding_id, by)
    if not opinion.strip():
        raise Invalid({"opinion": _("写一句为什么不用管")})
    return _answer(row, FindingState.DISMISSED, opinion, by)


def _open(finding_id: UUID, by: Actor) -> Finding:
    row = queries.finding(finding_id, by=by, locked=True)
    authority.require(by, Can.PLAN, at=row.place_path)
    if row.state != FindingState.OPEN:
        raise Conflict(_("{name}已经处理过了").format(name=row.answered_name or _("系统")))
    return row


def _answer(row: Finding, state: str, opinion: str, by: Actor) -> Finding:
    row.state, row.opinion = state, opinion.strip()[:400]
    row.answered_by, row.answered_name = by.pseudonym, by.name[:60]
    row.last_at = now()
    row.save()
    ledger.record_many(
        Did.ANSWERED,
        [ledger.Line("analytics.finding", row.id, row.place_path, row.id, by.exercise,
                     {"opinion": row.opinion, "state": row.state})],
        by=by,
    )  # fmt: skip
    obligations.meet_all(row.id, Did.ANSWERED, by=by)
    return row
