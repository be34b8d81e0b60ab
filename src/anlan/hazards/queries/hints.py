"""Hints as whoever checks reads them: two records side by side, what may be behind it, what to do."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from anlan.fieldwork.queries import uploads
from anlan.hazards.models import Hazard, Hint, Visit
from anlan.hazards.terms import Can
from anlan.hazards.terms.hints import HintGenre, HintState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.places import queries as places

CHECKS = (Can.ACCEPT, Can.PLAN)  # whoever checks what others did


def hints(by: Actor, *, state: str = "", genre: str = "", place: str = "") -> QuerySet[Hint]:
    """Return the hints of the actor's places, the latest first; none about records of their own."""
    scopes = {path for can in CHECKS for path in authority.scopes(by, can)}
    found = Hint.objects.filter(places.under(scopes, "place_path"), exercise_id=by.exercise)
    if by.pseudonym:
        found = found.filter(~Q(by=by.pseudonym) | Q(by=None))
    if place:
        found = found.filter(places.under([place], "place_path"))
    found = found.filter(state=state) if state else found
    found = found.filter(genre=genre) if genre else found
    return found.order_by("-made_at", "-id")


def about(subjects: Iterable[UUID], *, by: Actor) -> list[Hint]:
    """Return the open hints about records, for the pages on which somebody checks them."""
    wanted = list(subjects)
    return list(hints(by, state=HintState.OPEN).filter(subject_id__in=wanted)) if wanted else []


def hint(hint_id: UUID, *, by: Actor, locked: bool = False) -> Hint:
    """Return one. Raises Hidden: absent, elsewhere, or about a record of one's own."""
    rows = hints(by).filter(id=hint_id)
    found = (rows.select_for_update() if locked else rows).first()
    if found is None:
        raise Hidden
    return found


def picture(hint_id: UUID, which: str, *, by: Actor, small: bool) -> bytes:
    """Return the JPEG of "this" or of the "other", where the actor may see the record it hangs on. Raises Hidden."""
    found = hint(hint_id, by=by)
    other = which == "other"
    upload = found.other_upload_id if other else found.upload_id
    if upload is None or (other and not sides([found], by=by)[found.id][1]["seen"]):
        raise Hidden
    data = uploads.picture(upload, thumb=small)
    if data is None:
        raise Hidden
    return data


def sides(rows: Sequence[Hint], *, by: Actor) -> dict[UUID, tuple[dict[str, Any], dict[str, Any]]]:
    """Return {hint: (this record, the other)}: what, where, when, by whom, its address. Three queries.

    `seen` is False where the other one lies out of the actor's sight: then nothing but that is told of it.
    """
    ends = [(r.subject_type, r.subject_id) for r in rows] + [(r.other_type, r.other_id) for r in rows]
    told: dict[UUID, dict[str, Any]] = {}
    for h in Hazard.objects.filter(id__in=[i for kind, i in ends if kind == "hazard"]):
        told[h.id] = {"title": f"{h.number} {h.text[:40]}", "path": h.place_path, "at": h.arrived_at,
                      "who": h.reported_name, "href": f"/hazards/{h.id}"}  # fmt: skip
    visits = Visit.objects.filter(id__in=[i for kind, i in ends if kind == "visit"]).select_related("object")
    for v in visits:
        title = _("检查「{name}」").format(name=v.object.name) if v.object else _("检查整个网格")
        told[v.id] = {"title": title, "path": v.place_path, "at": v.done_at, "who": v.unit or v.by_name,
                      "href": f"/inspections/visits/{v.id}"}  # fmt: skip
    names = places.names({one["path"] for one in told.values()})
    for one in told.values():
        one["where"] = names.get(one["path"], "")
        one["seen"] = any(authority.holds(by, can, at=one["path"]) for can in (*CHECKS, Can.SEE))
    gone = {"seen": False}
    return {r.id: (told.get(r.subject_id, gone), told.get(r.other_id, gone)) for r in rows}


def words(row: Hint) -> str:
    """Say in one sentence what looks odd."""
    figures = {"count": 0, "seconds": 0, "metres": 0, "kmh": 0} | row.figures
    if row.genre == HintGenre.PHOTO:
        if row.subject_id == row.other_id:
            return _("整改前、整改后两张照片几乎一样")
        more = int(row.figures.get("uses", 1)) - 1
        said = _("这张照片和以前的一张几乎一样")
        return said + (_("，另外还有 {more} 处用过").format(more=more) if more else "")
    if row.genre == HintGenre.SECOND:
        return _("同一个人同一秒记了 {count} 处检查").format(**figures)
    return _("两处检查相距 {metres} 米，只隔 {seconds} 秒，一小时 {kmh} 公里才赶得到").format(**figures)


def advice(row: Hint) -> str:
    """Say what to do about it, and what may be behind it that is nothing."""
    if row.genre == HintGenre.PHOTO:
        return _(
            "先看两张拍的是不是同一处。同一处复查、一张照片拍到两件事，都正常，写一句收起。"
            "对不上，就请去过的人再拍一张，或者自己去看一眼。"
        )
    if row.genre == HintGenre.SECOND:
        return _("多半是回来以后一起补记的。问一声当时怎么查的；没到现场的，再去查一次。")
    return _("手机定位会飘，补记的时间也会挤在一起。问一声当时怎么查的；没到现场的，再去查一次。")


def tally(scopes: Iterable[str], since: dt.datetime) -> dict[str, int]:
    """Return how many hints there were since, by genre, with `open` and `dismissed`; exercises apart from it all."""
    rows = Hint.objects.filter(places.under(scopes, "place_path"), exercise_id=None, made_at__gte=since)
    each: dict[str, Any] = {str(g): Count("pk", filter=Q(genre=g)) for g in HintGenre}
    return rows.aggregate(**each, **{str(s): Count("pk", filter=Q(state=s)) for s in HintState})
