"""Whoever was sent says what they found; two say it when one cannot tell; it is closed, and opened again (SEN-04)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.fieldwork.services import uploads as files
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.sensing import lifecycle
from anlan.sensing.models import Alarm, AlarmPhoto
from anlan.sensing.queries import alarms as queries
from anlan.sensing.services import alarm_duties as duties
from anlan.sensing.terms import AlarmState, Can, Did, Verdict

LONGEST = 500
DIDS = {
    Verdict.REAL: Did.VERIFIED_REAL,
    Verdict.FALSE: Did.VERIFIED_FALSE,
    Verdict.UNSURE: Did.VERIFIED_UNSURE,
}


@transaction.atomic
def verify(
    alarm_id: UUID,
    verdict: str,
    opinion: str,
    *,
    by: Actor,
    uploads: Sequence[UUID] = (),
    revision: int | None = None,
) -> Alarm:
    """Say of an alarm whether it is real, false, or that one cannot tell; then somebody else is asked.

    By whoever owes it, or may verify at its place. Raises Hidden, Refused, Conflict (somebody did, or changed it, or
    one could not tell oneself), Invalid.
    """
    found = queries.lock(alarm_id, by=by)
    queries.require(found, by=by)
    if verdict not in DIDS:
        raise Invalid({"verdict": _("选一个：属实、误报、说不准")})
    _still_open(found, revision)
    if by.pseudonym is not None and by.pseudonym in found.doubters:
        raise Conflict(_("你已经说了说不准，这条要另一个人复核"))
    words = _words(opinion, needed=verdict != Verdict.REAL)
    photos = files.own(uploads, by=by)
    lifecycle.ALARM.move(found, DIDS[Verdict(verdict)], by=by)
    found.verdict, found.opinion, found.verified_at = verdict, words, now()
    found.verifier, found.verifier_name = by.pseudonym, by.name[:60]
    found.closed_at = found.verified_at if found.state == AlarmState.CLOSED else None
    if verdict == Verdict.UNSURE and by.pseudonym is not None:
        found.doubters = [*found.doubters, by.pseudonym]
    _keep(found)
    AlarmPhoto.objects.bulk_create(
        [AlarmPhoto(alarm=found, upload_id=one.id, added_by=by.pseudonym, added_name=by.name[:60]) for one in photos],
        ignore_conflicts=True,
    )
    ledger.record(
        DIDS[Verdict(verdict)], found, by=by, opinion=words, photos=len(photos), sensing_level=found.level,
        rule=found.rule_id, thing=found.thing_id,
    )  # fmt: skip
    duties.met(found, by=by)
    if verdict == Verdict.UNSURE:
        duties.lay([found], by=by)
    return found


def _still_open(found: Alarm, revision: int | None) -> None:
    if found.state in {AlarmState.CONFIRMED, AlarmState.CLOSED}:
        who = found.verifier_name or _("别人")
        raise Conflict(_("{who}已经核实过了：{verdict}").format(who=who, verdict=queries.verdict_word(found)))
    if revision is not None and revision != found.revision:
        if found.state == AlarmState.UNSURE and found.verifier_name:
            raise Conflict(_("{who}刚说了说不准，请看过再说").format(who=found.verifier_name))
        raise Conflict(_("这条报警刚变过，请看过新的再说"))


def _words(text: str, *, needed: bool) -> str:
    said = text.strip()
    if needed and len(said) < 2:
        raise Invalid({"opinion": _("写一句看到了什么，比如「炒菜的油烟，没有火」")})
    if len(said) > LONGEST:
        raise Invalid({"opinion": _("最多 {most} 个字").format(most=LONGEST)})
    return said


def _keep(found: Alarm) -> None:
    found.revision += 1
    found.save(
        update_fields=[
            "state", "verdict", "opinion", "verified_at", "verifier", "verifier_name", "closed_at", "doubters",
            "revision", "event",
        ]
    )  # fmt: skip


@transaction.atomic
def close(alarm_id: UUID, opinion: str, *, by: Actor) -> Alarm:
    """What was real is dealt with. Raises Hidden, Refused, Conflict, Invalid without an opinion."""
    found = queries.lock(alarm_id, by=by)
    queries.require(found, by=by)
    if found.state != AlarmState.CONFIRMED:
        raise Conflict(_("这条报警现在是「{state}」，不能这样了结").format(state=queries.state_word(found)))
    words = _words(opinion, needed=True)
    lifecycle.ALARM.move(found, Did.ALARM_CLOSED, by=by)
    found.closed_at = now()
    _keep(found)
    ledger.record(Did.ALARM_CLOSED, found, by=by, opinion=words)
    return found


@transaction.atomic
def reopen(alarm_id: UUID, opinion: str, *, by: Actor) -> Alarm:
    """It was judged wrongly: somebody looks once more. Raises Hidden, Refused, Conflict, Invalid without a reason."""
    found = queries.lock(alarm_id, by=by)
    authority.require(by, Can.VERIFY, at=found.place_path)
    if found.state != AlarmState.CLOSED:
        raise Conflict(_("这条报警现在是「{state}」，还没了结").format(state=queries.state_word(found)))
    words = _words(opinion, needed=True)
    lifecycle.ALARM.move(found, Did.ALARM_REOPENED, by=by)
    found.verdict, found.closed_at, found.doubters = Verdict.NONE, None, []
    _keep(found)
    ledger.record(Did.ALARM_REOPENED, found, by=by, opinion=words)
    duties.lay([found], by=by)
    return found


@transaction.atomic
def became(alarm_id: UUID, what: str, title: str, *, by: Actor) -> None:
    """A higher context took a real alarm over: `what` is "incidents.incident:<uuid>". Twice is once."""
    found = Alarm.objects.select_for_update().filter(id=alarm_id).first()
    if found is None or found.event == what:
        return
    found.event = what
    found.save(update_fields=["event"])
    ledger.record(Did.ALARM_BECAME, found, by=by, title=title, became=what)


@dataclass(frozen=True, slots=True)
class Export:
    """What an entry about an export is about."""

    id: UUID
    place_path: str
    ledger_type: str = "sensing.export"


def note_export(count: int, *, by: Actor) -> None:
    """Leave an entry that alarms were taken away as a file."""
    scopes = authority.scopes(by, Can.SEE)
    ledger.record(Did.EXPORTED, Export(uuid7(), scopes[0] if scopes else ""), by=by, count=count)
