"""Rules that an actor sees: those of their places, and those from above that hold there too; how they fared."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import now
from anlan.kernel.paths import WIDTH
from anlan.places import queries as places
from anlan.sensing.models import Alarm, Datastream, Rule, RuleVersion
from anlan.sensing.queries import directory
from anlan.sensing.terms import Can, RuleState, Verdict

DAYS = 30
SHOWN = 30
SORTS = {"name": "name", "-name": "-name", "place": "place_path", "-place": "-place_path"}


def above(path: str) -> list[str]:
    """Return a path and every one above it, the root included."""
    return [path[:i] for i in range(0, len(path) + 1, WIDTH)]


def seen(by: Actor) -> QuerySet[Rule]:
    """Return the rules that the actor sees."""
    scopes = authority.scopes(by, Can.SEE)
    over = {path for scope in scopes for path in above(scope)}
    return Rule.objects.filter(places.under(scopes, "place_path") | Q(place_path__in=over if scopes else ()))


def rule(rule_id: UUID, *, by: Actor) -> Rule:
    """Return one. Raises Hidden, also where it is absent."""
    found = seen(by).select_related("stream__thing", "stream__property").filter(id=rule_id).first()
    if found is None:
        raise Hidden(_("没有这条规则"))
    return found


def lock(rule_id: UUID, *, by: Actor) -> Rule:
    """Lock one for a change. Raises Hidden."""
    found = seen(by).select_for_update(of=("self",)).filter(id=rule_id).first()
    if found is None:
        raise Hidden(_("没有这条规则"))
    return found


def listed(by: Actor, *, place: str = "", state: str = "", kind: str = "", text: str = "", sort: str = "") -> (
    QuerySet[Rule]
):  # fmt: skip
    """Return the rules of the actor, narrowed; `place` those made there or below."""
    found = seen(by)
    if place:
        found = found.filter(places.under((place,), "place_path"))
    if state:
        found = found.filter(state=state)
    if kind:
        found = found.filter(kind=kind)
    if text:
        found = found.filter(name__contains=text)
    return found.order_by(SORTS.get(sort, "place_path"), "name", "id")


def states(by: Actor) -> dict[str, int]:
    """Return how many rules there are by state."""
    rows = seen(by).values_list("state").annotate(Count("id")).order_by()
    return {str(state): int(count) for state, count in rows}


@dataclass(frozen=True, slots=True)
class Fared:
    """Alarms that a rule raised in the last DAYS days, how many were judged real or false, how many were false."""

    raised: int = 0
    judged: int = 0
    false: int = 0

    @property
    def share(self) -> float | None:
        """False ones among those judged, 0 … 1."""
        return self.false / self.judged if self.judged else None


def fared(rule_ids: Iterable[UUID], *, by: Actor) -> dict[UUID, Fared]:
    """Return how rules fared at the actor's places. One query."""
    mine = Alarm.objects.filter(
        places.under(authority.scopes(by, Can.SEE), "place_path"), rule__in=list(rule_ids), exercise_id=by.exercise,
        raised_at__gte=now() - dt.timedelta(days=DAYS),
    )  # fmt: skip
    rows = mine.order_by().values_list("rule").annotate(
        raised=Count("id"), judged=Count("id", filter=Q(verdict__in=[Verdict.REAL, Verdict.FALSE])),
        wrong=Count("id", filter=Q(verdict=Verdict.FALSE)),
    )  # fmt: skip
    return {row[0]: Fared(*row[1:]) for row in rows}


def streams(found: Rule, *, by: Actor) -> list[int]:
    """Return the streams that a rule holds for and the actor sees."""
    known, scopes = directory.current(look=True), authority.scopes(by, Can.SEE)
    return [
        i for i in directory.holds_for(found, known)
        if known.streams[i].exercise == by.exercise and any(known.streams[i].path.startswith(s) for s in scopes)
    ]  # fmt: skip


def named(ids: Iterable[int]) -> list[Datastream]:
    """Return streams with thing and newest reading."""
    rows = Datastream.objects.filter(id__in=list(ids)).select_related("thing", "property", "latest")
    return list(rows.order_by("thing__name", "id"))


def over(stream: Datastream) -> list[RuleVersion]:
    """Return the versions that are on and hold for a stream, with their rules. One query."""
    mine = Q(rule__stream=stream) | Q(
        rule__stream=None, rule__place_path__in=above(stream.place_path),
        rule__thing_kind__in=["", stream.thing.kind], rule__property__in=["", stream.property.code or ""],
    )  # fmt: skip
    found = RuleVersion.objects.filter(mine, rule__state=RuleState.ON, on_at__isnull=False, off_at=None)
    return list(found.select_related("rule").order_by("rule__name", "number"))
