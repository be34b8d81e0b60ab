"""Which measures there are, and which version of each holds when."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from anlan.analytics.models import Measure, MeasureVersion
from anlan.analytics.terms import spec
from anlan.kernel.authority import Hidden


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of a measure, ready to count by."""

    code: str
    number: int
    name: str
    numerator: str
    denominator: str
    exclusions: str
    words: str
    good: str
    spec: spec.Spec
    raw: dict[str, Any]
    valid_from: dt.date
    measure_id: UUID
    reason: str = ""
    made_name: str = ""


def _made(row: MeasureVersion, code: str) -> Definition:
    return Definition(
        code, row.number, _(row.name), _(row.numerator), _(row.denominator) if row.denominator else "",
        _(row.exclusions) if row.exclusions else "", _(row.words), row.good, spec.read(row.spec), row.spec,
        row.valid_from, row.measure_id, row.reason, row.made_name,
    )  # fmt: skip


def versions(code: str) -> list[Definition]:
    """Return every version of a measure, the newest first. Raises Hidden."""
    found = Measure.objects.filter(code=code).first()
    if found is None:
        raise Hidden(code)
    return [_made(row, code) for row in found.versions.order_by("-number")]


def definitions(on: dt.date | None = None) -> list[Definition]:
    """Return the version of each measure that holds for a period ending on that day; without a day the newest.

    A period from before the first version is counted by the first.
    """
    rows = Measure.objects.filter(retired_at=None).order_by("position", "code")
    found = []
    for measure in rows.prefetch_related(Prefetch("versions", MeasureVersion.objects.order_by("-valid_from"))):
        kept = list(measure.versions.all())
        holding = [v for v in kept if on is None or v.valid_from <= on] or kept[-1:]
        if holding:
            found.append(_made(holding[0], measure.code))
    return found


def definition(code: str, on: dt.date | None = None) -> Definition:
    """Return one measure's version as `definitions` does. Raises Hidden."""
    for one in definitions(on):
        if one.code == code:
            return one
    raise Hidden(code)
