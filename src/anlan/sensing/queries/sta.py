"""SensorThings reads: one collection or entity with what it expands, narrowed to whoever asks, no query in a loop."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet, Value
from django.utils.translation import gettext as _

from anlan.kernel.authority import Hidden
from anlan.places import queries as places
from anlan.sensing.models import Datastream, FeatureOfInterest, HistoricalLocation, Location, Observation, Thing
from anlan.sensing.odata import Options, Unreadable
from anlan.sensing.queries import sta_filters as filters
from anlan.sensing.queries.sta_kinds import KINDS, Kind, identifier, key

PAGE, MOST = 100, 1_000


@dataclass(frozen=True, slots=True)
class Seen:
    """Whose eyes: the paths at or below which things are seen, in which exercise."""

    paths: tuple[str, ...]
    exercise: UUID | None = None

    def things(self) -> QuerySet[Thing]:
        """Return the things in use that are seen."""
        return Thing.objects.filter(places.under(self.paths, "place_path"), exercise_id=self.exercise, stopped_at=None)


@dataclass(slots=True)
class Found:
    """An entity with what it brings: `many` and `one` by relation; `count` where it was asked for."""

    kind: Kind
    row: Any
    many: dict[str, "Page"]
    one: dict[str, "Found | None"]


@dataclass(slots=True)
class Page:
    """A stretch of a collection; `more` says that others follow."""

    kind: Kind
    items: list[Found]
    options: Options
    count: int | None = None
    more: bool = False


def rows(kind: Kind, seen: Seen) -> QuerySet[Any]:
    """Return every entity of a kind that is seen. Sensors and observed properties are words that all share."""
    things = seen.things()
    streams = Datastream.objects.filter(thing__in=things, stopped_at=None)
    narrowed: dict[str, Any] = {
        "Things": lambda: things,
        "Datastreams": lambda: streams.select_related("latest"),
        "HistoricalLocations": lambda: HistoricalLocation.objects.filter(thing__in=things),
        "Locations": lambda: Location.objects.filter(_at(things, "")),
        "FeaturesOfInterest": lambda: FeatureOfInterest.objects.filter(_at(things, "location__") | Q(location=None)),
        "Observations": lambda: Observation.objects.filter(stream__in=streams.values("id")).exclude(mark=3),
    }
    return narrowed[kind.name]() if kind.name in narrowed else kind.model._default_manager.all()  # noqa: SLF001


def _at(things: QuerySet[Thing], reach: str) -> Q:
    """Return the condition "a thing that is seen stands there, or none": through the table between, not a join."""
    through = Thing.locations.through.objects
    mine = through.filter(thing__in=things).values("location_id")
    return Q(**{f"{reach}id__in": mine}) | ~Q(**{f"{reach}id__in": through.values("location_id")})


def one(kind: Kind, text: str, seen: Seen, within: QuerySet[Any] | None = None) -> Any:
    """Return the entity of an id. Raises Hidden."""
    found = key(kind, text)
    base = rows(kind, seen) if within is None else within
    row = None
    if found is not None and kind.name == "Observations":
        row = base.filter(stream=found[0], at=found[1]).first()
    elif found is not None:
        row = base.filter(pk=found).first()
    if row is None:
        raise Hidden(_("没有这一项"))
    return row


def related(parent: Any, kind: Kind, link: str, seen: Seen) -> QuerySet[Any]:
    """Return what a relation of one entity leads to."""
    return rows(KINDS[kind.links[link].to], seen).filter(_of(parent, kind, link))


def _of(parent: Any, kind: Kind, link: str) -> Q:
    to = kind.links[link]
    if kind.name == "Datastreams" and link == "Observations":
        return Q(stream=parent.pk)
    if kind.name == "Observations":
        wanted = parent.stream if link == "Datastream" else features([parent]).get(identifier(parent))
        return Q(pk=wanted) if wanted else Q(pk__in=[])
    if kind.name == "FeaturesOfInterest":
        there = Datastream.objects.filter(thing__locations=parent.location_id).values("id")
        named = Q(other__foi=str(parent.pk))
        return named | Q(stream__in=there, other__foi__isnull=True) if parent.location_id else named
    return Q(**{to.back: parent.pk})


def features(observations: Iterable[Observation]) -> dict[str, UUID]:
    """Return {observation: feature of interest}: the one it names, else the place of its thing."""
    found: dict[str, UUID] = {}
    open_: dict[int, list[str]] = {}
    for row in observations:
        named = (row.other or {}).get("foi")
        if named:
            found[identifier(row)] = UUID(named)
        else:
            open_.setdefault(row.stream, []).append(identifier(row))
    spots = Datastream.objects.filter(id__in=list(open_)).values_list("id", "thing__locations__feature__id")
    for stream, feature in spots:
        if feature:
            found |= dict.fromkeys(open_[stream], feature)
    return found


def page(kind: Kind, base: QuerySet[Any], options: Options, seen: Seen) -> Page:
    """Return a page of a collection with what it expands. Raises Unreadable."""
    found = base
    if options.filter is not None:
        found = found.filter(filters.condition(options.filter, kind))
        if kind.name != "Observations" and _joined(found):
            found = base.filter(pk__in=found.order_by().values("pk"))
    top = min(PAGE if options.top is None else options.top, MOST)
    order = [*filters.ordering(options.orderby, kind), *kind.order]
    count = found.count() if options.count else None
    taken = list(found.order_by(*order)[options.skip : options.skip + top + 1])
    items = [Found(kind, row, {}, {}) for row in taken[:top]]
    _expand(items, kind, options, seen)
    return Page(kind, items, replace(options, top=top), count, len(taken) > top)


def _joined(found: QuerySet[Any]) -> bool:
    """Say whether the filter reached over relations: a row may then stand there more than once."""
    return sum(found.query.alias_refcount[alias] > 0 for alias in found.query.alias_map) > 1


def entity(kind: Kind, row: Any, options: Options, seen: Seen) -> Found:
    """Return one entity with what it expands. Raises Unreadable."""
    found = Found(kind, row, {}, {})
    _expand([found], kind, options, seen)
    return found


def _expand(items: Sequence[Found], kind: Kind, options: Options, seen: Seen) -> None:
    for name, inner in options.expand.items():
        if name not in kind.links:
            raise Unreadable(f"$expand: {kind.name} have no relation {name[:40]!r}, only {', '.join(kind.links)}")
        to = KINDS[kind.links[name].to]
        if kind.links[name].many:
            _expand_many(items, kind, name, to, inner, seen)
        else:
            _expand_one(items, kind, name, to, inner, seen)


def _expand_one(items: Sequence[Found], kind: Kind, name: str, to: Kind, inner: Options, seen: Seen) -> None:
    if kind.name == "Observations" and name == "FeatureOfInterest":
        near = features([item.row for item in items])
        keys = [near.get(identifier(item.row)) for item in items]
    elif kind.name == "Observations":
        keys = [item.row.stream for item in items]
    else:
        keys = [getattr(item.row, f"{kind.links[name].reach}_id") for item in items]
    there = {row.pk: Found(to, row, {}, {}) for row in rows(to, seen).filter(pk__in={k for k in keys if k})}
    _expand(list(there.values()), to, inner, seen)
    for item, wanted in zip(items, keys, strict=True):
        item.one[name] = there.get(wanted)


def _expand_many(items: Sequence[Found], kind: Kind, name: str, to: Kind, inner: Options, seen: Seen) -> None:
    """Bring the first ones of each parent by one statement: a UNION ALL of as many short reads by the index."""
    top = min(PAGE if inner.top is None else inner.top, MOST)
    base = rows(to, seen)
    if inner.filter is not None:
        base = base.filter(filters.condition(inner.filter, to))
    order = [*filters.ordering(inner.orderby, to), *to.order]
    parts = [
        base.filter(_of(item.row, kind, name)).order_by(*order)
        .annotate(parent=Value(number))[inner.skip : inner.skip + top + 1]
        for number, item in enumerate(items)
    ]  # fmt: skip
    taken: list[Any] = [] if not parts else list(parts[0] if len(parts) == 1 else parts[0].union(*parts[1:], all=True))
    by_parent: dict[int, list[Found]] = {}
    for row in taken:
        by_parent.setdefault(row.parent, []).append(Found(to, row, {}, {}))
    kept = {number: found[:top] for number, found in by_parent.items()}
    _expand([one for found in kept.values() for one in found], to, inner, seen)
    for number, item in enumerate(items):
        item.many[name] = Page(
            to, kept.get(number, []), replace(inner, top=top), None, len(by_parent.get(number, [])) > top
        )


def times(streams: Iterable[int]) -> dict[int, tuple[dt.datetime, dt.datetime]]:
    """Return {stream: (first, last) time measured}, by two looks into the index for each, in one statement."""
    sql = """
        SELECT s, (SELECT min(at) FROM sensing_observation WHERE stream = s),
          (SELECT max(at) FROM sensing_observation WHERE stream = s) FROM unnest(%s::int[]) AS s
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(streams)])
        return {stream: (first, last) for stream, first, last in cursor.fetchall() if first}
