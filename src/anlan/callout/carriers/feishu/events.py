"""Callbacks of Feishu read into events of our own: buttons of cards, messages read, words written to the bot.

Documents: «将事件发送至开发者服务器», «卡片回传交互» (card.action.trigger), «消息已读» (im.message.message_read_v1),
«接收消息» (im.message.receive_v1).
"""

import datetime as dt
import hmac
from collections.abc import Mapping
from typing import Any

import orjson

from anlan.callout.carriers import Callback, Forged, Heard, Reply
from anlan.callout.carriers.feishu import cards, crypto

OLD = 3600  # seconds after which a signature is refused; the service tries again for a while


def hear(callback: Callback, tuned: Mapping[str, Any]) -> Heard:
    """Verify and read one callback. Raises Forged. Only encrypted ones are taken: an Encrypt Key is asked for."""
    key = tuned["encrypt_key"]
    if callback.method != "POST":
        raise Forged("method")
    sealed = _object(callback.body).get("encrypt")
    if not key or not isinstance(sealed, str):
        raise Forged("not encrypted")
    said = _object(crypto.decrypt(key, sealed))
    header = _dict(said.get("header")) or said
    token = str(header.get("token") or "")
    if not tuned["verify"] or not hmac.compare_digest(token.encode(), str(tuned["verify"]).encode()):
        raise Forged("token")
    if said.get("type") == "url_verification":
        # The one request that comes unsigned: that it is encrypted under our key and bears our token is its proof.
        challenge = orjson.dumps({"challenge": said.get("challenge")})
        return Heard((), lambda _words: Reply(challenge))
    stamp = callback.headers.get("X-Lark-Request-Timestamp", "")
    nonce = callback.headers.get("X-Lark-Request-Nonce", "")
    given = callback.headers.get("X-Lark-Signature", "")
    crypto.check(key, stamp, nonce, callback.body, given=given)
    if not stamp.isdecimal() or abs(callback.at - int(stamp)) > OLD:
        raise Forged("old")
    return _read(header, _dict(said.get("event")))


def _read(header: Mapping[str, Any], event: Mapping[str, Any]) -> Heard:
    ref = str(header.get("event_id") or "")[:64]
    match header.get("event_type"):
        case "card.action.trigger":
            value = _dict(_dict(event.get("action")).get("value"))
            pressed = {"event": ref, "type": "pressed", "id": value.get("id"), "key": value.get("key")}
            head = str(value.get("title") or "")
            return Heard([pressed], lambda words: _toast(words, head))
        case "im.message.message_read_v1":
            ids = event.get("message_id_list")
            at = _moment(_dict(event.get("reader")).get("read_time"))
            read = [
                {"event": f"{str(one)[:60]}-r", "type": "read", "ref": str(one), **at}
                for one in (ids if isinstance(ids, list) else ())
            ]
            return Heard(read, _nothing)
        case "im.message.receive_v1":
            return Heard(_word(ref, event), _nothing)
    return Heard((), _nothing)


def _word(ref: str, event: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what somebody wrote to the bot alone; what is written in a group is none of ours."""
    message = _dict(event.get("message"))
    if message.get("chat_type") != "p2p" or message.get("message_type") != "text":
        return []
    who = _dict(_dict(event.get("sender")).get("sender_id")).get("open_id")
    text = _object(str(message.get("content") or "").encode()).get("text")
    return [{"event": ref, "type": "reply", "from": who, "text": text}]


def _toast(words: str, head: str) -> Reply:
    said: dict[str, Any] = {"toast": {"type": "info", "content": words or "收到了"}}
    if words:
        said["card"] = {"type": "raw", "data": cards.done(head or "叫应", words)}
    return Reply(orjson.dumps(said))


def _nothing(_words: str) -> Reply:
    return Reply(b"{}")


def _object(body: bytes) -> dict[str, Any]:
    try:
        return _dict(orjson.loads(body))
    except orjson.JSONDecodeError:
        return {}


def _dict(said: Any) -> dict[str, Any]:
    return said if isinstance(said, dict) else {}


def _moment(said: Any) -> dict[str, str]:
    text = str(said or "")
    if not text.isdecimal() or len(text) > 14:
        return {}
    return {"at": dt.datetime.fromtimestamp(int(text) / 1000, dt.UTC).isoformat()}
