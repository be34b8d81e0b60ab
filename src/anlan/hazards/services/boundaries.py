"""What goes along when divisions change: hazards and tasks that are open, objects that there are, plans that run."""

from django.utils.translation import gettext_noop

from anlan.places.ports import Goes

GOES = (
    Goes(
        "hazards_hazard", gettext_noop("没销号的隐患"),
        live="t.state IN ('reported', 'confirmed', 'assigned', 'rectified', 'listed')",
    ),
    Goes("hazards_object", gettext_noop("检查对象"), live="t.closed_at IS NULL"),
    Goes("hazards_task", gettext_noop("没做完的检查任务"), live="t.state = 'open'"),
    Goes("hazards_supervision", gettext_noop("没解除的挂牌督办"), live="t.lifted_at IS NULL"),
    Goes("hazards_referral", gettext_noop("没有结果的移送"), live="t.state IN ('sent', 'received')"),
    Goes("hazards_lead", gettext_noop("没有结论的失职线索"), live="t.state IN ('opened', 'confirmed')"),
    Goes("hazards_posting", gettext_noop("公开着的隐患"), live="t.published_at IS NOT NULL", key="t.hazard_id"),
    Goes("hazards_tip", gettext_noop("没办完的随手拍"), live="t.state IN ('received', 'held')"),
    Goes("hazards_muted", gettext_noop("暂不受理的人"), live="t.lifted_at IS NULL AND t.until > now()"),
    Goes("hazards_reward", gettext_noop("没发的随手拍奖励"), live="t.state IN ('proposed', 'approved')"),
    Goes("hazards_risk_point", gettext_noop("风险点"), live="t.closed_at IS NULL"),
    Goes("hazards_hint", gettext_noop("等人看的提示"), live="t.state = 'open'"),
    Goes("hazards_programme", gettext_noop("检查计划"), live="t.closed_at IS NULL"),
)  # fmt: skip
