"""From a reading to an alert: placed, dated, hung into its chain; and its end by update, cancel or time."""

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.alerts import lifecycle
from anlan.alerts.hazards import kin
from anlan.alerts.models import Alert, AlertPlace, Intake
from anlan.alerts.reading import Info, Reading
from anlan.alerts.services.placing import Covered, cover
from anlan.alerts.terms import RANK, REAL, AlertState, Did, Weight
from anlan.kernel.authority import Actor, machine
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.places import queries as places

LIFETIME = dt.timedelta(hours=24)  # where no expiry is given (domain-facts B13)
ENDS = {"Update": Did.SUPERSEDED, "Cancel": Did.CANCELLED}
_STATUS = {"actual": "Actual", "exercise": "Exercise", "system": "System", "test": "Test", "draft": "Draft"}
EXPIRE_AT_ONCE = 500


def store(reading: Reading, intake: Intake, *, by: Actor) -> Alert | None:
    """Keep a reading as an alert and let it end those it updates or cancels. Returns None for one that is here already.

    A status that is absent counts as Actual, since the Chinese lists have none; one that is no CAP status does not:
    whatever is not surely Actual never starts a real call.
    """
    sent = reading.sent or intake.arrived_at
    same = Alert.objects.filter(
        identifier=reading.identifier[:400], sender=reading.sender[:400], sent=sent, exercise_id=intake.exercise_id
    )
    if reading.identifier and same.exists():
        return None
    covered = cover([area for info in reading.infos for area in info.areas])
    earlier = _earlier(reading, sent, intake.exercise_id)
    heirs = _heirs(reading.identifier, intake.exercise_id)
    alert = _build(reading, intake, covered, sent, earlier)
    if heirs:  # an update overtook it on the way: it joins that one's affair
        alert.chain_id = heirs[0].chain_id
    alert.save(force_insert=True)
    AlertPlace.objects.bulk_create(
        AlertPlace(alert=alert, place_path=path, share=share) for path, share in covered.shares.items()
    )
    ledger.record(
        Did.RECEIVED, alert, by=by, title=str(alert), level=alert.level, hazard=alert.hazard, status=alert.status,
        msg_type=alert.msg_type, identifier=alert.identifier, places=len(covered.shares), errors=alert.errors,
    )  # fmt: skip
    if alert.msg_type in ENDS:
        _end(earlier, ENDS[alert.msg_type], by=by, because=alert)
    if heirs:
        Alert.objects.filter(id__in=[h.id for h in heirs], supersedes=None).update(supersedes=alert)
        _end([alert], ENDS[heirs[0].msg_type], by=by, because=heirs[0])
    return alert


def _build(reading: Reading, intake: Intake, covered: Covered, sent: dt.datetime, earlier: Sequence[Alert]) -> Alert:
    info = reading.first
    given = _latest(reading.infos)
    findings = [f.plain() for f in (*reading.findings, *covered.findings)]
    if not covered.shares:
        message = _("找不到它说的地方，先放在这里，请值班员看是否和本地有关")
        findings.append({"weight": "warning", "rule": "area.none", "path": "/alert", "line": None, "message": message})
    status = _STATUS.get(reading.status.lower(), reading.status or REAL)[:10]
    identifier = uuid7()
    return Alert(
        id=identifier,
        intake=intake,
        chain_id=earlier[0].chain_id if earlier else identifier,
        exercise_id=intake.exercise_id,
        drill=intake.exercise_id is not None or status != REAL,
        place_path=covered.common or intake.place_path or home(),
        layout=reading.layout,
        identifier=(reading.identifier or f"无编号-{identifier}")[:400],
        sender=reading.sender[:400],
        sent=sent,
        status=status,
        msg_type=_kind(reading),
        scope=reading.scope[:12],
        level=reading.level or "",
        rank=RANK[reading.level] if reading.level else 0,
        hazard=reading.hazard[:60],
        event=info.event[:200],
        sender_name=(info.sender_name or reading.sender)[:200],
        headline=info.headline[:400],
        description=info.description,
        instruction=info.instruction,
        starts_at=info.onset or info.effective or sent,
        expires_at=given or sent + LIFETIME,
        expiry_assumed=given is None,
        infos=[_plain(one) for one in reading.infos],
        findings=findings,
        errors=sum(f["weight"] == Weight.ERROR for f in findings),
        warnings=sum(f["weight"] == Weight.WARNING for f in findings),
        unplaced=not covered.shares,
        refs=[r.identifier[:400] for r in reading.references][:200],
        supersedes=earlier[0] if earlier else None,
        received_at=intake.arrived_at,
    )


