"""Residents' 随手拍 without an account: where one stands, why one is not taken, what a reward went through (HZD-13)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.utils.translation import gettext_lazy as _


class TipState(StrEnum):
    """Where a tip stands. `held`: over a limit or suspect, it waits for somebody to look; `folded`: said twice."""

    RECEIVED = "received"
    HELD = "held"
    FOLDED = "folded"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    FORWARDED = "forwarded"


class Held(StrEnum):
    """Why a tip waits apart."""

    NONE = ""
    NETWORK = "network"
    DEVICE = "device"
    MACHINE = "machine"
    MUTED = "muted"


class RewardState(StrEnum):
    """A reward is proposed by one person, approved by another, then paid."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    PAID = "paid"


TIP_NAMES = {
    TipState.RECEIVED: ("wait", _("等受理")),
    TipState.HELD: ("wait", _("另放着，等人看")),
    TipState.FOLDED: ("done", _("和另一条说的是同一件")),
    TipState.ACCEPTED: ("doing", _("受理了")),
    TipState.DECLINED: ("done", _("没有受理")),
    TipState.FORWARDED: ("done", _("转出去了")),
}
HELD_NAMES = {
    Held.NETWORK: _("同一个网络一下子报得太多"),
    Held.DEVICE: _("同一台设备一下子报得太多"),
    Held.MACHINE: _("像是机器填的"),
    Held.MUTED: _("报的人在暂不受理名单上"),
}
REWARD_NAMES = {
    RewardState.PROPOSED: ("wait", _("等批")),
    RewardState.APPROVED: ("doing", _("批了，等领")),
    RewardState.REFUSED: ("done", _("没有批")),
    RewardState.PAID: ("done", _("领走了")),
}
DECLINES = (  # templates: the officer may write another
    _("说的地方找不到。请写清楚小区、楼栋，再报一次。"),
    _("去看过了，现在没有这个情况。"),
    _("已经有人报过，正在整改。"),
    _("不是安全隐患。请拨 12345，或者到社区当面说。"),
    _("不在我们管的范围里。请拨 12345。"),
)
RECEIPT_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that reads like something else (no 0 O 1 I L U)


@dataclass(frozen=True, slots=True)
class Sender:
    """Whoever sends, as keyed hashes alone: of the network (IPv4 address, IPv6 /64) and of the browser's cookie."""

    network: bytes = b""
    device: bytes = b""


@dataclass(frozen=True, slots=True)
class Said:
    """A tip as the public page hands it in. `client` makes it idempotent; `hasty`: filled in as machines do."""

    text: str
    client: UUID
    place: str = ""
    community: str = ""
    where: str = ""
    lon: float | None = None
    lat: float | None = None
    accuracy: float | None = None
    name: str = ""
    phone: str = ""
    photos: Sequence[bytes] = ()
    hasty: bool = False
    language: str = "zh"
    seen_at: dt.datetime | None = None
