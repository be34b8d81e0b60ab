"""What every step has in common: lock what one saw, take the step or say why not, sign it, keep it, leave an entry."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from anlan.hazards import lifecycle, queries
from anlan.hazards.models import Hazard
from anlan.hazards.terms import STATE_NAMES, Did, HazardState
from anlan.kernel.authority import Actor, Conflict, Invalid, Refused
from anlan.kernel.clock import now
from anlan.ledger import services as ledger

MOST = 1000  # characters of an opinion


def hold(hazard_id: UUID, *, by: Actor, revision: int | None = None) -> Hazard:
    """Lock a hazard that the actor may see. Raises Hidden, Conflict where somebody changed it since `revision`."""
    found = queries.lock_seen(hazard_id, by=by)
    if revision is not None and revision < found.revision:
        raise changed(found)
    return found


def changed(hazard: Hazard) -> Conflict:
    """Return what is told to whoever saw an older revision."""
    return Conflict(_("这条隐患在你看过以后有人动过，现在是「{state}」；看一眼再办").format(state=word(hazard)))


def word(hazard: Hazard) -> str:
    """Return the state in plain words."""
    return str(STATE_NAMES[HazardState(hazard.state)][1])


def move(hazard: Hazard, did: Did, *, by: Actor) -> None:
    """Take a step of the lifecycle. Raises Conflict (in plain words: what it is now), Refused."""
    try:
        lifecycle.HAZARD.find(hazard.state, did)
    except Conflict:
        raise Conflict(_("这条隐患现在是「{state}」，这一步办不了").format(state=word(hazard))) from None
    lifecycle.HAZARD.move(hazard, did, by=by)
    hazard.state_at = now()


def within(hazard: Hazard, *states: HazardState) -> None:
    """Raise Conflict unless the hazard stands in one of the states."""
    if hazard.state not in states:
        raise Conflict(_("这条隐患现在是「{state}」，这一步办不了").format(state=word(hazard)))


def unsupervised(hazard: Hazard) -> None:
    """Raise Conflict while it is under supervision: whoever put it there lifts that first (HZD-11)."""
    if hazard.supervised:
        raise Conflict(_("还在挂牌督办，先请督办单位解除，再销号、并案或者退掉"))


def sign(hazard: Hazard, step: str, *, by: Actor, can: str | None = None, name: str = "") -> None:
    """Write who took a step (`confirmed`, `assigned`, `rectified`, `accepted`): one of the five names.

    Raises Refused for a machine: a person answers for each.
    """
    if by.pseudonym is None:
        raise Refused(can or "", hazard.place_path)
    seat = by.acting(hazard.place_path, can) or by.acting(hazard.place_path)
    setattr(hazard, f"{step}_by", by.pseudonym)
    setattr(hazard, f"{step}_name", (name or by.name)[:60])
    setattr(hazard, f"{step}_title", seat.title[:120] if seat and not name else "")
    setattr(hazard, f"{step}_at", now())


def unsign(hazard: Hazard, *steps: str) -> None:
    """Take names off again: the step is to be taken anew. The ledger keeps them."""
    for step in steps:
        for end, nothing in (("by", None), ("name", ""), ("title", ""), ("at", None)):
            setattr(hazard, f"{step}_{end}", nothing)


def keep(hazard: Hazard) -> None:
    """Store a changed hazard: whoever saw an older revision is told so."""
    hazard.revision += 1
    hazard.save()


def record(did: Did, hazard: Hazard, *, by: Actor, **values: Any) -> None:
    """Leave the entry of a step on the hazard's chain."""
    ledger.record(did, hazard, by=by, **values)


def said(text: str, *, field: str = "opinion", needed: bool = True) -> str:
    """Return a reason or opinion, trimmed. Raises Invalid where it is missing or too long."""
    words = text.strip()
    if needed and len(words) < 2:
        raise Invalid({field: _("写一句理由")})
    if len(words) > MOST:
        raise Invalid({field: _("最多 {most} 个字，现在有 {count} 个").format(most=MOST, count=len(words))})
    return words
