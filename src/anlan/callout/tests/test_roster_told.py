"""RPT-01: what the duty roster sets off: who is told, who owes an answer, a reading, a filled gap."""

import datetime as dt

import pytest

from anlan.callout.models import Carrier, Obligation, Receipt
from anlan.callout.services import channels
from anlan.kernel import clock
from anlan.kernel.authority import machine
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.people import services
from anlan.people.models import ShiftSeat
from anlan.people.terms import Did
from anlan.people.tests.watch import BY, coming, running, street_watch

WATCH = machine("people.duty-watch")


@pytest.fixture
def watch(live_db, cast):
    channels.rows()
    Carrier.objects.filter(name="simulated").update(enabled=True)
    found = street_watch(cast)
    ledger.drain()
    return found


def about(subject, **narrowed):
    return Obligation.objects.filter(subject_id=subject, **narrowed)


def test_everybody_on_a_published_month_is_told_and_owes_nothing(watch):
    told = Obligation.objects.filter(did=Did.ROTA_PUBLISHED)
    ahead = ShiftSeat.objects.filter(rota=watch.rota, published=True, ends_at__gt=clock.now()).values("person_id")
    assert set(told.values_list("person_id", flat=True)) == set(ahead.values_list("person_id", flat=True))
    assert set(told.values_list("state", flat=True)) == {"told"}
    assert Receipt.objects.filter(obligation_id__in=told.values("id")).count() == told.count()


def test_whoever_is_asked_owes_an_answer_until_it_is_given(watch):
    seat = coming(watch)
    busy = set(ShiftSeat.objects.filter(shift=seat.shift).values_list("person_id", flat=True))
    taker = next(p for p in watch.people.values() if p.id not in busy)
    made = services.ask_change(seat.id, taker=taker.id, by=watch.actor(seat.person.name))
    ledger.drain()
    (owed,) = about(made.id, did=Did.SHIFT_CHANGED, state="open")
    assert (owed.person_id, owed.link) == (taker.id, f"/duty/changes/{made.id}")
    assert owed.due_at <= seat.starts_at
    services.agree_change(made.id, by=watch.actor(taker.name))
    ledger.drain()
    owed.refresh_from_db()
    assert owed.state == "met"
    heard = about(made.id, state="told").values_list("person_id", flat=True)
    assert set(heard) == {seat.person_id, taker.id, watch.rota.keeper_id}


def test_a_question_taken_back_is_owed_no_more(watch):
    seat = coming(watch)
    busy = set(ShiftSeat.objects.filter(shift=seat.shift).values_list("person_id", flat=True))
    taker = next(p for p in watch.people.values() if p.id not in busy)
    made = services.ask_change(seat.id, taker=taker.id, by=watch.actor(seat.person.name))
    ledger.drain()
    services.withdraw_change(made.id, by=watch.actor(seat.person.name))
    ledger.drain()
    assert not about(made.id, state="open").exists()


def test_the_next_shift_owes_the_reading_until_one_of_them_has_read(watch):
    seat = running(watch)
    note = services.give_over(watch.rota.id, "", by=BY, shift_id=seat.shift_id)
    ledger.drain()
    after = people.shift_after(note.shift)
    if after is None:  # the last day of the month, and the next is not laid
        assert set(about(note.id, state="open").values_list("person_id", flat=True)) == {watch.rota.keeper_id}
        return
    crew = set(after.seats.values_list("person_id", flat=True))
    assert set(about(note.id, state="open").values_list("person_id", flat=True)) == crew
    reader = next(n for n, p in watch.people.items() if p.id in crew)
    services.take_over(note.id, by=watch.actor(reader))
    ledger.drain()
    assert not about(note.id, state="open").exists()


def test_a_gap_is_owed_by_the_keeper_and_the_superior_until_it_is_filled(watch, cast):
    seat = running(watch)
    was = seat.person_id
    services.put(seat.id, None, by=BY)
    services.watch_gaps(by=WATCH)
    services.watch_gaps(by=WATCH)
    ledger.drain()
    owed = Obligation.objects.filter(did=Did.GAP_CLOSED)
    assert set(owed.values_list("person_id", flat=True)) == {cast.street.person.id, cast.district.person.id}
    assert owed.first().due_at > clock.now() - dt.timedelta(minutes=1)
    services.put(seat.id, was, by=BY)
    services.watch_gaps(by=WATCH)
    ledger.drain()
    assert set(owed.values_list("state", flat=True)) == {"met"}
