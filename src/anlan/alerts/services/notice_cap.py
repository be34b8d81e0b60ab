"""An own notice as CAP 1.2, and the geometry somebody drew for it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import shapely
from django.conf import settings
from django.utils.translation import gettext as _

from anlan.alerts import elements
from anlan.alerts.hazards import SEVERITY
from anlan.alerts.models import Notice
from anlan.alerts.reading import Area, Info, Reading, Reference
from anlan.alerts.terms import Level
from anlan.kernel import authority
from anlan.kernel.authority import Invalid
from anlan.kernel.clock import local, now
from anlan.places import queries as places

MAX_POINTS = 20_000


def geometry(shape: Mapping[str, Any]) -> shapely.Geometry:
    try:
        drawn = shapely.make_valid(shapely.geometry.shape(shape))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, shapely.errors.ShapelyError) as error:
        raise Invalid({"shape": _("画的范围读不出来，请重画")}) from error
    polygons = drawn.geom_type in {"Polygon", "MultiPolygon", "GeometryCollection"}
    west, south, east, north = drawn.bounds if not drawn.is_empty else (0, 0, 0, 0)
    if drawn.is_empty or not polygons or not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise Invalid({"shape": _("范围要是一块面，画一圈")})
    if shapely.get_num_coordinates(drawn) > MAX_POINTS:
        raise Invalid({"shape": _("画的范围太细，最多 {most} 个点").format(most=MAX_POINTS)})
    return drawn


def as_reading(notice: Notice) -> Reading:
    """Return the notice in CAP's shape: scope Restricted unless residents may see it, status Exercise in a drill."""
    covered = list(notice.covers)
    rows = places.visible(authority.machine("alerts")).filter(path__in=covered).values_list("path", "name", "code")
    areas = [Area(name=name, geocodes=[("CPEAS Geographic Code", code)] if code else []) for _path, name, code in rows]
    if notice.shape:
        areas.append(Area(name=_("地图上画的范围"), polygons=_rings(notice.shape)))
    info = Info(
        language="zh-CN", categories=["Safety"], event=notice.hazard, urgency="Expected", certainty="Likely",
        severity=SEVERITY[Level(notice.level)], effective=notice.sent_at, onset=notice.starts_at,
        expires=notice.expires_at, sender_name=notice.issuer, headline=notice.title, description=notice.matters,
        instruction=notice.measures, responses=["Prepare"], areas=areas,
        parameters=[("anlan:kind", elements.TITLE), ("anlan:level", notice.level)],
    )  # fmt: skip
    return Reading(
        "cap-1.2", identifier=notice.identifier, sender=sender(), sent=notice.sent_at,
        status="Exercise" if notice.exercise_id else "Actual", msg_type="Alert",
        scope="Public" if notice.public else "Restricted", restriction="" if notice.public else _("只供责任人使用"),
        note=_("内部风险提示，不是气象灾害预警"), infos=[info],
    )  # fmt: skip


def cancel_of(notice: Notice) -> Reading:
    whole = as_reading(notice)
    sent = local(notice.sent_at or now()).isoformat(timespec="seconds")
    infos = [replace(whole.infos[0], responses=["AllClear"], urgency="Past")]
    return replace(
        whole, identifier=f"{notice.identifier}-cancel", sent=now(), msg_type="Cancel", infos=infos,
        references=[Reference(whole.sender, notice.identifier, sent)],
    )  # fmt: skip


def _rings(shape: Mapping[str, Any]) -> list[list[tuple[float, float]]]:
    """Return the outer rings of a drawing; CAP has no holes."""
    drawn = geometry(shape)
    parts = [g for g in shapely.get_parts(drawn) if g.geom_type in {"Polygon", "MultiPolygon"}]
    polygons = [p for g in parts for p in shapely.get_parts(g)]
    return [[(float(x), float(y)) for x, y in p.exterior.coords] for p in polygons]


def sender() -> str:
    """Return by which name our CAP is sent: the host of the public address."""
    return str(settings.PUBLIC_URL).partition("://")[2].replace(":", "-").replace("/", "-") or "anlan"
