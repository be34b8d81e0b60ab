"""The desk's answer to a tip: accept, merge, not accept with a reason, pass on; mute a malicious sender (HZD-13)."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout.services import obligations
from anlan.hazards import lifecycle
from anlan.hazards.models import Hazard, Informant, Muted, Tip
from anlan.hazards.queries import scope
from anlan.hazards.queries import tips as queries
from anlan.hazards.services import reporting, tips
from anlan.hazards.terms import OPEN, Can, Did, Found, Phase, Source, TipState
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused, machine, require
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger

MUTE_MOST = 180  # days
RESIDENT = machine("hazards.tips")


def _take(tip_id: UUID, did: Did, *, by: Actor) -> Tip:
    """Lock a tip and take a step. Raises Hidden, Refused, Conflict."""
    tip = queries.tip(tip_id, by=by, locked=True)
    try:
        lifecycle.TIP.move(tip, did, by=by)
    except Conflict:
        raise Conflict(_("这条随手拍别人已经办了，看一眼再说")) from None
    tip.state_at = now()
    return tip


def _sign(tip: Tip, *, by: Actor) -> None:
    seat = by.acting(tip.place_path, Can.TIPS)
    tip.officer, tip.officer_name, tip.officer_title = by.pseudonym, by.name[:60], (seat.title if seat else "")[:120]
    tip.save()
    obligations.meet_all(tip.id, Did.TIP_ACCEPTED, by=by)


def _said(text: str, least: int = 2) -> str:
    words = text.replace("\x00", "").strip()
    if not least <= len(words) <= 500:
        raise Invalid({"opinion": _("写明理由，报的人会看到，{least} 到 500 个字").format(least=least)})
    return words


@transaction.atomic
def accept(tip_id: UUID, *, by: Actor, words: str = "", kind: str = "", place: str = "") -> Hazard:
    """Make a hazard of it; the tip keeps the resident's own words, the hazard may say it better.

    Raises Hidden, Refused, Conflict, Invalid.
    """
    tip = _take(tip_id, Did.TIP_ACCEPTED, by=by)
    path = place or tip.place_path
    require(by, Can.TIPS, at=path)
    hazard = reporting.report(
        Found(
            text=words.strip() or tip.text, client=tip.client_id, kind=kind, source=Source.TIP, place=path,
            where=tip.where, lon=tip.lon, lat=tip.lat, accuracy=tip.accuracy, found_at=tip.arrived_at, tip=tip.id,
            uploads=tip.uploads,
        ),
        by=RESIDENT,
    )  # fmt: skip
    Hazard.objects.filter(id=hazard.id).update(reported_name=_("居民"))  # never who: that is kept apart
    tip.hazard, tip.place_path = hazard, path
    ledger.record(Did.TIP_ACCEPTED, tip, by=by, chain=hazard.chain_id, hazard=hazard.id)
    _sign(tip, by=by)
    return hazard


@transaction.atomic
def merge(tip_id: UUID, hazard_id: UUID, *, by: Actor) -> Hazard:
    """It is a hazard that is known already; the resident sees what becomes of that one."""
    tip = _take(tip_id, Did.TIP_MERGED, by=by)
    hazard = scope.hazard(hazard_id, by=by)
    if hazard.state not in OPEN:
        raise Conflict(_("那条隐患已经办完，不能并进去；请另外受理"))
    tip.hazard = hazard
    if tip.uploads:
        reporting.add_photos(hazard.id, tip.uploads, Phase.BEFORE, by=RESIDENT)
    ledger.record(Did.TIP_MERGED, tip, by=by, chain=hazard.chain_id, hazard=hazard.id)
    _sign(tip, by=by)
    return hazard


@transaction.atomic
def decline(tip_id: UUID, opinion: str, *, by: Actor) -> Tip:
    """Do not accept it, and say why: the resident reads the words."""
    tip = _take(tip_id, Did.TIP_DECLINED, by=by)
    tip.opinion = _said(opinion)
    ledger.record(Did.TIP_DECLINED, tip, by=by, opinion=tip.opinion)
    _sign(tip, by=by)
    return tip


@transaction.atomic
def forward(tip_id: UUID, whom: str, opinion: str, *, by: Actor) -> Tip:
    """Pass it to whoever it belongs to (12345, another department): the resident reads to whom."""
    tip = _take(tip_id, Did.TIP_FORWARDED, by=by)
    name = whom.strip()
    if not 2 <= len(name) <= 80:
        raise Invalid({"whom": _("写明转给谁，2 到 80 个字")})
    tip.passed_to, tip.opinion = name, _said(opinion)
    ledger.record(Did.TIP_FORWARDED, tip, by=by, whom=name, opinion=tip.opinion)
    _sign(tip, by=by)
    return tip


@transaction.atomic
def release(tip_id: UUID, opinion: str, *, by: Actor) -> Tip:
    """Somebody looked at what lay apart: it joins the queue, with its time running from now."""
    tip = _take(tip_id, Did.TIP_RELEASED, by=by)
    tip.held, tip.due_at = "", tips.due()
    tip.save()
    ledger.record(Did.TIP_RELEASED, tip, by=by, opinion=_said(opinion))
    tips.ask(tip, by=by)
    return tip


@transaction.atomic
def mute(tip_id: UUID, reason: str, *, days: int, by: Actor) -> int:
    """Let what this tip's sender sends wait apart for some days, by keyed hash. Returns by how many marks.

    The device and the phone, never the network alone: behind one address there may be a whole estate.
    """
    tip = queries.tip(tip_id, by=by)
    require(by, Can.TIPS, at=tip.place_path)
    said = _said(reason, 4)
    if by.pseudonym is None:
        raise Refused(Can.TIPS, tip.place_path)  # a person answers for it
    if not 1 <= days <= MUTE_MOST:
        raise Invalid({"days": _("1 到 {most} 天").format(most=MUTE_MOST)})
    who = Informant.objects.filter(tip=tip).first()
    marks = [(k, bytes(m)) for k in ("device", "phone") if who is not None and (m := getattr(who, k))]
    if not marks:
        raise Conflict(_("这条没有留下能认出报的人的东西，没法暂不受理"))
    until = now() + dt.timedelta(days=days)
    rows = [
        Muted(id=uuid7(), place_path=tip.place_path[:16], mark=m, kind=k, tip=tip, reason=said[:200], until=until,
              by=by.pseudonym, by_name=by.name[:60])
        for k, m in marks
    ]  # fmt: skip
    Muted.objects.bulk_create(rows)
    ledger.record(Did.MUTED, tip, by=by, opinion=said, until=until.date().isoformat())
    return len(rows)


@transaction.atomic
def unmute(muted_id: UUID, opinion: str, *, by: Actor) -> None:
    """Hear somebody again before the time."""
    row = queries.muted(by).select_for_update(of=("self",)).filter(id=muted_id).first()
    if row is None:
        raise Hidden
    row.lifted_at, row.lifted_name = now(), by.name[:60]
    row.save(update_fields=["lifted_at", "lifted_name"])
    ledger.record(Did.UNMUTED, row.tip, by=by, opinion=_said(opinion))


def waits(tip: Tip) -> bool:
    """Say whether the desk still has to answer."""
    return tip.state in {TipState.RECEIVED, TipState.HELD}
