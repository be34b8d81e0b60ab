"""A relay set up, a call that goes by it, what it tells: helpers."""

import datetime as dt
import uuid

from django.test import Client

from anlan.callout.carriers import Message
from anlan.callout.models import Relay
from anlan.callout.services import relaying, relays
from anlan.callout.tests import calling
from anlan.kernel.clock import now

EVENTS = "/gateway/sms_relay/events"
PULL = {"name": "值班室的手机", "mode": "pull", "rate": "60"}


def put(cast, place="city", **more):
    """Set a relay up; one that asks has just asked."""
    row, token = relays.add(getattr(cast.places, place).path, PULL | more, by=cast.admin.actor)
    if row.mode == "pull":
        relaying.pull(token, {"most": 1})
    return row, token


def begin(cast, *carriers, level="yellow"):
    calling.set_up("sms_relay", signature="柳荫街道", with_link="on")
    calling.go_by(cast, "sms_relay", *carriers, level=level)
    call = calling.start(cast, level=level)
    calling.hand_over(call)
    return call


def later(minutes=1.1):
    """Let a SIM's pace go by."""
    Relay.objects.update(next_at=now() - dt.timedelta(minutes=minutes))


def tell(token, *events, status=None):
    return Client().post(
        EVENTS, {"events": list(events), "status": status or {}}, content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )  # fmt: skip


def word(kind, key="", **more):
    return {"event": uuid.uuid4().hex, "type": kind, **({"id": str(key)} if key else {}), **more}


def message(path="", level="", **more):
    words = {"title": "暴雨", "body": "叫醒低处的人", "link": ""}
    return Message(uuid.uuid4(), "13700000001", **{**words, **more}, place_path=path, level=level)


def offer(*batch, **settings):
    tuned = {"signature": "", "with_link": True, "wait": 30} | settings
    return relaying.enqueue(batch, tuned)
