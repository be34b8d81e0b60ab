"""WRN-03: a failing gateway is bypassed by the next, a throttled one is waited for, a dead number is left."""

import datetime as dt

import pytest
from django.db import connection

from anlan.callout.carriers import GatewayDown, Handed
from anlan.callout.models import Carrier, Obligation, Receipt
from anlan.callout.services import calls, fanout, receipts, tallies
from anlan.callout.terms import Report
from anlan.callout.tests import mass
from anlan.callout.tests.test_calling import begin, draft
from anlan.kernel import clock
from anlan.people.models import Person

pytestmark = pytest.mark.django_db


def test_the_next_carrier_takes_over_from_a_gateway_that_is_down(monkeypatch):
    mass.load(30)
    sms, mail = mass.Gateway("sms_http"), mass.Gateway("email")
    mass.install(monkeypatch, sms, mail)
    sms.down = GatewayDown("连不上")
    call = begin()
    assert len(mail.sent) == 30
    row = Carrier.objects.get(name="sms_http")
    assert row.failing_since is not None
    assert "连不上" in row.last_error
    assert tallies.check(call.id) == {}
    counts = tallies.total(call.id)
    assert (counts["handed"], counts["failed"]) == (30, 30)
    asked = len(sms.asked)
    begin()
    assert len(sms.asked) == asked  # bypassed while it fails: the mail is tried first


def test_alone_it_is_waited_for_with_the_same_keys(monkeypatch):
    mass.load(10)
    sms = mass.install(monkeypatch, mass.Gateway("sms_http"))
    sms.down = GatewayDown("连不上")
    call = begin()
    assert Receipt.objects.filter(call_id=call.id, state="queued", reason="waiting").count() == 10
    sms.down = None
    mass.drain(ahead=True)
    assert set(sms.sent) == set(Receipt.objects.filter(call_id=call.id, state="handed").values_list("id", flat=True))
    assert tallies.check(call.id) == {}
    assert tallies.total(call.id)["handed"] == 10


def test_one_refused_number_goes_by_the_next_carrier_the_rest_by_the_first(monkeypatch):
    mass.load(10)
    sms, mail = mass.Gateway("sms_http"), mass.Gateway("email")
    mass.install(monkeypatch, sms, mail)
    sms.say = lambda m: Handed(m.key, ok=m.place_path != "00010001000100010001", reason="黑名单")
    call = begin()
    refused = Receipt.objects.filter(call_id=call.id, state="failed").count()
    assert 0 < refused == len(mail.sent)
    assert tallies.check(call.id) == {}
    assert tallies.total(call.id)["handed"] == 10


def test_reports_come_late_twice_and_in_any_order(monkeypatch):
    mass.load(6)
    mass.install(monkeypatch, mass.Gateway("sms_http"))
    call = begin()
    a, b, *_ = Receipt.objects.filter(call_id=call.id).order_by("id")
    receipts.report_many([Report(a.id, "read"), Report(a.id, "delivered"), Report(b.id, "delivered")])
    receipts.report_many([Report(a.id, "delivered"), Report(b.id, "read"), Report(b.id, "failed", reason="晚到的失败")])
    for one in (a, b):
        one.refresh_from_db()
        assert one.state == "read"
    assert tallies.check(call.id) == {}
    assert tallies.total(call.id)["reached"] == 2


def test_a_dead_number_is_told_to_the_roster_and_goes_up(monkeypatch):
    mass.load(6)
    mass.install(monkeypatch, mass.Gateway("sms_http", needs="phone"))
    call = begin()
    one = Obligation.objects.filter(call_id=call.id).first()
    receipts.report_many([Report(one.receipt_id, "failed", reason="空号", dead=True)])
    one.refresh_from_db()
    assert one.dead
    assert Person.objects.get(id=one.person_id).reach == "dead"
    assert tallies.check(call.id) == {}
    assert tallies.total(call.id)["dead"] == 1


def test_what_lies_about_is_handed_over_again(monkeypatch):
    mass.load(8)
    sms = mass.install(monkeypatch, mass.Gateway("sms_http"))
    call = begin()
    with connection.cursor() as cursor:  # a worker died between asking the gateway and writing it down
        cursor.execute(
            """INSERT INTO callout_receipt (id, obligation_id, call_id, place_path, carrier, attempt, state, made_at,
                 handing_at)
               SELECT callout_uuid7((extract(epoch FROM now()) * 1000)::bigint, row_number() OVER ()::int), id, call_id,
                 place_path, 'sms_http', 2, 'handing', now() - interval '5 min', now() - interval '5 min'
               FROM callout_obligation WHERE call_id = %s""",
            [call.id],
        )
    assert receipts.sweep_stale() == 8
    mass.drain()
    assert len(sms.sent) == 16
    assert not Receipt.objects.filter(call_id=call.id, state__in=["queued", "handing"]).exists()


def test_a_rate_limit_keeps_the_order_of_calling(monkeypatch):
    mass.load(40)
    sms = mass.install(monkeypatch, mass.Gateway("sms_http"), rates={"sms_http": 10})
    call = begin()
    assert len(sms.sent) <= 40
    mass.drain(ahead=True)
    assert [m.obligation for m in sms.asked] == sorted(
        Obligation.objects.filter(call_id=call.id).values_list("id", flat=True)
    )


def test_a_call_whose_jobs_were_lost_is_gone_on_with(monkeypatch):
    mass.load(700)
    sms = mass.install(monkeypatch, mass.Gateway("sms_http"))
    by = mass.officer()
    call = calls.start(calls.prepare(draft(), by=by).id, by=by)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    assert fanout.resume() == 0  # too young: its jobs are under way
    with clock.shifted(dt.timedelta(seconds=61)):
        assert fanout.resume() == 2
        assert fanout.resume() == 0
        mass.drain()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM callout_receipt WHERE id IN (SELECT id FROM callout_receipt LIMIT 5)")
        assert fanout.resume() > 0
        mass.drain()
    assert len({m.person for m in sms.asked}) == 700
    assert Receipt.objects.filter(call_id=call.id, state="handed").count() == 700
