"""One place at a time. Each write: may → can → change → record."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

import shapely
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.places import codes, coords, drafts, geojson, names, queries, terms
from anlan.places.models import PATH_LENGTH, Code, Lineage, Place, Tree

EDITABLE = ("name", "aliases", "population", "households", "urban_class", "grid_level", "lines", "lon", "lat", "since")


def bump(*, shapes: bool = False) -> None:
    """Tell every process that the tree changed: last in a transaction, for it holds the one row till commit."""
    fresh = uuid7()
    Tree.objects.filter(pk=1).update(stamp=fresh, **({"shapes": fresh} if shapes else {}))


def fits(level: str, parent_level: str | None) -> bool:
    """Say whether a level may stand below another: a lower rung, or a grid in a grid; grids only below a community.

    A grid belongs to a community or village and hangs on no street or district (西安 DB6101/T 3185, domain-facts B1).
    """
    if parent_level is None:
        return True
    mine, above = terms.RANK[terms.Level(level)], terms.RANK[terms.Level(parent_level)]
    if level == terms.Level.GRID:
        return parent_level in {terms.Level.COMMUNITY, terms.Level.GRID}
    return mine > above


def _taken(scheme: str, code: str) -> None:
    held = Code.objects.filter(scheme=scheme, code=code, until__isnull=True).select_related("place").first()
    if held:
        raise Invalid({"code": _("编码 %(code)s 已属于「%(name)s」") % {"code": code, "name": held.place.name}})


def _named(level: str, name: str) -> str:
    if level not in set(terms.Level):
        raise Invalid({"level": _("级别应为 %(all)s 之一") % {"all": "、".join(terms.Level)}})
    return drafts.text(name, "name")


def _begin(place: Place, code: str, scheme: str, by: Actor, did: terms.Did) -> Place:
    """Save a new place with its code, and record it."""
    if code:
        place.scheme = scheme or codes.guess_scheme(code)
        place.code = codes.check(code, place.scheme)
        _taken(place.scheme, place.code)
    place.pinyin, place.grams = names.initials(place.name), names.grams(place.name, place.aliases)
    place.save(force_insert=True)
    if place.code:
        Code.objects.create(place=place, scheme=place.scheme, code=place.code, since=place.since)
    ledger.record(did, place, by=by, name=place.name, level=place.level, scheme=place.scheme, code=place.code)
    bump()
    return place


@transaction.atomic
def found_root(name: str, level: str, code: str = "", by: Actor | None = None, *, scheme: str = "") -> Place:
    """Make a root of the tree. Needs `places.manage` everywhere. Raises Refused, Invalid."""
    actor = by or authority.machine("places")
    authority.require(actor, terms.Can.MANAGE, at="")
    name = _named(level, name)
    tree = Tree.objects.select_for_update().get(pk=1)
    tree.last_root += 1
    tree.save(update_fields=["last_root"])
    place = Place(path=paths.child("", tree.last_root), level=level, name=name)
    if code and not scheme:
        scheme = terms.Scheme.STAT
    return _begin(place, code, scheme, actor, terms.Did.FOUNDED)


@transaction.atomic
def add(
    parent: Place | UUID, *, name: str, level: str, by: Actor, code: str = "", scheme: str = "", **fields: Any
) -> Place:
    """Add a place below another. `fields` are those of `EDITABLE`. Raises Hidden, Refused, Conflict, Invalid."""
    above = queries.lock(parent if isinstance(parent, UUID) else parent.pk, by)
    authority.require(by, terms.Can.MANAGE, at=above.path)
    if above.until is not None:
        raise Conflict(_("「%(name)s」已撤销，不能再添加下级") % {"name": above.name})
    name = _named(level, name)
    if not fits(level, above.level):
        raise Invalid({"level": _("%(above)s之下不能设%(level)s") % _levels(above.level, level)})
    if len(above.path) + paths.WIDTH > PATH_LENGTH:
        raise Invalid({"level": _("层级过深，最多 %(n)d 层") % {"n": PATH_LENGTH // paths.WIDTH}})
    Place.objects.filter(pk=above.pk).update(last_child=F("last_child") + 1)
    above.refresh_from_db(fields=["last_child"])
    place = Place(path=paths.child(above.path, above.last_child), parent=above, level=level, name=name)
    for key, value in checked(fields, level).items():
        setattr(place, key, value)
    return _begin(place, code, scheme, by, terms.Did.ADDED)


def _levels(above: str, level: str) -> dict[str, str]:
    shown = terms.LEVEL_NAMES
    return {"above": shown[terms.Level(above)], "level": shown[terms.Level(level)]}


def checked(fields: dict[str, Any], level: str) -> dict[str, Any]:
    """Return the values as they are kept. Raises Invalid with every field that is wrong."""
    if unknown := fields.keys() - set(EDITABLE):
        raise Invalid(dict.fromkeys(unknown, _("没有这个字段")))
    kept = dict(fields)
    errors = _numbers(kept, level)
    for key, read in _TEXTS.items():
        if key in kept:
            try:
                kept[key] = read(kept[key])
            except Invalid as error:
                errors |= error.errors
    if errors:
        raise Invalid(errors)
    return kept


_TEXTS: dict[str, Callable[[Any], Any]] = {
    "name": lambda said: drafts.text(said or "", "name"),
    "aliases": lambda said: [drafts.text(a, "aliases") for a in dict.fromkeys(said or ())],
    "lines": lambda said: [drafts.text(a, "lines")[:40] for a in dict.fromkeys(said or ())],
    "urban_class": lambda said: codes.urban_class(said or ""),
}


def _numbers(kept: dict[str, Any], level: str) -> dict[str, str]:
    """Return what is wrong with counts, the grid's level and the point."""
    errors: dict[str, str] = {}
    for key in ("population", "households"):
        if (value := kept.get(key)) is not None and not 0 <= value <= 2_000_000_000:
            errors[key] = _("应为不小于 0 的整数")
    if kept.get("grid_level") is not None and (level != terms.Level.GRID or kept["grid_level"] not in {1, 2, 3}):
        errors["grid_level"] = _("只有网格才有网格级别，为 1、2、3")
    lon, lat = kept.get("lon"), kept.get("lat")
    if (lon is None) != (lat is None):
        errors["lat" if lat is None else "lon"] = _("经度和纬度要么都填，要么都不填")
    elif lon is not None and lat is not None and not (abs(lon) <= 180 and abs(lat) <= 90):
        errors["lon"] = _("经度应在 ±180、纬度应在 ±90 以内")
    return errors


