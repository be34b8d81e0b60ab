"""Single places, their neighbours in the tree, and codes turned into paths."""

import datetime as dt
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from anlan.kernel import authority, clock, paths
from anlan.kernel.authority import Actor, Hidden, Invalid
from anlan.places import codes, terms
from anlan.places.models import Code, Place

AFTER = "["  # the character behind Z: every path below a prefix sorts before prefix + AFTER (COLLATE "C")
_STEPS = 40  # heirs of heirs that are followed
SORTS = ("name", "-name", "code", "-code", "population", "-population", "households", "-households", "path", "-path")


def today() -> dt.date:
    """Return the date on China's wall."""
    return clock.local(clock.now()).date()


def under(prefixes: Iterable[str], field: str = "path") -> Q:
    """Return the condition "within one of these subtrees", as ranges that the path's index serves."""
    found = Q(pk__in=[])
    for prefix in prefixes:
        if not prefix:
            return Q()
        found |= Q(**{f"{field}__gte": prefix, f"{field}__lt": prefix + AFTER})
    return found


def open_on(day: dt.date | None = None) -> Q:
    """Return the condition "exists on that day", today by default."""
    day = day or today()
    return (Q(until__isnull=True) | Q(until__gt=day)) & (Q(since__isnull=True) | Q(since__lte=day))


def visible(by: Actor) -> QuerySet[Place]:
    """Return the places that the actor may read."""
    return Place.objects.filter(under(authority.scopes(by, terms.Can.READ)))


def by_path(path: str) -> Place:
    """Return a place. Raises Hidden."""
    found = Place.objects.filter(path=path).first()
    if found is None:
        raise Hidden(_("没有这个地方"))
    return found


def get(place_id: UUID, by: Actor) -> Place:
    """Return a place within the actor's scope. Raises Hidden, also where it is absent."""
    found = visible(by).filter(pk=place_id).first()
    if found is None:
        raise Hidden(_("没有这个地方"))
    return found


def scoped(path: str, by: Actor) -> Place:
    """Return a place by its path within the actor's scope. Raises Hidden, also where it is absent."""
    found = visible(by).filter(path=path).first()
    if found is None:
        raise Hidden(_("没有这个地方"))
    return found


def lock(place_id: UUID, by: Actor) -> Place:
    """Return a place within the actor's scope, locked until the transaction ends. Raises Hidden."""
    found = visible(by).select_for_update(of=("self",)).filter(pk=place_id).first()
    if found is None:
        raise Hidden(_("没有这个地方"))
    return found


def roots(by: Actor | None = None) -> QuerySet[Place]:
    """Return the tops of what the actor may read: the places of their scopes, or the roots of the tree."""
    scopes = ("",) if by is None else authority.scopes(by, terms.Can.READ)
    if "" in scopes:
        return Place.objects.filter(parent__isnull=True).order_by("path")
    return Place.objects.filter(path__in=scopes).order_by("path")


def names(wanted: Iterable[str]) -> dict[str, str]:
    """Return the names of paths; those that do not exist are left out."""
    return dict(Place.objects.filter(path__in=set(wanted)).values_list("path", "name"))


def with_parent(wanted: Iterable[str]) -> dict[str, str]:
    """Return "柳荫街道 竹苑社区" for each path: the place after its parent; "" where there is none. One query."""
    asked = set(wanted)
    known = names({*asked, *(path[:-4] for path in asked)} - {""})
    return {path: " ".join(filter(None, (known.get(path[:-4], ""), known.get(path, "")))) for path in asked}


def codes_at(wanted: Iterable[str]) -> dict[str, str]:
    """Return the codes (GB/T 2260, or the city's own below that) of paths; "" where a place has none."""
    return dict(Place.objects.filter(path__in=set(wanted)).values_list("path", "code"))


def breadcrumb(path: str) -> list[tuple[str, str]]:
    """Return (path, name) from the root down to the place."""
    return list(Place.objects.filter(path__in=paths.ancestors(path)).order_by("path").values_list("path", "name"))


