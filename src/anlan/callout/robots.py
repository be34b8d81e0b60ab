"""Robots of group chats: posting one text to a webhook, signed as each service wants it.

The three services answer HTTP 200 to what they refuse, with a code in the body, and Feishu's robots want a signature.
apprise 2.3 takes any 200 of WeCom's and DingTalk's for sent, does not sign for Feishu, and knows one host of each; a
group that was never told would count as told. So these three are spoken to here, and apprise carries every other kind.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import apprise
import httpx
import orjson

from anlan.callout import wire

PATIENCE = 5.0  # seconds for an answer
LONGEST = 3500  # bytes of a text: WeCom takes 4,096, the others more
PATHS = {"/cgi-bin/webhook/send": "wecom", "/robot/send": "dingtalk", "/open-apis/bot/v2/hook/": "feishu"}
OTHER = "other"
LOCAL = frozenset({"dbus", "gnome", "kde", "macosx", "qt", "syslog", "windows", "glib"})  # of this very machine


class Unposted(ConnectionError):  # noqa: N818 - a sentence: it is unposted
    """The robot did not take the text; `reason` is for a person and holds no address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason[:200]


def kind_of(url: str) -> str:
    """Return wecom, dingtalk or feishu by the path of a webhook, "other" for an address of apprise, "" for neither."""
    parts = urlsplit(url)
    if parts.scheme in {"http", "https"}:
        return next((kind for path, kind in PATHS.items() if parts.path.startswith(path)), "")
    if parts.scheme in LOCAL or "://" not in url:
        return ""
    return OTHER if apprise.Apprise.instantiate(url, suppress_exceptions=True) is not None else ""


def post(kind: str, url: str, secret: str, title: str, text: str) -> None:
    """Post a text to a group. Raises Unposted."""
    if kind == OTHER:
        if not apprise.Apprise(url).notify(title=title, body=text):
            raise Unposted("apprise 没有发成，看看地址对不对")
        return
    params, body = _MADE[kind](secret, title, text)
    try:
        answer = wire.shared().post(url, params=_merged(url, params), json=body, timeout=PATIENCE)
    except httpx.HTTPError as broken:
        raise Unposted(type(broken).__name__) from broken
    _judge(answer)


def _merged(url: str, params: Mapping[str, str]) -> httpx.QueryParams:
    """Return the address's own parameters with ours: httpx would put ours in their place."""
    return httpx.URL(url).params.merge(dict(params))


def _judge(answer: httpx.Response) -> None:
    try:
        said = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict):
        raise Unposted(f"HTTP {answer.status_code}，回的不是 JSON")
    code = next((said[name] for name in ("errcode", "code", "StatusCode") if name in said), None)
    if not answer.is_success or code != 0:
        words = said.get("errmsg") or said.get("msg") or said.get("StatusMessage") or ""
        raise Unposted(f"HTTP {answer.status_code}，{code} {str(words)[:100]}".strip())


def _wecom(_secret: str, title: str, text: str) -> tuple[dict[str, str], dict[str, Any]]:
    return {}, {"msgtype": "markdown", "markdown": {"content": f"**{title}**\n{text}"}}


def _dingtalk(secret: str, title: str, text: str) -> tuple[dict[str, str], dict[str, Any]]:
    shown = text.replace("\n", "\n\n")
    body = {"msgtype": "markdown", "markdown": {"title": title, "text": f"**{title}**\n\n{shown}"}}
    if not secret:
        return {}, body
    stamp = str(round(time.time() * 1000))
    signed = hmac.digest(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256)
    return {"timestamp": stamp, "sign": base64.b64encode(signed).decode()}, body


def _feishu(secret: str, title: str, text: str) -> tuple[dict[str, str], dict[str, Any]]:
    card = {
        "config": {"wide_screen_mode": True},
        "header": {"template": "blue", "title": {"tag": "plain_text", "content": title}},
        "elements": [{"tag": "div", "text": {"tag": "plain_text", "content": text}}],
    }
    body: dict[str, Any] = {"msg_type": "interactive", "card": card}
    if secret:
        stamp = str(int(time.time()))
        signed = hmac.digest(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256)
        body |= {"timestamp": stamp, "sign": base64.b64encode(signed).decode()}
    return {}, body


_MADE = {"wecom": _wecom, "dingtalk": _dingtalk, "feishu": _feishu}