def _kind(reading: Reading) -> str:
    """Return the message type; an update whose every word says that all is clear is a cancel to whoever must act."""
    kind = reading.msg_type.capitalize() or "Alert"
    clear = reading.infos and all(info.responses == ["AllClear"] for info in reading.infos)
    return "Cancel" if kind == "Update" and clear else kind[:10]


def _latest(infos: Sequence[Info]) -> dt.datetime | None:
    """Return the latest expiry; None if none is given, or one info gives none and so lasts the whole 24 hours."""
    return max((info.expires for info in infos if info.expires), default=None)


def _plain(info: Info) -> dict[str, Any]:
    return {
        "language": info.language,
        "categories": info.categories,
        "event": info.event,
        "responses": info.responses,
        "urgency": info.urgency,
        "severity": info.severity,
        "certainty": info.certainty,
        "event_codes": info.event_codes,
        "headline": info.headline,
        "description": info.description,
        "instruction": info.instruction,
        "sender_name": info.sender_name,
        "web": info.web,
        "contact": info.contact,
        "parameters": info.parameters,
        "areas": [
            {
                "name": area.name,
                "polygons": [[p for p in ring if all(map(math.isfinite, p))] for ring in area.polygons if ring],
                "circles": [c for c in area.circles if all(map(math.isfinite, c))],
                "geocodes": area.geocodes,
            }
            for area in info.areas
        ],
    }


def home() -> str:
    """Return the path of the first root: where an alert stands that names no place of ours."""
    return places.roots().values_list("path", flat=True).first() or ""


def _earlier(reading: Reading, sent: dt.datetime, exercise: UUID | None) -> list[Alert]:
    """Return the alerts that an update or cancel speaks of, the latest first, locked.

    By its references; where a layout has none, the active ones of the same sender and hazard (domain-facts B3).
    """
    if reading.msg_type.capitalize() not in ENDS:
        return []
    mine = Alert.objects.select_for_update().filter(exercise_id=exercise).order_by("-sent", "-id")
    if reading.references:
        return list(mine.filter(identifier__in=[r.identifier[:400] for r in reading.references]))
    if not reading.sender or not reading.hazard:
        return []
    alike = mine.filter(sender=reading.sender[:400], state=AlertState.ACTIVE, sent__lt=sent)
    return [alert for alert in alike if kin(alert.hazard) == kin(reading.hazard)]


def _end(alerts: Sequence[Alert], did: Did, *, by: Actor, because: Alert) -> None:
    for alert in alerts:
        if alert.state == AlertState.ACTIVE:
            lifecycle.ALERT.move(alert, did, by=machine(by.name))
            alert.state_at = now()
            alert.save(update_fields=["state", "state_at"])
            ledger.record(did, alert, by=by, alert=because.id, level=because.level)


def _heirs(identifier: str, exercise: UUID | None) -> list[Alert]:
    """Return the updates and cancels of an alert that came before it, the latest first."""
    if not identifier:
        return []
    rows = Alert.objects.filter(refs__contains=[identifier[:400]], exercise_id=exercise, msg_type__in=ENDS)
    return list(rows.only("id", "chain_id", "msg_type", "level", "sent").order_by("-sent"))


@transaction.atomic
def expire(*, by: Actor) -> int:
    """End the alerts whose time is over, at most 500 at once. Returns how many; idempotent."""
    due = list(
        Alert.objects.select_for_update(skip_locked=True)
        .filter(state=AlertState.ACTIVE, expires_at__lte=now())
        .order_by("expires_at")[:EXPIRE_AT_ONCE]
    )
    Alert.objects.filter(id__in=[a.id for a in due]).update(state=AlertState.EXPIRED, state_at=now())
    lines = [
        ledger.Line("alerts.alert", a.id, a.place_path, a.chain_id, a.exercise_id, {"assumed": a.expiry_assumed})
        for a in due
    ]
    ledger.record_many(Did.EXPIRED, lines, by=by)
    return len(due)


def raised(alert: Alert) -> bool:
    """Say whether an update names a higher level than what it follows."""
    return alert.supersedes is not None and alert.rank > alert.supersedes.rank
