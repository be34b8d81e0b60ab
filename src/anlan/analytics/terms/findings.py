"""What the statistics notice, and what a place may be asked to fill."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Genre(StrEnum):
    """Sorts of findings."""

    RISE = "rise"
    RECURRENCE = "recurrence"
    OVERDUE = "overdue"
    SILENT = "silent"


class FindingState(StrEnum):
    """Where a finding stands. An answered one stays until what it found is over, so that it is not found again."""

    OPEN = "open"
    TASKED = "tasked"
    DISMISSED = "dismissed"
    OVER = "over"


GENRE_NAMES = {
    Genre.RISE: _("突然多了"),
    Genre.RECURRENCE: _("反复发生"),
    Genre.OVERDUE: _("成片超期"),
    Genre.SILENT: _("很久没报"),
}
FINDING_STATES = {
    FindingState.OPEN: ("wait", _("等人看")),
    FindingState.TASKED: ("doing", _("转成了专项任务")),
    FindingState.DISMISSED: ("done", _("看过，不用管")),
    FindingState.OVER: ("done", _("过去了")),
}
FORM_GENRES = {"form": _("表"), "task": _("任务"), "ledger": _("台账"), "system": _("要登录的系统")}
FREQUENCIES = {
    "once": _("一次"), "day": _("每天"), "week": _("每周"), "month": _("每月"), "quarter": _("每季"), "year": _("每年"),
}  # fmt: skip
FORM_STATES = {"asked": ("wait", _("等人审")), "admitted": ("done", _("准入")), "refused": ("done", _("没准入"))}
