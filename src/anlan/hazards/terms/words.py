"""Permissions of hazards and inspections, and what is done, as the ledger keeps it."""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Can(StrEnum):
    """Permissions. `REPORT` is asked for anywhere: whoever may report may report whatever they see, wherever."""

    REPORT = "hazards.report"
    SEE = "hazards.see"
    CONFIRM = "hazards.confirm"
    ASSIGN = "hazards.assign"
    RECTIFY = "hazards.rectify"
    ACCEPT = "hazards.accept"
    APPROVE = "hazards.approve"
    SUPERVISE = "hazards.supervise"
    REFER = "hazards.refer"
    INSPECT = "hazards.inspect"
    PLAN = "hazards.plan"
    LIBRARY = "hazards.library"
    PUBLISH = "hazards.publish"
    TIPS = "hazards.tips"
    INFORMANT = "hazards.informant"
    CONDUCT = "hazards.conduct"

    @property
    def label(self) -> Any:
        """The permission in plain words."""
        return CAN_NAMES[self]


CAN_NAMES = {
    Can.REPORT: _("报隐患"),
    Can.SEE: _("看隐患和检查"),
    Can.CONFIRM: _("确认隐患、定级"),
    Can.ASSIGN: _("指派整改"),
    Can.RECTIFY: _("代整改单位填整改情况"),
    Can.ACCEPT: _("验收、销号"),
    Can.APPROVE: _("批延期、暂停计时、挂账"),
    Can.SUPERVISE: _("挂牌督办"),
    Can.REFER: _("移送违法行为"),
    Can.INSPECT: _("检查"),
    Can.PLAN: _("管检查对象和计划"),
    Can.LIBRARY: _("管隐患类型库和检查表"),
    Can.PUBLISH: _("公开社区隐患清单"),
    Can.TIPS: _("受理居民随手拍"),
    Can.INFORMANT: _("看举报人是谁"),
    Can.CONDUCT: _("看个人履职材料、认定失职线索"),
}


