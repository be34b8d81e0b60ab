"""How states, findings and trails read on pages."""

import datetime as dt
import re
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anlan.alerts import queries, terms
from anlan.alerts.models import Alert, Notice
from anlan.kernel.authority import Actor, Refused
from anlan.kernel.clock import CHINA
from anlan.kernel.tables import to_xlsx
from anlan.ledger import queries as ledger

STATES = {
    terms.AlertState.ACTIVE: ("doing", gettext_lazy("生效中")),
    terms.AlertState.SUPERSEDED: ("done", gettext_lazy("已更新")),
    terms.AlertState.CANCELLED: ("done", gettext_lazy("已解除")),
    terms.AlertState.EXPIRED: ("done", gettext_lazy("已过期")),
}
NOTICE_STATES = {
    terms.NoticeState.DRAFT: ("wait", gettext_lazy("草稿")),
    terms.NoticeState.WAITING: ("doing", gettext_lazy("等人批准")),
    terms.NoticeState.SENT: ("doing", gettext_lazy("已发出")),
    terms.NoticeState.REVIEW: ("late", gettext_lazy("紧急发出，等补审")),
    terms.NoticeState.WITHDRAWN: ("done", gettext_lazy("已撤回")),
    terms.NoticeState.EXPIRED: ("done", gettext_lazy("已过期")),
    terms.NoticeState.DROPPED: ("done", gettext_lazy("没有发")),
}
WEIGHTS = {
    "error": ("late", gettext_lazy("错误")),
    "warning": ("doing", gettext_lazy("提醒")),
    "note": ("wait", gettext_lazy("说明")),
}
KINDS = {
    "Alert": gettext_lazy("发布"),
    "Update": gettext_lazy("更新"),
    "Cancel": gettext_lazy("解除"),
    "Ack": gettext_lazy("回执"),
    "Error": gettext_lazy("差错通知"),
}
STATUSES = {
    "Actual": gettext_lazy("实际发布"),
    "Exercise": gettext_lazy("演练"),
    "System": gettext_lazy("系统自用消息"),
    "Test": gettext_lazy("测试"),
    "Draft": gettext_lazy("草稿，没有发布"),
}
LAYOUTS = {
    "cap-1.0": gettext_lazy("CAP 1.0"),
    "cap-1.1": gettext_lazy("CAP 1.1"),
    "cap-1.2": gettext_lazy("CAP 1.2"),
    "12379-list": gettext_lazy("12379 预警列表"),
    "nmc-row": gettext_lazy("中央气象台预警列表"),
    "cma-api": gettext_lazy("气象预警接口"),
}
LEVELS = [
    ("red", gettext_lazy("红色")),
    ("orange", gettext_lazy("橙色")),
    ("yellow", gettext_lazy("黄色")),
    ("blue", gettext_lazy("蓝色")),
]


def actor(request: HttpRequest) -> Actor:
    """Return who acts. Raises Refused for an account without a person."""
    by: Actor | None = getattr(request, "actor", None)
    if by is None:
        raise Refused(terms.Can.SEE, "")
    return by


def status(found: Alert) -> str:
    """Say in words whether an alert is real; a word that no standard knows is quoted as it came."""
    return str(STATUSES.get(found.status) or _("不认识的状态「{status}」").format(status=found.status))


def row(alert: Alert, where: dict[UUID, str]) -> dict[str, Any]:
    """Return a line of a list."""
    kind, words = STATES[terms.AlertState(alert.state)]
    return {
        "alert": alert,
        "title": queries.title_of(alert),
        "where": where.get(alert.id, "") or _("没有对上地方"),
        "state_kind": kind,
        "state": words,
        "msg": KINDS.get(alert.msg_type, alert.msg_type),
        "past": alert.state != terms.AlertState.ACTIVE,
    }


def trail(subject: UUID, by: Actor) -> list[dict[str, Any]]:
    """Return what was done to a thing, newest first, for the timeline."""
    return ledger.told(ledger.trail(subject_id=subject, by=by, limit=40))


def day(text: str) -> dt.date | None:
    """Read the date of a filter; anything else is no filter."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def instant(text: str) -> dt.datetime | None:
    """Read what a datetime-local field gives, on China's wall clock. Raises ValueError."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=CHINA) if text.strip() else None


def stated(notice: Notice) -> tuple[str, Any]:
    """Return the mark of a notice's state."""
    return NOTICE_STATES[terms.NoticeState(notice.state)]


def workbook(name: str, header: list[str], rows: list[tuple[object, ...]]) -> HttpResponse:
    """Return a table as a file for a spreadsheet."""
    safe = re.sub(r"[^\w.-]", "-", name)
    answer = HttpResponse(
        to_xlsx(header, rows, title=name[:30]),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    answer["Content-Disposition"] = f"attachment; filename=\"alerts.xlsx\"; filename*=UTF-8''{_quoted(safe)}.xlsx"
    return answer


def _quoted(text: str) -> str:
    return "".join(
        c if c.isascii() and (c.isalnum() or c in "-_.") else "".join(f"%{b:02X}" for b in c.encode()) for c in text
    )
