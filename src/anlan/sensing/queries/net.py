"""One net: things by kind and place with how they fare, what people said beside them, how long readings take."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Case, Count, Exists, F, IntegerField, Max, Min, OuterRef, Subquery, Value, When
from django.db.models.functions import Substr

from anlan.kernel import authority
from anlan.kernel.authority import Actor
from anlan.kernel.clock import now
from anlan.kernel.paths import WIDTH
from anlan.places import queries as places
from anlan.sensing import ports, sides
from anlan.sensing.models import Alarm, Datastream, Latest, SidesJudged, Thing
from anlan.sensing.ports import Said
from anlan.sensing.queries import registry
from anlan.sensing.queries.registry import ThingFilter
from anlan.sensing.terms import AlarmState, Can, ThingKind, Verdict

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
MOST = 5_000  # things on the map
HEARD = 300  # reports beside them
RINGS = 500  # alarms of a day that are held against reports
WATERS = (ThingKind.RIVER, ThingKind.WATERLOG)


@dataclass(frozen=True, slots=True)
class Counts:
    """Things: all, abnormal (an alarm that is not closed), silent, never heard."""

    all: int = 0
    alarm: int = 0
    silent: int = 0
    never: int = 0

    def __add__(self, more: "Counts") -> "Counts":
        return Counts(self.all + more.all, self.alarm + more.alarm, self.silent + more.silent, self.never + more.never)


def _open_level() -> Any:
    """Return the gravest level of a thing's alarms that are not closed, as a subquery."""
    rows = Alarm.objects.filter(thing=OuterRef("pk")).exclude(state=AlarmState.CLOSED).order_by()
    return Subquery(rows.values("thing").annotate(top=Max("level")).values("top"))


def _things(place: str, by: Actor) -> Any:
    """Return the things at a place and below, each with `state`: 3 alarm, 2 silent, 1 never heard, 0 well."""
    latest = Latest.objects.filter(stream__thing=OuterRef("pk"), stream__stopped_at=None)
    return registry.things(ThingFilter(place=place), by=by).annotate(
        level=_open_level(),
    ).annotate(
        fares=Case(
            When(level__isnull=False, then=Value(3)),
            When(Exists(latest.filter(silent_since__isnull=False)), then=Value(2)),
            When(~Exists(latest), then=Value(1)), default=Value(0), output_field=IntegerField(),
        )
    ).order_by()  # fmt: skip


def counts(place: str, *, by: Actor) -> tuple[dict[str, Counts], dict[str, Counts]]:
    """Return counts by kind, and by the places right below (paths). One query."""
    rows = _things(place, by).annotate(part=Substr("place_path", 1, len(place) + WIDTH)).values(
        "kind", "part", "fares"
    ).annotate(n=Count("id"))  # fmt: skip
    kinds: dict[str, Counts] = {}
    parts: dict[str, Counts] = {}
    for row in rows:
        n, fares = row["n"], row["fares"]
        one = Counts(n, n * (fares == 3), n * (fares == 2), n * (fares == 1))
        kinds[row["kind"]] = kinds.get(row["kind"], Counts()) + one
        parts[row["part"]] = parts.get(row["part"], Counts()) + one
    return kinds, parts


def spots(place: str, *, by: Actor) -> list[dict[str, Any]]:
    """Return the things with a point: id, name, kind, lon, lat, fares, level, one of its streams. One query."""
    stream = Datastream.objects.filter(thing=OuterRef("pk"), stopped_at=None).order_by()
    first = Subquery(stream.values("thing").annotate(first=Min("id")).values("first"))
    rows = _things(place, by).filter(lon__isnull=False, lat__isnull=False).annotate(stream=first)
    return list(
        rows.order_by("-fares", "id").values("id", "name", "kind", "lon", "lat", "fares", "level", "stream")[:MOST]
    )


def rings(place: str, since: dt.datetime, *, by: Actor) -> list[Alarm]:
    """Return the alarms of a place since a moment, the newest first. One query."""
    rows = Alarm.objects.filter(
        places.under(authority.scopes(by, Can.SEE), "place_path"), places.under([place], "place_path"),
        exercise_id=by.exercise, raised_at__gte=since,
    )  # fmt: skip
    return list(rows.select_related("thing", "rule").order_by("-raised_at")[:RINGS])