class Did(StrEnum):
    """Things done to a hazard."""

    REPORTED = "hazards.reported"
    CONFIRMED = "hazards.confirmed"
    REJECTED = "hazards.rejected"
    RECONSIDERED = "hazards.reconsidered"
    MERGED = "hazards.merged"
    ABSORBED = "hazards.absorbed"
    PARTED = "hazards.parted"
    WITHDRAWN = "hazards.withdrawn"
    REGRADED = "hazards.regraded"
    ASSIGNED = "hazards.assigned"
    REASSIGNED = "hazards.reassigned"
    RETURNED = "hazards.returned"
    PLANNED = "hazards.planned"
    CONTROLLED = "hazards.controlled"
    UNCONTROLLED = "hazards.control-lifted"
    RECTIFIED = "hazards.rectified"
    NOT_ACCEPTED = "hazards.not-accepted"
    ACCEPTED = "hazards.accepted"
    ASKED = "hazards.asked"
    GRANTED = "hazards.granted"
    REFUSED = "hazards.refused"
    PAUSED = "hazards.paused"
    CONTINUED = "hazards.continued"
    EXTENDED = "hazards.extended"
    LISTED = "hazards.listed"
    RESUMED = "hazards.resumed"
    LOOKED_BACK = "hazards.looked-back"
    REOPENED = "hazards.reopened"
    REMINDED = "hazards.reminded"
    OVERDUE = "hazards.overdue"
    NOTED = "hazards.noted"
    EVIDENCE_ADDED = "hazards.evidence-added"
    LAID_UP = "hazards.laid-up"
    TAKEN_NOTE = "hazards.taken-note"
    SUPERVISED = "hazards.supervised"
    FOLLOWED_UP = "hazards.followed-up"
    FOLLOW_ANSWERED = "hazards.follow-answered"
    UNSUPERVISED = "hazards.supervision-lifted"
    SUPERVISION_LATE = "hazards.supervision-late"
    REFERRED = "hazards.referred"
    REFERRAL_RECEIVED = "hazards.referral-received"
    REFERRAL_RESULT = "hazards.referral-result"
    REFERRAL_RETURNED = "hazards.referral-returned"
    REFERRAL_LATE = "hazards.referral-late"
    OBSTACLE = "hazards.obstacle"
    LEAD_OPENED = "hazards.lead-opened"
    LEAD_CONFIRMED = "hazards.lead-confirmed"
    LEAD_ANSWERED = "hazards.lead-answered"
    LEAD_ENDED = "hazards.lead-ended"
    CONDUCT_SEEN = "hazards.conduct-seen"
    CONDUCT_EXPORTED = "hazards.conduct-exported"
    PUBLISHED = "hazards.published"
    UNPUBLISHED = "hazards.unpublished"
    AGENDA = "hazards.agenda"
    OFF_AGENDA = "hazards.off-agenda"
    REMARK_SHOWN = "hazards.remark-shown"
    REMARK_HIDDEN = "hazards.remark-hidden"
    HINT_SEEN = "hazards.hint-seen"
    TIP_SENT = "hazards.tip-sent"
    TIP_HELD = "hazards.tip-held"
    TIP_RELEASED = "hazards.tip-released"
    TIP_FOLDED = "hazards.tip-folded"
    TIP_ACCEPTED = "hazards.tip-accepted"
    TIP_MERGED = "hazards.tip-merged"
    TIP_DECLINED = "hazards.tip-declined"
    TIP_FORWARDED = "hazards.tip-forwarded"
    MUTED = "hazards.muted"
    UNMUTED = "hazards.unmuted"
    INFORMANT_SEEN = "hazards.informant-seen"
    INFORMANTS_ERASED = "hazards.informants-erased"
    REWARD_PROPOSED = "hazards.reward-proposed"
    REWARD_APPROVED = "hazards.reward-approved"
    REWARD_REFUSED = "hazards.reward-refused"
    REWARD_PAID = "hazards.reward-paid"
    RECLOCKED = "hazards.due-recomputed"
    UNWATCHED = "hazards.nobody-to-act"
    EXPORTED = "hazards.exported"
    OBJECT_ADDED = "hazards.object-added"
    OBJECT_CHANGED = "hazards.object-changed"
    OBJECT_CLOSED = "hazards.object-closed"
    OBJECT_REOPENED = "hazards.object-reopened"
    OBJECTS_IMPORTED = "hazards.objects-imported"
    OBJECTS_EXPORTED = "hazards.objects-exported"
    KEEPER_SHOWN = "hazards.keeper-shown"
    LINK_RENEWED = "hazards.link-renewed"
    PROGRAMME_MADE = "hazards.programme-made"
    PROGRAMME_STOPPED = "hazards.programme-stopped"
    TASKS_LAID = "hazards.tasks-laid"
    TASKS_MISSED = "hazards.tasks-missed"
    NOBODY_INSPECTS = "hazards.nobody-inspects"
    VISITED = "hazards.visited"
    PART_EXCUSED = "hazards.part-excused"
    LOOK_ASKED = "hazards.look-asked"
    RISK_ADDED = "hazards.risk-added"
    RISK_CHANGED = "hazards.risk-changed"
    RISK_REVIEWED = "hazards.risk-reviewed"
    RISK_CLOSED = "hazards.risk-closed"
    BUNDLED = "hazards.bundled"
    KIND_DRAFTED = "hazards.kind-drafted"
    KIND_DROPPED = "hazards.kind-dropped"
    KIND_PUBLISHED = "hazards.kind-published"
    KIND_RETIRED = "hazards.kind-retired"
    KIND_RESTORED = "hazards.kind-restored"
    LIST_DRAFTED = "hazards.checklist-drafted"
    LIST_EDITED = "hazards.checklist-edited"
    LIST_DROPPED = "hazards.checklist-dropped"
    LIST_PUBLISHED = "hazards.checklist-published"
    LIST_RETIRED = "hazards.checklist-retired"
    LIST_RESTORED = "hazards.checklist-restored"


