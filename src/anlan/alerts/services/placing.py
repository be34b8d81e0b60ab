"""From the areas of an alert to the places it covers, with the share of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import shapely
from django.utils.translation import gettext as _

from anlan.alerts import cap_shapes
from anlan.alerts.reading import Area, Finding
from anlan.alerts.terms import Weight
from anlan.kernel import paths
from anlan.places import queries as places

GAP = 0.05  # borders of neighbours never fit quite; less than this of a place is no gap but a seam
MIN_SHARE = 0.0005  # a sliver of a neighbour is an edge drawn twice, not a place that is warned


@dataclass(slots=True)
class Covered:
    """What areas come to: share by place path (None: part of a wider area), and what was noticed on the way."""

    shares: dict[str, float | None] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def common(self) -> str:
        """The deepest place that holds them all, empty where there is none."""
        return common(self.shares)


def common(covered: Iterable[str]) -> str:
    """Return the deepest path that holds all of them, empty where there is none."""
    found = list(covered)
    if not found:
        return ""
    first, last = paths.ancestors(min(found)), paths.ancestors(max(found))
    return next(
        (a for a, b in zip(reversed(first[: len(last)]), reversed(last[: len(first)]), strict=True) if a == b), ""
    )


def cover(areas: Sequence[Area]) -> Covered:
    """Return the places that areas cover: the union of geocodes, polygons and circles (CAP 1.2 §3.2.4)."""
    found = Covered()
    for path in _coded(areas, found):
        found.shares[path] = 1.0
    drawn = cap_shapes.outline(areas)
    if drawn is not None:
        touched = met(drawn)
        if not touched:
            message = _("画的范围在本地一个地方也没碰到")
            found.findings.append(Finding(Weight.WARNING, "area.outside", "/alert/info/area", message))
        for path, share in touched.items():
            before = found.shares.get(path)
            found.shares[path] = share if before is None else max(share or 0.0, before)
    found.shares = _outermost(found.shares)
    return found


def met(drawn: shapely.Geometry) -> dict[str, float | None]:
    """Return the share of each place that a drawing covers, by the deepest places with shapes; None for a bare point.

    Where the children of a place leave a gap, the place itself stands for what falls into it.
    """
    flat = drawn.area == 0.0
    atlas = places.atlas()
    touched = {path: None if flat else share for path, share in atlas.touched(drawn) if flat or share >= MIN_SHARE}
    shapes = [shape for path in touched if (shape := atlas.shape_of(path)) is not None]
    rest = drawn.difference(shapely.union_all(shapes)) if shapes else drawn
    for part in shapely.get_parts(rest):
        point = part.representative_point()
        path = atlas.path_at(point.x, point.y)
        shape = atlas.shape_of(path) if path else None
        if path is None or shape is None or path in touched:
            continue
        share = 0.0 if flat else drawn.intersection(shape).area / shape.area
        if flat or part.intersection(shape).area / shape.area >= GAP:
            touched[path] = None if flat else min(share, 1.0)
    return touched


def _coded(areas: Sequence[Area], found: Covered) -> list[str]:
    """Resolve every geocode of six or twelve digits; a wider one than our root stands for part of it."""
    codes = list(dict.fromkeys(value for area in areas for _name, value in area.geocodes if _division(value)))
    known = places.paths_for_codes(codes)
    hit = [known[code] for code in codes if code in known]
    missing = [code for code in codes if code not in known]
    if missing:
        roots = list(places.roots())
        for code in missing:
            inside = [root for root in roots if root.code and root.code.startswith(_significant(code))]
            for root in inside:
                found.shares.setdefault(root.path, None)
                text = _("{code} 比本地范围大，包含{name}，请核对本地是否受影响").format(code=code, name=root.name)
                found.findings.append(Finding(Weight.WARNING, "area.wider", "/alert/info/area/geocode", text))
            if not inside:
                text = _("地区代码 {code} 在本地没有对应的地方").format(code=code)
                found.findings.append(Finding(Weight.WARNING, "geocode.unknown", "/alert/info/area/geocode", text))
    return hit


def _division(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) in {6, 9, 12}


def _significant(code: str) -> str:
    """Drop trailing zeros in pairs of the first six digits: 510000 is 51, 510100 is 5101."""
    head = code[:6]
    while len(head) > 2 and head.endswith("00"):
        head = head[:-2]
    return head if set(code[6:]) <= {"0"} else code


def _outermost(shares: dict[str, float | None]) -> dict[str, float | None]:
    """Drop places inside another that is wholly covered."""
    whole = {path for path, share in shares.items() if share == 1.0}
    return {
        path: share
        for path, share in sorted(shares.items())
        if not any(above in whole for above in paths.ancestors(path)[:-1])
    }
