"""WRN-01, WRN-03, WRN-04, TEA-01, HZD-07: a red warning comes in by HTTP; the loop runs to its report and its seal."""

import datetime as dt
import io
import re

import pytest
from django.test import Client
from openpyxl import load_workbook

from anlan.callout.models import Obligation, Receipt
from anlan.callout.queries import board
from anlan.callout.services import calls, tallies
from anlan.kernel import clock
from anlan.ledger import queries as entries
from anlan.ledger import services as ledger
from anlan.web.tests import story

pytestmark = pytest.mark.story

STEPS = {
    "alerts.received", "alerts.call-prepared", "alerts.duty-rung", "callout.prepared", "callout.approved",
    "callout.started", "callout.fanned", "callout.handed", "callout.answered", "callout.climbed", "callout.covered",
    "callout.proxied", "callout.heard-above", "callout.ended", "callout.lapsed", "callout.met",
}  # fmt: skip


@pytest.mark.timeout(120)
def test_from_the_warning_to_the_sealed_report(town):
    with story.gateways() as (sms, voice):
        alert = story.Weather().post(story.RED)

        # placed, prepared, and the duty officer is rung: it stands in their inbox, and their telephone rings
        assert alert.place_path == town.places.district.path
        call = story.call_of(alert)
        assert (call.state, call.level, call.drill) == ("awaiting_approval", "red", False)
        duty = town.client("district").get("/inbox").content.decode()
        assert "叫应已经拟好，看过就发" in duty
        assert f"/alerts/{alert.id}" in duty
        assert town.district.phone in {m["to"] for m in voice.taken.values()}
        rung = set(sms.taken) | set(voice.taken)

        # the one who leads approves on the send page; only now does anybody below hear of it
        leader = town.client("approver")
        page = leader.get(f"/alerts/calls/{call.id}").content.decode()
        assert "4　两个人确认" in page
        assert leader.post(f"/alerts/calls/{call.id}", {"act": "approve"})["Location"] == f"/calls/{call.id}"
        story.settle()
        call.refresh_from_db()
        assert call.state == "running"
        assert "叫应已经拟好" not in town.client("district").get("/inbox").content.decode()
        people = Obligation.objects.filter(call_id=call.id, part="self")
        told = {m["to"] for key, m in sms.taken.items() if key not in rung}
        workers = (town.grid, town.key, town.reply, town.covered, town.proxied, town.silent)
        assert told >= {m.phone for m in (*workers, town.street, town.community)}
        assert town.elsewhere.phone not in told
        assert len(set(people.values_list("person_id", flat=True))) == people.count()

        _answer_in_every_way(town, call, sms)
        _climb(town, call, voice)
    _numbers(town, call)
    _report(town, call)
    _trail(town, call)


def _answer_in_every_way(town, call, sms):
    mine = story.owed(call, town.grid)
    text = next(m for m in sms.taken.values() if m["to"] == town.grid.phone)
    address = "/a/" + re.search(r"/a/([0-9A-Za-z]+)", str(text))[1]
    assert address == story.link(mine)
    visitor = Client()
    assert "我收到了" in visitor.get(address).content.decode()
    first = visitor.post(address, {"received": "1"}, follow=True).content.decode()
    assert "应答了" in first
    assert visitor.post(address, {"received": "1"}, follow=True).content.decode() == first
    key = {"id": str(story.owed(call, town.key).id), "type": "ended", "outcome": "answered", "seconds": 9, "key": "1"}
    assert story.reports("voice_http", key).json()["accepted"] == 1
    reply = {"type": "reply", "from": town.reply.phone, "text": "收到"}
    assert story.reports("sms_http", reply).json()["accepted"] == 1
    town.client("community").post(f"/inbox/{story.owed(call, town.community).id}/answer")
    hows = [story.owed(call, m).met_how for m in (town.grid, town.key, town.reply, town.community)]
    assert hows == ["link", "key", "reply", "inbox"]
    story.settle()


