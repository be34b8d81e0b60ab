"""Feishu's open platform as its documents say, on loopback, and the requests that it makes at our door."""

import json
import time
import uuid
from dataclasses import dataclass, field

from django.test import Client

from anlan.callout.carriers.feishu import crypto
from anlan.callout.tests.platforms import Platform

APP, SECRET, KEY, VERIFY = "cli_0001", "app-secret", "encrypt-key", "verify-token"
FORM = {"app_id": APP, "app_secret": SECRET, "lookup": "on"}
BUTTONS = {"encrypt_key": KEY, "verify": VERIFY}
DOOR = "/gateway/feishu/events"


@dataclass
class Feishu(Platform):
    """`strangers` are ids that nobody has, `phones` whose each number is, `readers` who read which message."""

    strangers: set = field(default_factory=set)
    phones: dict = field(default_factory=dict)
    readers: dict = field(default_factory=dict)
    sent: dict = field(default_factory=dict)  # by uuid: the same one twice is one message
    code: int = 0

    def answer(self, method, path, query, headers, body):  # noqa: C901, PLR0911 - one line per address
        if path == "/open-apis/auth/v3/tenant_access_token/internal":
            if (body.get("app_id"), body.get("app_secret")) != (APP, SECRET):
                return 200, {"code": 10014, "msg": "app secret invalid"}
            return 200, {"code": 0, "msg": "ok", "tenant_access_token": self.mint(), "expire": 7200}
        if headers.get("Authorization") != f"Bearer {self.good}":
            return 400, {"code": 99991663, "msg": "Invalid access token for authorization"}
        if self.throttled:
            self.throttled -= 1
            return 400, {"code": 99991400, "msg": "request trigger frequency limit"}
        if self.code:
            return 400, {"code": self.code, "msg": "no permission"}
        if path == "/open-apis/im/v1/messages":
            return self.send(body)
        if path == "/open-apis/message/v4/batch_send/":
            lost = [who for who in body["open_ids"] if who in self.strangers]
            return 200, {"code": 0, "data": {"message_id": "bm-1", "invalid_open_ids": lost}}
        if path.endswith("/read_users"):
            read = self.readers.get(path.split("/")[-2], [])
            items = [{"user_id_type": "open_id", "user_id": who, "timestamp": "1609484183000"} for who in read]
            return 200, {"code": 0, "data": {"items": items, "has_more": False}}
        if path == "/open-apis/contact/v3/users/batch_get_id":
            rows = [{"mobile": m} | ({"user_id": self.phones[m]} if m in self.phones else {}) for m in body["mobiles"]]
            return 200, {"code": 0, "data": {"user_list": rows}}
        if path == "/open-apis/bot/v3/info":
            return 200, {"code": 0, "bot": {"app_name": "安澜", "activate_status": 2}}
        return 404, {"code": 404}

    def send(self, body):
        if body["receive_id"] in self.strangers:
            return 400, {"code": 230001, "msg": "invalid receive_id"}
        made = self.sent.setdefault(body["uuid"], f"om_{len(self.sent)}")
        return 200, {"code": 0, "msg": "success", "data": {"message_id": made}}


def event(kind, said, *, token=VERIFY):
    """Return an event as the service words it."""
    return {
        "schema": "2.0",
        "header": {"event_id": uuid.uuid4().hex, "event_type": kind, "token": token, "app_id": APP, "tenant_key": "t",
                   "create_time": "1609484183000"},
        "event": said,
    }  # fmt: skip


def pressed(receipt, key="1", who="ou_li", **more):
    """Return the event of a pressed button."""
    said = {"operator": {"open_id": who}, "token": "c-1", "host": "im_message",
            "action": {"tag": "button", "value": {"id": str(receipt), "key": key, "title": "暴雨黄色预警"}},
            "context": {"open_message_id": "om_0", "open_chat_id": "oc_1"}}  # fmt: skip
    return event("card.action.trigger", said, **more)


def read(*messages, who="ou_li"):
    """Return the event of messages read by one person."""
    reader = {"reader_id": {"open_id": who}, "read_time": "1609484183000", "tenant_key": "t"}
    return event("im.message.message_read_v1", {"reader": reader, "message_id_list": list(messages)})


def wrote(text, who="ou_li", chat="p2p"):
    """Return the event of a word written to the bot."""
    message = {"message_id": "om_9", "chat_type": chat, "message_type": "text", "content": json.dumps({"text": text})}
    return event("im.message.receive_v1", {"sender": {"sender_id": {"open_id": who}}, "message": message})


def post(said, *, key=KEY, signature=None, at=None, signed=True, sealed=True):
    """Send something to the door as the service does."""
    text = json.dumps(said).encode()
    body = json.dumps({"encrypt": crypto.encrypt(key, text)}).encode() if sealed else text
    stamp = str(int(at or time.time()))
    headers = {"X-Lark-Request-Timestamp": stamp, "X-Lark-Request-Nonce": "n",
               "X-Lark-Signature": signature or crypto.signature(key, stamp, "n", body)}  # fmt: skip
    return Client().post(DOOR, body, content_type="application/json", headers=headers if signed else {})
