"""Work notices of DingTalk (钉钉工作通知). Its page of documentation is README.md beside this file."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from anlan.callout import wire, wording
from anlan.callout.carriers import NO_ACCOUNT, Asked, GatewayDown, Handed, Health, Message, chat, tuning
from anlan.callout.carriers.tuning import Setting
from anlan.callout.terms import How, ReceiptState, Report
from anlan.kernel.clock import local, now
from anlan.kernel.ids import uuid7
from anlan.people.terms import AddressKind

OAPI, API = "https://oapi.dingtalk.com", "https://api.dingtalk.com"
EXPIRED = {40001, 40014, 42001}  # the token is wrong or over: fetch another, once
BUSY = {-1, 143103, 143104}  # busy; too many of the application, of the company, in a minute
QUICK = frozenset(f"900{n:02}" for n in range(1, 30))  # sub-codes of 88: one limit or another on calls was met
NOBODY = {33012, 60121}  # no such user
ALIKE = 100  # accounts in one message
LONGEST = 2000  # bytes of a whole message, of which the service takes 2048


class Carrier:
    """Sends work notices with the personal link; whether each was delivered and read is asked afterwards."""

    name = "dingtalk"
    label = "钉钉"
    needs = "dingtalk"
    answers = frozenset({How.LINK})
    safe = False
    chunk = 200
    address = AddressKind(
        "dingtalk", "钉钉账号", ("钉钉账号", "钉钉", "钉钉号", "钉钉UserID", "dingtalk"), r"[\w.@$:+-]{1,64}",
        "通讯录里的 UserID，不是姓名；有手机号的能自动找到",
    )  # fmt: skip
    fields = (
        Setting(
            "app_key", "AppKey（Client ID）", "开放平台里企业内部应用的凭证", required=True, pattern=r"[\w-]{4,64}"
        ),
        Setting("app_secret", "AppSecret（Client Secret）", "存进来就看不到了", "secret", required=True),
        Setting("agent_id", "AgentId", "同一页里的数字", "number", required=True, least=1, most=10**12),
        Setting("lookup", "按手机号找账号", "每几分钟替没有钉钉账号的人找一找", "yes", default=True),
        Setting("url", "接口地址", "专有钉钉才改", "url", default=OAPI),
        Setting("token_url", "取凭证的地址", "专有钉钉才改", "url", default=API),
    )

    def send_many(self, batch: Sequence[Message], settings: Mapping[str, Any]) -> Sequence[Handed]:
        """Send each person a notice; those who are only told, and told the same, by a hundred in one request."""
        tuned = tuning.opened(self.fields, settings)
        return chat.send(chat.groups(batch, words, most=ALIKE), lambda part: self.hand(part, tuned))

    def hand(self, part: Sequence[Message], tuned: Mapping[str, Any]) -> list[Handed]:
        """Send one notice to everybody in a part. Raises wire.Down, or wire.Rejected for a wrong setting."""
        body = {
            "agent_id": tuned["agent_id"],
            "userid_list": ",".join(m.address for m in part),
            "msg": content(part[0]),
        }
        said = call(tuned, "/topapi/message/corpconversation/asyncsend_v2", body)
        code = said.get("errcode")
        if busy(said):
            return [Handed(m.key, ok=False, reason="throttled", again=True) for m in part]
        if code in NOBODY:
            return [Handed(m.key, ok=False, reason=NO_ACCOUNT) for m in part]
        if code != 0:
            raise wire.Rejected(told(said))
        return [Handed(m.key, ok=True, ref=str(said.get("task_id") or "")) for m in part]

    def poll(self, asked: Sequence[Asked], settings: Mapping[str, Any]) -> list[Report]:
        """Ask how each notice fared: delivered, read, or failed with the reason. Raises GatewayDown."""
        tuned = tuning.opened(self.fields, settings)
        tasks: dict[str, list[Asked]] = {}
        for one in asked:
            if one.ref.isdecimal():
                tasks.setdefault(one.ref, []).append(one)
        reports: list[Report] = []
        for task, mine in tasks.items():
            body = {"agent_id": tuned["agent_id"], "task_id": int(task)}
            try:
                said = call(tuned, "/topapi/message/corpconversation/getsendresult", body)
            except (wire.Down, wire.Rejected) as broken:
                if reports:
                    break
                raise GatewayDown(broken.reason) from broken
            if busy(said):
                break
            reports += _fates(said.get("send_result"), mine)
        return reports

    def find_many(self, phones: Sequence[str], settings: Mapping[str, Any]) -> dict[str, str]:
        """Return the account of each number; the rest is left out once the service says that it is enough."""
        tuned = tuning.opened(self.fields, settings)
        found: dict[str, str] = {}
        for phone in phones:
            try:
                said = call(tuned, "/topapi/v2/user/getbymobile", {"mobile": phone})
            except (wire.Down, wire.Rejected) as broken:
                raise GatewayDown(broken.reason) from broken
            result = said.get("result")
            if said.get("errcode") == 0 and isinstance(result, dict):
                found[phone] = str(result.get("userid") or "")
            elif said.get("errcode") in NOBODY:
                found[phone] = ""
            else:
                break
        return found

    def test(self, settings: Mapping[str, Any], address: str) -> Health:
        """Really send one notice to an account."""
        trial = Message(uuid7(), address, "这是安澜的一条测试消息", "不用理会", "", needs_answer=False)
        try:
            (came,) = self.send_many([trial], settings)
        except GatewayDown as broken:
            return Health(ok=False, words=f"钉钉没有收下：{broken}")
        if not came.ok:
            return Health(
                ok=False, words=f"钉钉不肯发给他：{'没有这个账号' if came.reason == NO_ACCOUNT else came.reason}"
            )
        return Health(ok=True, words="钉钉收下了，看看手机有没有响", details={"ref": came.ref})

    def health(self, settings: Mapping[str, Any]) -> Health:
        """Look whether the settings are whole and the credentials are good."""
        if missing := tuning.lacking(self.fields, settings):
            return Health(ok=False, words=f"还没有设好：{'、'.join(missing)}")
        tuned = tuning.opened(self.fields, settings)
        try:
            chat.token(_key(tuned), lambda: _token(tuned), not_this=chat.token(_key(tuned), lambda: _token(tuned)))
        except (wire.Down, wire.Rejected) as broken:
            return Health(ok=False, words=f"钉钉不通：{broken.reason}")
        return Health(ok=True, words="钉钉通，应用的凭证是好的")


def words(m: Message) -> str:
    """Return the words of a notice. Its time stands in them: the same words reach the same person once a day only."""
    said = chat.again(m) + wording.heard(m.title, m.body, drill=m.drill)
    return said if m.link else f"{said}\n\n{local(now()):%H:%M}"


def content(m: Message) -> dict[str, Any]:
    """Return a notice: a card with the personal link, or words alone."""
    title = chat.cut(chat.again(m) + (wording.DRILL if m.drill else "") + m.title, 200)
    room = LONGEST - len(title.encode()) - len(m.link.encode()) - 300
    text = chat.cut(words(m), room)
    if not m.link:
        return {"msgtype": "markdown", "markdown": {"title": title, "text": text}}
    card = {"title": title, "markdown": text, "single_title": "去应答", "single_url": m.link}
    return {"msgtype": "action_card", "action_card": card}


def _fates(result: Any, asked: Sequence[Asked]) -> list[Report]:
    """Read the lists of a result; whoever stands in none of them yet is left for later."""
    if not isinstance(result, dict):
        return []
    said: dict[str, tuple[ReceiptState, str]] = {}
    for name, state, reason in (
        ("unread_user_id_list", ReceiptState.DELIVERED, ""),
        ("read_user_id_list", ReceiptState.READ, ""),
        ("forbidden_user_id_list", ReceiptState.FAILED, "forbidden"),
        ("failed_user_id_list", ReceiptState.FAILED, "failed"),
        ("invalid_user_id_list", ReceiptState.FAILED, NO_ACCOUNT),
    ):
        listed = result.get(name)
        for who in listed if isinstance(listed, list) else ():
            said[str(who).casefold()] = (state, reason)
    fates = ((one.key, said.get(one.address.casefold())) for one in asked)
    return [_report(key, *fate) for key, fate in fates if fate is not None]


def _report(key: UUID, state: ReceiptState, reason: str) -> Report:
    return Report(key, state, reason=reason)


def call(tuned: Mapping[str, Any], path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Ask the service with a token, and once more with a fresh one. Raises wire.Down, wire.Rejected (no token)."""
    refused = ""
    said: dict[str, Any] = {}
    for _try in range(2):
        refused = chat.token(_key(tuned), lambda: _token(tuned), not_this=refused)
        status, said = chat.ask("POST", tuned["url"] + path, json=body, params={"access_token": refused})
        if status == 429:
            return {"errcode": -1}
        if said.get("errcode") not in EXPIRED:
            break
    return said


def busy(said: Mapping[str, Any]) -> bool:
    """Say whether the service had no time: its own codes, or a sub-code of the gateway in front of it."""
    return said.get("errcode") in BUSY or (said.get("errcode") == 88 and str(said.get("sub_code")) in QUICK)


def _key(tuned: Mapping[str, Any]) -> tuple[str, ...]:
    return ("dingtalk", tuned["token_url"], tuned["app_key"], tuned["app_secret"])


def _token(tuned: Mapping[str, Any]) -> chat.Token:
    asked = {"appKey": tuned["app_key"], "appSecret": tuned["app_secret"]}
    _status, said = chat.ask("POST", f"{tuned['token_url']}/v1.0/oauth2/accessToken", json=asked)
    if not said.get("accessToken"):
        raise wire.Rejected(f"拿不到凭证，{said.get('code')} {str(said.get('message') or '')[:80]}".strip())
    return str(said["accessToken"]), float(said.get("expireIn") or 7200)


def told(said: Mapping[str, Any]) -> str:
    """Return a refusal for the settings page: the codes and the beginning of the words."""
    return " ".join(str(said[n])[:80] for n in ("errcode", "sub_code", "errmsg", "sub_msg") if said.get(n))
