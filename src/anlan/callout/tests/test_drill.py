"""WRN-03: a drill or a test can reach no real carrier, whoever tries: service, dispatcher, database."""

import pytest
from django.db import IntegrityError, connection, transaction

from anlan.callout.carriers import discover
from anlan.callout.models import Call, Carrier, Receipt
from anlan.callout.services import calls, channels, handing
from anlan.callout.terms import SAFE_CARRIERS
from anlan.callout.tests import mass
from anlan.callout.tests.test_calling import begin, draft
from anlan.kernel.ids import uuid7

pytestmark = pytest.mark.django_db

REAL = ("sms_http", "voice_http", "email")


@pytest.mark.parametrize("status", ["exercise", "test"])
def test_every_real_carrier_is_on_and_a_drill_goes_by_none(monkeypatch, status):
    mass.load(30)
    gateways = [mass.Gateway(name) for name in REAL]
    mass.install(monkeypatch, *gateways)
    call = begin(status=status, level="red")
    assert call.drill
    assert call.state == "running"
    assert not any(g.asked for g in gateways)
    assert set(Receipt.objects.filter(call_id=call.id).values_list("carrier", flat=True)) <= set(SAFE_CARRIERS)


def test_an_exercise_marks_every_row():
    mass.load(5)
    exercise = uuid7()
    call = begin(exercise=exercise)
    assert set(Receipt.objects.filter(call_id=call.id).values_list("exercise_id", "drill")) == {(exercise, True)}
    with pytest.raises(IntegrityError), transaction.atomic():
        Call.objects.filter(id=call.id).update(drill=False)


def test_the_dispatcher_refuses_even_if_the_choice_of_carrier_errs(monkeypatch):
    mass.load(5)
    gateway = mass.install(monkeypatch, mass.Gateway("sms_http"))
    monkeypatch.setattr(channels, "rounds", lambda groups, *, drill: [["sms_http"]])
    by = mass.officer()
    call = calls.start(calls.prepare(draft(status="exercise"), by=by).id, by=by)
    with pytest.raises(IntegrityError), transaction.atomic():
        mass.drain()
    assert not gateway.asked
    rows = [(uuid7(), uuid7(), "sms_http", "", 1, 1, uuid7(), "", "", "0001", "self", 0, "", call.id, True, "open", "")]
    sent = handing._ask(gateway, rows, {call.id: call})
    assert [s.problem for s in sent] == ["drill"]
    assert not gateway.asked


def test_a_carrier_that_calls_itself_safe_is_not_believed():
    assert not channels.safe(mass.Gateway("sms_http", safe=True))
    assert {n for n, c in discover().items() if c.safe} == set(SAFE_CARRIERS)


@pytest.mark.parametrize("drill", [True, False])
def test_the_database_refuses_a_real_receipt_of_a_drill(drill):
    mass.load(3)
    call = begin(status="exercise")
    sql = """INSERT INTO callout_receipt (id, obligation_id, call_id, place_path, drill, carrier, made_at)
             VALUES (%s, %s, %s, '0001', %s, 'sms_http', now())"""
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [uuid7(), uuid7(), call.id, drill])


def test_nothing_goes_out_in_silence_when_no_carrier_is_on():
    mass.load(4)
    channels.rows()
    Carrier.objects.update(enabled=False)
    call = begin()
    failed = Receipt.objects.filter(call_id=call.id, state="failed", reason="no_carrier")
    assert failed.count() == 4
