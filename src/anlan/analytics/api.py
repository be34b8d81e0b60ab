"""Measures for dashboards: which there are, what each means, and their values cut by a column."""

import datetime as dt
from typing import Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema

from anlan.analytics import queries
from anlan.analytics.figures import Figure
from anlan.analytics.queries import Asked, Definition, home, names
from anlan.analytics.terms import DIMENSIONS, Can, periods
from anlan.analytics.terms.periods import LONGEST, Period
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid, Refused

router = Router()


class MeasureOut(Schema):
    """A measure's version in words. `good` is up, down or "": which way is better; `by` by what it can be cut."""

    code: str
    number: int
    name: str
    words: str
    numerator: str
    denominator: str
    exclusions: str
    good: str
    valid_from: dt.date
    by: list[str]


class ValueOut(Schema):
    """A figure. A share is part ÷ whole, a median is in days; null where there is nothing to count.

    `few`: under 30 cases, not to be compared; `low`, `high` are the Wilson interval (95 %) of a share.
    """

    key: str
    name: str
    value: float | None
    part: int | None
    whole: int
    few: bool
    low: float | None
    high: float | None


class ValuesOut(Schema):
    """A measure's values: the version that counted, and one value, or one for each of `by`."""

    code: str
    number: int
    since: str
    until: str
    place: str
    by: str
    values: list[ValueOut]


class ValueQuery(Schema):
    """`place` is a path, empty for the widest of yours. Months are YYYY-MM, both included, empty for this month.

    `by` is a column to cut by. `version`: by the definition of the period (then) or the newest (now).
    """

    place: str = Field(default="", max_length=40)
    since: str = Field(default="", pattern=r"^(\d{4}-\d{2})?$")
    until: str = Field(default="", pattern=r"^(\d{4}-\d{2})?$")
    by: Literal["", "place", "month", "trade", "kind", "grade", "source", "owner"] = ""
    trade: str = ""
    kind: str = ""
    grade: str = ""
    source: str = ""
    owner: str = ""
    drill: bool = False
    version: Literal["then", "now"] = "then"


def _actor(request: HttpRequest) -> Actor:
    by: Actor = request.actor  # type: ignore[attr-defined]
    if not authority.anywhere(by, [Can.SEE]):
        raise Refused(Can.SEE, "")
    return by


@router.get("/measures", response=list[MeasureOut], operation_id="list_measures", summary="Measures, as defined now")
def list_measures(request: HttpRequest) -> list[MeasureOut]:
    """Return every measure by its newest version."""
    _actor(request)
    return [_out(one) for one in queries.definitions()]


@router.get(
    "/measures/{measure}",
    response=list[MeasureOut],
    operation_id="get_measure",
    summary="A measure's versions, newest first",
)
def get_measure(request: HttpRequest, measure: str) -> list[MeasureOut]:
    """Return every version of one measure."""
    _actor(request)
    return [_out(one) for one in queries.versions(measure)]


@router.get(
    "/measures/{measure}/value",
    response=ValuesOut,
    operation_id="get_measure_value",
    summary="A measure's value, or its slices",
)
def get_measure_value(request: HttpRequest, measure: str, asked: Query[ValueQuery]) -> ValuesOut:
    """Return the value at a place in a stretch of months. 422 names what could not be read."""
    by = _actor(request)
    period, only = _period(asked), {name: [getattr(asked, name)] for name in DIMENSIONS if getattr(asked, name)}
    one = queries.definition(measure, period.days[1] if asked.version != "now" else None)
    if not {*only, *({asked.by} & set(DIMENSIONS))} <= one.spec.by:
        able = "、".join(["place", "month", *sorted(one.spec.by)])
        raise Invalid({"by": _("这个指标不能这样分：能按 {names}").format(names=able)})
    place = queries.within(asked.place.replace("\x00", "") or home(by), by)
    question = Asked(
        place, period, {name: chosen for name, chosen in only.items() if "\x00" not in chosen[0]}, asked.drill
    )
    if asked.by == "month":
        found = {periods.label(m): row[measure] for m, row in queries.months(question, [one]).items()}
    elif asked.by:
        found = {key: row[measure] for key, row in queries.cut(question, [one], asked.by).items()}
    else:
        found = {"": queries.figure(question, one)}
    called = names.called(asked.by, found) if asked.by and asked.by != "month" else {key: key for key in found}
    return ValuesOut(
        code=measure, number=one.number, since=periods.label(period.since), until=periods.label(period.until),
        place=place, by=asked.by,
        values=[_value(key, called.get(key, key), figure) for key, figure in sorted(found.items())],
    )  # fmt: skip


def _period(asked: ValueQuery) -> Period:
    this = periods.this_month()
    until = periods.parse(asked.until) if asked.until else this.until
    since = periods.parse(asked.since) if asked.since else until
    wrong = {
        name: _("写成 2026-01 这样的月份") for name, month in (("since", since), ("until", until)) if month is None
    }
    if since is None or until is None:
        raise Invalid(wrong)
    if not 1 <= until - since + 1 <= LONGEST:
        raise Invalid({"until": _("从前往后写，最多 {most} 个月").format(most=LONGEST)})
    return Period(since, until)


def _out(one: Definition) -> MeasureOut:
    return MeasureOut(
        code=one.code, number=one.number, name=one.name, words=one.words, numerator=one.numerator,
        denominator=one.denominator, exclusions=one.exclusions, good=one.good, valid_from=one.valid_from,
        by=["place", "month", *sorted(one.spec.by)],
    )  # fmt: skip


def _value(key: str, name: str, figure: Figure) -> ValueOut:
    low, high = figure.interval or (None, None)
    return ValueOut(
        key=key, name=name, value=figure.value, part=None if figure.median else figure.part, whole=figure.whole,
        few=figure.few, low=low, high=high,
    )  # fmt: skip
