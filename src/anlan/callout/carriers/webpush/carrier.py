"""Web Push to the browsers a person has allowed. README.md beside this file tells more."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from anlan.callout import tokens, wording
from anlan.callout.carriers import GatewayDown, Handed, Health, Message, tuning
from anlan.callout.carriers.tuning import Setting
from anlan.callout.carriers.webpush import hosts, wire
from anlan.callout.services import devices, pushing
from anlan.callout.services.devices import Device
from anlan.callout.terms import How
from anlan.kernel.ids import uuid7


class Carrier:
    """Rings every living device of a person; the success of one is success. The answer comes by the link."""

    name = "webpush"
    label = "手机浏览器提醒"
    needs = ""
    asks = "发到谁的设备（用户名）"
    answers = frozenset({How.LINK})
    safe = False
    chunk = 500
    fields = (
        Setting(
            "contact", "出了事找谁", "推送服务商要的联系方式，例：mailto:anlan@example.gov.cn", required=True,
            pattern=r"mailto:[^@\s<>]+@[^@\s<>]+|https://[^\s<>]+",
        ),
        Setting(
            "hosts", "只发给这些推送服务", "用空格隔开，*. 开头是它下面所有的", default=hosts.KNOWN,
            pattern=r"[A-Za-z0-9.* ,-]{1,1000}",
        ),
        Setting("ttl", "对方不在线时留多久（秒）", "过了就不再响", "number", default=3600, least=60, most=86400),
        Setting("lanes", "同时发几条", "", "number", default=16, least=1, most=64),
        Setting(
            "residents", "给居民每秒最多发几条", "0 是不限；和叫应的速度分开算", "number", default=500, most=100_000
        ),
        Setting("proxy", "出口代理", "内网上不了外网时，填代理的网址", "url"),
    )  # fmt: skip

    def send_many(self, batch: Sequence[Message], settings: Mapping[str, Any]) -> Sequence[Handed]:
        """Ring the devices of a batch's persons. Raises GatewayDown where no push service at all could be reached."""
        mine = devices.living({m.person for m in batch if m.person is not None})
        pairs = [(m, device) for m in batch for device in mine.get(m.person or UUID(int=0), ())]
        if not pairs:
            return [Handed(m.key, ok=False, reason="no_device") for m in batch]
        came = self.ring(pairs, settings)
        down = {one.host: one.reason for one in came if one.what == "down"}
        alive = {one.host for one in came if one.what != "down"}
        if down and not alive:
            host, reason = next(iter(down.items()))
            raise GatewayDown(f"{host}: {reason}"[:200])
        devices.settle([(d.id, one.what, one.reason) for (_m, d), one in zip(pairs, came, strict=True)])
        by_message: dict[UUID, list[wire.Came]] = {}
        for (m, _device), one in zip(pairs, came, strict=True):
            by_message.setdefault(m.key, []).append(one)
        return [_handed(m.key, by_message.get(m.key, []), alive) for m in batch]

    def ring(self, pairs: Sequence[tuple[Message, Device]], settings: Mapping[str, Any]) -> list[wire.Came]:
        """Post one push per pair; what a push service finds too large goes once more without its text."""
        line, ttl = pushing.line(settings), int(settings.get("ttl") or 3600)
        pushes = [wire.Push(device.id, device.to, _payload(m), _topic(m), ttl) for m, device in pairs]
        came = wire.post_many(pushes, line)
        large = [i for i, one in enumerate(came) if one.what == "large"]
        short = [replace(pushes[i], payload=_payload(pairs[i][0], brief=True)) for i in large]
        for i, one in zip(large, wire.post_many(short, line), strict=True):
            came[i] = one
        return came

    def test(self, settings: Mapping[str, Any], address: str) -> Health:
        """Ring the devices of one account."""
        if missing := tuning.lacking(self.fields, settings):
            return Health(ok=False, words=f"还没有设好：{'、'.join(missing)}")
        person = devices.person_named(address)
        if person is None:
            return Health(ok=False, words=f"没有叫「{address}」的账号")
        try:
            (came,) = self.send_many([trial(person)], settings)
        except GatewayDown as broken:
            return Health(ok=False, words=f"推送服务不通：{broken}")
        if came.reason == "no_device":
            return Health(ok=False, words="这个人还没有打开提醒的设备")
        return Health(ok=came.ok, words="发出去了，看看手机响没响" if came.ok else f"对方不收：{came.reason}")

    def health(self, settings: Mapping[str, Any]) -> Health:
        """Look whether the settings are whole and a line opens to each push service that our devices need."""
        if missing := tuning.lacking(self.fields, settings):
            return Health(ok=False, words=f"还没有设好：{'、'.join(missing)}")
        needed = devices.hosts()
        if not needed:
            return Health(ok=True, words="设好了，还没有人打开提醒")
        line = pushing.line(settings)
        found = dict(wire.reaches([h for h in needed if h != "127.0.0.1"], line))
        broken = [f"{host}（{needed[host]} 台，{why}）" for host, why in found.items() if why]
        if broken:
            return Health(ok=False, words=f"连不上：{'、'.join(broken)}", details=found)
        return Health(ok=True, words=f"{sum(needed.values())} 台设备的推送服务都连得上", details=found)


def trial(person: UUID) -> Message:
    """Return a message that says it is only a trial."""
    words = _("安澜的一条试发提醒"), _("收到就好，不用理会。真的叫应也会这样响。")
    return Message(uuid7(), "", words[0], words[1], "/settings/reminders", person=person, needs_answer=False)


def _payload(m: Message, *, brief: bool = False) -> bytes:
    """Return what the service worker reads: title, text, where a click leads, the receipt's key and its proof."""
    text = "" if brief else wording.heard("", m.body, drill=m.drill) if m.body.strip() != m.title.strip() else ""
    values = {
        "t": m.title[:120], "b": text, "u": m.link or "/inbox", "k": str(m.key), "p": tokens.acknowledgement(m.key),
        "g": str(m.obligation or m.key), "l": "zh-CN",
    }  # fmt: skip
    return wire.payload(values)


def _topic(m: Message) -> str:
    """Return one topic per duty: a repeat replaces what still waits at the push service. 32 letters at most."""
    about = (m.obligation or m.key).bytes
    return base64.urlsafe_b64encode(hashlib.sha256(about).digest()[:24]).decode()


def _handed(key: UUID, came: Sequence[wire.Came], alive: set[str]) -> Handed:
    """Sum up a person's devices: one that took it is enough; a throttled one is asked again.

    A service that is down while others work does not hold the message: the next carrier of the policy takes it.
    """
    if not came:
        return Handed(key, ok=False, reason="no_device")
    good = next((one for one in came if one.what == "ok"), None)
    if good:
        return Handed(key, ok=True, ref=good.ref[-80:])
    later = any(one.what == "later" or (one.what == "down" and one.host in alive) for one in came)
    if all(one.what == "gone" for one in came):
        return Handed(key, ok=False, reason="no_device")
    return Handed(key, ok=False, reason=came[0].reason[:80], again=later)
