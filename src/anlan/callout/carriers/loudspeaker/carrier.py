"""Loudspeakers of the emergency broadcast (应急广播). Its page of documentation is README.md beside this file."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from anlan.callout import wire
from anlan.callout.carriers import Handed, Health, Message, tuning
from anlan.callout.carriers.tuning import Setting
from anlan.callout.models import Speaker
from anlan.callout.services import speakers
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7

DAY = dt.timedelta(days=1)


class Carrier:
    """Speaks to places, not to persons: services/speakers.py sends one order a place; nobody counts as reached."""

    name = "loudspeaker"
    label = "大喇叭"
    needs = ""
    asks = "在哪只上试（终端编码）"
    answers: frozenset[str] = frozenset()
    safe = False
    chunk = 500
    broadcast = True
    page = "callout:speakers"
    fields = (
        Setting("url", "应急广播网关地址", "例：https://gb.example.gov.cn/v1", "url", required=True),
        Setting("key", "客户编号", "网关给的，用来认出我们", required=True, pattern=r"[\w.-]{1,64}"),
        Setting("secret", "签名密钥", "两边各存一份，至少 16 位；存进来就看不到了", "secret", required=True),
        Setting(
            "levels", "哪几级播", "", "choice", default="red orange",
            choices=(("red", "只播红色"), ("red orange", "红色和橙色"), ("red orange yellow", "红、橙、黄")),
        ),
        Setting("night_from", "夜里从几点起只播红色", "几点，0 到 23", "number", default=22, most=23),
        Setting("night_to", "到几点为止", "和上面一样就不分夜里", "number", default=6, most=23),
        Setting("volume", "音量", "百分之几", "number", default=80, least=1, most=100),
        Setting("repeat", "播几遍", "", "number", default=3, least=1, most=20),
        Setting("gap", "每遍隔几秒", "", "number", default=10, most=600),
    )  # fmt: skip

    def send_many(self, batch: Sequence[Message], settings: Mapping[str, Any]) -> Sequence[Handed]:  # noqa: ARG002
        """Refuse persons: channels.usable never chooses a carrier that broadcasts, and if it did nobody is reached."""
        return [Handed(m.key, ok=False, reason="broadcast") for m in batch]

    def take(self, payload: Any) -> tuple[int, int, list[tuple[int, str]]]:
        """Take in the receipts of terminals (services/gateways.py)."""
        return speakers.report(payload)

    def test(self, settings: Mapping[str, Any], address: str) -> Health:
        """Really say one sentence on one terminal."""
        if missing := tuning.lacking(self.fields, settings):
            return Health(ok=False, words=_("还没有设好：") + "、".join(missing))
        speaker = Speaker.objects.filter(code=address).first()
        if speaker is None:
            return Health(ok=False, words=_("没有编码是「%s」的大喇叭") % address)
        tuned = tuning.opened(self.fields, settings)
        key = str(uuid7())
        order = {
            "order": key, "action": "play", "level": "", "priority": 9, "text": "这是应急广播试音。",
            "audio": None, "volume": int(tuned["volume"]), "repeat": 1, "gap": 0, "from": now().isoformat(),
            "until": (now() + dt.timedelta(minutes=5)).isoformat(), "terminals": [address],
        }  # fmt: skip
        try:
            said = _gateway(tuned).post("/orders", order, idempotency=key, client=wire.shared())
            ((_code, row),) = wire.results(said, [address])
        except (wire.Down, wire.Rejected) as broken:
            return Health(ok=False, words=_("网关没有收下：") + broken.reason)
        if row.get("status") != "accepted":
            return Health(ok=False, words=_("网关不肯播：") + str(row.get("reason") or "—")[:80])
        return Health(ok=True, words=_("网关收下了，听听「%s」响没有") % speaker.name)

    def health(self, settings: Mapping[str, Any]) -> Health:
        """Look whether the gateway answers a signed question, and how many terminals have been off for a day."""
        if missing := tuning.lacking(self.fields, settings):
            return Health(ok=False, words=_("还没有设好：") + "、".join(missing))
        try:
            _gateway(tuning.opened(self.fields, settings)).post(
                "/ping", {}, idempotency=str(uuid7()), client=wire.shared()
            )
        except (wire.Down, wire.Rejected) as broken:
            return Health(ok=False, words=_("网关不通：") + broken.reason)
        mine = Speaker.objects.filter(enabled=True)
        gone = mine.filter(online=False, online_since__lt=now() - DAY).count()
        words = _("网关通，%d 只大喇叭") % mine.count()
        return Health(ok=True, words=words + (_("，其中 %d 只离线一天以上") % gone if gone else ""))


def _gateway(tuned: Mapping[str, Any]) -> wire.Gateway:
    return wire.Gateway(tuned["url"], tuned["key"], tuned["secret"])
