"""Reading the where of a CAP alert: polygons, circles and geocodes, and the pairs of names and values."""

import math

from lxml import etree

from anlan.alerts.reading import Area, Point, Reading
from anlan.alerts.terms import Weight

MAX_SHAPES = 20_000
ORDER = {n: i for i, n in enumerate(("areaDesc", "polygon", "circle", "geocode", "altitude", "ceiling"))}


def pair(element: etree._Element) -> tuple[str, str]:
    name = value = ""
    for child in element:
        tag = str(child.tag)
        if tag.endswith("valueName"):
            name = (child.text or "").strip()
        elif tag.endswith("value"):
            value = (child.text or "").strip()
    return name, value


def area(reading: Reading, element: etree._Element, path: str) -> Area:
    found = Area()
    seen: dict[str, int] = {}
    last = -1
    for child in element:
        name = str(child.tag).rpartition("}")[2]
        count = seen[name] = seen.get(name, 0) + 1
        here = f"{path}/{name}[{count}]"
        rank = ORDER.get(name)
        if rank is None:
            reading.find(Weight.NOTE, "element.unknown", here, f"CAP 没有 {name} 这一项，略过")
            continue
        if rank < last:
            reading.find(Weight.WARNING, "element.order", here, f"{name} 的位置不合 CAP 的顺序")
        last = max(last, rank)
        text = (child.text or "").strip()
        if name == "geocode":
            found.geocodes.append(pair(child))
        elif count > MAX_SHAPES:
            reading.find(Weight.ERROR, "size.shapes", here, f"{name} 超过 {MAX_SHAPES} 个，其余略过")
            break
        elif name == "areaDesc":
            found.name = found.name or text
        elif name == "polygon":
            found.polygons.append(_ring(reading, text, here))
        elif name == "circle":
            if circle := _circle(reading, text, here):
                found.circles.append(circle)
        else:
            setattr(found, name, _number(reading, text, here, name))
    return found


def _ring(reading: Reading, text: str, path: str) -> list[Point]:
    """Read «lat,lon lat,lon …». A trailing comma is forgiven; a pair that is no pair is left out and named."""
    ring: list[Point] = []
    for place_, piece in enumerate(text.split(), 1):
        lat, _, lon = piece.partition(",")
        if lon.endswith(","):
            reading.find(Weight.WARNING, "polygon.comma", path, f"第 {place_} 点「{piece[:40]}」末尾多一个逗号")
            lon = lon[:-1]
        try:
            point = (float(lon), float(lat))
        except ValueError:
            reading.find(Weight.ERROR, "polygon.point", path, f"第 {place_} 点「{piece[:40]}」不是「纬度,经度」")
            continue
        ring.append(point)
    return ring


def _circle(reading: Reading, text: str, path: str) -> tuple[float, float, float] | None:
    try:
        centre, radius = text.split()
        lat, lon = centre.split(",")
        circle = (float(lon), float(lat), float(radius))
    except ValueError:
        reading.find(Weight.ERROR, "circle.form", path, f"「{text[:60]}」应是「纬度,经度 半径公里」")
        return None
    return circle


def _number(reading: Reading, text: str, path: str, name: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isfinite(number):
        return number
    reading.find(Weight.ERROR, "number", path, f"{name}「{text[:40]}」不是数")
    return None
