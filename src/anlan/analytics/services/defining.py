"""New versions of measures: what a figure means is changed in the open, with a reason, for periods from a day on."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.analytics.models import Measure, MeasureVersion
from anlan.analytics.terms import Can, Did, spec
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.ledger import services as ledger
from anlan.ledger.services import Line

GOOD = ("", "up", "down")


@dataclass(frozen=True, slots=True)
class Draft:
    """A new version as a door hands it in. `number` is the newest version that the writer saw."""

    name: str
    words: str
    numerator: str
    denominator: str
    exclusions: str
    good: str
    spec: dict[str, Any]
    valid_from: dt.date | None
    reason: str
    number: int
    fields: dict[str, str] = field(default_factory=dict)


def check(draft: Draft, newest: MeasureVersion) -> dt.date:
    """Return the day from which it holds. Raises Invalid naming every field that is wrong."""
    wrong = {name: _("要写") for name in ("name", "words", "numerator", "reason") if not getattr(draft, name).strip()}
    for name, most in (("name", 40), ("numerator", 400), ("denominator", 400), ("exclusions", 400), ("reason", 400)):
        if len(getattr(draft, name)) > most:
            wrong[name] = _("最多 {most} 个字").format(most=most)
    if draft.good not in GOOD:
        wrong["good"] = _("选一个")
    if draft.valid_from is None:
        wrong["valid_from"] = _("写成年-月-日，例如 2026-01-01")
    elif draft.valid_from <= newest.valid_from:
        wrong["valid_from"] = _("要晚于上一版的 {day}").format(day=newest.valid_from)
    try:
        spec.read(draft.spec)
    except Invalid as error:
        wrong |= error.errors
    if wrong or draft.valid_from is None:
        raise Invalid(wrong)
    return draft.valid_from


@transaction.atomic
def define(code: str, draft: Draft, *, by: Actor) -> MeasureVersion:
    """Write the next version of a measure. Earlier periods keep theirs.

    Raises Refused without Can.DEFINE, Hidden for an unknown measure, Conflict where somebody else was first, Invalid.
    """
    if not authority.anywhere(by, [Can.DEFINE]):
        raise authority.Refused(Can.DEFINE, "")
    measure = Measure.objects.select_for_update().filter(code=code, retired_at=None).first()
    if measure is None:
        raise Hidden(code)
    newest = measure.versions.order_by("-number").first()
    if newest is None or newest.number != draft.number:
        raise Conflict(_("别人刚改过这个指标，看了新的一版再改"))
    since = check(draft, newest)
    row = MeasureVersion.objects.create(
        measure=measure, number=newest.number + 1, name=draft.name.strip(), words=draft.words.strip(),
        numerator=draft.numerator.strip(), denominator=draft.denominator.strip(),
        exclusions=draft.exclusions.strip(), good=draft.good, spec=draft.spec, valid_from=since,
        reason=draft.reason.strip(), made_by=by.pseudonym, made_name=by.name,
    )  # fmt: skip
    place = min(authority.scopes(by, Can.DEFINE), key=len, default="")
    ledger.record_many(
        Did.DEFINED,
        [Line("analytics.measure", measure.id, place, measure.id, by.exercise,
              {"title": row.name, "number": row.number, "valid_from": row.valid_from, "spec": row.spec})],
        by=by,
    )  # fmt: skip
    return row
