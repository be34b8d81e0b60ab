"""Callbacks of WeCom read into events of our own: buttons of cards, words written to the application.

Documents: «接收消息与事件» 90376 (template_card_event), «被动回复消息格式» 90241 (update_button).
"""

import uuid
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from anlan.callout.carriers import Callback, Forged, Heard, Reply
from anlan.callout.carriers.wecom import crypto

XML = "application/xml"
ANSWERS = {"yes": "1", "no": "2"}  # the key of a button, as the key of a telephone


def hear(callback: Callback, tuned: Mapping[str, Any]) -> Heard:
    """Verify and read one callback. Raises Forged."""
    token, aes_key, receiver = tuned["token"], tuned["aes_key"], tuned["corp_id"]
    stamp, nonce = callback.query.get("timestamp", ""), callback.query.get("nonce", "")
    given = callback.query.get("msg_signature", "")
    if callback.method == "GET":
        echo = callback.query.get("echostr", "")
        crypto.check(token, stamp, nonce, echo, given)
        said = crypto.decrypt(aes_key, echo, receiver)
        return Heard((), lambda _words: Reply(said, "text/plain"))
    sealed = _texts(callback.body).get("Encrypt", "")
    crypto.check(token, stamp, nonce, sealed, given)
    event = _texts(crypto.decrypt(aes_key, sealed, receiver))
    read = _read(event)
    if event.get("Event") != "template_card_event":
        return Heard(read, lambda _words: Reply(b"", "text/plain"))

    def reply(words: str) -> Reply:
        button = _button(event, words or "收到了")
        return Reply(_sealed(button, aes_key, receiver, token, stamp, nonce), XML)

    return Heard(read, reply)


def _read(event: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what an event means to us; [] for what is nobody's answer (somebody opened the application)."""
    who = event.get("FromUserName", "")
    if event.get("Event") == "template_card_event":
        try:
            key = str(uuid.UUID(event.get("TaskId", "")))
        except ValueError:
            return []
        pressed = ANSWERS.get(event.get("EventKey", ""), "")
        return [{"event": f"{key}-{pressed}", "type": "pressed", "id": key, "key": pressed}] if pressed else []
    if event.get("MsgType") == "text":
        return [{"event": event.get("MsgId", ""), "type": "reply", "from": who, "text": event.get("Content", "")}]
    return []


def _texts(body: bytes) -> dict[str, str]:
    """Return the texts right under the root of an XML document. Raises Forged for anything else."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Forged("xml") from None
    return {str(child.tag): child.text or "" for child in root if isinstance(child.tag, str)}


def _button(event: Mapping[str, str], words: str) -> bytes:
    """Return the passive answer that puts other words on the button of whoever pressed it."""
    to, ours, at = (escape(event.get(name, "")) for name in ("FromUserName", "ToUserName", "CreateTime"))
    return (
        f"<xml><ToUserName>{to}</ToUserName><FromUserName>{ours}</FromUserName><CreateTime>{at}</CreateTime>"
        f"<MsgType>update_button</MsgType><Button><ReplaceName>{escape(words)}</ReplaceName></Button></xml>"
    ).encode()


def _sealed(message: bytes, aes_key: str, receiver: str, token: str, stamp: str, nonce: str) -> bytes:
    sealed = crypto.encrypt(aes_key, message, receiver)
    signed = crypto.signature(token, stamp, nonce, sealed)
    return (
        f"<xml><Encrypt>{sealed}</Encrypt><MsgSignature>{signed}</MsgSignature>"
        f"<TimeStamp>{escape(stamp)}</TimeStamp><Nonce>{escape(nonce)}</Nonce></xml>"
    ).encode()
