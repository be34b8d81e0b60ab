"""RPT-01: calendars to subscribe to: a private address, stable UIDs, SEQUENCE, Asia/Shanghai; parsed back."""

import datetime as dt

import pytest
from django.test import Client
from icalendar import Calendar

from anlan.kernel import clock
from anlan.people import services
from anlan.people.models import CalendarFeed, ShiftSeat
from anlan.people.tests.cast import BACKEND
from anlan.people.tests.watch import BY, chinese, coming, street_watch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chinese")]
__all__ = ["chinese"]  # a fixture


def client_of(watch, name):
    client = Client()
    client.force_login(watch.account(name), backend=BACKEND)
    return client


def test_my_calendar_is_a_private_address_that_can_be_stopped(cast):
    watch = street_watch(cast)
    seat = coming(watch)
    client = client_of(watch, seat.person.name)
    shown = client.post("/duty/feeds").content.decode()
    address = "/duty/feeds/" + shown.split("/duty/feeds/")[1].split(".ics")[0] + ".ics"
    answer = Client().get(address)
    assert answer["Content-Type"].startswith("text/calendar")
    calendar = Calendar.from_ical(answer.content)
    events = {str(e["UID"]).partition("@")[0]: e for e in calendar.walk("VEVENT")}
    mine = ShiftSeat.objects.filter(person=seat.person, published=True, ends_at__gt=clock.now() - dt.timedelta(days=31))
    assert set(events) == {str(s.id) for s in mine}
    event = events[str(seat.id)]
    assert event["DTSTART"].params["TZID"] == "Asia/Shanghai"
    assert event.start == seat.starts_at
    assert event.end == seat.ends_at
    assert int(event["SEQUENCE"]) == 0
    assert [str(z["TZID"]) for z in calendar.walk("VTIMEZONE")] == ["Asia/Shanghai"]
    client.post("/duty/feeds")  # a new address: the old one stops
    assert Client().get(address).status_code == 404
    feed = CalendarFeed.objects.get(revoked_at=None)
    assert cast.client("elsewhere").post(f"/duty/feeds/{feed.id}/revoke").status_code == 404
    client.post(f"/duty/feeds/{feed.id}/revoke")
    assert not CalendarFeed.objects.filter(revoked_at=None).exists()


def test_a_rotas_calendar_keeps_its_uid_and_counts_its_changes(cast):
    watch = street_watch(cast)
    seat = coming(watch)
    token = services.open_feed(by=cast.street.actor, rota_id=watch.rota.id)

    def event():
        calendar = Calendar.from_ical(Client().get(f"/duty/feeds/{token}.ics").content)
        return next(e for e in calendar.walk("VEVENT") if str(e["UID"]).startswith(str(seat.shift_id)))

    before = event()
    assert f"值班员：{seat.person.name}" in str(before["DESCRIPTION"])
    services.put(seat.id, None, by=BY)
    after = event()
    assert (before["UID"], int(before["SEQUENCE"]), int(after["SEQUENCE"])) == (after["UID"], 0, 1)
    assert "值班员：空" in str(after["DESCRIPTION"])
    cast.street.account.is_active = False
    cast.street.account.save()
    assert Client().get(f"/duty/feeds/{token}.ics").status_code == 404
    assert Client().get("/duty/feeds/wrong.ics").status_code == 404
