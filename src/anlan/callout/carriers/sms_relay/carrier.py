"""Short messages by an ordinary phone or modem with a SIM. Its page of documentation is README.md beside this file."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from anlan.callout.carriers import Handed, Health, Message, tuning
from anlan.callout.carriers.tuning import Setting
from anlan.callout.models import Relay
from anlan.callout.queries import relays as queries
from anlan.callout.services import relay_work, relaying, relays
from anlan.callout.terms import How
from anlan.kernel.ids import uuid7


class Carrier:
    """Queues each text for the relay of its place; services/relaying.py lets them leave at the SIM's pace."""

    name = "sms_relay"
    label = "短信手机"
    needs = "phone"
    answers = frozenset({How.REPLY, How.LINK})
    safe = False
    chunk = 500
    page = "callout:relays"
    fields = (
        Setting("signature", "短信开头的署名", "不带【】，例：柳荫街道；不填就没有", pattern=r"[\w·]{2,12}"),
        Setting("with_link", "短信里带应答链接", "关掉更短，只能回 1 或 2", "yes", default=True),
        Setting(
            "wait", "最多排多少分钟", "一张卡一分钟发 6 条左右；排不到的马上换规则里的下一个通道", "number",
            default=30, least=1, most=720,
        ),
    )  # fmt: skip

    def send_many(self, batch: Sequence[Message], settings: Mapping[str, Any]) -> Sequence[Handed]:
        """Queue a batch; whoever no relay can reach today, or soon enough, is refused with the reason."""
        return relaying.enqueue(batch, tuning.opened(self.fields, settings))

    def test(self, settings: Mapping[str, Any], address: str) -> Health:
        """Send one text by the living relay that stands highest; each relay's own page tries that one."""
        living = [r for r in Relay.objects.order_by("place_path", "name", "id") if relays.alive(r)]
        if not living:
            return Health(ok=False, words=self.health(settings).words)
        return try_by(living[0], address)

    def health(self, settings: Mapping[str, Any]) -> Health:  # noqa: ARG002 - every relay has its own
        """Count the relays that live, and name those that ail."""
        found = [queries.standing(r) for r in Relay.objects.filter(enabled=True).order_by("place_path", "name", "id")]
        if not found:
            return Health(ok=False, words=_("还没有一部短信手机，先加一部"))
        living = [s for s in found if relays.alive(s.relay)]
        ailing = [s.relay.name for s in found if s.state not in {"ok", "new"}]
        words = _("%(all)d 部里 %(on)d 部在线") % {"all": len(found), "on": len(living)}
        if ailing:
            words += "；" + _("要看一下：") + "、".join(ailing[:5])
        return Health(ok=bool(living), words=words)


def try_by(relay: Relay, address: str) -> Health:
    """Send one test by a relay: one that we post to at once, one that asks when it asks next."""
    trial = Message(uuid7(), address, "这是安澜的一条测试短信", "不用理会", "", needs_answer=False)
    relaying.trial(relay, trial)
    if relay.mode == "pull":
        return Health(ok=True, words=_("排进了「%s」，它来取了就发，看看手机有没有响") % relay.name)
    relay_work.push_due()
    relay.refresh_from_db()
    if relay.texts.filter(id=trial.key, state="sent").exists():
        return Health(ok=True, words=_("「%s」收下了，看看手机有没有响") % relay.name)
    return Health(
        ok=False, words=_("「%(name)s」没有收下：%(why)s") % {"name": relay.name, "why": relay.last_error or "—"}
    )
