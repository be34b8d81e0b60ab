"""A grave alarm that was real proposes an 内部风险提示: a draft, never sent by itself, never a 预警信号 (B2)."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.alerts import hazards
from anlan.alerts.models import Notice
from anlan.alerts.services import notices
from anlan.alerts.terms import Can, Did, Level, NoticeState
from anlan.callout.services import obligations
from anlan.callout.terms import Owed
from anlan.kernel import authority
from anlan.kernel.clock import now
from anlan.people import queries as people
from anlan.sensing.queries.alarms import Told
from anlan.sensing.terms import Level as Grave
from anlan.sensing.terms import ThingKind

LEVELS = {Grave.ORANGE: Level.ORANGE, Grave.RED: Level.RED}
HOLDS = dt.timedelta(hours=6)  # so long a draft says that it holds; whoever sends it changes that
ASKED = 3
NAMES = {
    ThingKind.RAIN: "暴雨", ThingKind.RIVER: "洪水", ThingKind.WATERLOG: "内涝", ThingKind.SMOKE: "火灾",
    ThingKind.GAS: "燃气泄漏", ThingKind.SHED: "火灾", ThingKind.SLOPE: "地质灾害", ThingKind.WEATHER: "大风",
}  # fmt: skip


@transaction.atomic
def propose(told: Told) -> Notice | None:
    """Draft a notice for a real alarm of orange or red, and tell who may send it; None where there is one already.

    One draft for a hazard and a place that nobody has decided on serves every alarm beside it: a storm makes one.
    """
    level = LEVELS.get(Grave(told.level))
    hazard = hazards.EVENT_CODES.get(told.about) or NAMES.get(ThingKind(told.kind), "")
    if level is None or not hazard or told.exercise_id is not None:
        return None
    place = told.place_path
    by = authority.machine("alerts.from-alarm")
    standing = Notice.objects.filter(hazard=hazard, made_by=None, exercise_id=None, made_at__gte=now() - HOLDS)
    if standing.filter(place_path=place, state__in=[NoticeState.DRAFT, NoticeState.WAITING, NoticeState.SENT]).exists():
        return None
    moment = now()
    matters = _("{name}：{words}。{who}现场核实属实{opinion}").format(
        name=told.name, words=told.words, who=told.verifier_name, opinion=f"：{told.opinion}" if told.opinion else ""
    )
    said = notices.Draft(
        hazard=hazard, level=level, starts_at=moment, expires_at=moment + HOLDS, paths=(place,),
        matters=matters[:2000], measures=told.advice,
    )  # fmt: skip
    made = notices.draft(said, by=by, chain=told.id)
    _tell(made)
    return made


def _tell(made: Notice) -> None:
    """Tell the nearest who may draft notices that one was proposed."""
    able = people.nearest(Can.DRAFT, [made.place_path], on_duty=True).get(made.place_path, [])
    why = _("设备报警核实属实，拟了一份「{title}」，看要不要发").format(title=made.title)
    obligations.tell_many(
        [
            Owed(
                subject_type="alerts.notice", subject_id=made.id, did=Did.DRAFTED, person=t.person_id,
                pseudonym=t.pseudonym, place_path=made.place_path, why=why, post=t.post_id, post_title=t.post_title,
                chain=made.chain_id, carriers=(("webpush", "sms_http", "email"),), link=f"/notices/{made.id}",
            )
            for t in able[:ASKED]
        ]
    )  # fmt: skip
