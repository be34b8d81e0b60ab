"""Objects that are inspected: registered, changed, closed, opened again; a keeper's number kept sealed."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from anlan.hazards.models import Object
from anlan.hazards.queries import objects as queries
from anlan.hazards.services import pacing
from anlan.hazards.terms import Can, Did
from anlan.hazards.terms.inspections import FACT_NAMES, OBJECT_KINDS, ObjectDraft
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.places import queries as places

CHAIN_MOST = 6
SHALLOW = ("place_path", "kind", "name", "where", "lon", "lat", "scheme", "code", "risk", "every")


@transaction.atomic
def add_object(draft: ObjectDraft, *, by: Actor) -> Object:
    """Register an object. Raises Refused, Hidden (no such place), Invalid (by field), Conflict (the code is taken)."""
    authority.require(by, Can.PLAN, at=draft.place)
    places.by_path(draft.place)
    row = Object(**values(draft), **_people(draft, None))
    _save(row)
    pacing.refresh([row.id])
    ledger.record(Did.OBJECT_ADDED, row, by=by, name=row.name, code=row.kind)
    row.refresh_from_db()
    return row


@transaction.atomic
def change_object(object_id: UUID, draft: ObjectDraft, *, by: Actor, revision: int | None = None) -> Object:
    """Change an object; an empty `keeper_phone` keeps the number that is there.

    Raises Hidden, Refused, Conflict (changed by somebody else meanwhile, or closed), Invalid.
    """
    row = queries.lock(object_id, by)
    authority.require(by, Can.PLAN, at=row.place_path)
    if draft.place != row.place_path:
        authority.require(by, Can.PLAN, at=draft.place)
        places.by_path(draft.place)
    if row.closed_at:
        raise Conflict(_("这一处已经停用了，先重新启用再改"))
    if revision is not None and revision != row.revision:
        raise Conflict(_("别人刚改过这一处，打开最新的再改；你填的没有存"))
    new = values(draft) | _people(draft, row)
    changed = sorted(name for name, value in new.items() if getattr(row, name) != value)
    if draft.parent == row.id:
        raise Invalid({"parent": _("不能放在它自己里面")})
    for name, value in new.items():
        setattr(row, name, value)
    row.revision += 1
    _save(row)
    pacing.refresh([row.id])
    ledger.record(Did.OBJECT_CHANGED, row, by=by, changed=changed)
    row.refresh_from_db()
    return row


@transaction.atomic
def close_object(object_id: UUID, reason: str, *, by: Actor) -> Object:
    """Take an object out of inspection (关门、拆了); its record stays. Twice is once. Raises Invalid (reason)."""
    row = queries.lock(object_id, by)
    authority.require(by, Can.PLAN, at=row.place_path)
    if row.closed_at:
        return row
    if not reason.strip():
        raise Invalid({"reason": _("写一句为什么停用：关门了、拆了、登记重了")})
    row.closed_at, row.closed_why = now(), reason.strip()[:200]
    row.revision += 1
    row.save(update_fields=["closed_at", "closed_why", "revision"])
    row.tasks.filter(state="open").update(state="void", reason=_("对象停用了"))
    ledger.record(Did.OBJECT_CLOSED, row, by=by, opinion=row.closed_why)
    return row


@transaction.atomic
def reopen_object(object_id: UUID, *, by: Actor) -> Object:
    """Take it back into inspection. Twice is once."""
    row = queries.lock(object_id, by)
    authority.require(by, Can.PLAN, at=row.place_path)
    if row.closed_at:
        row.closed_at, row.closed_why = None, ""
        row.revision += 1
        row.save(update_fields=["closed_at", "closed_why", "revision"])
        pacing.refresh([row.id])
        ledger.record(Did.OBJECT_REOPENED, row, by=by)
        row.refresh_from_db()
    return row


@transaction.atomic
def show_keeper(object_id: UUID, reason: str, *, by: Actor) -> str:
    """Return the keeper's number in full; who asked and why is kept. Raises Hidden, Refused, Invalid (reason)."""
    row = queries.one(object_id, by=by)
    authority.require(by, Can.INSPECT, at=row.place_path)
    if not reason.strip():
        raise Invalid({"reason": _("写一句为什么要看")})
    if row.keeper_cipher is None:
        raise Hidden
    ledger.record(Did.KEEPER_SHOWN, row, by=by, opinion=reason.strip()[:100])
    return people.decrypt(bytes(row.keeper_cipher))


