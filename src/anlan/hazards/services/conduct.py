"""难处, said at the time and never changed; 失职线索, opened, confirmed and ended by persons alone (HZD-10, EVL-02)."""

import io
import zipfile
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from anlan.hazards import lifecycle
from anlan.hazards.models import NeglectLead, ObstacleRow
from anlan.hazards.queries import conduct as queries
from anlan.hazards.queries import scope
from anlan.hazards.services import acting
from anlan.hazards.terms import ENDINGS, Can, Did, LeadState, Obstacle
from anlan.kernel import tables
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused, require
from anlan.kernel.clock import local, now
from anlan.ledger import queries as entries_of
from anlan.ledger import services as ledger

PROOFS = 40  # bundles of proof in one export; the table holds every entry


class _About:
    ledger_type = "hazards.conduct"

    def __init__(self, person: Any) -> None:
        self.id, self.place_path = person.pseudonym, person.place_path


@transaction.atomic
def say_obstacle(hazard_id: UUID, kind: str, words: str, *, by: Actor) -> ObstacleRow:
    """Register what stands in one's way, at the time. Nobody changes it later, oneself included.

    Raises Hidden, Refused, Invalid.
    """
    hazard = scope.hazard(hazard_id, by=by)
    if by.pseudonym is None:
        raise Refused(Can.SEE, hazard.place_path)
    said = words.strip()
    if kind not in set(Obstacle):
        raise Invalid({"kind": _("选一种难处")})
    if not 4 <= len(said) <= 400:
        raise Invalid({"words": _("说清楚一点，4 到 400 个字")})
    seat = by.acting(hazard.place_path)
    made = ObstacleRow.objects.create(
        hazard=hazard, place_path=hazard.place_path, kind=kind, words=said, by=by.pseudonym, by_name=by.name[:60],
        by_title=(seat.title if seat else "")[:120],
    )  # fmt: skip
    acting.record(Did.OBSTACLE, hazard, by=by, obstacle=kind, opinion=said)
    return made


@transaction.atomic
def note_seen(pseudonym: UUID, *, by: Actor) -> None:
    """Leave an entry that somebody read about another; oneself reads without one."""
    if by.pseudonym != pseudonym:
        ledger.record(Did.CONDUCT_SEEN, _About(queries.subject(pseudonym, by=by)), by=by)


@transaction.atomic
def open_lead(pseudonym: UUID, entries: Sequence[UUID], reason: str, *, by: Actor) -> NeglectLead:
    """Open a lead on chosen entries. A person does, never a machine, never about oneself.

    Raises Hidden, Refused, Invalid (fewer entries than the threshold, entries of others, no reason).
    """
    person = queries.subject(pseudonym, by=by)
    require(by, Can.CONDUCT, at=person.place_path)
    if by.pseudonym is None or by.pseudonym == pseudonym:
        raise Refused(Can.CONDUCT, person.place_path)
    chosen = list(dict.fromkeys(entries))
    found = [e for e in entries_of.entries(chosen) if entries_of.may_see(e, by) and e.exercise is None]
    wrong = {}
    if len(found) != len(chosen) or len(chosen) < settings.LEAD_EVIDENCE:
        wrong["entries"] = _("至少选 {least} 条台账记录作依据，看得到的才能选").format(least=settings.LEAD_EVIDENCE)
    said = reason.strip()
    if not 10 <= len(said) <= 1000:
        wrong["reason"] = _("写清楚凭什么，10 到 1000 个字")
    if wrong:
        raise Invalid(wrong)
    made = NeglectLead.objects.create(
        person=pseudonym, person_name=person.name[:60], place_path=person.place_path, entries=chosen, reason=said,
        opened_by=by.pseudonym, opened_name=by.name[:60],
    )  # fmt: skip
    ledger.record(Did.LEAD_OPENED, made, by=by, count=len(chosen), of=pseudonym)
    return made


@transaction.atomic
def confirm_lead(lead_id: UUID, opinion: str, *, by: Actor) -> NeglectLead:
    """A second person confirms that there is something to look into. Raises Hidden, Refused, Conflict, Invalid."""
    row = _take(lead_id, Did.LEAD_CONFIRMED, by=by)
    if row.opened_by == by.pseudonym:
        raise Conflict(_("线索是你提的，要由另一个人复核"))
    row.confirmed_at, row.confirmed_by, row.confirmed_name = now(), by.pseudonym, by.name[:60]
    said = acting.said(opinion)
    row.save()
    ledger.record(Did.LEAD_CONFIRMED, row, by=by, opinion=said)
    return row


