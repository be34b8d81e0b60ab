"""What pages of call-out call by code: carriers, reasons, steps of a receipt, ways of answering."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from anlan.callout.carriers import discover
from anlan.callout.terms import VALUES, Part

STEPS: dict[str, Any] = {
    "queued": _("排着队"),
    "handing": _("正在交给网关"),
    "handed": _("交给了网关"),
    "delivered": _("送到了"),
    "read": _("看了（看了不算应）"),
    "answered": _("应了"),
    "failed": _("没成"),
}
HOWS: dict[str, Any] = VALUES["how"]
PARTS: dict[str, Any] = {Part.SELF: _("本人"), Part.DEPUTY: _("B⁠岗"), Part.SUPERIOR: _("上级"), "proxy": _("代记的人")}
UNPLACED: dict[str, Any] = {
    "unknown_id": _("网关报来的编号，我们没发过"),
    "unknown_number": _("有人回短信，名册里没有这个号码"),
    "shared_number": _("两个人共用这个号码，不知道是谁应的"),
    "owes_nothing": _("有人回短信，可他现在没有要应的事"),
    "unclear": _("回了短信，看不懂是不是应了"),
    "bad_event": _("网关报来的东西读不懂"),
}


def carrier(name: str) -> str:
    """Return what a carrier is called."""
    found = discover().get(name)
    return str(found.label) if found else name
