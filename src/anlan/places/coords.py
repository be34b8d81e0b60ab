"""WGS-84, GCJ-02 (Chinese maps and devices) and BD-09 (Baidu), converted at the door; inside there is WGS-84 only.

Arrays are of shape (n, 2): longitude, latitude in degrees. Outside mainland China's rough box GCJ-02 is WGS-84.
"""

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from anlan.kernel.authority import Invalid
from anlan.places.terms import Crs

Points = NDArray[np.float64]

_A = 6378245.0  # Krasovsky 1940, as the published GCJ-02 transform has it
_EE = 0.00669342162296594323
_BD = np.pi * 3000.0 / 180.0
EARTH = 6_371_008.8  # mean radius, metres
_CLOSE = 1e-9  # degrees, about 0.1 mm: where the inverse stops
_ROUNDS = 12


def _points(points: ArrayLike) -> Points:
    array = np.atleast_2d(np.asarray(points, dtype=np.float64))
    if array.ndim != 2 or array.shape[1] != 2:
        raise Invalid(f"坐标应为 (n, 2) 的经纬度数组，得到 {array.shape}")
    return array


def in_china(points: Points) -> NDArray[np.bool_]:
    """Say of each point whether it lies in the box within which GCJ-02 differs from WGS-84."""
    lon, lat = points[:, 0], points[:, 1]
    return (lon > 72.004) & (lon < 137.8347) & (lat > 0.8293) & (lat < 55.8271)


def _shift(points: Points) -> Points:
    """Return what GCJ-02 adds at WGS-84 points, degrees."""
    x, y = points[:, 0] - 105.0, points[:, 1] - 35.0
    root = np.sqrt(np.abs(x))
    wave = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    dlat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    dlat += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    dlat += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    dlon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    dlon += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    dlon += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(points[:, 1])
    magic = 1.0 - _EE * np.sin(phi) ** 2
    dlat = np.degrees(dlat / ((_A * (1.0 - _EE)) / (magic * np.sqrt(magic))))
    dlon = np.degrees(dlon / (_A / np.sqrt(magic) * np.cos(phi)))
    return np.where(in_china(points)[:, None], np.column_stack((dlon, dlat)), 0.0)


def wgs84_to_gcj02(points: ArrayLike) -> Points:
    """Return the same points as Chinese maps show them."""
    array = _points(points)
    return array + _shift(array)


def gcj02_to_wgs84(points: ArrayLike) -> Points:
    """Invert `wgs84_to_gcj02` by fixed-point iteration, to well under 0.1 m (the map contracts by about 1e-2)."""
    target = _points(points)
    guess = target - _shift(target)
    for _ in range(_ROUNDS):
        off = guess + _shift(guess) - target
        guess = guess - off
        if not off.size or float(np.nanmax(np.abs(off), initial=0.0)) < _CLOSE:
            break
    return guess


def gcj02_to_bd09(points: ArrayLike) -> Points:
    """Return the same points in Baidu's system."""
    array = _points(points)
    lon, lat = array[:, 0], array[:, 1]
    reach = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD)
    return np.column_stack((reach * np.cos(angle) + 0.0065, reach * np.sin(angle) + 0.006))


def bd09_to_gcj02(points: ArrayLike) -> Points:
    """Invert `gcj02_to_bd09` by fixed-point iteration."""
    target = _points(points)
    guess: Points = target - np.array([0.0065, 0.006])
    for _ in range(_ROUNDS):
        off = gcj02_to_bd09(guess) - target
        guess = guess - off
        if not off.size or float(np.nanmax(np.abs(off), initial=0.0)) < _CLOSE:
            break
    return guess


def to_wgs84(points: ArrayLike, crs: Crs | str) -> Points:
    """Convert points from a declared system. Raises Invalid for a system that is not one of `Crs`."""
    match crs:
        case Crs.WGS84:
            return _points(points).copy()
        case Crs.GCJ02:
            return gcj02_to_wgs84(points)
        case Crs.BD09:
            return gcj02_to_wgs84(bd09_to_gcj02(points))
    raise Invalid({"crs": f"坐标系「{crs}」不认识，应为 {'、'.join(Crs)} 之一"})


def from_wgs84(points: ArrayLike, crs: Crs | str) -> Points:
    """Convert points to a declared system: for exports and for Chinese base maps."""
    match crs:
        case Crs.WGS84:
            return _points(points).copy()
        case Crs.GCJ02:
            return wgs84_to_gcj02(points)
        case Crs.BD09:
            return gcj02_to_bd09(wgs84_to_gcj02(points))
    raise Invalid({"crs": f"坐标系「{crs}」不认识，应为 {'、'.join(Crs)} 之一"})


def shape_to_wgs84(shape: shapely.Geometry, crs: Crs | str) -> shapely.Geometry:
    """Convert every vertex of a shape."""
    if crs == Crs.WGS84:
        return shape
    moved: shapely.Geometry = shapely.transform(shape, lambda xy: to_wgs84(xy, crs))
    return moved


def metres(a: ArrayLike, b: ArrayLike) -> Points:
    """Return the great-circle distance between points, pair by pair, in metres."""
    p, q = np.radians(_points(a)), np.radians(_points(b))
    half = np.sin((q - p) / 2) ** 2
    h = half[:, 1] + np.cos(p[:, 1]) * np.cos(q[:, 1]) * half[:, 0]
    return np.asarray(2 * EARTH * np.arcsin(np.sqrt(np.clip(h, 0, 1))), dtype=np.float64)


def circle(lon: float, lat: float, radius: float, *, sides: int = 64) -> shapely.Polygon:
    """Return the circle of `radius` metres on the sphere round a point, as a polygon of `sides` corners.

    The corners stand on the circle's circumscribed polygon, so that no point within the radius is left out.
    """
    if not 0 < radius <= 2_000_000:
        raise Invalid({"radius": f"半径 {radius} 米不在 0 到 2,000 千米之间"})
    arc = radius / EARTH / np.cos(np.pi / sides)
    bearing = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    phi, lam = np.radians(lat), np.radians(lon)
    lat2 = np.arcsin(np.sin(phi) * np.cos(arc) + np.cos(phi) * np.sin(arc) * np.cos(bearing))
    lon2 = lam + np.arctan2(np.sin(bearing) * np.sin(arc) * np.cos(phi), np.cos(arc) - np.sin(phi) * np.sin(lat2))
    return shapely.Polygon(np.degrees(np.column_stack((lon2, lat2))))


def area(shape: shapely.Geometry) -> float:
    """Return a shape's area in square metres, by the cylindrical equal-area projection of the sphere."""
    flat = shapely.transform(
        shape, lambda xy: np.column_stack((np.radians(xy[:, 0]) * EARTH, np.sin(np.radians(xy[:, 1])) * EARTH))
    )
    return float(shapely.area(flat))
