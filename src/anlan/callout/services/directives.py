"""What each directive of instruction may and may not ask (WRN-05), beside what the database holds itself."""

from typing import Any

from django.utils.translation import gettext as _

from anlan.callout import role_words
from anlan.callout.models import Call
from anlan.callout.terms import WORK, Directive, Draft, Kind
from anlan.kernel.authority import Conflict
from anlan.kernel.clock import now


def wrong(draft: Draft) -> dict[str, str]:
    """Return what is wrong with a draft as an instruction of its kind, field by field."""
    if draft.directive not in set(Directive):
        return {"directive": _("指令只有通知、提醒、任务、命令四种")}
    found: dict[str, str] = {}
    if draft.directive in WORK and draft.result_due is None:
        found["result_due"] = _("写上最晚什么时候报结果")
    if draft.directive in WORK and draft.result_due is not None and draft.result_due <= now():
        found["result_due"] = _("报结果的时间要在现在以后")
    if draft.directive not in WORK and draft.result_due is not None:
        found["result_due"] = _("只有任务和命令要报结果")
    if draft.directive == Directive.REMINDER:
        for field, text in (("title", draft.title), ("body", draft.body), *_own(draft)):
            if asked := role_words.CHECK_IN.search(text):
                found[field] = _("提醒不能要求{what}；要办事、要结果，请改成任务").format(what=asked[0])
    return found


def _own(draft: Draft) -> list[tuple[str, str]]:
    return [("instructions", text) for text in draft.instructions.values()]


def still_ahead(call: Call) -> None:
    """Raise Conflict where a result would be due before the call begins."""
    if call.result_due is not None and call.result_due <= now():
        raise Conflict(_("报结果的时间已经过了，改了时间再发"))


def carried_on(old: Call, kind: str) -> dict[str, Any]:
    """Return what a call that takes over an older one keeps of it. A cancellation and an all-clear only tell."""
    if kind in {Kind.ALL_CLEAR, Kind.CANCEL}:
        return {
            "directive": Directive.WARNING if old.directive == Directive.WARNING else Directive.NOTICE,
            "sender_path": old.sender_path,
        }
    ahead = old.result_due if old.directive in WORK else None
    return {
        "instructions": old.instructions, "directive": old.directive, "result_due": ahead,
        "sender_path": old.sender_path, "copies": old.copies,
    }  # fmt: skip
