"""The door for bytes: whatever comes is kept; what can be read becomes alerts, the rest waits in the queue."""

import hashlib
import logging
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from anlan.alerts import lifecycle, queries, sources
from anlan.alerts.models import Intake, Source
from anlan.alerts.reading import Unreadable
from anlan.alerts.services.storing import home, store
from anlan.alerts.terms import Can, Did, Door, IntakeState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger

MAX_BYTES = 8 * 1024 * 1024  # what the door itself takes; readers take less
SETTLED = ("state", "adapter", "alerts_read", "rule", "reason", "line", "tries", "settled_at")
log = logging.getLogger("anlan.alerts")


def take(
    raw: bytes,
    *,
    by: Actor,
    source: Source | None = None,
    adapter: str = "",
    door: str = Door.FILE,
    origin: str = "",
    place_path: str = "",
) -> Intake:
    """Keep bytes and read them. The same bytes twice are one intake.

    Raises Invalid only for what is no document at all (empty, over 8 MB), Refused without the permission at the place.
    """
    if not raw.strip():
        raise Invalid({"file": _("文件是空的")})
    if len(raw) > MAX_BYTES:
        raise Invalid({"file": _("文件太大，最多 8 MB")})
    path = place_path or (source.place_path if source else "") or home()
    authority.require(by, Can.RECEIVE, at=path)
    digest = hashlib.sha256(raw).hexdigest()
    try:
        with transaction.atomic():
            intake = Intake.objects.create(
                source=source, door=door, adapter=adapter or (source.adapter if source else ""), origin=origin[:600],
                place_path=path, exercise_id=by.exercise, raw=raw, size=len(raw), digest=digest,
            )  # fmt: skip
            return _read(intake, by=by)
    except IntegrityError:
        known = Intake.objects.filter(digest=digest, exercise_id=by.exercise).first()
        if known is None:
            raise
        return known


def _read(intake: Intake, *, by: Actor) -> Intake:
    """Read what is kept, all of it or nothing: an alert that cannot be stored leaves its document in the queue."""
    intake.tries += 1
    try:
        with transaction.atomic():
            name, readings = sources.read(bytes(intake.raw), intake.adapter)
            kept = [alert for reading in readings if (alert := store(reading, intake, by=by))]
    except Unreadable as refused:
        _refuse(intake, refused.rule, str(refused), refused.line, by=by)
    except Exception as error:
        # Whatever is wrong in a reader of ours must not lose a warning: it waits where somebody sees it.
        log.exception("a reader failed", extra={"intake": str(intake.id)})
        _refuse(intake, "reader.failed", f"{type(error).__name__}: {error}"[:500].replace("\0", ""), None, by=by)
    else:
        lifecycle.INTAKE.move(intake, Did.INTAKE_READ, by=authority.machine(by.name))
        intake.adapter, intake.alerts_read = name, len(readings)
        intake.rule = intake.reason = ""
        intake.settled_at = now()
        intake.save(update_fields=SETTLED)  # never the bytes: they may be 8 MB, and no update changes them
        ledger.record(Did.INTAKE_READ, intake, by=by, adapter=name, alerts=len(readings), new=len(kept))
    return intake


def _refuse(intake: Intake, rule: str, reason: str, line: int | None, *, by: Actor) -> None:
    intake.rule, intake.reason, intake.line = rule[:40], reason, line
    intake.save(update_fields=SETTLED)
    ledger.record(Did.INTAKE_FAILED, intake, by=by, rule=rule, reason=reason[:200], size=intake.size)


@transaction.atomic
def retry(intake_id: UUID, *, by: Actor, adapter: str = "") -> Intake:
    """Read a waiting document again, by another layout if one is named. Raises Hidden, Refused, Conflict."""
    intake = _waiting(intake_id, by)
    if adapter and adapter not in sources.found():
        raise Invalid({"adapter": _("没有这种格式")})
    intake.adapter = adapter or intake.adapter
    ledger.record(Did.INTAKE_RETRIED, intake, by=by, adapter=intake.adapter)
    return _read(intake, by=by)


@transaction.atomic
def dismiss(intake_id: UUID, reason: str, *, by: Actor) -> Intake:
    """Say why a waiting document needs nothing more. Its bytes stay. Raises Hidden, Refused, Conflict, Invalid."""
    intake = _waiting(intake_id, by)
    if not reason.strip():
        raise Invalid({"reason": _("写一句为什么不用处理")})
    lifecycle.INTAKE.move(intake, Did.INTAKE_DISMISSED, by=by)
    intake.settled_at, intake.settled_why = now(), reason.strip()[:500]
    intake.save(update_fields=["state", "settled_at", "settled_why"])
    ledger.record(Did.INTAKE_DISMISSED, intake, by=by, reason=intake.settled_why)
    return intake


def _waiting(intake_id: UUID, by: Actor) -> Intake:
    intake = queries.intake(intake_id, by=by, lock=True)
    authority.require(by, Can.RECEIVE, at=intake.place_path)
    if intake.state != IntakeState.UNREADABLE:
        raise Conflict(_("这份文件已经处理过了"))
    return intake
