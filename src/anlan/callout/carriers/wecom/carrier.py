"""Messages of an application in WeCom (企业微信). Its page of documentation is README.md beside this file."""

from collections.abc import Mapping, Sequence
from typing import Any

from anlan.callout import wire, wording
from anlan.callout.carriers import NO_ACCOUNT, Callback, GatewayDown, Handed, Health, Heard, Message, chat, tuning
from anlan.callout.carriers.tuning import Setting
from anlan.callout.carriers.wecom import events
from anlan.callout.terms import Genre, How
from anlan.kernel.ids import uuid7
from anlan.people.terms import AddressKind

HOST = "https://qyapi.weixin.qq.com"
EXPIRED = {40014, 42001, 41001}  # the token is wrong, over or missing: fetch another, once
BUSY = {-1, 45009, 45033}  # busy, too many in a minute, too many at once
NOBODY = {81013, 60111, 40003}  # none of the accounts exists, or none may see the application
UNKNOWN = 46004  # of a number: nobody in the company has it
ALIKE = 1000  # accounts in one message
BUTTONS = [{"text": "收到", "style": 1, "key": "yes"}, {"text": "去不了", "style": 2, "key": "no"}]
LONGEST = 2048  # bytes of a text


class Carrier:
    """Sends cards with a 收到 button where the callback is set up, cards with the personal link where it is not."""

    name = "wecom"
    label = "企业微信"
    needs = "wecom"
    answers = frozenset({How.KEY, How.REPLY, How.LINK})
    safe = False
    chunk = 200
    address = AddressKind(
        "wecom", "企业微信账号", ("企业微信账号", "企业微信", "企微账号", "企微", "企业微信号", "wecom"),
        r"[\w.@-]{1,64}", "通讯录里的「账号」，不是姓名，例：lixiaoman",
    )  # fmt: skip
    fields = (
        Setting("corp_id", "企业 ID", "管理后台「我的企业」最下面，ww 开头", required=True, pattern=r"[\w-]{4,64}"),
        Setting("agent_id", "应用 AgentId", "自建应用的详情页里", "number", required=True, least=1, most=10**9),
        Setting("app_secret", "应用 Secret", "和 AgentId 在一页；存进来就看不到了", "secret", required=True),
        Setting("token", "回调 Token", "填了这两样，卡片上才有「收到」按钮", "secret"),
        Setting("aes_key", "回调 EncodingAESKey", "43 位，和 Token 一起在「接收消息」里设", "secret"),
        Setting("lookup", "按手机号找账号", "查错太多企业微信会停用一天，名册号码准了再开", "yes"),
        Setting("url", "接口地址", "私有化部署才改", "url", default=HOST),
    )

    def send_many(self, batch: Sequence[Message], settings: Mapping[str, Any]) -> Sequence[Handed]:
        """Send each person a card; those who are only told, and told the same, by a thousand in one request."""
        tuned = tuning.opened(self.fields, settings)
        parts = chat.groups(batch, plain, most=ALIKE)
        return chat.send(parts, lambda part: self.hand(part, tuned))

    def hand(self, part: Sequence[Message], tuned: Mapping[str, Any]) -> list[Handed]:
        """Send one message to everybody in a part. Raises wire.Down, or wire.Rejected for a wrong setting."""
        body = {
            "touser": "|".join(m.address for m in part),
            "agentid": tuned["agent_id"],
            **content(part[0], pressed=bool(tuned["token"] and tuned["aes_key"])),
            "enable_duplicate_check": 1,
            "duplicate_check_interval": 600,
        }
        said = call(tuned, "/cgi-bin/message/send", body)
        code = said.get("errcode")
        if code in BUSY:
            return [Handed(m.key, ok=False, reason="throttled", again=True) for m in part]
        if code in NOBODY:
            return [Handed(m.key, ok=False, reason=NO_ACCOUNT) for m in part]
        if code != 0:
            raise wire.Rejected(told(said))
        lost = {who.casefold() for name in ("invaliduser", "unlicenseduser") for who in _list(said.get(name))}
        ref = str(said.get("msgid") or "")[:80]
        return [
            Handed(m.key, ok=False, reason=NO_ACCOUNT)
            if m.address.casefold() in lost
            else Handed(m.key, ok=True, ref=ref)
            for m in part
        ]

    def find_many(self, phones: Sequence[str], settings: Mapping[str, Any]) -> dict[str, str]:
        """Return the account of each number; the rest is left out once the service says that it is enough."""
        tuned = tuning.opened(self.fields, settings)
        found: dict[str, str] = {}
        for phone in phones:
            try:
                said = call(tuned, "/cgi-bin/user/getuserid", {"mobile": phone})
            except (wire.Down, wire.Rejected) as broken:
                raise GatewayDown(broken.reason) from broken
            if said.get("errcode") == 0:
                found[phone] = str(said.get("userid") or "")
            elif said.get("errcode") == UNKNOWN:
                found[phone] = ""
            else:
                break
        return found

    def hear(self, callback: Callback, settings: Mapping[str, Any]) -> Heard:
        """Read a callback: a pressed button, a word written to the application, or the service trying the address."""
        return events.hear(callback, tuning.opened(self.fields, settings))

    def test(self, settings: Mapping[str, Any], address: str) -> Health:
        """Really send one message to an account."""
        trial = Message(uuid7(), address, "这是安澜的一条测试消息", "不用理会", "", needs_answer=False)
        try:
            (came,) = self.send_many([trial], settings)
        except GatewayDown as broken:
            return Health(ok=False, words=f"企业微信没有收下：{broken}")
        if not came.ok:
            why = "没有这个账号，或者他不在应用的可见范围里" if came.reason == NO_ACCOUNT else came.reason
            return Health(ok=False, words=f"企业微信不肯发给他：{why}")
        return Health(ok=True, words="企业微信收下了，看看手机有没有响", details={"ref": came.ref})

    def health(self, settings: Mapping[str, Any]) -> Health:
        """Look whether the settings are whole, the secret is good and the application is there."""
        if missing := tuning.lacking(self.fields, settings):
            return Health(ok=False, words=f"还没有设好：{'、'.join(missing)}")
        tuned = tuning.opened(self.fields, settings)
        try:
            said = call(tuned, "/cgi-bin/agent/get", None, agentid=str(tuned["agent_id"]))
        except (wire.Down, wire.Rejected) as broken:
            return Health(ok=False, words=f"企业微信不通：{broken.reason}")
        if said.get("errcode") != 0:
            return Health(ok=False, words=f"企业微信不认这个应用：{told(said)}")
        button = "卡片带「收到」按钮" if tuned["token"] and tuned["aes_key"] else "没设回调，只能点链接应"
        return Health(ok=True, words=f"企业微信通，应用是「{str(said.get('name') or '')[:20]}」；{button}")


