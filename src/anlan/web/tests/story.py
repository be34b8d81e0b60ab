"""The loop as a city drives it: a warning posted with a token, reactions and jobs run by hand, gateways on loopback."""

import contextlib
import datetime as dt
import json
import time
import uuid

from django.test import Client

from anlan.alerts.models import Alert
from anlan.alerts.services import feeding
from anlan.callout import signing, tokens
from anlan.callout.models import Call, Obligation
from anlan.callout.services import climbing
from anlan.callout.tests import calling, gateway, mass
from anlan.kernel import clock
from anlan.kernel.authority import machine
from anlan.ledger import services as ledger
from anlan.people import services as people
from anlan.web.city import storm

BY = machine("story")
YELLOW, ORANGE, RED, CLEAR = storm.BEATS
WORKERS = (
    # who, name, phone, deputy's phone
    ("key", "马铁军", "13712340501", ""),
    ("reply", "罗秀英", "13712340502", ""),
    ("covered", "秦大勇", "13712340503", "13712340513"),
    ("proxied", "梁翠芳", "13712340504", ""),
    ("silent", "孙建国", "13712340505", ""),
)


def crew(cast):
    """Give the cast's grid five more workers, one of them with a B岗; sets cast.key … cast.silent, cast.deputy."""
    for who, name, phone, deputy in WORKERS:
        post = people.create_post(people.PostDraft(role="grid_worker", place_path=cast.places.grid.path), by=BY)
        setattr(cast, who, _seat(cast, post, name, phone, "A"))
        if deputy:
            cast.deputy = _seat(cast, post, f"{name}的B岗", deputy, "B")


def _seat(cast, post, name, phone, seat):
    person = people.enrol(people.PersonDraft(name=name, phone=phone), place_path=cast.places.grid.path, by=BY)
    people.appoint(post.id, person.id, by=BY, seat=seat)
    return type(cast.grid)(name, phone, person, None, post)


class Weather:
    """A weather office with a source's token: each message refers to the one before."""

    def __init__(self, *districts, status="Actual"):
        self.districts, self.status, self.before = list(districts) or [("江岸区", "519901")], status, []
        self.token = feeding.issue_token(feeding.add(f"气象台{uuid.uuid4()}", by=BY, adapter="cap").id, by=BY)
        self.start = clock.local(clock.now()).replace(microsecond=0) - dt.timedelta(minutes=len(storm.BEATS))

    def document(self, beat, kind=None):
        """Return the next message's bytes; its `sent` is a minute after the one before."""
        nth = len(self.before)
        sent = self.start + dt.timedelta(minutes=nth)
        kind = kind or ("Alert" if nth == 0 else beat.kind)
        told = storm.Beat(beat.at, beat.level, len(self.districts), beat.text, beat.advice, kind)
        name, raw = storm.message(told, sent=sent, districts=self.districts, region="519900", nth=nth,
                                  status=self.status, references=self.before[-1:])  # fmt: skip
        self.before.append((name, sent.isoformat(timespec="seconds")))
        return name, raw

    def post(self, beat, kind=None):
        """Post the next message to the door and let everything follow; returns its alert."""
        name, raw = self.document(beat, kind)
        said = Client().post("/api/v1/alerts/intake", raw, content_type="application/cap+xml",
                             headers={"Authorization": f"Bearer {self.token}"})  # fmt: skip
        assert said.status_code == 200, said.content.decode()
        settle()
        return Alert.objects.get(identifier=name)


def settle():
    """Run reactions and jobs until nothing moves any more."""
    while ledger.drain() + len(mass.drain()):
        pass


def climb(seconds):
    """Take the ladder as far as it is `seconds` from now, and let everything follow."""
    with clock.shifted(dt.timedelta(seconds=seconds)):
        climbing.climb()
        settle()


@contextlib.contextmanager
def gateways():
    """Switch sms_http and voice_http on, pointed at gateways on loopback; yields (sms, voice)."""
    with gateway.running() as sms, gateway.running() as voice:
        calling.set_up("sms_http", **calling.SMS, url=sms.url)
        calling.set_up("voice_http", **calling.VOICE, url=voice.url)
        yield sms, voice


def reports(carrier, *events):
    """Let a gateway report, signed; returns the door's response."""
    path = f"/gateway/{carrier}/events"
    body = json.dumps({"events": [{"event": uuid.uuid4().hex, **e} for e in events]}).encode()
    signed = signing.headers(calling.SECRET, "POST", path, body, at=time.time())
    return Client().post(path, body, content_type="application/json", headers=signed)


def call_of(alert):
    """Return the call that an alert set off."""
    return Call.objects.get(alert_id=alert.id)


def owed(call, member, part="self"):
    """Return what a person owes in a call."""
    return Obligation.objects.get(call_id=call.id, person_id=member.person.id, part=part)


def link(obligation):
    """Return the personal address of an obligation."""
    return f"/a/{tokens.mint(obligation.number, obligation.id)}"
