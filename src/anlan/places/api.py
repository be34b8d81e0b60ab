"""Places over HTTP: list, search, get, locate. Everything is narrowed to the caller's scope; hidden is absent."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Hidden, Invalid
from anlan.places import coords, queries, services, terms
from anlan.places.models import Place

router = Router()
POINTS = 20_000


class PlaceOut(Schema):
    """A place. `since` is its first day, `until` the first day it is no more."""

    id: UUID
    path: str
    level: str
    name: str
    aliases: list[str]
    scheme: str
    code: str
    since: str | None
    until: str | None
    urban_class: str
    population: int | None
    households: int | None
    grid_level: int | None
    lines: list[str]
    lon: float | None
    lat: float | None
    revision: int

    @staticmethod
    def resolve_since(place: Place) -> str | None:
        return place.since.isoformat() if place.since else None

    @staticmethod
    def resolve_until(place: Place) -> str | None:
        return place.until.isoformat() if place.until else None


class PlacesOut(Schema):
    """A page of places."""

    items: list[PlaceOut]
    count: int


class PointsIn(Schema):
    """Points as [lon, lat] in a declared coordinate system; at most 20,000."""

    points: list[tuple[float, float]] = Field(max_length=POINTS)
    crs: terms.Crs = terms.Crs.WGS84


class LocatedOut(Schema):
    """For each point the path of the deepest place that the caller may read, null for none."""

    paths: list[str | None]


class ChangeIn(Schema):
    """What to change; what is left out stays. `revision` is the one that was read."""

    revision: int
    name: str | None = None
    aliases: list[str] | None = None
    population: int | None = None
    households: int | None = None
    urban_class: str | None = None
    grid_level: int | None = None
    lines: list[str] | None = None
    lon: float | None = None
    lat: float | None = None


class AddIn(Schema):
    """A place to add below `parent`."""

    parent: UUID
    level: str
    name: str
    code: str = ""
    scheme: str = ""


class ListIn(Schema):
    """Whose children (none: the tops of the caller's scope), and which part of them."""

    under: str = Field("", max_length=40, pattern="^[0-9A-Z]*$")
    closed: bool = False
    limit: int = Field(100, ge=1, le=1000)
    offset: int = Field(0, ge=0, le=10_000_000)


class SearchIn(Schema):
    """Words to find, from the wider place to the narrower."""

    q: str = Field(min_length=1, max_length=60)
    limit: int = Field(20, ge=1, le=100)


class SchemeIn(Schema):
    """Which code scheme; none: any."""

    scheme: str = Field("", max_length=12)


class CrsIn(Schema):
    """In which coordinate system to answer."""

    crs: terms.Crs = terms.Crs.WGS84


def _by(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined,no-any-return]


@router.get("/places", response=PlacesOut, operation_id="places_list", summary="地方：某处的下级，或可见的根")
def places_list(request: HttpRequest, said: Query[ListIn]) -> dict[str, object]:
    """List what lies right below a place, or the tops of the caller's scope."""
    by = _by(request)
    if said.under:
        rows = queries.children(queries.scoped(said.under, by).path, closed=said.closed)
    else:
        rows = queries.roots(by)
    return {"items": list(rows[said.offset : said.offset + said.limit]), "count": rows.count()}


@router.get(
    "/places/search", response=list[PlaceOut], operation_id="places_search", summary="按名称、拼音首字母、编码找地方"
)
def places_search(request: HttpRequest, said: Query[SearchIn]) -> list[Place]:
    """Find places, the best first."""
    return queries.search(said.q, _by(request), said.limit)


@router.get("/places/by-code/{code}", response=PlaceOut, operation_id="places_by_code", summary="按编码取地方")
def places_by_code(request: HttpRequest, code: str, said: Query[SchemeIn]) -> Place:
    """Return who holds a code now, or held it last."""
    found = queries.by_code(code[:40].replace("\0", ""), said.scheme.replace("\0", "") or None)
    if found is None:
        raise Hidden
    return queries.get(found.pk, _by(request))


@router.get("/places/{uuid:place_id}", response=PlaceOut, operation_id="places_get", summary="取一个地方")
def places_get(request: HttpRequest, place_id: UUID) -> Place:
    """Return one place."""
    return queries.get(place_id, _by(request))


@router.get("/places/{uuid:place_id}/shape", operation_id="places_shape", summary="一个地方和它下级的边界（GeoJSON）")
def places_shape(request: HttpRequest, place_id: UUID, said: Query[CrsIn]) -> dict[str, object]:
    """Return the shape of a place and of its children."""
    by = _by(request)
    return queries.features(queries.get(place_id, by).path, by=by, crs=said.crs)


@router.post("/places/locate", response=LocatedOut, operation_id="places_locate", summary="一批坐标各在哪里")
def places_locate(request: HttpRequest, said: PointsIn) -> dict[str, object]:
    """Locate points in one go."""
    scopes = authority.scopes(_by(request), terms.Can.READ)
    if not said.points:
        return {"paths": []}
    if any(not (abs(lon) <= 180 and abs(lat) <= 90) for lon, lat in said.points):
        raise Invalid({"points": "应是 [经度, 纬度]，经度 ±180、纬度 ±90 以内"})
    found = queries.locate_many(coords.to_wgs84(said.points, said.crs))
    allowed = {p for p in set(found) if p and any(paths.contains(s, p) for s in scopes)}
    return {"paths": [p if p in allowed else None for p in found]}


@router.post("/places", response={201: PlaceOut}, operation_id="places_add", summary="添加一个地方")
def places_add(request: HttpRequest, said: AddIn) -> Status[Place]:
    """Add a place below another."""
    made = services.add(
        said.parent, name=said.name, level=said.level, code=said.code, scheme=said.scheme, by=_by(request)
    )
    return Status(201, made)


@router.patch("/places/{uuid:place_id}", response=PlaceOut, operation_id="places_change", summary="改一个地方")
def places_change(request: HttpRequest, place_id: UUID, said: ChangeIn) -> Place:
    """Change a place's own values."""
    values = said.dict(exclude_unset=True)
    return services.change(place_id, by=_by(request), revision=values.pop("revision"), **values)
