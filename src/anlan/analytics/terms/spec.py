"""What a measure counts, as the machine reads it: a share of counters, a median of days, or places that are silent.

{"of": ["accepted in"], "over": ["obliged upto", "-accepted before"], "filter": {"grade": ["major"]}}. A term is
"[-]counter rule [new|stock]"; the counters and rules stand in `terms.COUNTERS`, `terms.RULES`, `terms.FOUND`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from anlan.analytics.terms.counters import BY, COUNTERS, DIMENSIONS, FOUND, RULES, Event
from anlan.kernel.authority import Invalid

SORTS = ("share", "median", "silent")
EASY = "easy"  # in a filter of kinds: those that the library gives a day at most (只报易改项)
LONGEST_WINDOW = 12


@dataclass(frozen=True, slots=True, order=True)
class Term:
    """One counter over one stretch of months, added or (sign -1) taken away."""

    counter: str
    rule: str
    found: str = ""
    sign: int = 1

    @property
    def event(self) -> Event:
        """The event whose rows it sums."""
        return COUNTERS[self.counter][0]

    @property
    def plain(self) -> "Term":
        """The same without its sign."""
        return Term(self.counter, self.rule, self.found)


@dataclass(frozen=True, slots=True)
class Spec:
    """A definition. `filter` narrows both sides, `part` the numerator alone.

    `window`: of silent places, how many months back from the period's end are looked at.
    """

    sort: str
    of: tuple[Term, ...] = ()
    over: tuple[Term, ...] = ()
    filter: Mapping[str, Sequence[str]] = field(default_factory=dict)
    part: Mapping[str, Sequence[str]] = field(default_factory=dict)
    window: int = 3

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every term."""
        return (*self.of, *self.over)

    @property
    def by(self) -> frozenset[str]:
        """By which columns it can be cut: those that all its events have.

        The easy kinds say how a place reports; by the unit that rectifies they say nothing.
        """
        common = frozenset(DIMENSIONS)
        for term in self.terms:
            common &= BY[term.event]
        if EASY in (*self.filter.get("kind", ()), *self.part.get("kind", ())):
            common -= {"owner"}
        return common if self.sort != "silent" else frozenset()


def _term(text: str, where: str) -> Term:
    words = text.split()
    sign = -1 if text.strip().startswith("-") else 1
    words = [w.lstrip("+-") for w in words]
    if not 2 <= len(words) <= 3 or words[0] not in COUNTERS or words[1] not in RULES:
        raise Invalid({where: _("看不懂「{text}」：应写成「计数 时段」，例如 accepted in").format(text=text)})
    found = words[2] if len(words) > 2 else ""
    event = COUNTERS[words[0]][0]
    if found and (found not in FOUND or event not in {Event.OBLIGED, Event.ACCEPTED}):
        raise Invalid(
            {where: _("「{text}」：只有应整改和验收的计数分得出 new（本期上报）和 stock（以前上报）").format(text=text)}
        )
    if (event in {Event.SEEN, Event.FLAWED}) != (words[1] == "first"):
        raise Invalid({where: _("「{text}」：检查对象只能用 first（本期内头一回），别的不能用").format(text=text)})
    return Term(words[0], words[1], found, sign)


def _chosen(raw: Mapping[str, Any], name: str) -> dict[str, tuple[str, ...]]:
    return {str(k): tuple(str(v) for v in vs) for k, vs in dict(raw.get(name, {})).items() if vs}


def read(raw: Mapping[str, Any]) -> Spec:
    """Read a definition as it is kept. Raises Invalid, naming the field ("of", "over", "filter", "sort")."""
    sort = str(raw.get("sort", "share"))
    if sort not in SORTS:
        raise Invalid({"sort": _("没有这种算法")})
    of = tuple(_term(str(t), "of") for t in raw.get("of", ()))
    over = tuple(_term(str(t), "over") for t in raw.get("over", ()))
    chosen, part = _chosen(raw, "filter"), _chosen(raw, "part")
    window = int(raw.get("window", 3))
    if sort == "share" and not (of and over):
        raise Invalid({"of" if not of else "over": _("分子、分母各至少写一行")})
    if sort == "median" and [t.plain for t in of] != [Term("late_days", "in")]:
        raise Invalid({"of": _("中位数只能用 late_days in")})
    if sort != "median" and any(t.event is Event.LATE for t in (*of, *over)):
        raise Invalid({"of": _("late_days 只能用在中位数里")})
    if not 1 <= window <= LONGEST_WINDOW:
        raise Invalid({"window": _("看几个月：1 到 {most}").format(most=LONGEST_WINDOW)})
    spec = Spec(sort, of, over, chosen, part, window)
    unknown = {*chosen, *part} - spec.by
    if unknown:
        raise Invalid({"filter": _("这些计数不能按{what}分").format(what="、".join(sorted(unknown)))})
    return spec