@transaction.atomic
def renew_link(object_id: UUID, *, by: Actor) -> Object:
    """Make the self-check links of an object invalid; new ones carry another number."""
    row = queries.lock(object_id, by)
    authority.require(by, Can.PLAN, at=row.place_path)
    row.link_no += 1
    row.save(update_fields=["link_no"])
    ledger.record(Did.LINK_RENEWED, row, by=by)
    return row


def values(draft: ObjectDraft) -> dict[str, Any]:
    """Return the plain columns of a draft. Raises Invalid, naming every field that is wrong."""
    wrong: dict[str, str] = {}
    name = " ".join(draft.name.split())
    if not 1 <= len(name) <= 120:
        wrong["name"] = _("名称要 1 到 120 个字")
    if draft.kind not in OBJECT_KINDS:
        wrong["kind"] = _("选一种类型")
    if draft.risk not in {1, 2, 3, 4}:
        wrong["risk"] = _("风险是 1（低）到 4（重大）")
    if draft.every is not None and not 1 <= draft.every <= 3650:
        wrong["every"] = _("几天查一次，写 1 到 3650，空着就按风险定")
    if (draft.lon is None) != (draft.lat is None):
        wrong["lon"] = _("经度、纬度要么都写，要么都空着")
    elif draft.lon is not None and draft.lat is not None and not (abs(draft.lon) <= 180 and abs(draft.lat) <= 90):
        wrong["lon"] = _("经度在 −180 到 180，纬度在 −90 到 90")
    facts, bad = facts_of(draft.kind, draft.facts)
    wrong |= bad
    if wrong:
        raise Invalid(wrong)
    return {
        "place_path": draft.place, "kind": draft.kind, "name": name, "where": " ".join(draft.where.split())[:120],
        "lon": draft.lon, "lat": draft.lat, "scheme": draft.scheme.strip()[:20], "code": draft.code.strip()[:40],
        "parent_id": draft.parent, "keeper_name": " ".join(draft.keeper_name.split())[:60], "facts": facts,
        "risk": draft.risk, "every": draft.every, "post_id": draft.post, "head_post": draft.head_post,
    }  # fmt: skip


def facts_of(kind: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the facts that a kind asks, as numbers, yes/no and words; and what is wrong, by field."""
    found: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for code in OBJECT_KINDS[kind][1] if kind in OBJECT_KINDS else ():
        text, unit = str(given.get(code, "")).strip(), FACT_NAMES[code][1]
        if not text:
            continue
        if unit == "?":
            found[code] = text in {"1", "yes", "是", "有", "住人", "True", "true", "on"}
        elif unit:
            try:
                number = float(text.replace(",", ""))
            except ValueError:
                number = -1
            if not 0 <= number < 10_000_000:
                wrong[code] = _("「{name}」要写数字").format(name=FACT_NAMES[code][0])
            else:
                found[code] = int(number) if number == int(number) else number
        else:
            found[code] = text[:80]
    return found, wrong


def _people(draft: ObjectDraft, row: Object | None) -> dict[str, Any]:
    """Return the sealed columns: the keeper's number, and the chain of sub-lets with theirs."""
    cipher = row.keeper_cipher if row else None
    if draft.keeper_phone.strip():
        cipher = people.encrypt(_phone(draft.keeper_phone, "keeper_phone"))
    kept = {(one["name"], one["role"]): one.get("phone", "") for one in (row.chain if row else [])}
    chain = []
    for one in draft.chain[:CHAIN_MOST]:
        name, role = one.get("name", "").strip()[:60], one.get("role", "").strip()[:40]
        if not name:
            continue
        said = one.get("phone", "").strip()
        sealed = (
            base64.b64encode(people.encrypt(_phone(said, "chain"))).decode() if said else kept.get((name, role), "")
        )
        chain.append({"name": name, "role": role, "phone": sealed})
    return {"keeper_cipher": cipher, "chain": chain}


def _phone(text: str, name: str) -> str:
    found = people.phone_of(text)
    if found is None:
        raise Invalid({name: _("电话写得不对：手机 11 位，座机带区号")})
    return found


def masked_chain(chain: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return the links of a chain as a page shows them, numbers masked."""
    return [
        {
            "name": one["name"], "role": one["role"],
            "phone": people.mask_phone(people.decrypt(base64.b64decode(one["phone"]))) if one.get("phone") else "",
        }
        for one in chain
    ]  # fmt: skip


def _save(row: Object) -> None:
    if row.parent_id and not Object.objects.filter(id=row.parent_id, parent=None).exclude(id=row.id).exists():
        raise Invalid({"parent": _("没有这样的场所，或者它自己也在别的场所里")})
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Conflict(_("编码「{code}」已经给了别的对象").format(code=row.code)) from None
