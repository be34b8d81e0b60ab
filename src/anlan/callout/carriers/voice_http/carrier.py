"""Telephone calls by a gateway over HTTP that reads a text and asks for a key. README.md tells more."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from anlan.callout import wire, wording
from anlan.callout.carriers import GatewayDown, Handed, Health, Message, tuning
from anlan.callout.carriers.sms_http.carrier import gateway, handed, healthy
from anlan.callout.carriers.tuning import Setting
from anlan.callout.terms import How
from anlan.kernel.ids import uuid7


class Carrier:
    """Has people rung up; how it ended comes back to /gateway/voice_http/events."""

    name = "voice_http"
    label = "电话"
    needs = "phone"
    answers = frozenset({How.LISTENED, How.KEY})
    safe = False
    chunk = 100
    fields = (
        Setting("url", "网关地址", "例：https://voice.example.gov.cn/v1", "url", required=True),
        Setting("key", "客户编号", "网关给的，用来认出我们", required=True, pattern=r"[\w.-]{1,64}"),
        Setting("secret", "签名密钥", "两边各存一份，至少 16 位；存进来就看不到了", "secret", required=True),
        Setting("caller", "主叫号码", "对方手机上显示的号码", pattern=r"[0-9+-]{3,20}"),
        Setting("repeat", "念几遍", "", "number", default=2, least=1, most=5),
        Setting("ring_seconds", "响几秒没人接算没接", "", "number", default=35, least=10, most=90),
        Setting("voice", "用哪个嗓音", "网关的嗓音编号，可以不填", pattern=r"[\w.-]{1,64}"),
    )

    def send_many(self, batch: Sequence[Message], settings: Mapping[str, Any]) -> Sequence[Handed]:
        """Ask for the calls of a batch in one signed request. A gateway without a free line says throttled."""
        tuned = tuning.opened(self.fields, settings)
        key = hashlib.sha256(b"".join(m.key.bytes for m in batch)).hexdigest()[:32]
        payload = {
            "batch": key,
            "caller": tuned["caller"],
            "repeat": tuned["repeat"],
            "ring_seconds": tuned["ring_seconds"],
            "voice": tuned["voice"],
            "calls": [self.ring(m) for m in batch],
        }
        try:
            said = gateway(tuned).post("/calls", payload, idempotency=key, client=wire.shared())
            return [handed(uuid.UUID(one), row) for one, row in wire.results(said, [str(m.key) for m in batch])]
        except (wire.Down, wire.Rejected) as broken:
            raise GatewayDown(broken.reason) from broken

    def ring(self, m: Message) -> dict[str, Any]:
        """Return one call of the request."""
        return {
            "id": str(m.key),
            "to": m.address,
            "text": wording.voice(
                m.title, m.body, name=m.name, needs_answer=m.needs_answer, drill=m.drill, genre=m.genre
            ),
            "keys": ["1", "2"] if m.needs_answer else [],
            "listen_seconds": m.listen_seconds,
        }

    def test(self, settings: Mapping[str, Any], address: str) -> Health:
        """Really ring one number."""
        trial = Message(uuid7(), address, "这是安澜的测试电话", "不用理会，挂断就好", "", needs_answer=False)
        try:
            (came,) = self.send_many([trial], settings)
        except GatewayDown as broken:
            return Health(ok=False, words=f"网关没有收下：{broken}")
        if not came.ok:
            return Health(ok=False, words=f"网关收到了，但不肯拨这个号码：{came.reason}")
        return Health(ok=True, words="网关收下了，等电话响", details={"ref": came.ref})

    def health(self, settings: Mapping[str, Any]) -> Health:
        """Look whether the settings are whole and the gateway answers a signed question."""
        return healthy(self.fields, settings)
