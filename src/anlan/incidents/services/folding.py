"""Duplicates: two reports of one thing are folded, every source kept, every reporter told; and unfolded again."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.incidents import lifecycle, queries
from anlan.incidents.models import Report
from anlan.incidents.services import duties
from anlan.incidents.services.verifying import belong, follow
from anlan.incidents.terms import Can, Did, IncidentState, ReportState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger


@transaction.atomic
def fold(report_id: UUID, into: UUID, *, by: Actor) -> Report:
    """Fold a report into another one of the same thing. Raises Hidden, Refused, Conflict, Invalid."""
    found, other = _both(report_id, into, by)
    authority.require(by, Can.VERIFY, at=other.place_path)
    return _fold(found, other, Did.FOLDED, by=by)


@transaction.atomic
def fold_own(report_id: UUID, into: UUID, *, by: Actor) -> Report:
    """The reporter says that theirs is the same thing as one already reported nearby. Raises Hidden, Conflict."""
    if into not in {one.report.id for one in queries.like(queries.own_report(report_id, by=by))}:
        raise Hidden(_("没有这条情况报告"))
    rows = Report.objects.select_for_update(of=("self",)).filter(id__in=[report_id, into]).order_by("id")
    locked = {one.id: one for one in rows}
    found, other = locked[report_id], locked[into]
    return _fold(found, other, Did.FOLDED_OWN, by=by)


def _both(report_id: UUID, into: UUID, by: Actor) -> tuple[Report, Report]:
    """Lock both reports in the order of their ids, so that two desks never wait for each other."""
    locked = {one: queries.lock_desk(one, by=by) for one in sorted({report_id, into})}
    return locked[report_id], locked[into]


def _fold(found: Report, other: Report, did: Did, *, by: Actor) -> Report:
    queries.of_one_thing(found, other)
    joins = other.state == ReportState.VERIFIED and other.incident is not None
    if joins and other.incident is not None and other.incident.state != IncidentState.OPEN:
        raise Conflict(_("那个事件已经了结，先把它重新打开，或者另开一个事件"))
    if joins and did == Did.FOLDED:
        authority.require(by, Can.VERIFY, at=found.place_path)
    lifecycle.REPORT.move(found, Did.VERIFIED_TOO if joins else did, by=by)
    found.lead, found.state_at = other, now()
    found.chain_id = other.chain_id
    if joins and other.incident is not None:
        belong([found], other.incident)
        found.verifier, found.verifier_name = other.verifier, other.verifier_name
    found.save()
    ledger.record(did, found, by=by, into=other.id)
    duties.met(found, by=by)
    duties.answered_back(found, by=by)
    words = _("和别人报的是同一件事，并在一起办；你报的也留着。")
    if joins:
        words = _("和已经核实的「{title}」是同一件事，并在一起办；你报的也留着。").format(title=other.incident)
    duties.tell(found, words, by=by)
    _carry(found, other, words, by=by)
    return found


def _carry(found: Report, other: Report, words: str, *, by: Actor) -> None:
    """Whatever was folded into the one that is folded now goes along: a fold is never two deep."""
    if found.incident is not None:
        follow(found, Did.VERIFIED_TOO, words, by=by, incident=found.incident)
    Report.objects.filter(lead=found).update(lead=other, chain_id=other.chain_id)


@transaction.atomic
def unfold(report_id: UUID, reason: str, *, by: Actor) -> Report:
    """Take a report out again: it is looked into for itself. Raises Conflict for the one that others lean on."""
    if len(reason.strip()) < 2:
        raise Invalid({"opinion": _("写一句理由")})
    found = queries.lock_desk(report_id, by=by)
    if found.state == ReportState.VERIFIED and found.incident is not None:
        rest = [one for one in queries.sources_of(found.incident.id) if one.id != found.id]
        if not rest or any(one.lead_id == found.id for one in rest):
            raise Conflict(_("事件就是从这条来的，不能拆开；事件弄错了就把事件了结"))
    lifecycle.REPORT.move(found, Did.UNFOLDED, by=by)
    found.lead, found.incident, found.chain_id, found.state_at = None, None, found.id, now()
    found.save()
    ledger.record(Did.UNFOLDED, found, by=by, opinion=reason.strip()[:200])
    duties.ask(found, by=by)
    duties.tell(found, _("拆开来单独核实了。"), by=by)
    return found


def hand_on(found: Report) -> None:
    """Let the oldest report that was folded into one taken back be looked into instead, the others folded into it."""
    folded = Report.objects.select_for_update(of=("self",)).filter(lead=found, state=ReportState.FOLDED).order_by("id")
    rest = list(folded)
    if not rest:
        return
    by = authority.machine("incidents.folding", exercise=found.exercise_id)
    heir = rest[0]
    lifecycle.REPORT.move(heir, Did.UNFOLDED, by=by)
    heir.lead, heir.chain_id, heir.state_at = None, heir.id, now()
    heir.save()
    Report.objects.filter(id__in=[one.id for one in rest[1:]]).update(lead=heir, chain_id=heir.chain_id)
    reason = _("并入的那条被报告人撤回了")
    ledger.record(Did.UNFOLDED, heir, by=by, opinion=reason)
    duties.ask(heir, by=by)