WORDS: dict[str, Any] = {
    Did.REPORTED: _("报了隐患（{hazard_source}）"),
    Did.CONFIRMED: _("确认为{grade}：{opinion}"),
    Did.REJECTED: _("看了，不算隐患：{opinion}"),
    Did.RECONSIDERED: _("重新拿出来确认：{opinion}"),
    Did.MERGED: _("和另一条是同一个隐患，并过去了"),
    Did.ABSORBED: _("并进来一条，报的人都留着"),
    Did.PARTED: _("从并案里拆开：{opinion}"),
    Did.WITHDRAWN: _("报的人撤回了：{opinion}"),
    Did.REGRADED: _("改定为{grade}：{opinion}"),
    Did.ASSIGNED: _("指派{owner}整改，{due_words}"),
    Did.REASSIGNED: _("改派给{owner}：{opinion}"),
    Did.RETURNED: _("退回，不归这里管：{opinion}"),
    Did.PLANNED: _("定了整改方案"),
    Did.CONTROLLED: _("临时管控（{control}）：{opinion}"),
    Did.UNCONTROLLED: _("解除临时管控：{opinion}"),
    Did.RECTIFIED: _("整改完，报验收：{opinion}"),
    Did.NOT_ACCEPTED: _("验收没通过，退回整改（第 {count} 次）：{opinion}"),
    Did.ACCEPTED: _("验收通过，销号：{opinion}"),
    Did.ASKED: _("申请{plea}：{opinion}"),
    Did.GRANTED: _("同意{plea}：{opinion}"),
    Did.REFUSED: _("不同意{plea}：{opinion}"),
    Did.PAUSED: _("暂停计时：{opinion}"),
    Did.CONTINUED: _("接着计时，{due_words}"),
    Did.EXTENDED: _("延期，{due_words}"),
    Did.LISTED: _("挂账：{opinion}"),
    Did.RESUMED: _("摘账，接着整改"),
    Did.LOOKED_BACK: _("回头看：{opinion}"),
    Did.REOPENED: _("复发，重新打开：{opinion}"),
    Did.REMINDED: _("提醒：{opinion}"),
    Did.OVERDUE: _("过了期限，升到上一级（第 {count} 次）"),
    Did.NOTED: _("{opinion}"),
    Did.EVIDENCE_ADDED: _("加了 {count} 张照片（{phase}）"),
    Did.LAID_UP: _("定为重大，报上级知悉"),
    Did.TAKEN_NOTE: _("上级知悉：{opinion}"),
    Did.SUPERVISED: _("挂牌督办（{supervision_level}）：{letter}"),
    Did.FOLLOWED_UP: _("发跟踪函 {letter}：{opinion}"),
    Did.FOLLOW_ANSWERED: _("回复跟踪函 {letter}：{opinion}"),
    Did.UNSUPERVISED: _("解除挂牌督办 {letter}：{opinion}"),
    Did.SUPERVISION_LATE: _("挂牌督办过了期限：{letter}"),
    Did.REFERRED: _("移送{whom}：{letter}"),
    Did.REFERRAL_RECEIVED: _("{whom}收到移送，签了回执"),
    Did.REFERRAL_RESULT: _("{whom}的查处结果：{opinion}"),
    Did.REFERRAL_RETURNED: _("{whom}退回移送：{opinion}"),
    Did.REFERRAL_LATE: _("{whom}过期没签回执，告诉了移送的人和上一级：{letter}"),
    Did.OBSTACLE: _("登记了难处（{obstacle}）：{opinion}"),
    Did.LEAD_OPENED: _("提出一条失职线索，附 {count} 条记录"),
    Did.LEAD_CONFIRMED: _("复核了失职线索：{opinion}"),
    Did.LEAD_ANSWERED: _("本人对失职线索作了说明"),
    Did.LEAD_ENDED: _("失职线索的结论：{lead_state}，{opinion}"),
    Did.CONDUCT_SEEN: _("看了履职材料：{reason}"),
    Did.CONDUCT_EXPORTED: _("导出了履职材料，{count} 条隐患"),
    Did.PUBLISHED: _("在社区隐患清单上公开"),
    Did.UNPUBLISHED: _("从社区隐患清单上撤下：{opinion}"),
    Did.AGENDA: _("列为协商议题"),
    Did.OFF_AGENDA: _("不再列为协商议题"),
    Did.REMARK_SHOWN: _("公开了一条居民留言"),
    Did.REMARK_HIDDEN: _("没有公开一条居民留言：{opinion}"),
    Did.HINT_SEEN: _("看过提示，没问题：{opinion}"),
    Did.TIP_SENT: _("居民报来一条随手拍"),
    Did.TIP_HELD: _("随手拍另放着等人看（{tip_held}）"),
    Did.TIP_RELEASED: _("看过了，放回等受理：{opinion}"),
    Did.TIP_FOLDED: _("和另一条随手拍说的是同一件，并过去"),
    Did.TIP_ACCEPTED: _("受理了随手拍，转成隐患"),
    Did.TIP_MERGED: _("受理了随手拍，并到已有的隐患"),
    Did.TIP_DECLINED: _("没有受理随手拍：{opinion}"),
    Did.TIP_FORWARDED: _("随手拍转给{whom}：{opinion}"),
    Did.MUTED: _("暂不受理这个报的人，到 {until}：{opinion}"),
    Did.UNMUTED: _("恢复受理这个报的人：{opinion}"),
    Did.INFORMANT_SEEN: _("看了举报人是谁：{reason}"),
    Did.INFORMANTS_ERASED: _("过了保存期，删掉 {count} 条举报人信息"),
    Did.REWARD_PROPOSED: _("报奖励 {yuan} 元：{opinion}"),
    Did.REWARD_APPROVED: _("批了奖励 {yuan} 元"),
    Did.REWARD_REFUSED: _("没有批奖励：{opinion}"),
    Did.REWARD_PAID: _("发了奖励 {yuan} 元"),
    Did.RECLOCKED: _("放假安排公布了，期限重算：{due_words}"),
    Did.UNWATCHED: _("这里和上级都没有能办这一步的人"),
    Did.EXPORTED: _("导出了 {count} 条隐患"),
    Did.OBJECT_ADDED: _("登记了检查对象"),
    Did.OBJECT_CHANGED: _("改了检查对象"),
    Did.OBJECT_CLOSED: _("检查对象停用：{opinion}"),
    Did.OBJECT_REOPENED: _("检查对象重新启用"),
    Did.OBJECTS_IMPORTED: _("导入了 {count} 处检查对象"),
    Did.OBJECTS_EXPORTED: _("导出了 {count} 行检查台账"),
    Did.KEEPER_SHOWN: _("看了负责人的电话：{opinion}"),
    Did.LINK_RENEWED: _("换了自查链接，旧的作废"),
    Did.PROGRAMME_MADE: _("定了检查计划「{name}」"),
    Did.PROGRAMME_STOPPED: _("停了检查计划：{opinion}"),
    Did.TASKS_LAID: _("排了 {count} 处检查任务"),
    Did.TASKS_MISSED: _("{count} 处检查任务过期没查"),
    Did.NOBODY_INSPECTS: _("{count} 处今天要查，没有能去查的人"),
    Did.VISITED: _("查了一次：{count} 项不合格"),
    Did.PART_EXCUSED: _("没有来的部门不等了：{opinion}"),
    Did.LOOK_ASKED: _("请专业部门看：{opinion}"),
    Did.RISK_ADDED: _("登记了风险点"),
    Did.RISK_CHANGED: _("改了风险点"),
    Did.RISK_REVIEWED: _("复评了风险点：{opinion}"),
    Did.RISK_CLOSED: _("风险点销账：{opinion}"),
    Did.BUNDLED: _("导出了证据包，带 {count} 条封存证明"),
    Did.KIND_DRAFTED: _("拟了隐患类型「{name}」第 {number} 版"),
    Did.KIND_DROPPED: _("丢掉了隐患类型「{name}」第 {number} 版的草稿"),
    Did.KIND_PUBLISHED: _("发布了隐患类型「{name}」第 {number} 版"),
    Did.KIND_RETIRED: _("停用了隐患类型「{name}」"),
    Did.KIND_RESTORED: _("重新启用了隐患类型「{name}」"),
    Did.LIST_DRAFTED: _("拟了检查表「{name}」第 {number} 版"),
    Did.LIST_EDITED: _("改了检查表「{name}」第 {number} 版的草稿：{what}"),
    Did.LIST_DROPPED: _("丢掉了检查表「{name}」第 {number} 版的草稿"),
    Did.LIST_PUBLISHED: _("发布了检查表「{name}」第 {number} 版，{count} 个问题"),
    Did.LIST_RETIRED: _("停用了检查表「{name}」"),
    Did.LIST_RESTORED: _("重新启用了检查表「{name}」"),
}
KEYS = frozenset(
    {Did.REPORTED, Did.CONFIRMED, Did.ASSIGNED, Did.RECTIFIED, Did.NOT_ACCEPTED, Did.ACCEPTED, Did.REOPENED}
)
TYPES: dict[str, Any] = {
    "hazards.hazard": _("隐患"),
    "hazards.export": _("隐患的导出"),
    "hazards.tip": _("居民随手拍"),
    "hazards.neglectlead": _("失职线索"),
    "hazards.conduct": _("履职材料"),
    "hazards.hint": _("提示"),
    "hazards.muted": _("暂不受理的人"),
    "hazards.rewardrow": _("随手拍奖励"),
    "hazards.object": _("检查对象"),
    "hazards.objects": _("检查台账"),
    "hazards.programme": _("检查计划"),
    "hazards.task": _("检查任务"),
    "hazards.tasks": _("排检查任务"),
    "hazards.visit": _("检查记录"),
    "hazards.rounds": _("一天的检查"),
    "hazards.riskpoint": _("风险点"),
    "hazards.kindrow": _("隐患类型"),
    "hazards.checklist": _("检查表"),
}
