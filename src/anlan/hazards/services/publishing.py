"""What of a hazard the public sees: the officer's own words, for a period; residents' remarks and votes (HZD-12)."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from anlan.hazards.models import EvidenceRow, Hazard, Posting, Remark
from anlan.hazards.queries import publishing as queries
from anlan.hazards.queries import wording
from anlan.hazards.services import acting
from anlan.hazards.terms import OPEN, Can, Did, HazardState, Sender
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.kernel.clock import local, now

PERIOD_MOST = 365


@transaction.atomic
def publish(hazard_id: UUID, words: str, spot: str, *, days: int, uploads: Sequence[UUID] = (), by: Actor) -> Posting:
    """Put a hazard on the public list, or change what stands there. Raises Hidden, Refused, Conflict, Invalid."""
    hazard = queries.hazard(hazard_id, by=by)
    if by.pseudonym is None:
        raise Refused(Can.PUBLISH, hazard.place_path)
    if hazard.state not in {*OPEN, HazardState.CLOSED} or hazard.state == HazardState.REPORTED or hazard.exercise_id:
        raise Conflict(_("确认过的隐患才能公开，演练里的不公开"))
    said, where, wrong = wording.plain(words), wording.plain(spot)[:60], {}
    names = queries.names_in(hazard)
    if not 4 <= len(said) <= 300:
        wrong["words"] = _("写给居民看的话，4 到 300 个字")
    elif (proposed := wording.stripped(said, names=names)) != said:
        wrong["words"] = _("话里还有门牌、楼层、电话或者称呼，去掉再公开。可以写成：{words}").format(words=proposed)
    if wording.stripped(where, names=names) != where:
        wrong["spot"] = _("位置写到楼栋为止，不写单元、楼层、门牌")
    if not 1 <= days <= PERIOD_MOST:
        wrong["days"] = _("公示 1 到 {most} 天").format(most=PERIOD_MOST)
    own = set(
        EvidenceRow.objects.filter(hazard=hazard, upload_id__in=list(uploads)).values_list("upload_id", flat=True)
    )
    if own != set(uploads):
        wrong["uploads"] = _("照片只能从这条隐患的照片里选")
    if wrong:
        raise Invalid(wrong)
    until = local(now()).date() + dt.timedelta(days=days)
    made, _fresh = Posting.objects.update_or_create(
        hazard=hazard,
        defaults={"place_path": hazard.place_path, "words": said, "spot": where, "uploads": list(uploads),
                  "until": until, "published_at": now(), "by": by.pseudonym, "by_name": by.name[:60]},
    )  # fmt: skip
    Hazard.objects.filter(id=hazard.id).update(public=True)
    acting.record(Did.PUBLISHED, hazard, by=by, words=said, until=until, photos=len(uploads))
    return made


@transaction.atomic
def unpublish(hazard_id: UUID, reason: str, *, by: Actor) -> None:
    """Take it off the list. Raises Hidden, Refused, Conflict, Invalid."""
    hazard = queries.hazard(hazard_id, by=by)
    said = acting.said(reason)
    if not Posting.objects.filter(hazard=hazard, published_at__isnull=False).update(published_at=None):
        raise Conflict(_("这条没有公开着"))
    Hazard.objects.filter(id=hazard.id).update(public=False)
    acting.record(Did.UNPUBLISHED, hazard, by=by, opinion=said)


@transaction.atomic
def keep_for_agenda(hazard_id: UUID, *, wanted: bool, by: Actor) -> None:
    """Keep a published hazard for 协商议题, or not any more. Twice is once. Raises Hidden, Refused, Conflict."""
    hazard = queries.hazard(hazard_id, by=by)
    row = Posting.objects.select_for_update().filter(hazard=hazard).first()
    if row is None:
        raise Conflict(_("先公开，再转成协商议题"))
    if row.agenda == wanted:
        return
    row.agenda, row.agenda_at, row.agenda_name = wanted, now() if wanted else None, by.name[:60] if wanted else ""
    row.save(update_fields=["agenda", "agenda_at", "agenda_name"])
    acting.record(Did.AGENDA if wanted else Did.OFF_AGENDA, hazard, by=by)


def _may_send(sender: Sender) -> None:
    """Hold a sender to the counts of a tip's (an hour's, a day's); a list has more to tap than one tip: twice those."""
    for field, limits in (("network", settings.TIPS_NETWORK), ("device", settings.TIPS_DEVICE)):
        mark = getattr(sender, field)
        if not mark:
            continue
        if any(
            queries.sent_lately(field, mark, now() - span) >= most * 2
            for span, most in zip((dt.timedelta(hours=1), dt.timedelta(days=1)), limits, strict=True)
        ):
            raise Conflict(_("今天留言太多了，明天再来，或者到社区当面说"))


@transaction.atomic
def remark(hazard_id: UUID, text: str, sender: Sender, *, hasty: bool = False) -> Remark:
    """A resident says something: shown after somebody looked. Raises Hidden, Conflict (too many), Invalid."""
    row = queries.open_posting(hazard_id)
    _may_send(sender)
    said = text.strip()
    if not 2 <= len(said) <= 300:
        raise Invalid({"text": _("写 2 到 300 个字")})
    reason = _("像是机器填的") if hasty else ""
    return Remark.objects.create(
        posting=row, text=said, network=sender.network or None, device=sender.device or None, reason=reason
    )


@transaction.atomic
def vote(hazard_id: UUID, sender: Sender) -> bool:
    """A resident wants this one first; one browser, one vote. False where they voted before. Raises Hidden."""
    row = queries.open_posting(hazard_id)
    if row.hazard.state not in OPEN:
        raise Conflict(_("这一条已经改好了，不用再投"))
    _may_send(sender)
    if not sender.device:
        raise Conflict(_("浏览器不让存记号，投不了；可以写一句留言"))
    made = Remark.objects.bulk_create(
        [Remark(posting=row, vote=True, state="shown", device=sender.device, network=sender.network or None)],
        ignore_conflicts=True,
    )
    fresh = Remark.objects.filter(id=made[0].id).exists()
    if fresh:
        Posting.objects.filter(hazard_id=hazard_id).update(votes=F("votes") + 1)
    return fresh


@transaction.atomic
def moderate(remark_id: UUID, *, shown: bool, words: str, by: Actor) -> Remark:
    """Show a remark with an answer, or do not, with a reason. Raises Hidden, Refused, Conflict (decided), Invalid."""
    row = Remark.objects.select_for_update(of=("self",)).filter(id=remark_id, vote=False).first()
    if row is None:
        raise Hidden
    hazard = queries.hazard(row.posting_id, by=by)
    if row.state != "waiting":
        how = _("公开了") if row.state == "shown" else _("没公开")
        raise Conflict(_("这条留言{name}已经看过，{how}").format(name=row.by_name, how=how))
    said = words.strip()[:300]
    if not shown and len(said) < 2:
        raise Invalid({"words": _("写明为什么不公开")})
    if shown and len(said) < 2:
        raise Invalid({"words": _("写一句答复，和留言一起公开")})
    if shown and (proposed := wording.stripped(said)) != wording.plain(said):
        raise Invalid(
            {"words": _("答复里有门牌、楼层、电话或者称呼，去掉再公开。可以写成：{words}").format(words=proposed)}
        )
    row.state, row.by, row.by_name, row.looked_at = "shown" if shown else "hidden", by.pseudonym, by.name[:60], now()
    row.answer, row.reason = (said, "") if shown else ("", said[:200])
    row.save()
    acting.record(Did.REMARK_SHOWN if shown else Did.REMARK_HIDDEN, hazard, by=by, opinion=said)
    return row
