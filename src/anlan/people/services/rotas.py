"""Rotas (值班表): who keeps watch at a place, by which shifts, in whose turns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people import queries, secrecy, terms
from anlan.people.duty_days import TWELVE, Pattern
from anlan.people.models import Organisation, Person, Rota, RotaMember, ShiftSeat
from anlan.places import queries as places

MOST_SEATS, MOST_REST, MOST_MEMBERS = 20, 96, 200


@dataclass(frozen=True, slots=True)
class RotaDraft:
    """A rota as it shall be. `needs` maps a position to how many; `phone` as people write it."""

    name: str
    place_path: str
    pattern: Pattern = field(default_factory=lambda: TWELVE)
    needs: Mapping[str, int] = field(default_factory=lambda: {"leader": 1, "chief": 1, "officer": 1, "standby": 0})
    phone: str = ""
    keeper: UUID | None = None
    organisation: UUID | None = None
    line: str = ""
    rest_hours: int | None = None


@transaction.atomic
def make_rota(draft: RotaDraft, *, by: Actor) -> Rota:
    """Make a rota. Raises Refused, Hidden (no such place), Invalid (name, needs, phone, keeper, rest_hours)."""
    authority.require(by, terms.Can.ROTA, at=draft.place_path)
    place = places.by_path(draft.place_path)
    made = Rota(place_path=place.path)
    _apply(made, draft)
    _save(made)
    ledger.record(terms.Did.ROTA_MADE, made, by=by, name=made.name)
    return made


@transaction.atomic
def change_rota(rota_id: UUID, draft: RotaDraft, *, by: Actor) -> Rota:
    """Change a rota; months already laid stay as they are. Raises Hidden, Refused, Conflict, Invalid."""
    rota = queries.lock_rota(rota_id, by)
    changed = _apply(rota, draft)
    if changed:
        _save(rota)
        ledger.record(terms.Did.ROTA_CHANGED, rota, by=by, fields=sorted(changed))
    return rota


@transaction.atomic
def close_rota(rota_id: UUID, reason: str, *, by: Actor) -> Rota:
    """Close a rota: what has not begun is nobody's duty any more. Raises Hidden, Refused, Conflict."""
    rota = queries.lock_rota(rota_id, by)
    rota.closed_at = now()
    rota.save(update_fields=["closed_at"])
    ShiftSeat.objects.filter(rota=rota, ends_at__gt=now(), published=True).update(published=False)
    ledger.record(terms.Did.ROTA_CLOSED, rota, by=by, reason=reason.strip()[:60])
    return rota


@transaction.atomic
def set_members(rota_id: UUID, turns: Mapping[str, Sequence[UUID]], *, by: Actor) -> Rota:
    """Say who takes turns in each position, in order. Persons must be known where the actor may see them.

    Raises Hidden, Refused, Conflict, Invalid (a position).
    """
    rota = queries.lock_rota(rota_id, by)
    strange = set(turns) - set(terms.Position)
    if strange:
        raise Invalid({"": _("没有这种值班岗")})
    wanted = {one for people in turns.values() for one in people}
    old = set(queries.member_ids(rota))
    if len(wanted) > MOST_MEMBERS:
        raise Invalid({"": _("一张表最多 %d 个人") % MOST_MEMBERS})
    known = set(queries.persons(by).filter(id__in=wanted - old).values_list("id", flat=True)) | (wanted & old)
    if wanted - known:
        raise Invalid({"": _("有 %d 个人不在你管的地方，先把他们登记进来") % len(wanted - known)})
    rota.members.all().delete()
    RotaMember.objects.bulk_create(
        RotaMember(rota=rota, person_id=person, position=position, number=number)
        for position, people in turns.items()
        for number, person in enumerate(dict.fromkeys(people))
    )
    ledger.record(terms.Did.ROTA_CHANGED, rota, by=by, fields=["members"], count=len(wanted))
    return rota


def _save(rota: Rota) -> None:
    try:
        with transaction.atomic():
            rota.save()
    except IntegrityError:
        raise Conflict(_("这里已经有一张叫「%s」的值班表") % rota.name) from None


def _apply(rota: Rota, draft: RotaDraft) -> set[str]:
    errors: dict[str, str] = {}
    values: dict[str, Any] = {"pattern": {k: [list(s) for s in v] for k, v in draft.pattern.items()}}
    values["name"] = " ".join(draft.name.split())
    if not 1 <= len(values["name"]) <= 80:
        errors["name"] = _("值班表的名称要 1 到 80 个字")
    values["needs"] = {p.value: int(draft.needs.get(p, 0)) for p in terms.Position}
    if any(not 0 <= n <= MOST_SEATS for n in values["needs"].values()) or not any(values["needs"].values()):
        errors["needs"] = _("每班至少要一个人，一种岗最多 %d 个") % MOST_SEATS
    phone = secrecy.phone_of(draft.phone) if draft.phone.strip() else ""
    if phone is None:
        errors["phone"] = _("不是电话号码：手机 11 位，座机带区号")
    values["phone"] = phone or ""
    rest = settings.DUTY_REST_HOURS if draft.rest_hours is None else draft.rest_hours
    if not 0 <= rest <= MOST_REST:
        errors["rest_hours"] = _("两班之间歇 0 到 %d 小时") % MOST_REST
    values["rest_hours"] = rest
    values["line"] = draft.line.strip()[:40]
    if draft.keeper and not Person.objects.filter(id=draft.keeper).exists():
        errors["keeper"] = _("没有这个人，先把他登记进来")
    if draft.organisation and not Organisation.objects.filter(id=draft.organisation).exists():
        errors["organisation"] = _("没有这个单位")
    if errors:
        raise Invalid(errors)
    values |= {"keeper_id": draft.keeper, "organisation_id": draft.organisation}
    changed = {name for name, value in values.items() if getattr(rota, name) != value}
    for name in changed:
        setattr(rota, name, values[name])
    return {name.removesuffix("_id") for name in changed}
