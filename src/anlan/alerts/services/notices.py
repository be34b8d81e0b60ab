"""Own internal risk notices: drafted, approved by a second person, sent as CAP 1.2, looked over, ended."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import shapely
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from anlan.alerts import cap_write, elements, lifecycle, queries
from anlan.alerts.hazards import SEVERITY
from anlan.alerts.models import Notice
from anlan.alerts.reading import Area, Info, Reading, Reference
from anlan.alerts.services.placing import common, met
from anlan.alerts.terms import COLOUR, NEEDS_SECOND, Can, Did, Level, NoticeState
from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Conflict, Invalid, Refused
from anlan.kernel.clock import local, now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.places import queries as places

REVIEW_WITHIN = dt.timedelta(hours=12)
EXPIRE_AT_ONCE = 200
MAX_PLACES, MAX_POINTS = 2_000, 20_000


@dataclass(frozen=True, slots=True)
class Draft:
    """What a form says of a notice. `paths` are ticked places, `codes` typed ones, `shape` GeoJSON geometry drawn."""

    hazard: str = ""
    level: str = ""
    title: str = ""
    starts_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None
    paths: Sequence[str] = ()
    codes: Sequence[str] = ()
    shape: Mapping[str, Any] | None = None
    matters: str = ""
    measures: str = ""
    issuer: str = ""
    public: bool = False


def text_of(notice: Notice) -> elements.Text:
    """Return what a notice says, for the checks."""
    return elements.Text(
        notice.title, notice.hazard, notice.level, notice.starts_at, notice.expires_at, notice.where, notice.matters,
        notice.measures, notice.issuer,
    )  # fmt: skip


@transaction.atomic
def draft(said: Draft, *, by: Actor) -> Notice:
    """Keep a first draft; it may still lack elements. Raises Invalid (forbidden words, places unknown), Refused."""
    identifier = uuid7()
    notice = Notice(
        id=identifier, chain_id=identifier, exercise_id=by.exercise, made_by=by.pseudonym, made_by_name=by.name[:60]
    )
    _fill(notice, said, by=by)
    notice.save(force_insert=True)
    ledger.record(Did.DRAFTED, notice, by=by, title=notice.title, level=notice.level, hazard=notice.hazard)
    return notice


@transaction.atomic
def edit(notice_id: UUID, said: Draft, *, by: Actor, revision: int) -> Notice:
    """Change a draft. Raises Conflict where somebody changed it meanwhile or it is no draft any more."""
    notice = queries.notice(notice_id, by=by, lock=True)
    lifecycle.NOTICE.move(notice, Did.EDITED, by=by)
    _same(notice, revision)
    _fill(notice, said, by=by)
    notice.revision += 1
    notice.save()
    ledger.record(Did.EDITED, notice, by=by, revision=notice.revision)
    return notice


def _same(notice: Notice, revision: int) -> None:
    if notice.revision != revision:
        raise Conflict(_("别人刚改过这份提示，请看过新的再办"))


def _fill(notice: Notice, said: Draft, *, by: Actor) -> None:
    level = Level(said.level) if said.level in set(Level) else None
    if said.level and level is None:
        raise Invalid({"level": _("级别只有红、橙、黄、蓝")})
    colour = COLOUR[level] if level else ""
    covers = _covered(said)
    notice.hazard, notice.level = said.hazard.strip(), level or ""
    notice.title = said.title.strip() or (elements.title_for(notice.hazard, colour) if notice.hazard else "")
    notice.starts_at, notice.expires_at = said.starts_at, said.expires_at
    notice.paths = sorted({*said.paths, *places.paths_for_codes(said.codes).values()})
    notice.shape = dict(said.shape) if said.shape else None
    notice.covers = covers
    notice.where = _words(covers)
    notice.matters, notice.measures = said.matters.strip(), said.measures.strip()
    notice.issuer, notice.public = said.issuer.strip(), said.public
    notice.place_path = common(covers) or _seat(by)
    authority.require(by, Can.DRAFT, at=notice.place_path)
    wrong = elements.forbidden(text_of(notice)) | {
        name: _("最多 {most} 个字").format(most=most)
        for name, most in elements.MOST.items()
        if len(getattr(notice, name)) > most
    }
    if wrong:
        raise Invalid(wrong)


def _seat(by: Actor) -> str:
    scopes = authority.scopes(by, Can.DRAFT)
    if not scopes:
        raise Refused(Can.DRAFT, "")
    root = places.roots().first()
    return scopes[0] or (root.path if root else "")


def _covered(said: Draft) -> dict[str, float]:
    """Return the share of each place that ticks, codes and the drawing come to."""
    codes = [code.strip() for code in said.codes if code.strip()]
    known = places.paths_for_codes(codes)
    if unknown := [code for code in codes if code not in known]:
        raise Invalid({"codes": _("没有这些地区代码：{codes}").format(codes="、".join(unknown[:5]))})
    names = places.names(said.paths)
    if strangers := [path for path in said.paths if path not in names]:
        raise Invalid({"paths": _("没有这些地方：{paths}").format(paths="、".join(strangers[:5]))})
    shares = dict.fromkeys([*said.paths, *known.values()], 1.0)
    if said.shape:
        drawn = met(_geometry(said.shape))
        if not drawn:
            raise Invalid({"shape": _("画的范围没有碰到本地的任何地方")})
        for path, share in drawn.items():
            shares[path] = max(share or 0.0, shares.get(path, 0.0))
    if len(shares) > MAX_PLACES:
        raise Invalid({"paths": _("范围包含 {count} 个地方，最多 {most} 个；选大一级的地方").format(
            count=len(shares), most=MAX_PLACES)})  # fmt: skip
    whole = {path for path, share in shares.items() if share == 1.0}
    return {
        path: round(share, 4)
        for path, share in sorted(shares.items())
        if not any(above in whole for above in paths.ancestors(path)[:-1])
    }


def _geometry(shape: Mapping[str, Any]) -> shapely.Geometry:
    try:
        geometry = shapely.make_valid(shapely.geometry.shape(shape))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, shapely.errors.ShapelyError) as error:
        raise Invalid({"shape": _("画的范围读不出来，请重画")}) from error
    polygons = geometry.geom_type in {"Polygon", "MultiPolygon", "GeometryCollection"}
    west, south, east, north = geometry.bounds if not geometry.is_empty else (0, 0, 0, 0)
    if geometry.is_empty or not polygons or not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise Invalid({"shape": _("范围要是一块面，画一圈")})
    if shapely.get_num_coordinates(geometry) > MAX_POINTS:
        raise Invalid({"shape": _("画的范围太细，最多 {most} 个点").format(most=MAX_POINTS)})
    return geometry


def _words(covers: Mapping[str, float]) -> str:
    names = places.names(list(covers)[:8])
    said = "、".join(names.values())
    return said if len(covers) <= len(names) else _("{names}等 {count} 处").format(names=said, count=len(covers))


# --- leaving


@transaction.atomic
def submit(notice_id: UUID, *, by: Actor, revision: int) -> Notice:
    """Ask a second person to approve. Raises Invalid where one of the eight elements is missing."""
    notice = queries.notice(notice_id, by=by, lock=True)
    lifecycle.NOTICE.move(notice, Did.SUBMITTED, by=by)
    _same(notice, revision)
    _whole(notice)
    notice.submitted_at, notice.submitted_by = now(), by.pseudonym
    notice.save()
    ledger.record(Did.SUBMITTED, notice, by=by, revision=notice.revision)
    return notice


def _whole(notice: Notice) -> None:
    if wrong := elements.wrong(text_of(notice), now()):
        raise Invalid(wrong)


@transaction.atomic
def approve(notice_id: UUID, *, by: Actor, revision: int) -> Notice:
    """Approve and send at once. Whoever drafted or submitted it may not (send page)."""
    notice = queries.notice(notice_id, by=by, lock=True)
    lifecycle.NOTICE.move(notice, Did.APPROVED, by=by)
    _same(notice, revision)
    if by.pseudonym is None or by.pseudonym in {notice.made_by, notice.submitted_by}:
        raise Conflict(_("自己不能批自己：请另一个人批准"))
    notice.approved_by, notice.approved_by_name = by.pseudonym, by.name[:60]
    return _send(notice, Did.APPROVED, by=by)


@transaction.atomic
def send_back(notice_id: UUID, reason: str, *, by: Actor) -> Notice:
    """Return a submitted notice to its author with a reason."""
    notice = queries.notice(notice_id, by=by, lock=True)
    lifecycle.NOTICE.move(notice, Did.RETURNED, by=by)
    notice.returned_why = _reason(reason)
    notice.save()
    ledger.record(Did.RETURNED, notice, by=by, reason=notice.returned_why)
    return notice


def _reason(text: str, field: str = "reason") -> str:
    if len(text.strip()) < 2:
        raise Invalid({field: _("写一句理由")})
    return text.strip()[:500]


@transaction.atomic
def send(notice_id: UUID, *, by: Actor, revision: int) -> Notice:
    """Send a yellow or blue notice, which needs no second person. Raises Conflict for red and orange."""
    notice = queries.notice(notice_id, by=by, lock=True)
    lifecycle.NOTICE.move(notice, Did.SENT, by=by)
    _same(notice, revision)
    if notice.level in NEEDS_SECOND:
        raise Conflict(_("红色和橙色要第二个人批准；等不及就紧急发出"))
    return _send(notice, Did.SENT, by=by)


@transaction.atomic
def send_urgent(notice_id: UUID, reason: str, *, by: Actor, revision: int) -> Notice:
    """Send without the second person: the reason is kept, and somebody else must look it over within 12 hours."""
    notice = queries.notice(notice_id, by=by, lock=True)
    lifecycle.NOTICE.move(notice, Did.SENT_URGENT, by=by)
    _same(notice, revision)
    notice.urgent_why = _reason(reason)
    notice.review_due = now() + REVIEW_WITHIN
    return _send(notice, Did.SENT_URGENT, by=by, reason=notice.urgent_why)


def _send(notice: Notice, did: Did, *, by: Actor, **values: Any) -> Notice:
    _whole(notice)
    notice.sent_at, notice.sent_by = now(), by.pseudonym
    notice.identifier = f"anlan-{local(notice.sent_at):%Y%m%d%H%M%S}-{notice.id.hex[-12:]}"
    notice.document = cap_write.write(as_reading(notice))
    notice.revision += 1
    notice.save()
    ledger.record(
        did, notice, by=by, title=notice.title, level=notice.level, hazard=notice.hazard, places=len(notice.covers),
        identifier=notice.identifier, public=notice.public, **values,
    )  # fmt: skip
    return notice


@transaction.atomic
def review(notice_id: UUID, opinion: str, *, by: Actor) -> Notice:
    """Look over what was sent in urgency; never the one who sent it."""
    notice = queries.notice(notice_id, by=by, lock=True)
    lifecycle.NOTICE.move(notice, Did.REVIEWED, by=by)
    if by.pseudonym is None or by.pseudonym in {notice.sent_by, notice.made_by}:
        raise Conflict(_("自己不能批自己：请另一个人补审"))
    notice.approved_by, notice.approved_by_name = by.pseudonym, by.name[:60]
    notice.save()
    ledger.record(Did.REVIEWED, notice, by=by, opinion=_reason(opinion, "opinion"))
    return notice


@transaction.atomic
def withdraw(notice_id: UUID, reason: str, *, by: Actor) -> Notice:
    """End a notice before its time; a CAP Cancel replaces it in the feed."""
    notice = queries.notice(notice_id, by=by, lock=True)
    lifecycle.NOTICE.move(notice, Did.WITHDRAWN, by=by)
    notice.ended_at = now()
    notice.document = cap_write.write(_cancel(notice))
    notice.save()
    ledger.record(Did.WITHDRAWN, notice, by=by, reason=_reason(reason))
    return notice


@transaction.atomic
def drop(notice_id: UUID, *, by: Actor) -> Notice:
    """Give a draft up."""
    notice = queries.notice(notice_id, by=by, lock=True)
    lifecycle.NOTICE.move(notice, Did.DROPPED, by=by)
    notice.ended_at = now()
    notice.save(update_fields=["state", "ended_at"])
    ledger.record(Did.DROPPED, notice, by=by)
    return notice


@transaction.atomic
def expire(*, by: Actor) -> int:
    """End the notices whose time is over. Returns how many; idempotent."""
    due = list(
        Notice.objects.select_for_update(skip_locked=True)
        .filter(state__in=[NoticeState.SENT, NoticeState.REVIEW], expires_at__lte=now())
        .defer("document")[:EXPIRE_AT_ONCE]
    )
    Notice.objects.filter(id__in=[n.id for n in due]).update(state=NoticeState.EXPIRED, ended_at=now())
    lines = [ledger.Line("alerts.notice", n.id, n.place_path, n.chain_id, n.exercise_id) for n in due]
    ledger.record_many(Did.LAPSED, lines, by=by)
    return len(due)


# --- as CAP


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


def _cancel(notice: Notice) -> Reading:
    whole = as_reading(notice)
    sent = local(notice.sent_at or now()).isoformat(timespec="seconds")
    infos = [replace(whole.infos[0], responses=["AllClear"], urgency="Past")]
    return replace(
        whole, identifier=f"{notice.identifier}-cancel", sent=now(), msg_type="Cancel", infos=infos,
        references=[Reference(whole.sender, notice.identifier, sent)],
    )  # fmt: skip


def _rings(shape: Mapping[str, Any]) -> list[list[tuple[float, float]]]:
    """Return the outer rings of a drawing; CAP has no holes."""
    geometry = _geometry(shape)
    parts = [g for g in shapely.get_parts(geometry) if g.geom_type in {"Polygon", "MultiPolygon"}]
    polygons = [p for g in parts for p in shapely.get_parts(g)]
    return [[(float(x), float(y)) for x, y in p.exterior.coords] for p in polygons]


def sender() -> str:
    """Return by which name our CAP is sent: the host of the public address."""
    return str(settings.PUBLIC_URL).partition("://")[2].replace(":", "-").replace("/", "-") or "anlan"
