"""Messages of an application's bot in Feishu (飞书). Its page of documentation is README.md beside this file."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from anlan.callout import wire
from anlan.callout.carriers import (
    NO_ACCOUNT,
    Asked,
    Callback,
    GatewayDown,
    Handed,
    Health,
    Heard,
    Message,
    chat,
    tuning,
)
from anlan.callout.carriers.feishu import cards, events
from anlan.callout.carriers.tuning import Setting
from anlan.callout.terms import How, ReceiptState, Report
from anlan.kernel.ids import uuid7
from anlan.people.terms import AddressKind

HOST = "https://open.feishu.cn"
EXPIRED = {99991661, 99991663, 99991664, 99991671}  # the token is missing, wrong or over: fetch another, once
BUSY = {99991400, 11232, 11233, 11247, 230020}  # too many calls, too many messages, too many to one person
NOBODY = {230034, 99992351, 99992352, 99992361, 230001}  # no such id, none of this application, or malformed
NOT_HIS = {230013, 230029}  # the person may not see the application; has left
ALIKE = 200  # ids in one message
PHONES = 50  # numbers in one question


class Carrier:
    """Sends cards: with a 收到 button where the callback is set up, with the personal link always."""

    name = "feishu"
    label = "飞书"
    needs = "feishu"
    answers = frozenset({How.KEY, How.REPLY, How.LINK})
    safe = False
    chunk = 200
    address = AddressKind(
        "feishu", "飞书账号", ("飞书账号", "飞书", "飞书OpenID", "飞书openid", "飞书ID", "feishu"), r"[\w.@-]{1,64}",
        "这个应用里的 Open ID，ou_ 开头；有手机号的能自动找到",
    )  # fmt: skip
    fields = (
        Setting("app_id", "App ID", "开放平台里企业自建应用的凭证，cli_ 开头", required=True, pattern=r"[\w-]{4,64}"),
        Setting("app_secret", "App Secret", "存进来就看不到了", "secret", required=True),
        Setting("encrypt_key", "Encrypt Key", "填了这两样，卡片上才有「收到」按钮、才知道谁看了", "secret"),
        Setting("verify", "Verification Token", "和 Encrypt Key 在「事件与回调 › 加密策略」里", "secret"),
        Setting("lookup", "按手机号找账号", "每几分钟替没有飞书账号的人找一找", "yes", default=True),
        Setting("url", "接口地址", "私有化部署、Lark 才改", "url", default=HOST),
    )

    def send_many(self, batch: Sequence[Message], settings: Mapping[str, Any]) -> Sequence[Handed]:
        """Send each person a card; those who are only told, and told the same, by two hundred in one request."""
        tuned = tuning.opened(self.fields, settings)
        parts = chat.groups(batch, lambda m: f"{cards.title(m)}\n{cards.text(m)}", most=ALIKE)
        return chat.send(parts, lambda part: self.hand(part, tuned))

    def hand(self, part: Sequence[Message], tuned: Mapping[str, Any]) -> list[Handed]:
        """Send one card to everybody in a part. Raises wire.Down, or wire.Rejected for a wrong setting."""
        first = part[0]
        card = cards.card(first, pressed=bool(tuned["encrypt_key"] and tuned["verify"]))
        body: dict[str, Any]
        if len(part) == 1:
            body = {"receive_id": first.address, "msg_type": "interactive", "content": orjson.dumps(card).decode(),
                    "uuid": first.key.hex}  # fmt: skip
            said = call(tuned, "POST", "/open-apis/im/v1/messages?receive_id_type=open_id", body)
        else:
            body = {"open_ids": [m.address for m in part], "msg_type": "interactive", "card": card}
            said = call(tuned, "POST", "/open-apis/message/v4/batch_send/", body)
        code = said.get("code")
        if code in BUSY:
            return [Handed(m.key, ok=False, reason="throttled", again=True) for m in part]
        if code in NOBODY and len(part) == 1:
            return [Handed(first.key, ok=False, reason=NO_ACCOUNT)]
        if code in NOT_HIS and len(part) == 1:
            return [Handed(first.key, ok=False, reason="not_visible")]
        if code != 0:
            raise wire.Rejected(told(said))
        data = _object(said.get("data"))
        listed = data.get("invalid_open_ids")
        lost = set(listed) if isinstance(listed, list) else set()
        ref = str(data.get("message_id") or "")[:80]
        return [
            Handed(m.key, ok=False, reason=NO_ACCOUNT) if m.address in lost else Handed(m.key, ok=True, ref=ref)
            for m in part
        ]

    def poll(self, asked: Sequence[Asked], settings: Mapping[str, Any]) -> list[Report]:
        """Ask who has read each message sent to one person; of messages sent to many nothing is known by person."""
        tuned = tuning.opened(self.fields, settings)
        reports: list[Report] = []
        for one in asked:
            if not one.ref.startswith("om_"):
                continue
            path = f"/open-apis/im/v1/messages/{one.ref}/read_users?user_id_type=open_id&page_size=20"
            try:
                said = call(tuned, "GET", path, None)
            except (wire.Down, wire.Rejected) as broken:
                if reports:
                    break
                raise GatewayDown(broken.reason) from broken
            if said.get("code") in BUSY:
                break
            items = _object(said.get("data")).get("items")
            readers = [_object(item) for item in items] if isinstance(items, list) else []
            mine = [r for r in readers if r.get("user_id") == one.address]
            if mine:
                reports.append(Report(one.key, ReceiptState.READ, at=_moment(mine[0].get("timestamp"))))
        return reports

    def find_many(self, phones: Sequence[str], settings: Mapping[str, Any]) -> dict[str, str]:
        """Return the Open ID of each number, fifty in one question. Raises GatewayDown."""
        tuned = tuning.opened(self.fields, settings)
        found: dict[str, str] = {}
        for at in range(0, len(phones), PHONES):
            some = list(phones[at : at + PHONES])
            path = "/open-apis/contact/v3/users/batch_get_id?user_id_type=open_id"
            try:
                said = call(tuned, "POST", path, {"mobiles": some})
            except (wire.Down, wire.Rejected) as broken:
                raise GatewayDown(broken.reason) from broken
            if said.get("code") != 0:
                break
            rows = _object(said.get("data")).get("user_list")
            known = [_object(row) for row in rows] if isinstance(rows, list) else []
            found |= dict.fromkeys(some, "")
            found |= {str(r.get("mobile")): str(r.get("user_id") or "") for r in known if r.get("mobile") in some}
        return found

    def hear(self, callback: Callback, settings: Mapping[str, Any]) -> Heard:
        """Read a callback: a pressed button, a message read, a word written to the bot, the address being tried."""
        return events.hear(callback, tuning.opened(self.fields, settings))

    def test(self, settings: Mapping[str, Any], address: str) -> Health:
        """Really send one card to an account."""
        trial = Message(uuid7(), address, "这是安澜的一条测试消息", "不用理会", "", needs_answer=False)
        try:
            (came,) = self.send_many([trial], settings)
        except GatewayDown as broken:
            return Health(ok=False, words=f"飞书没有收下：{broken}")
        if not came.ok:
            why = {NO_ACCOUNT: "没有这个账号", "not_visible": "他不在应用的可用范围里"}.get(came.reason, came.reason)
            return Health(ok=False, words=f"飞书不肯发给他：{why}")
        return Health(ok=True, words="飞书收下了，看看手机有没有响", details={"ref": came.ref})

    def health(self, settings: Mapping[str, Any]) -> Health:
        """Look whether the settings are whole, the credentials are good and the bot is switched on."""
        if missing := tuning.lacking(self.fields, settings):
            return Health(ok=False, words=f"还没有设好：{'、'.join(missing)}")
        tuned = tuning.opened(self.fields, settings)
        try:
            said = call(tuned, "GET", "/open-apis/bot/v3/info", None)
        except (wire.Down, wire.Rejected) as broken:
            return Health(ok=False, words=f"飞书不通：{broken.reason}")
        if said.get("code") != 0:
            return Health(ok=False, words=f"飞书不认这个应用：{told(said)}")
        name = str(_object(said.get("bot")).get("app_name") or "")[:20]
        button = "卡片带「收到」按钮" if tuned["encrypt_key"] and tuned["verify"] else "没设回调，只能点链接应"
        return Health(ok=True, words=f"飞书通，机器人是「{name}」；{button}")


def call(tuned: Mapping[str, Any], method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
    """Ask the service with a token, and once more with a fresh one. Raises wire.Down, wire.Rejected (no token)."""
    key = ("feishu", tuned["url"], tuned["app_id"], tuned["app_secret"])
    refused = ""
    said: dict[str, Any] = {}
    for _try in range(2):
        refused = chat.token(key, lambda: _token(tuned), not_this=refused)
        status, said = chat.ask(method, tuned["url"] + path, json=body, bearer=refused)
        if status == 429:
            return {"code": 99991400}
        if said.get("code") not in EXPIRED:
            break
    return said


def _token(tuned: Mapping[str, Any]) -> chat.Token:
    asked = {"app_id": tuned["app_id"], "app_secret": tuned["app_secret"]}
    _status, said = chat.ask("POST", f"{tuned['url']}/open-apis/auth/v3/tenant_access_token/internal", json=asked)
    if said.get("code") != 0 or not said.get("tenant_access_token"):
        raise wire.Rejected(f"拿不到凭证，{told(said)}")
    return str(said["tenant_access_token"]), float(said.get("expire") or 7200)


def told(said: Mapping[str, Any]) -> str:
    """Return a refusal for the settings page: the code and the beginning of its words."""
    return f"{said.get('code')} {str(said.get('msg') or '')[:80]}".strip()


def _object(said: Any) -> dict[str, Any]:
    return said if isinstance(said, dict) else {}


def _moment(said: Any) -> dt.datetime | None:
    """Return a time of the service (milliseconds as a text); None for anything else."""
    try:
        return dt.datetime.fromtimestamp(int(str(said)) / 1000, dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None
