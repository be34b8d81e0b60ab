"""Reads GeoJSON in a declared coordinate system into WGS-84 shapes, feature by feature, each fault by its number."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
import shapely

from anlan.kernel.authority import Invalid
from anlan.kernel.tables import LIMITS, decode
from anlan.places import coords
from anlan.places.drafts import Finding
from anlan.places.terms import Crs

VERTICES = 2_000_000
FEATURES = 300_000
_NAMED_CRS = {"crs84": Crs.WGS84, "4326": Crs.WGS84, "4490": Crs.WGS84, "gcj02": Crs.GCJ02, "bd09": Crs.BD09}


@dataclass(slots=True)
class Feature:
    """A feature: its number in the file (1 = first), properties, and shape in WGS-84."""

    row: int
    properties: dict[str, Any]
    shape: shapely.Geometry
    raw: dict[str, Any] = field(default_factory=dict)


def read(content: bytes, crs: Crs | str) -> tuple[list[Feature], list[Finding]]:
    """Read a FeatureCollection or one Feature. Raises Invalid for what is not GeoJSON or declares another system."""
    features = _features(content, crs)
    found: list[Feature] = []
    findings: list[Finding] = []
    vertices = 0
    for row, feature in enumerate(features, 1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        properties = properties if isinstance(properties, dict) else {}
        try:
            shape = _shape(feature)
        except Invalid as error:
            name, expected = next(iter(error.errors.items()))
            shown = str(properties.get("name", ""))[:80]
            findings.append(Finding(row, name, shown, expected, {"properties": properties}))
            continue
        vertices += int(shapely.get_num_coordinates(shape))
        if vertices > VERTICES:
            raise Invalid({"file": f"坐标点超过 {VERTICES} 个，请拆分或简化后再导入"})
        found.append(Feature(row, properties, coords.shape_to_wgs84(shape, crs)))
    _repair(found, findings)
    return found, findings


def _features(content: bytes, crs: Crs | str) -> list[Any]:
    if crs not in set(Crs):
        raise Invalid({"crs": f"请声明坐标系：{'、'.join(Crs)} 之一"})
    if len(content) > LIMITS.file:
        raise Invalid({"file": f"文件超过 {LIMITS.file // 2**20} MB，请拆分后再导入"})
    try:
        document = orjson.loads(decode(content)[0].encode())
    except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
        raise Invalid({"file": f"不是可读的 GeoJSON：{error}"}) from error
    if not isinstance(document, dict):
        raise Invalid({"file": "不是 GeoJSON：应是 FeatureCollection"})
    declared = (
        str(((document.get("crs") or {}).get("properties") or {}).get("name", ""))
        if isinstance(document.get("crs"), dict) and isinstance(document["crs"].get("properties") or {}, dict)
        else ""
    )
    meant = next((system for mark, system in _NAMED_CRS.items() if declared.lower().endswith(mark)), None)
    if meant and meant != crs:
        raise Invalid({"crs": f"文件自己声明的坐标系是 {declared}，与所选的 {crs} 不符"})
    features = document.get("features") if document.get("type") == "FeatureCollection" else [document]
    if not isinstance(features, list) or not features:
        raise Invalid({"file": "GeoJSON 里没有要素（features）"})
    if len(features) > FEATURES:
        raise Invalid({"file": f"要素超过 {FEATURES} 个，请拆分后再导入"})
    return features


def _shape(feature: Any) -> shapely.Geometry:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(geometry, dict):
        raise Invalid({"geometry": "没有图形（geometry）"})
    try:
        shape = shapely.force_2d(shapely.from_geojson(orjson.dumps(geometry)))
    except (shapely.errors.ShapelyError, TypeError, ValueError) as error:
        raise Invalid({"geometry": f"图形无法读取：{error}"}) from error
    if shape is None or shape.is_empty:
        raise Invalid({"geometry": "图形是空的"})
    xy = shapely.get_coordinates(shape)
    if not np.isfinite(xy).all() or (np.abs(xy) > (180.0, 90.0)).any():
        raise Invalid({"geometry": "坐标应为经度 ±180、纬度 ±90 以内的度数（经度在前）"})
    return shape


def _repair(features: list[Feature], findings: list[Finding]) -> None:
    for feature in features:
        if not feature.shape.is_valid:
            reason = shapely.is_valid_reason(feature.shape)
            feature.shape = shapely.make_valid(feature.shape)
            name = str(feature.properties.get("name", ""))[:80]
            findings.append(Finding(feature.row, "geometry", name, f"图形自相交，已修复（{reason}）", note=True))


def areal(shape: shapely.Geometry) -> shapely.Geometry | None:
    """Return the polygons of a shape, None where it has none: a repaired polygon may bring loose lines along."""
    if shape.geom_type in {"Polygon", "MultiPolygon"}:
        return shape
    parts = [p for p in shapely.get_parts(shape) if p.geom_type in {"Polygon", "MultiPolygon"}]
    return shapely.union_all(parts) if parts else None


def centre(shape: shapely.Geometry) -> tuple[float, float]:
    """Return the centroid (lon, lat) where it lies inside the shape, else a point that does."""
    middle = shapely.centroid(shape)
    point = middle if shapely.covers(shape, middle) else shapely.point_on_surface(shape)
    return float(point.x), float(point.y)


def wkb(shape: shapely.Geometry) -> bytes:
    """Return a shape as WKB without a system id: the tables hold WGS-84 only."""
    return bytes(shapely.to_wkb(shape, include_srid=False))