@transaction.atomic
def change(place_id: UUID, *, by: Actor, revision: int | None = None, **fields: Any) -> Place:
    """Change a place's own values. `revision` is the one the form showed: another means that somebody was first."""
    place = queries.lock(place_id, by)
    authority.require(by, terms.Can.MANAGE, at=place.path)
    if revision is not None and revision != place.revision:
        raise Conflict(_("「%(name)s」刚被别人改过，请核对后再保存") % {"name": place.name})
    kept = checked(fields, place.level)
    was = {key: getattr(place, key) for key, value in kept.items() if getattr(place, key) != value}
    if not was:
        return place
    for key in was:
        setattr(place, key, kept[key])
    _keep(place, *was)
    ledger.record(terms.Did.CHANGED, place, by=by, was=_told(was), now=_told({k: kept[k] for k in was}))
    return place


def _told(values: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in values.items()}


def _keep(place: Place, *changed: str, shapes: bool = False) -> None:
    place.pinyin, place.grams = names.initials(place.name), names.grams(place.name, place.aliases)
    place.revision += 1
    place.save(update_fields=[*changed, "pinyin", "grams", "revision", "changed_at"])
    bump(shapes=shapes)


@transaction.atomic
def recode(place_id: UUID, code: str, *, scheme: str, by: Actor, on: dt.date | None = None) -> Place:
    """Give a place a new code from a day on; the old one still resolves for the days before. Raises Invalid."""
    place = queries.lock(place_id, by)
    authority.require(by, terms.Can.MANAGE, at=place.path)
    kept = codes.check(code, scheme)
    day = on or queries.tree.today()
    old = place.codes.filter(scheme=scheme, until__isnull=True).first()
    if old and old.code == kept:
        return place
    _taken(scheme, kept)
    if old and old.since and old.since >= day:
        raise Invalid({"on": _("新编码的启用日应晚于旧编码的启用日 %(day)s") % {"day": old.since}})
    if old:
        old.until = day
        old.save(update_fields=["until"])
    Code.objects.create(place=place, scheme=scheme, code=kept, since=day)
    was = place.code
    place.scheme, place.code = scheme, kept
    _keep(place, "scheme", "code")
    ledger.record(terms.Did.RECODED, place, by=by, scheme=scheme, was=was, now=kept, on=day.isoformat())
    return place