def gone_silent(place: str, since: dt.datetime, *, by: Actor, most: int) -> list[Latest]:
    """Return the streams of a place that fell silent since a moment, the newest first. One query."""
    rows = Latest.objects.filter(
        stream__thing__in=registry.things(ThingFilter(place=place), by=by).order_by(), silent_since__gte=since
    )  # fmt: skip
    return list(rows.select_related("stream__thing").order_by("-silent_since")[:most])


def heard(place: str, since: dt.datetime, *, by: Actor) -> list[Said]:
    """Return what people reported at a place since a moment, the newest first: one query for each context."""
    found = [one for ask in ports.told for one in ask(place, since, by=by, most=HEARD)]
    return sorted(found, key=lambda one: one.at, reverse=True)[:HEARD]


def gauges(place: str, *, by: Actor) -> list[Latest]:
    """Return the newest readings of things that measure water. One query."""
    things = registry.things(ThingFilter(place=place), by=by).filter(kind__in=WATERS).order_by()
    rows = Latest.objects.filter(stream__thing__in=things, stream__property__code__in=["level", "depth"])
    return list(rows.select_related("stream__thing", "stream__property")[:MOST])


def contradictions(
    place: str, alarms: Sequence[Alarm], said: Sequence[Said], *, by: Actor
) -> list[tuple[sides.Sides, Latest | None, Alarm | None, Said | None]]:
    """Return where people and devices contradict each other and nobody has decided, with both sides. Two queries."""
    measured = gauges(place, by=by)
    rang = {a.id: a for a in alarms if a.verdict in {Verdict.NONE, Verdict.FALSE}}
    found = sides.found(
        [sides.Gauge(g.stream.thing_id, _spot(g.stream.thing), g.at, g.level) for g in measured],
        [sides.Ring(a.id, a.thing_id, _spot(a.thing), a.raised_at, a.verdict) for a in rang.values()],
        [sides.Heard(s.key, sides.Spot(s.path, s.lon, s.lat), s.at, s.water) for s in said], now=now(),
        within=settings.REPORT_NEAR_METRES, minutes=settings.REPORT_NEAR_MINUTES,
    )  # fmt: skip
    decided = set(SidesJudged.objects.filter(key__in=[one.key for one in found]).values_list("key", flat=True))
    by_thing, by_key = {g.stream.thing_id: g for g in measured}, {s.key: s for s in said}
    return [
        (one, by_thing.get(one.thing), rang.get(one.alarm), by_key.get(one.heard))
        for one in found if one.key not in decided
    ]  # fmt: skip


def _spot(thing: Thing) -> sides.Spot:
    return sides.Spot(thing.place_path, thing.lon, thing.lat)


def judged(place: str, since: dt.datetime, *, by: Actor, most: int) -> list[SidesJudged]:
    """Return what was decided at a place since a moment, the newest first. One query."""
    rows = SidesJudged.objects.filter(
        places.under(authority.scopes(by, Can.SEE), "place_path"), places.under([place], "place_path"),
        exercise_id=by.exercise, at__gte=since,
    )  # fmt: skip
    return list(rows.select_related("thing").order_by("-at")[:most])


@dataclass(frozen=True, slots=True)
class Delay:
    """Seconds from measurement until then, half and 99 of 100 within; None where there was none. `n` counted."""

    n: int
    half: float | None
    most: float | None


def arrival(place: str, *, by: Actor) -> Delay:
    """Return how long the newest reading of each stream heard in the last hour was under way. One query."""
    return _delay(
        Latest.objects.filter(
            stream__thing__in=registry.things(ThingFilter(place=place), by=by).order_by(), came__gte=now() - HOUR
        ).annotate(since=F("at"), until=F("came"))
    )


def alarming(place: str, *, by: Actor) -> Delay:
    """Return how long it took from measurement to alarm, of the alarms of the last hour. One query."""
    rows = Alarm.objects.filter(
        places.under(authority.scopes(by, Can.SEE), "place_path"), places.under([place], "place_path"),
        exercise_id=by.exercise, raised_at__gte=now() - HOUR,
    )  # fmt: skip
    return _delay(rows.annotate(since=F("began_at"), until=F("raised_at")))


def _delay(rows: Any) -> Delay:
    sql, params = rows.order_by().values("since", "until").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY took), percentile_cont(0.99) WITHIN GROUP"
            f" (ORDER BY took) FROM (SELECT extract(epoch FROM until - since)::float8 AS took FROM ({sql}) r) t",
            params,
        )
        return Delay(*cursor.fetchone())


def below(place: str) -> list[tuple[str, str]]:
    """Return (path, name) of the places right below."""
    return list(places.children(place).values_list("path", "name"))
