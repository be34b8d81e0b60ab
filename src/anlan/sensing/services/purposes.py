"""Why counts of gates and events of cameras may be taken, until when: granted and ended by whoever answers (SEN-05)."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people.queries import Rooted
from anlan.places import queries as places
from anlan.sensing.models import Purpose
from anlan.sensing.queries import purposes as queries
from anlan.sensing.terms import RESTRAINED, Can, Did

LONGEST = dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class PurposeDraft:
    """What is asked to be put on record. `assessment` is the number of the impact assessment (个人信息保护影响评估)."""

    place: str
    kind: str
    name: str
    basis: str
    assessment: str
    until: dt.date | None


@transaction.atomic
def grant(draft: PurposeDraft, *, by: Actor) -> Purpose:
    """Put a purpose on record. Raises Refused, Hidden (no such place), Invalid (by field)."""
    authority.require(by, Can.PURPOSE, at=draft.place)
    places.by_path(draft.place)
    asked = (
        ("name", draft.name, 120, _("写清楚拿来做什么，一个备案只写一个用途")),
        ("basis", draft.basis, 200, _("写依据：哪部法、哪份文件、第几条，或者谁同意的")),
        ("assessment", draft.assessment, 60, _("写影响评估的编号；没有评估就不能开")),
    )
    wrong = {field: ask for field, text, most, ask in asked if not 2 <= len(text.strip()) <= most}
    if draft.kind not in set(RESTRAINED):
        wrong["kind"] = _("选门禁或视频")
    today = queries.today()
    if draft.until is None or not today < draft.until <= today + LONGEST:
        wrong["until"] = _("写今天以后、一年以内的一天")
    if wrong or draft.until is None:
        raise Invalid(wrong)
    row = Purpose.objects.create(
        place_path=draft.place, kind=draft.kind, name=draft.name.strip(), basis=draft.basis.strip(),
        assessment=draft.assessment.strip(), until=draft.until, made_by=by.pseudonym,
    )  # fmt: skip
    ledger.record(
        Did.PURPOSE_GRANTED, Rooted(row.id, "sensing.purpose", row.place_path), by=by, name=row.name,
        number=row.assessment, until=row.until.isoformat(), code=row.kind,
    )  # fmt: skip
    return row


@transaction.atomic
def end(purpose_id: UUID, reason: str, *, by: Actor) -> Purpose:
    """End a purpose at once: no value is taken any more. Twice is once. Raises Hidden, Refused, Invalid (reason)."""
    row = queries.lock(purpose_id, by=by)
    authority.require(by, Can.PURPOSE, at=row.place_path)
    if row.ended_at:
        return row
    if not reason.strip():
        raise Invalid({"reason": _("写一句为什么到此为止")})
    row.ended_at, row.ended_why = now(), reason.strip()[:200]
    row.save(update_fields=["ended_at", "ended_why"])
    ledger.record(
        Did.PURPOSE_ENDED, Rooted(row.id, "sensing.purpose", row.place_path), by=by, name=row.name,
        opinion=row.ended_why,
    )  # fmt: skip
    return row