def children(path: str, *, closed: bool = False) -> QuerySet[Place]:
    """Return the places right below a path, in the order of paths; closed ones on demand."""
    found = Place.objects.filter(under([path]), parent__path=path) if path else roots()
    return (found if closed else found.filter(open_on())).order_by("path")


def children_page(path: str, *, sort: str = "path", closed: bool = False, level: str = "") -> QuerySet[Place]:
    """Return the children with how many they have themselves (`below`), sorted by one of `SORTS`, nulls last."""
    found = children(path, closed=closed).annotate(below=Count("children"))
    if level:
        found = found.filter(level=level)
    key = sort if sort in SORTS else "path"
    column = F(key.lstrip("-"))
    return found.order_by(column.desc(nulls_last=True) if key.startswith("-") else column.asc(nulls_last=True), "path")


def child_levels(path: str) -> list[tuple[str, str, int]]:
    """Return (level, its name, how many) of the open places right below a path, higher levels first."""
    rows = children(path).order_by().values_list("level").annotate(n=Count("pk"))
    return [
        (level, _(terms.LEVEL_NAMES[terms.Level(level)]), n)
        for level, n in sorted(rows, key=lambda r: terms.RANK[terms.Level(r[0])])
    ]


def below(path: str) -> QuerySet[Place]:
    """Return a place and everything below it, closed places too, in the order of paths."""
    return Place.objects.filter(under([path])).order_by("path")


def codes_of(place: Place) -> QuerySet[Code]:
    """Return every code a place has or had, the present ones first."""
    return place.codes.order_by(F("until").desc(nulls_first=True), "scheme")


def _key(code: str, scheme: str | None) -> str:
    if scheme not in {None, terms.Scheme.STAT}:
        return code.strip()
    try:
        return codes.normalise(code)
    except Invalid:
        return code.strip()  # under some other scheme it may well be one


def _held(keys: Sequence[str], scheme: str | None, on: dt.date | None) -> QuerySet[Code]:
    """Return who holds or held the codes, the best answer for each code first."""
    found = Code.objects.filter(code__in=keys).select_related("place")
    if scheme:
        found = found.filter(scheme=scheme)
    if on:
        found = found.filter(
            (Q(since__isnull=True) | Q(since__lte=on)) & (Q(until__isnull=True) | Q(until__gt=on)),
        )
    return found.order_by("code", F("until").desc(nulls_first=True), F("since").desc(nulls_last=True))


def by_code(code: str, scheme: str | None = None, on: dt.date | None = None) -> Place | None:
    """Return the place that holds a code on a day, or, without a day, that holds it now or held it last."""
    found = _held([_key(code, scheme)], scheme, on).first()
    return found.place if found else None


def paths_for_codes(wanted: Iterable[str], *, on: dt.date | None = None) -> dict[str, str]:
    """Return the paths of division codes of 2 to 17 digits, trailing zeros forgiven; unknown ones are left out.

    A place that was merged away answers with its successor, for warnings keep old codes for years.
    """
    keys = {code: _key(code, None) for code in wanted}
    found: dict[str, str] = {}
    gone: dict[str, str] = {}
    held = _held(list(keys.values()), None, on)
    for code, path, until, heir in held.values_list("code", "place__path", "place__until", "place__successor__path"):
        if code not in found:
            found[code] = path
            if until is not None and until <= (on or today()) and heir:
                gone[code] = heir
    settled = ends(set(gone.values()))
    found |= {code: settled[heir] for code, heir in gone.items()}
    return {code: found[key] for code, key in keys.items() if key in found}


def ends(wanted: set[str]) -> dict[str, str]:
    """Follow places that were closed in their turn to whatever stands there now."""
    found = {path: path for path in wanted}
    todo = set(wanted)
    for _step in range(_STEPS):
        if not todo:
            break
        rows = Place.objects.filter(path__in=todo, until__lte=today(), successor__isnull=False)
        heirs = dict(rows.values_list("path", "successor__path"))
        found = {path: heirs.get(now, now) for path, now in found.items()}
        todo = set(heirs.values())
    return found
