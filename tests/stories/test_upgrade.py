"""WRN-01, WRN-03: yellow, orange, red: one affair, one ladder; a Cancel proposes the all-clear; no drill gets out."""

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from anlan.callout.models import Call, Obligation, Receipt
from anlan.callout.services import calls, climbing, tallies
from anlan.kernel import clock
from anlan.ledger import queries as entries
from anlan.ledger import services as ledger
from anlan.web.tests import story

pytestmark = pytest.mark.story


def approve(town, call):
    """Let the one who leads approve on the send page, and everything follow."""
    said = town.client("approver").post(f"/alerts/calls/{call.id}", {"act": "approve"})
    assert said["Location"] == f"/calls/{call.id}"
    story.settle()
    call.refresh_from_db()


def test_yellow_orange_red_is_one_affair_and_nobody_climbs_two(town):
    with story.gateways():
        weather = story.Weather()
        yellow = weather.post(story.YELLOW)
        assert not Call.objects.filter(alert_id=yellow.id).exists()  # yellow waits for a person
        desk = town.client("district")
        words = {"title": "暴雨黄色预警", "body": "查看低洼处。", "roles": ["grid_worker", "community_duty"]}
        send = desk.post(f"/alerts/{yellow.id}/call", words)["Location"]
        assert desk.post(send, {"act": "start"})["Location"].startswith("/calls/")
        story.settle()
        first = story.call_of(yellow)
        assert first.state == "running"
        Client().post(story.link(story.owed(first, town.grid)), {"received": "1"})

        orange = weather.post(story.ORANGE)
        second = story.call_of(orange)
        assert (second.supersedes, second.chain_id) == (first.id, first.chain_id)
        first.refresh_from_db()
        assert first.state == "running"  # until somebody lets the new one go, the old ladder climbs
        approve(town, second)
        red = weather.post(story.RED)
        third = story.call_of(red)
        approve(town, third)
        for old in (first, second):
            old.refresh_from_db()
            assert old.state == "superseded"
        assert third.chain_id == first.chain_id == red.chain_id

        open_now = Obligation.objects.filter(state="open", call_id__isnull=False, part="self")
        assert set(open_now.values_list("call_id", flat=True)) == {third.id}
        persons = list(open_now.values_list("person_id", flat=True))
        assert len(persons) == len(set(persons))
        before = Receipt.objects.filter(call_id__in=[first.id, second.id]).count()
        with clock.shifted(dt.timedelta(seconds=5_000)):
            while climbing.climb():
                pass
        assert Receipt.objects.filter(call_id__in=[first.id, second.id]).count() == before
        old_link = Client().get(story.link(story.owed(first, town.key))).content.decode()
        assert "我收到了" not in old_link
    for call in (first, second, third):
        assert tallies.check(call.id) == {}
    assert tallies.total(first.id)["answered"] == 1


def test_a_cancel_proposes_the_all_clear_and_a_person_decides(town):
    with story.gateways() as (sms, _voice):
        weather = story.Weather()
        red = weather.post(story.RED)
        call = story.call_of(red)
        approve(town, call)
        clear = weather.post(story.CLEAR)
        call.refresh_from_db()
        assert call.state == "running"
        desk = town.client("district").get("/inbox").content.decode()
        assert "决定要不要给叫过的人发解除通知" in desk
        assert f"/alerts/{clear.id}" in desk
        sent = len(sms.taken)
        told = calls.all_clear(call.id, by=town.district.actor, title="暴雨红色预警解除", body="可以回去了，小心积水。")
        story.settle()
        call.refresh_from_db()
        assert call.state == "superseded"
        texts = list(sms.taken.values())[sent:]
        assert town.grid.phone in {m["to"] for m in texts}
        assert not Obligation.objects.filter(call_id=told.id, state="open").exists()
        assert not Obligation.objects.filter(call_id=call.id, state="open").exists()
    assert "alerts.all-clear-proposed" in {e.did for e in entries.trail(by=town.city.actor, chain=clear.chain_id)}


@pytest.mark.parametrize("status", ["Exercise", "Test"])
def test_no_drill_reaches_a_real_carrier(town, status):
    with story.gateways() as (sms, voice):
        alert = story.Weather(status=status).post(story.RED)
        assert alert.drill
        for call in Call.objects.all():
            assert call.drill
            story.climb(5_000)
        running = Call.objects.filter(state="running").exists()
        assert running == (status == "Exercise")  # a Test is kept and shown, and sets nothing off
        assert not sms.batches
        assert not voice.batches
    assert not Receipt.objects.exclude(carrier__in=["simulated", "null"]).exclude(carrier="").exists()
    inbox = town.client("district").get("/inbox").content.decode()
    assert ("演练" in inbox) == running


def test_the_database_itself_refuses_a_drill_on_a_real_carrier(town):
    alert = story.Weather(status="Exercise").post(story.RED)
    call = story.call_of(alert)
    owed = story.owed(call, town.grid)
    insert = """INSERT INTO callout_receipt (id, obligation_id, call_id, place_path, drill, carrier, made_at)
                VALUES (%s, %s, %s, %s, %s, 'sms_http', now())"""
    for drill in (True, False):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(insert, [uuid.uuid4(), owed.id, call.id, owed.place_path, drill])
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE callout_call SET drill = false WHERE id = %s", [call.id])
    assert not Receipt.objects.filter(carrier="sms_http").exists()
    ledger.seal_all()
    assert ledger.verify().ok