@transaction.atomic
def close(place_id: UUID, *, by: Actor, reason: str, on: dt.date | None = None, successor: UUID | None = None) -> Place:
    """Close a place from a day on (撤销、并入). It stays in the tree and its codes still resolve.

    Raises Conflict while places below it are open, or while it is closed already.
    """
    place = queries.lock(place_id, by)
    authority.require(by, terms.Can.MANAGE, at=place.path)
    if place.until is not None:
        raise Conflict(_("「%(name)s」已于 %(day)s 撤销") % {"name": place.name, "day": place.until})
    if not reason.strip():
        raise Invalid({"reason": _("请写明撤销的依据")})
    day = on or queries.tree.today()
    if place.since and day < place.since:
        raise Invalid({"on": _("撤销日不能早于设立日 %(day)s") % {"day": place.since}})
    below = Place.objects.filter(Q(until__isnull=True) | Q(until__gt=day), parent=place).count()
    if below:
        raise Conflict(_("「%(name)s」还有 %(n)d 个下级，请先撤销或移走") % {"name": place.name, "n": below})
    if successor:
        heir = queries.get(successor, by)
        if heir.pk == place.pk:
            raise Invalid({"successor": _("不能并入自己")})
        place.successor = heir
    place.until = day
    place.codes.filter(until__isnull=True).update(until=day)
    _keep(place, "until", "successor", shapes=True)
    if place.successor:
        Lineage.objects.create(kind=terms.Fate.MERGED, was=place.path, now=place.successor.path, day=day)
    into = place.successor.path if place.successor else None
    ledger.record(terms.Did.CLOSED, place, by=by, on=day.isoformat(), reason=reason.strip(), into=into)
    return place


@transaction.atomic
def reopen(place_id: UUID, *, by: Actor, reason: str) -> Place:
    """Take back a closing. Raises Conflict where it is open, or where its code was given to another meanwhile."""
    place = queries.lock(place_id, by)
    authority.require(by, terms.Can.MANAGE, at=place.path)
    if place.until is None:
        raise Conflict(_("「%(name)s」没有撤销") % {"name": place.name})
    if Lineage.objects.filter(was=place.path, plan__isnull=False).exists():
        raise Conflict(_("「%(name)s」是随区划调整撤销的，要恢复请撤回那次调整") % {"name": place.name})
    if not reason.strip():
        raise Invalid({"reason": _("请写明恢复的依据")})
    closed = list(place.codes.filter(until=place.until))
    for held in closed:
        _taken(held.scheme, held.code)
    place.codes.filter(pk__in=[c.pk for c in closed]).update(until=None)
    place.until, place.successor = None, None
    Lineage.objects.filter(was=place.path, plan=None).delete()
    _keep(place, "until", "successor", shapes=True)
    ledger.record(terms.Did.REOPENED, place, by=by, reason=reason.strip())
    return place


@transaction.atomic
def set_shape(place_id: UUID, shape: shapely.Geometry | None, *, crs: str, by: Actor) -> Place:
    """Give a place its polygon, from a declared system, or take it away. Raises Invalid for what has no area."""
    place = queries.lock(place_id, by)
    authority.require(by, terms.Can.MANAGE, at=place.path)
    if shape is None:
        place.shape = None
    else:
        area = geojson.areal(shapely.make_valid(coords.shape_to_wgs84(shapely.force_2d(shape), crs)))
        if area is None:
            raise Invalid({"shape": _("应是有面积的多边形")})
        place.shape = geojson.wkb(area)
        place.lon, place.lat = geojson.centre(area)
    _keep(place, "shape", "lon", "lat", shapes=True)
    ledger.record(terms.Did.SHAPED, place, by=by, crs=crs, square_metres=round(coords.area(area)) if shape else None)
    return place
