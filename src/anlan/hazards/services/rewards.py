"""奖励台账 of tips: proposed by one, approved by another, paid to whoever holds the receipt (HZD-13)."""

from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from anlan.hazards.models import RewardRow
from anlan.hazards.queries import tips as queries
from anlan.hazards.services import tips
from anlan.hazards.terms import Can, Did, RewardState, TipState
from anlan.kernel.authority import Actor, Conflict, Invalid, Refused, require
from anlan.kernel.clock import local, now
from anlan.ledger import services as ledger


def fen_of(yuan: str) -> int:
    """Return an amount typed in yuan as fen. Raises Invalid beyond 1 … REWARD_MOST or two decimals."""
    try:
        amount = Decimal(yuan.strip()) * 100
    except InvalidOperation:
        amount = Decimal(0)
    fits = amount.is_finite() and amount == amount.to_integral_value() and 1 <= amount <= settings.REWARD_MOST * 100
    if not fits:
        raise Invalid({"amount": _("写多少元，最多两位小数，不超过 {most} 元").format(most=settings.REWARD_MOST)})
    return int(amount)


def _yuan(fen: int) -> str:
    return f"{fen / 100:.2f}"


@transaction.atomic
def propose(tip_id: UUID, yuan: str, reason: str, *, by: Actor) -> RewardRow:
    """Propose a reward for a tip that was accepted. Raises Hidden, Refused, Conflict (there is one), Invalid."""
    tip = queries.tip(tip_id, by=by, locked=True)
    require(by, Can.TIPS, at=tip.place_path)
    if by.pseudonym is None:
        raise Refused(Can.TIPS, tip.place_path)  # a person answers for it
    if tip.state != TipState.ACCEPTED:
        raise Conflict(_("受理了的随手拍才能报奖励"))
    amount, said = fen_of(yuan), _said(reason)
    try:
        with transaction.atomic():
            made = RewardRow.objects.create(
                tip=tip, place_path=tip.place_path, amount=amount, reason=said, proposed_by=by.pseudonym,
                proposed_name=by.name[:60],
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(_("这条已经报过奖励")) from None
    ledger.record(Did.REWARD_PROPOSED, made, by=by, chain=tip.id, yuan=_yuan(amount), opinion=said)
    return made


@transaction.atomic
def decide(reward_id: UUID, *, granted: bool, opinion: str, by: Actor) -> RewardRow:
    """Approve or not; whoever proposed it may not. Raises Hidden, Refused, Conflict, Invalid."""
    row = queries.reward(reward_id, by=by, locked=True)
    require(by, Can.APPROVE, at=row.place_path)
    if row.state != RewardState.PROPOSED:
        raise Conflict(_("这笔奖励别人已经批过"))
    if row.proposed_by == by.pseudonym:
        raise Conflict(_("奖励是你报的，要由别人批"))
    row.state = RewardState.APPROVED if granted else RewardState.REFUSED
    row.opinion = opinion.strip()[:200] if granted else _said(opinion)
    row.approved_at, row.approved_by, row.approved_name = now(), by.pseudonym, by.name[:60]
    row.save()
    did = Did.REWARD_APPROVED if granted else Did.REWARD_REFUSED
    ledger.record(did, row, by=by, chain=row.tip_id, yuan=_yuan(row.amount), opinion=row.opinion)
    return row


@transaction.atomic
def pay(reward_id: UUID, receipt: str, *, by: Actor) -> RewardRow:
    """Note that it was paid to whoever showed the receipt: nobody has to say who they are.

    Raises Hidden, Refused, Conflict (not approved, paid), Invalid (another receipt).
    """
    row = queries.reward(reward_id, by=by, locked=True)
    require(by, Can.TIPS, at=row.place_path)
    if row.state != RewardState.APPROVED:
        raise Conflict(_("批了还没领的奖励才能发"))
    if bytes(row.tip.receipt_digest) != tips.digest_of(receipt):
        raise Invalid({"receipt": _("受理号对不上：照来领的人出示的写，SSP 开头、12 位")})
    row.state, row.paid_on, row.way = RewardState.PAID, local(now()).date(), "receipt"
    row.paid_by, row.paid_name = by.pseudonym, by.name[:60]
    row.save()
    ledger.record(Did.REWARD_PAID, row, by=by, chain=row.tip_id, yuan=_yuan(row.amount))
    return row


def _said(text: str) -> str:
    words = text.strip()
    if not 2 <= len(words) <= 200:
        raise Invalid({"opinion": _("写明理由，2 到 200 个字")})
    return words
