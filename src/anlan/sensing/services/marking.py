"""A person changes what is thought of a reading; the sums of its hour and day follow at once."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.ledger import services as ledger
from anlan.sensing.batches import micros
from anlan.sensing.models import Datastream, Latest, Observation
from anlan.sensing.services import rollups
from anlan.sensing.terms import Can, Did, Mark

_CHOSEN = (Mark.GOOD, Mark.QUARANTINED)


@dataclass(frozen=True, slots=True)
class _Thing:
    id: UUID
    place_path: str
    exercise_id: UUID | None
    ledger_type = "sensing.thing"


@transaction.atomic
def remark(stream_id: int, at: dt.datetime, mark: Mark, *, by: Actor, opinion: str) -> None:
    """Believe a reading again, or no longer. Raises Hidden, Refused, Invalid, and Conflict while it waits its turn."""
    stream = Datastream.objects.select_related("thing").filter(id=stream_id).first()
    if stream is None or not (authority.holds(by, Can.SEE, at=stream.place_path)
                              or authority.holds(by, Can.MANAGE, at=stream.place_path)):  # fmt: skip
        raise Hidden
    authority.require(by, Can.MANAGE, at=stream.place_path)
    if not opinion.strip():
        raise Invalid({"opinion": _("写明为什么改")})
    if mark not in _CHOSEN:
        raise Invalid({"mark": _("只能改成正常或存疑")})
    with connection.cursor() as cursor:
        rollups.turn(cursor)
    reading = Observation.objects.filter(stream=stream_id, at=at).first()
    if reading is None:
        raise Hidden
    if reading.mark == Mark.FORBIDDEN:
        raise Conflict(_("没有用途备案的读数没有值，不能改"))
    with connection.cursor() as cursor:
        if any(((b.stream == stream_id) & (b.at == micros(at))).any() for b in rollups.waiting(cursor)):
            raise Conflict(_("这条读数刚到，还在处理，过几秒再改"))
    if reading.mark == mark or (mark == Mark.GOOD and reading.mark == Mark.LATE):
        return
    Observation.objects.filter(stream=stream_id, at=at).update(mark=mark)
    Latest.objects.filter(stream=stream_id, at=at).update(mark=mark)
    rollups.rebuild(stream_id, micros(at))
    thing = stream.thing
    ledger.record(
        Did.OBSERVATION_CHANGED, _Thing(thing.id, thing.place_path, thing.exercise_id), by=by, opinion=opinion.strip(),
        stream=stream_id, reading=at.isoformat(), value=reading.value, mark=int(mark), before=int(reading.mark),
    )  # fmt: skip
