"""Somebody looks at a record that could not be applied: what stands is kept, or the phone's is applied, or noted."""

from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.fieldwork import ports, queries
from anlan.fieldwork.models import Record
from anlan.fieldwork.services import syncing
from anlan.fieldwork.terms import OPEN, SETTLED_NAMES, Did, RecordState, Settled
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import local, now
from anlan.ledger import services as ledger

LONGEST = 300  # characters of an opinion


@transaction.atomic
def settle(record_id: UUID, how: str, opinion: str = "", *, by: Actor) -> Record:
    """Settle a record: kept, applied (by the actor's own rights, whatever revision the phone saw) or noted.

    Raises Hidden, Conflict (settled already, or it still cannot be applied), Invalid, and what the deed itself raises.
    """
    row = queries.records.record(record_id, by=by, locked=True)
    if row.state not in OPEN:
        raise Conflict(_("这条已经处理过了"))
    opinion = opinion.strip()
    if how not in set(Settled):
        raise Invalid({"how": _("选一种办法：保留现在的、按手机上的改、写进备注")})
    if len(opinion) > LONGEST:
        raise Invalid({"opinion": _("最多 {most} 个字，现在有 {count} 个").format(most=LONGEST, count=len(opinion))})
    if how == Settled.KEPT and not opinion:
        raise Invalid({"opinion": _("写一句为什么不收手机上的，记的人看得到")})
    if how == Settled.APPLIED:
        _apply(row, by)
    elif how == Settled.NOTED:
        _note(row, opinion, by)
    row.state, row.settled, row.settled_at = RecordState.SETTLED, how, now()
    row.settled_by, row.opinion = by.name[:60], opinion
    row.save(update_fields=["state", "settled", "settled_at", "settled_by", "opinion", "subject", "href"])
    words = opinion or str(SETTLED_NAMES[how])
    ledger.record(
        Did.SETTLED, row, by=by, chain=row.subject or row.id, exercise=row.exercise, opinion=words, how_settled=how
    )
    return row


def can(row: Record, how: str) -> bool:
    """Say whether the kind of a record allows a way of settling it."""
    handler = ports.handlers.get(row.kind)
    if how == Settled.APPLIED:
        return handler is not None and row.person is not None and row.at is not None
    return how == Settled.KEPT or isinstance(handler, ports.Notes)


def _apply(row: Record, by: Actor) -> None:
    if not can(row, Settled.APPLIED):
        raise Conflict(_("这台服务器还不认识这种记录，收不进来"))
    said = queries.records.said(row)
    made = syncing.apply_one(replace(said, base=None), by=by)
    if made.state != RecordState.DONE:
        raise Conflict(made.message or _("还是收不进来"))
    row.subject, row.href = made.subject or row.subject, made.href or row.href


def _note(row: Record, opinion: str, by: Actor) -> None:
    handler = ports.handlers.get(row.kind)
    if not isinstance(handler, ports.Notes):
        raise Conflict(_("这种记录不能写进备注"))
    when = local(row.at or row.arrived_at).strftime("%m-%d %H:%M")
    told = "；".join(f"{label}：{value}" for label, value in queries.records.told(row).items() if value)
    words = _("{name} {when} 在手机上记的：{told}").format(name=row.sender, when=when, told=told)
    handler.note(queries.records.said(row), f"{words} {opinion}".strip(), by=by)
