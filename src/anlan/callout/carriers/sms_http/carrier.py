"""Short messages by a gateway over HTTP. Its page of documentation is README.md beside this file."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from anlan.callout import events, wire, wording
from anlan.callout.carriers import GatewayDown, Handed, Health, Message, tuning
from anlan.callout.carriers.tuning import Setting
from anlan.callout.terms import How
from anlan.kernel.ids import uuid7

THROTTLED = frozenset({"throttled", "again", "busy"})


class Carrier:
    """Submits batches of short messages; replies and delivery reports come back to /gateway/sms_http/events."""

    name = "sms_http"
    label = "短信"
    needs = "phone"
    answers = frozenset({How.REPLY, How.LINK})
    safe = False
    chunk = 500
    fields = (
        Setting("url", "网关地址", "例：https://sms.example.gov.cn/v1", "url", required=True),
        Setting("key", "客户编号", "网关给的，用来认出我们", required=True, pattern=r"[\w.-]{1,64}"),
        Setting("secret", "签名密钥", "两边各存一份，至少 16 位；存进来就看不到了", "secret", required=True),
        Setting("signature", "短信签名", "报备过的，不带【】，例：安澜应急", required=True, pattern=r"[\w·]{2,12}"),
        Setting("template_first", "叫应模板号", "报备过的模板编号，第一次叫和重复叫用", required=True),
        Setting("template_change", "更正模板号", "不填就用叫应模板"),
        Setting("template_cancel", "取消模板号", "不填就用叫应模板"),
        Setting("template_all_clear", "解除模板号", "不填就用叫应模板"),
        Setting("template_check", "核号码模板号", "问「您还是某某吗」用；不填就用叫应模板"),
        Setting("template_test", "联络测试模板号", "不填就用叫应模板"),
        Setting("with_link", "短信里带应答链接", "关掉更短，只能回 1 或 2", "yes", default=True),
    )

    def send_many(self, batch: Sequence[Message], settings: Mapping[str, Any]) -> Sequence[Handed]:
        """Hand a batch over in one signed request; the gateway answers for each message."""
        tuned = tuning.opened(self.fields, settings)
        payload = {
            "batch": _batch_key(batch),
            "signature": tuned["signature"],
            "messages": [self.message(m, tuned) for m in batch],
        }
        try:
            said = gateway(tuned).post("/messages", payload, idempotency=payload["batch"], client=wire.shared())
            return [handed(uuid.UUID(key), row) for key, row in wire.results(said, [str(m.key) for m in batch])]
        except (wire.Down, wire.Rejected) as broken:
            raise GatewayDown(broken.reason) from broken

    def message(self, m: Message, tuned: Mapping[str, Any]) -> dict[str, Any]:
        """Return one message of the request: the text whole, and apart for a gateway that fills templates."""
        link = m.link if tuned["with_link"] else ""
        text = wording.sms(
            m.title,
            m.body,
            link=link,
            signature=tuned["signature"],
            needs_answer=m.needs_answer,
            drill=m.drill,
            genre=m.genre,
            asks_result=m.asks_result,
        )
        return {
            "id": str(m.key),
            "to": m.address,
            "text": text.text,
            "segments": text.segments,
            "template": tuned.get(f"template_{m.genre or m.kind}") or tuned["template_first"],
            "params": {"title": m.title, "body": m.body, "link": link},
        }

    def test(self, settings: Mapping[str, Any], address: str) -> Health:
        """Really send one message to a number."""
        trial = Message(uuid7(), address, "这是安澜的一条测试短信", "不用理会", "", needs_answer=False)
        try:
            (came,) = self.send_many([trial], settings)
        except GatewayDown as broken:
            return Health(ok=False, words=f"网关没有收下：{broken}")
        if not came.ok:
            return Health(ok=False, words=f"网关收到了，但不肯发这个号码：{came.reason}")
        return Health(ok=True, words="网关收下了，看看手机有没有响", details={"ref": came.ref})

    def health(self, settings: Mapping[str, Any]) -> Health:
        """Look whether the settings are whole and the gateway answers a signed question."""
        return healthy(self.fields, settings)


def _batch_key(batch: Sequence[Message]) -> str:
    """Return a key that the same messages make again."""
    return hashlib.sha256(b"".join(m.key.bytes for m in batch)).hexdigest()[:32]


def gateway(tuned: Mapping[str, Any]) -> wire.Gateway:
    """Return the gateway that the settings name."""
    return wire.Gateway(tuned["url"], tuned["key"], tuned["secret"])


def handed(key: uuid.UUID, row: Mapping[str, Any]) -> Handed:
    """Read what a gateway said of one message. Silence about it is to be tried again: the key keeps it single."""
    status, reason = str(row.get("status", "")), str(row.get("reason") or "")[:80]
    if status == "accepted":
        return Handed(key, ok=True, ref=str(row.get("gateway_id") or "")[:80])
    if status in THROTTLED or not row:
        return Handed(key, ok=False, reason=reason or "throttled", again=True)
    dead = events.dead_reason(reason)
    return Handed(key, ok=False, reason=dead or reason or status or "rejected", dead=bool(dead))


def healthy(fields: Sequence[Setting], settings: Mapping[str, Any]) -> Health:
    """Ask a gateway for nothing: an empty batch proves address, key and secret."""
    if missing := tuning.lacking(fields, settings):
        return Health(ok=False, words=f"还没有设好：{'、'.join(missing)}")
    tuned = tuning.opened(fields, settings)
    began = dt.datetime.now(dt.UTC)
    try:
        gateway(tuned).post("/ping", {}, idempotency=str(uuid7()), client=wire.shared())
    except (wire.Down, wire.Rejected) as broken:
        return Health(ok=False, words=f"网关不通：{broken.reason}")
    took = (dt.datetime.now(dt.UTC) - began).total_seconds()
    return Health(ok=True, words=f"网关通，{took * 1000:.0f} 毫秒")