def plain(m: Message) -> str:
    """Return the words of a message."""
    return chat.cut(chat.again(m) + wording.heard(m.title, m.body, drill=m.drill), LONGEST)


def content(m: Message, *, pressed: bool) -> dict[str, Any]:
    """Return what a message says: a card with buttons, a card with a link, or plain words."""
    if not m.link:
        return {"msgtype": "text", "text": {"content": plain(m)}}
    title = chat.cut(chat.again(m) + (wording.DRILL if m.drill else "") + m.title, 128)
    if not pressed:
        card = {"title": title, "description": chat.cut(m.body, 512), "url": m.link, "btntxt": "去应答"}
        return {"msgtype": "textcard", "textcard": card}
    return {
        "msgtype": "template_card",
        "template_card": {
            "card_type": "button_interaction",
            "main_title": {"title": title},
            "sub_title_text": chat.cut(m.body, 600),
            "card_action": {"type": 1, "url": m.link},
            "task_id": m.key.hex,
            "button_list": BUTTONS if m.genre == Genre.CALL else BUTTONS[:1],
        },
    }


def call(tuned: Mapping[str, Any], path: str, body: Mapping[str, Any] | None, **query: str) -> dict[str, Any]:
    """Ask the service with a token, and once more with a fresh one. Raises wire.Down, wire.Rejected (no token)."""
    key = ("wecom", tuned["url"], tuned["corp_id"], tuned["app_secret"])
    refused = ""
    said: dict[str, Any] = {}
    for _try in range(2):
        refused = chat.token(key, lambda: _token(tuned), not_this=refused)
        params = {"access_token": refused, **query}
        status, said = chat.ask("GET" if body is None else "POST", tuned["url"] + path, json=body, params=params)
        if status == 429:
            return {"errcode": 45009}
        if said.get("errcode") not in EXPIRED:
            break
    return said


def _token(tuned: Mapping[str, Any]) -> chat.Token:
    asked = {"corpid": tuned["corp_id"], "corpsecret": tuned["app_secret"]}
    _status, said = chat.ask("GET", f"{tuned['url']}/cgi-bin/gettoken", params=asked)
    if said.get("errcode") != 0 or not said.get("access_token"):
        raise wire.Rejected(f"拿不到凭证，{told(said)}")
    return str(said["access_token"]), float(said.get("expires_in") or 7200)


def told(said: Mapping[str, Any]) -> str:
    """Return a refusal for the settings page: the code and the beginning of its words."""
    return f"{said.get('errcode')} {str(said.get('errmsg') or '')[:80]}".strip()


def _list(said: Any) -> list[str]:
    return [one for one in str(said or "").split("|") if one]
