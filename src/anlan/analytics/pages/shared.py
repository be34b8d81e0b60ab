"""What the pages of statistics share: the question in the address, figures as people read them, the tabs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anlan.analytics import queries
from anlan.analytics.figures import Figure
from anlan.analytics.queries import Asked, Definition, names
from anlan.analytics.terms import DIMENSIONS, Can, periods
from anlan.analytics.terms.periods import Period
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Refused
from anlan.places import queries as places

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABS = (
    ("statistics", "analytics:statistics", gettext_lazy("数据"), Can.SEE),
    ("compare", "analytics:compare", gettext_lazy("比一比"), Can.SEE),
    ("findings", "analytics:findings", gettext_lazy("统计发现"), Can.SEE),
    ("burden", "analytics:burden", gettext_lazy("填报负担"), Can.SEE),
    ("gate", "analytics:gate", gettext_lazy("新表准入"), Can.SEE),
    ("measures", "analytics:measures", gettext_lazy("指标口径"), Can.SEE),
    ("calls", "callout:statistics", gettext_lazy("叫应统计"), "callout.see"),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The question that an address asks. `then`: old periods by the definitions of their time."""

    asked: Asked
    then: bool = True

    @property
    def definitions(self) -> list[Definition]:
        """The version of each measure that counts here."""
        return queries.definitions(self.asked.period.days[1] if self.then else None)

    def query(self, **other: str) -> str:
        """Return the address's query, with some values changed; "" drops one."""
        asked = self.asked
        values = {
            "view": "drill" if asked.drill else "", "place": asked.place, "since": periods.label(asked.period.since),
            "until": periods.label(asked.period.until), "version": "" if self.then else "now",
            **{name: chosen[0] for name, chosen in asked.only.items()},
        }  # fmt: skip
        return urlencode({name: value for name, value in (values | other).items() if value})


def actor(request: HttpRequest) -> Actor:
    """Return who asks. Raises Refused for whoever may see no statistics anywhere."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    if not authority.anywhere(by, [Can.SEE]):
        raise Refused(Can.SEE, "")
    return by


def period_of(get: Mapping[str, str], since: str = "since", until: str = "until", *, months: int = 3) -> Period:
    """Read a period; without one the latest months, this one included."""
    now = periods.this_month()
    last = periods.parse(get.get(until, "")) or now.until
    first = periods.parse(get.get(since, "")) or last - months + 1
    first, last = min(first, last), max(first, last)
    return Period(max(first, last - periods.LONGEST + 1), last)


def reading(request: HttpRequest, by: Actor, *, months: int = 3) -> Reading:
    """Read the question. Raises Hidden where the place is none of the actor's."""
    get = request.GET
    only: dict[str, Sequence[str]] = {}
    for name in DIMENSIONS:
        value = get.get(name, "").replace("\x00", "")[:36]
        if value and (name == "owner" or value in names.choices(name)):
            only[name] = [value]
    place = queries.within(get.get("place", "").replace("\x00", "")[:40] or queries.home(by), by)
    asked = Asked(place, period_of(get, months=months), only, get.get("view") == "drill")
    return Reading(asked, get.get("version") != "now")


def shown(figure: Figure) -> str:
    """Say a figure: 93.3%, 12 天, — where there is nothing, or where it cannot be cut that way."""
    if not figure.applies or figure.value is None:
        return "—"
    if figure.median:
        return _("{days} 天").format(days=f"{figure.value:g}")
    return f"{100 * figure.value:.1f}%"


def moved(now: Figure, before: Figure, good: str) -> dict[str, str] | None:
    """Say how a figure moved and whether that is better; None where the cases are too few to say."""
    by = now.moved(before)
    if by is None:
        return None
    words = _("{by} 天") if now.median else _("{by} 个百分点")
    if abs(by) < 0.05:
        return {"words": _("没变"), "way": "same"}
    better = {"up": by > 0, "down": by < 0}.get(good)
    way = "" if better is None else _("好了") if better else _("差了")
    return {"words": words.format(by=f"{by:+.1f}") + (f"，{way}" if way else ""), "way": way}


def card(
    one: Definition, figure: Figure, before: Figure | None = None, year_ago: Figure | None = None
) -> dict[str, Any]:
    """Return what a tile or a cell shows of a figure."""
    interval = figure.interval if figure.applies and figure.few else None
    return {
        "code": one.code, "name": one.name, "words": one.words, "number": one.number, "figure": figure,
        "value": shown(figure), "median": figure.median, "part": figure.part, "whole": figure.whole,
        "few": figure.applies and figure.whole > 0 and figure.few,
        "interval": _("{low}% 到 {high}%").format(low=f"{100 * interval[0]:.0f}", high=f"{100 * interval[1]:.0f}")
        if interval else "",
        "before": moved(figure, before, one.good) if before else None,
        "year_ago": moved(figure, year_ago, one.good) if year_ago else None,
    }  # fmt: skip


def tabs(request: HttpRequest, here: str) -> list[dict[str, Any]]:
    """Return the tabs of statistics that the actor may open."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    return [
        {"url": reverse(view), "name": name, "here": key == here}
        for key, view, name, can in TABS if authority.anywhere(by, [can])
    ]  # fmt: skip


def crumbs(place: str, by: Actor) -> list[tuple[str, str]]:
    """Return (path, name) of the place and those above it that the actor may see the figures of."""
    return [(p, n) for p, n in places.breadcrumb(place) if authority.holds(by, Can.SEE, at=p)]
