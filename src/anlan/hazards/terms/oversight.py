"""挂牌督办, 移送, conduct: levels, states, what stood in the way (HZD-10, HZD-11, EVL-02)."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class SupervisionLevel(StrEnum):
    """Who put the hazard under supervision."""

    STREET = "street"
    DISTRICT = "district"
    CITY = "city"
    PROVINCE = "province"


class ReferralState(StrEnum):
    """Where a referral stands: sent, its receipt signed, its result filed; or sent back as not theirs."""

    SENT = "sent"
    RECEIVED = "received"
    RESULT = "result"
    RETURNED = "returned"


class Obstacle(StrEnum):
    """What stood in the way (客观约束), as the person said at the time."""

    POWER = "power"
    PEOPLE = "people"
    MONEY = "money"
    NOT_MINE = "not_mine"
    SKILL = "skill"
    OTHERS = "others"
    OTHER = "other"


class LeadState(StrEnum):
    """A lead of neglect (失职线索): opened by one, confirmed by another, ended by a finding of persons."""

    OPENED = "opened"
    CONFIRMED = "confirmed"
    UNFOUNDED = "unfounded"
    EXEMPT = "exempt"
    PASSED = "passed"


LEVEL_NAMES = {
    SupervisionLevel.STREET: _("街镇督办"),
    SupervisionLevel.DISTRICT: _("区县督办"),
    SupervisionLevel.CITY: _("市级督办"),
    SupervisionLevel.PROVINCE: _("省级督办"),
}
REFERRAL_NAMES = {
    ReferralState.SENT: ("wait", _("等回执")),
    ReferralState.RECEIVED: ("doing", _("收了，在查处")),
    ReferralState.RESULT: ("done", _("有结果了")),
    ReferralState.RETURNED: ("done", _("退回来了")),
}
OBSTACLE_NAMES = {
    Obstacle.POWER: _("权限不够"),
    Obstacle.PEOPLE: _("没人"),
    Obstacle.MONEY: _("没钱"),
    Obstacle.NOT_MINE: _("不归我管"),
    Obstacle.SKILL: _("要专业部门"),
    Obstacle.OTHERS: _("等别人"),
    Obstacle.OTHER: _("别的"),
}
WAY_NAMES = {  # how word of a duty reached somebody: four things, none of which says another (callout.queries.owed_by)
    "laid": _("任务落到名下"),
    "delivered": _("消息送达"),
    "read": _("看了"),
    "answered": _("应了，或当面告知"),
    "failed": _("没送到"),
}
LEAD_NAMES = {
    LeadState.OPENED: ("wait", _("等另一人复核")),
    LeadState.CONFIRMED: ("doing", _("复核过，等结论")),
    LeadState.UNFOUNDED: ("done", _("不成立")),
    LeadState.EXEMPT: ("done", _("免责（容错登记）")),
    LeadState.PASSED: ("done", _("移送纪检")),
}
ENDINGS = (LeadState.UNFOUNDED, LeadState.EXEMPT, LeadState.PASSED)
