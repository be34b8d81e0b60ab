"""WeCom's open platform on loopback, after 90236 (message/send), 91039 (gettoken), 95402 (getuserid)."""

import base64
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.test import Client

from anlan.callout.carriers.wecom import crypto
from anlan.callout.tests.platforms import Platform

CORP, SECRET, TOKEN = "ww0123456789abcdef", "app-secret", "callback-token"
AES = base64.b64encode(bytes(range(32))).decode().rstrip("=")
FORM = {"corp_id": CORP, "agent_id": "1000002", "app_secret": SECRET}
BUTTONS = {"token": TOKEN, "aes_key": AES}
DOOR = "/gateway/wecom/events"


@dataclass
class WeCom(Platform):
    """`strangers` are accounts that nobody has, `phones` whom each number belongs to."""

    strangers: set = field(default_factory=set)
    phones: dict = field(default_factory=dict)
    code: int = 0

    def answer(self, method, path, query, headers, body):  # noqa: PLR0911 - one line per address
        if path == "/cgi-bin/gettoken":
            if (query.get("corpid"), query.get("corpsecret")) != (CORP, SECRET):
                return 200, {"errcode": 40001, "errmsg": "invalid credential"}
            return 200, {"errcode": 0, "errmsg": "ok", "access_token": self.mint(), "expires_in": 7200}
        if query.get("access_token") != self.good:
            return 200, {"errcode": 42001, "errmsg": "access_token expired"}
        if self.throttled:
            self.throttled -= 1
            return 200, {"errcode": 45009, "errmsg": "reach max api minute quote limit"}
        if self.code:
            return 200, {"errcode": self.code, "errmsg": "not allow to access from your ip"}
        if path == "/cgi-bin/message/send":
            return 200, self.send(body)
        if path == "/cgi-bin/agent/get":
            return 200, {"errcode": 0, "agentid": int(query["agentid"]), "name": "安澜"}
        if path == "/cgi-bin/user/getuserid":
            who = self.phones.get(body["mobile"])
            return 200, {"errcode": 0, "userid": who} if who else {"errcode": 46004, "errmsg": "user no exist"}
        return 404, {"errcode": 404}

    def send(self, body):
        to = body["touser"].split("|")
        lost = [who for who in to if who in self.strangers]
        if len(lost) == len(to):
            return {"errcode": 81013, "errmsg": "user & party & tag all invalid"}
        return {"errcode": 0, "errmsg": "ok", "invaliduser": "|".join(lost).lower(), "msgid": f"m{len(self.said)}"}


def pressed(task, key="yes", who="lixiaoman"):
    """Return the event of a pressed button as the service words it."""
    return (
        f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><FromUserName><![CDATA[{who}]]></FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgType><![CDATA[event]]></MsgType>"
        f"<Event><![CDATA[template_card_event]]></Event><EventKey><![CDATA[{key}]]></EventKey>"
        f"<TaskId><![CDATA[{task}]]></TaskId><CardType><![CDATA[button_interaction]]></CardType>"
        f"<ResponseCode><![CDATA[code]]></ResponseCode><AgentID>1000002</AgentID></xml>"
    )


def wrote(text, who="lixiaoman", ref="70001"):
    """Return the event of a word written to the application."""
    return (
        f"<xml><ToUserName>{CORP}</ToUserName><FromUserName>{who}</FromUserName><CreateTime>1</CreateTime>"
        f"<MsgType>text</MsgType><Content>{text}</Content><MsgId>{ref}</MsgId><AgentID>1000002</AgentID></xml>"
    )


def post(event, *, token=TOKEN, aes=AES, corp=CORP, nonce="n1", signature=None):
    """Send an event to the door as the service does."""
    sealed = crypto.encrypt(aes, event.encode(), corp)
    stamp = str(int(time.time()))
    signed = signature or crypto.signature(token, stamp, nonce, sealed)
    body = f"<xml><ToUserName><![CDATA[{corp}]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    query = urlencode({"msg_signature": signed, "timestamp": stamp, "nonce": nonce})
    return Client().post(f"{DOOR}?{query}", body, content_type="text/xml")