def _climb(town, call, voice):
    quiet = story.owed(call, town.silent)
    answered = {story.owed(call, m).id: m.phone for m in (town.grid, town.key, town.reply, town.community)}
    heard = len(voice.taken)
    for seconds, tries in ((101, 2), (201, 3)):
        story.climb(seconds)
        quiet.refresh_from_db()
        assert (quiet.rung, quiet.tries) == ("self", tries)
    again = list(voice.taken.values())[heard:]
    assert town.silent.phone in {m["to"] for m in again}
    assert not set(answered.values()) & {m["to"] for m in again}  # whoever answered is left in peace at once
    assert Receipt.objects.filter(obligation_id__in=answered).values("obligation_id", "tries").count() <= 8

    story.climb(301)
    deputy = story.owed(call, town.deputy, "deputy")
    with clock.shifted(dt.timedelta(seconds=310)):
        assert "应答了" in Client().post(story.link(deputy), {"received": "1"}, follow=True).content.decode()
    covered = story.owed(call, town.covered)
    assert (covered.state, covered.met_part) == ("met", "deputy")

    story.climb(481)
    above = story.owed(call, town.community, "superior")
    assert above.weight >= 2
    assert str(above.weight) in above.why
    story.climb(721)
    quiet.refresh_from_db()
    assert quiet.rung == "door"
    story.climb(5_000)
    assert not Obligation.objects.filter(call_id=call.id, next_at__isnull=False).exists()

    at = story.owed(call, town.proxied)
    unreached = town.client("community").get(f"/calls/{call.id}/unreached").content.decode()
    assert town.proxied.name in unreached
    assert town.covered.name not in unreached
    form = {"how": "door", "note": "在家，叫醒了", "next": f"/calls/{call.id}/unreached"}
    assert town.client("community").post(f"/calls/{call.id}/proxy/{at.id}", form)["Location"] == form["next"]
    at.refresh_from_db()
    assert (at.state, at.met_how) == ("met", "proxy")
    town.client("community").post(f"/inbox/{above.id}/answer")
    story.settle()


def _numbers(town, call):
    assert tallies.check(call.id) == {}
    calls.end(call.id, by=town.city.actor)
    story.settle()
    assert tallies.check(call.id) == {}
    total = board.board(call.id, by=town.city.actor).total
    rows = list(Obligation.objects.filter(call_id=call.id, part="self"))
    assert total.due == len(rows)
    assert total.yes == sum(o.state == "met" for o in rows)
    assert total.left == sum(o.state == "lapsed" for o in rows)
    parts = {name: total.of(name) for name in ("answered", "covered", "proxied")}
    assert (parts["covered"], parts["proxied"]) == (1, 1)
    assert parts["answered"] == 4


def _report(town, call):
    page = town.client("city").get(f"/calls/{call.id}/report").content.decode()
    people = Obligation.objects.filter(call_id=call.id, part="self").count()
    assert "暴雨红色预警" in page
    sheet = load_workbook(io.BytesIO(town.client("city").get(f"/calls/{call.id}/report.xlsx").content)).active
    head, first, *_ = sheet.iter_rows(values_only=True)
    row = dict(zip(head, first, strict=True))
    assert (row["应叫"], row["已应答"], row["代应"]) == (people, 6, 1)
    listed = load_workbook(io.BytesIO(town.client("city").get(f"/calls/{call.id}/list.xlsx").content)).active
    text = "\n".join(str(line) for line in listed.iter_rows(values_only=True))
    assert town.silent.name in text
    assert town.silent.phone not in text


def _trail(town, call):
    story.settle()
    ledger.seal_all()
    verdict = ledger.verify()
    assert verdict.ok
    assert verdict.entries > len(STEPS)
    trail = entries.trail(by=town.city.actor, chain=call.chain_id, limit=500)
    assert {e.did for e in trail} >= STEPS
    assert not any(p in str([e.values for e in trail]) for p in (town.silent.phone, "在家，叫醒了", town.silent.name))
    page = town.client("city").get(f"/trail/chain/{call.chain_id}")
    assert page.status_code == 200
    assert town.client("elsewhere").get(f"/trail/chain/{call.chain_id}").content.decode().count("暴雨红色预警") == 0
