"""The ledger of risk points (风险点台账, RSK-01): registered, changed, reviewed, closed; hazards refer to them."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.hazards.models import Hazard, Object, RiskPoint
from anlan.hazards.queries import risk_points as queries
from anlan.hazards.queries.objects import today
from anlan.hazards.terms import Can, Did, Trade
from anlan.hazards.terms.inspections import RiskDraft
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.places import queries as places

REVIEW_DAYS = 182  # half a year (domain-facts B13), unless another day is written


@transaction.atomic
def add_risk(draft: RiskDraft, *, by: Actor) -> RiskPoint:
    """Register a risk point. Raises Refused, Hidden (no such place), Invalid (by field)."""
    authority.require(by, Can.PLAN, at=draft.place)
    places.by_path(draft.place)
    row = RiskPoint.objects.create(**_values(draft), made_name=by.name[:60])
    ledger.record(Did.RISK_ADDED, row, by=by, name=row.name, risk=row.risk)
    return row


@transaction.atomic
def change_risk(risk_id: UUID, draft: RiskDraft, *, by: Actor, revision: int | None = None) -> RiskPoint:
    """Change a risk point. Raises Hidden, Refused, Conflict (changed meanwhile, closed), Invalid."""
    row = queries.lock(risk_id, by)
    for path in {row.place_path, draft.place}:
        authority.require(by, Can.PLAN, at=path)
    places.by_path(draft.place)
    if row.closed_at:
        raise Conflict(_("这个风险点已经销账"))
    if revision is not None and revision != row.revision:
        raise Conflict(_("别人刚改过这一处，打开最新的再改；你填的没有存"))
    new = _values(draft)
    changed = sorted(name for name, value in new.items() if getattr(row, name) != value)
    for name, value in new.items():
        setattr(row, name, value)
    row.revision += 1
    row.save()
    ledger.record(Did.RISK_CHANGED, row, by=by, changed=changed)
    return row


@transaction.atomic
def review_risk(risk_id: UUID, risk: int, opinion: str, *, by: Actor, again: dt.date | None = None) -> RiskPoint:
    """Look at a risk point again (复评): its risk now, in whose opinion, and when again. Raises Invalid."""
    row = queries.lock(risk_id, by)
    authority.require(by, Can.PLAN, at=row.place_path)
    if row.closed_at:
        raise Conflict(_("这个风险点已经销账"))
    if risk not in {1, 2, 3, 4} or not opinion.strip():
        raise Invalid({"opinion": _("选风险等级，写一句依据")})
    again = again or today() + dt.timedelta(days=REVIEW_DAYS)
    if again <= today():
        raise Invalid({"review_on": _("下次复评要在今天以后")})
    row.risk, row.review_on, row.reviewed_at, row.reviewed_name = risk, again, now(), by.name[:60]
    row.revision += 1
    row.save(update_fields=["risk", "review_on", "reviewed_at", "reviewed_name", "revision"])
    ledger.record(Did.RISK_REVIEWED, row, by=by, opinion=opinion.strip()[:200], risk=risk)
    return row


@transaction.atomic
def close_risk(risk_id: UUID, reason: str, *, by: Actor) -> RiskPoint:
    """Close a risk point: the risk is gone. Its hazards keep it. Twice is once. Raises Invalid (reason)."""
    row = queries.lock(risk_id, by)
    authority.require(by, Can.PLAN, at=row.place_path)
    if row.closed_at:
        return row
    if not reason.strip():
        raise Invalid({"reason": _("写一句为什么销账")})
    row.closed_at, row.closed_why = now(), reason.strip()[:200]
    row.revision += 1
    row.save(update_fields=["closed_at", "closed_why", "revision"])
    ledger.record(Did.RISK_CLOSED, row, by=by, opinion=row.closed_why)
    return row


@transaction.atomic
def refer(risk_id: UUID, number: str, *, by: Actor) -> Hazard:
    """Say that a hazard (by its number) is a control of this risk that failed. Raises Invalid (number)."""
    row = queries.lock(risk_id, by)
    authority.require(by, Can.PLAN, at=row.place_path)
    found = Hazard.objects.filter(number=number.strip()).exclude(number="").first()
    if found is None or not authority.holds(by, Can.SEE, at=found.place_path):
        raise Invalid({"number": _("没有编号是「{number}」的隐患").format(number=number.strip()[:24])})
    if found.risk_point_id not in {None, row.id}:
        raise Conflict(_("这条隐患已经记在另一个风险点上"))
    Hazard.objects.filter(id=found.id).update(risk_point_id=row.id)
    return found


def _values(draft: RiskDraft) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    name = " ".join(draft.name.split())
    if not 1 <= len(name) <= 120:
        wrong["name"] = _("名称要 1 到 120 个字")
    if draft.risk not in {1, 2, 3, 4}:
        wrong["risk"] = _("风险是 1（低）到 4（重大）")
    if draft.trade not in set(Trade):
        wrong["trade"] = _("选一个行业")
    if draft.object and not Object.objects.filter(id=draft.object).exists():
        raise Hidden
    if wrong:
        raise Invalid(wrong)
    return {
        "name": name, "place_path": draft.place, "where": draft.where.strip()[:120], "object_id": draft.object,
        "lon": draft.lon, "lat": draft.lat, "trade": draft.trade, "risk": draft.risk,
        "source": draft.source.strip()[:80], "words": draft.words.strip(), "measures": draft.measures.strip(),
        "responsible": draft.responsible.strip()[:120], "responsible_post": draft.responsible_post,
        "review_on": draft.review_on or today() + dt.timedelta(days=REVIEW_DAYS),
    }  # fmt: skip