@transaction.atomic
def answer_lead(lead_id: UUID, words: str, *, by: Actor) -> NeglectLead:
    """The person concerned answers in writing, as long as there is no finding. Raises Hidden, Refused, Conflict."""
    row = queries.lead(lead_id, by=by, locked=True)
    if row.person != by.pseudonym:
        raise Refused(Can.CONDUCT, row.place_path)
    if row.state in ENDINGS:
        raise Conflict(_("已经有结论，不能再补说明"))
    said = words.strip()
    if not 2 <= len(said) <= 3000:
        raise Invalid({"words": _("写下你的说明，2 到 3000 个字")})
    row.answer, row.answered_at = said, now()
    row.save(update_fields=["answer", "answered_at"])
    ledger.record(Did.LEAD_ANSWERED, row, by=by, private={"answer": said})
    return row


@transaction.atomic
def end_lead(lead_id: UUID, finding: str, opinion: str, *, by: Actor) -> NeglectLead:
    """Close a lead as 不成立, 免责 (容错登记) or 移送纪检. The last two need a confirmed one.

    Raises Hidden, Refused, Conflict, Invalid.
    """
    if finding not in {str(e) for e in ENDINGS}:
        raise Invalid({"finding": _("结论只有不成立、免责、移送纪检")})
    row = _take(lead_id, finding, by=by)
    said = acting.said(opinion)
    row.ended_at, row.ended_by, row.ended_name, row.opinion = now(), by.pseudonym, by.name[:60], said
    row.save()
    ledger.record(Did.LEAD_ENDED, row, by=by, lead_state=row.state, opinion=said)
    return row


def _take(lead_id: UUID, verb: str, *, by: Actor) -> NeglectLead:
    row = queries.lead(lead_id, by=by, locked=True)
    if by.pseudonym is None or row.person == by.pseudonym:
        raise Refused(Can.CONDUCT, row.place_path)
    try:
        lifecycle.LEAD.move(row, verb, by=by)
    except Conflict:
        raise Conflict(_("这条线索现在办不了这一步：先由另一个人复核，有结论的不再动")) from None
    return row


@transaction.atomic
def bundle(pseudonym: UUID, accounts: Sequence[queries.Account], *, by: Actor) -> bytes:
    """Return the evidence of a person as ZIP: a table of everything, and proofs of the entries that anybody verifies.

    The export leaves an entry. Raises Hidden.
    """
    person = queries.subject(pseudonym, by=by)
    rows = [row for account in accounts for row in _lines(account)]
    kept = [e for account in accounts for e in account.entries]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        header = [_("隐患"), _("时间"), _("什么"), _("内容"), _("期限"), _("记录号")]
        package.writestr("conduct.xlsx", tables.to_xlsx(header, rows, title=_("履职材料")))
        for entry in kept[:PROOFS]:
            try:
                package.writestr(f"proofs/{entry.id}.zip", ledger.proof(entry.id, by=by))
            except (Hidden, Conflict):
                continue  # not sealed yet, or beyond the actor's ledger: the table has it all the same
    ledger.record(Did.CONDUCT_EXPORTED, _About(person), by=by, count=len(kept))
    return made.getvalue()


def _lines(account: queries.Account) -> list[tuple[str, ...]]:
    name, stamp = account.hazard.number or str(account.hazard.id), "%Y-%m-%d %H:%M:%S"
    lines = [
        (name, f"{local(d.began_at):{stamp}}", _("知悉：任务到待办"), d.why, f"{local(d.due_at):{stamp}}" if d.due_at
         else "", str(d.id)) for d in account.duties
    ] + [
        (name, f"{local(e.at):{stamp}}", _("做了"), entries_of.told([e])[0]["what"], "", str(e.id))
        for e in account.entries
    ] + [
        (name, f"{local(o.at):{stamp}}", _("难处"), o.words, "", str(o.id)) for o in account.obstacles
    ]  # fmt: skip
    return sorted(lines, key=lambda line: line[1])


def waits(row: NeglectLead) -> bool:
    """Say whether there is no finding yet."""
    return row.state in {LeadState.OPENED, LeadState.CONFIRMED}
