"""Electronic mail by SMTP. README.md beside this file tells more."""

import smtplib
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from anlan.callout import wording
from anlan.callout.carriers import GatewayDown, Handed, Health, Message, tuning
from anlan.callout.carriers.tuning import Setting
from anlan.callout.terms import How
from anlan.kernel.ids import uuid7

LATER = range(400, 500)


class Carrier:
    """Sends one mail per person over one connection per batch; the answer comes by the link in it."""

    name = "email"
    label = "电子邮件"
    needs = "email"
    answers = frozenset({How.LINK})
    safe = False
    chunk = 200
    fields = (
        Setting("host", "发信服务器", "例：smtp.example.gov.cn", required=True, pattern=r"[A-Za-z0-9.:-]{1,255}"),
        Setting("port", "端口", "", "number", default=465, least=1, most=65535),
        Setting(
            "security",
            "加密",
            "",
            "choice",
            default="ssl",
            choices=(("ssl", "TLS（465）"), ("starttls", "STARTTLS（587）"), ("none", "不加密，只限内网")),
        ),
        Setting("user", "账号"),
        Setting("password", "密码", "存进来就看不到了", "secret"),
        Setting("sender", "发信人", "例：anlan@example.gov.cn", required=True, pattern=r"[^@\s<>]+@[^@\s<>]+"),
    )

    def send_many(self, batch: Sequence[Message], settings: Mapping[str, Any]) -> Sequence[Handed]:
        """Send a batch. A mailbox that refuses is told apart; a line that breaks half-way leaves the rest for later."""
        tuned = tuning.opened(self.fields, settings)
        line = self.line(tuned)
        try:
            line.open()
        except (OSError, smtplib.SMTPException) as broken:
            raise GatewayDown(f"{type(broken).__name__}: {broken}"[:200]) from broken
        made: list[Handed] = []
        try:
            made.extend(self.send(m, tuned, line) for m in batch)
        except (OSError, smtplib.SMTPException) as broken:
            reason = f"{type(broken).__name__}: {broken}"[:200]
            if not any(h.ok for h in made):
                raise GatewayDown(reason) from broken
            done = {h.key for h in made}
            made.extend(Handed(m.key, ok=False, reason=reason[:80], again=True) for m in batch if m.key not in done)
        finally:
            line.close()
        return made

    def line(self, tuned: Mapping[str, Any]) -> EmailBackend:
        """Return a connection that is not open yet."""
        return EmailBackend(
            host=tuned["host"],
            port=int(tuned["port"]),
            username=tuned["user"] or None,
            password=tuned["password"] or None,
            use_tls=tuned["security"] == "starttls",
            use_ssl=tuned["security"] == "ssl",
            timeout=8,
        )

    def send(self, m: Message, tuned: Mapping[str, Any], line: EmailBackend) -> Handed:
        """Send one mail. Its Message-ID is the key, so that a repeat is seen to be one."""
        subject, text = wording.mail(
            m.title,
            m.body,
            name=m.name,
            link=m.link,
            needs_answer=m.needs_answer,
            drill=m.drill,
            asks_result=m.asks_result,
        )
        domain = tuned["sender"].partition("@")[2]
        headers = {"Message-ID": f"<{m.key}@{domain}>", "Auto-Submitted": "auto-generated"}
        mail = EmailMessage(subject, text, tuned["sender"], [m.address], headers=headers)
        try:
            line.send_messages([mail])
        except smtplib.SMTPRecipientsRefused as refused:
            code, said = next(iter(refused.recipients.values()))
            reason = f"{code} {said.decode(errors='replace')}"[:80]
            return Handed(m.key, ok=False, reason=reason, again=code in LATER)
        return Handed(m.key, ok=True, ref=headers["Message-ID"])

    def test(self, settings: Mapping[str, Any], address: str) -> Health:
        """Really send one mail."""
        trial = Message(uuid7(), address, "安澜的一封测试信", "不用理会", "", needs_answer=False)
        try:
            (came,) = self.send_many([trial], settings)
        except GatewayDown as broken:
            return Health(ok=False, words=f"发信服务器不通：{broken}")
        return Health(ok=came.ok, words="发出去了，看看收件箱" if came.ok else f"对方不收：{came.reason}")

    def health(self, settings: Mapping[str, Any]) -> Health:
        """Look whether the settings are whole and the server lets us in."""
        if missing := tuning.lacking(self.fields, settings):
            return Health(ok=False, words=f"还没有设好：{'、'.join(missing)}")
        line = self.line(tuning.opened(self.fields, settings))
        try:
            line.open()
        except (OSError, smtplib.SMTPException) as broken:
            return Health(ok=False, words=f"发信服务器不通：{type(broken).__name__}: {broken}"[:200])
        line.close()
        return Health(ok=True, words="发信服务器让进")
