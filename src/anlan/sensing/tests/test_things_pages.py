"""SEN-01, SEN-05: the pages of the registry, through the door."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from anlan.kernel import clock
from anlan.ledger.models import Entry
from anlan.sensing.models import Datastream, Day, Purpose, Rejected, Thing, Unclaimed
from anlan.sensing.queries import wellness
from anlan.sensing.queries.registry import ThingFilter
from anlan.sensing.services import evaluating
from anlan.sensing.services.observing import take
from anlan.sensing.terms import Did
from anlan.sensing.tests import streams
from anlan.sensing.tests.alarming import raised
from anlan.sensing.tests.devices import LEVEL, gauge, stream
from anlan.sensing.tests.registering import strangers

PAGES = ("things", "things/new", "things/import", "health", "unclaimed", "rejected", "purposes")


def text(answer):
    return answer.content.decode()


def test_every_page_opens_empty_and_full(cast):
    client = cast.client("community")
    for page in PAGES:
        assert client.get(f"/sensing/{page}").status_code == 200, page
        assert cast.client("nobody").get(f"/sensing/{page}").status_code == 403, page
    row = gauge(cast, lon=104.06, lat=30.67, device="WL-1", calibration_due=clock.now().date())
    strangers(cast)
    take(streams.reading(stream(row), 12.5))
    evaluating.run_once()
    for page in (*PAGES, f"things/{row.id}", f"things/{row.id}/edit", "unclaimed/claim?device=WL-9", "things.geojson",
                 f"things/{row.id}/where.geojson", "things.csv", "rejected.xlsx", "things/sample.xlsx",
                 "things?place=zz&kind=x&fares=due&sort=-due&q=竹", "health?kind=waterlog", "purposes?view=all",
                 "unclaimed?view=dropped&q=x", "rejected?view=all&door=http&sort=count"):  # fmt: skip
        assert client.get(f"/sensing/{page}").status_code == 200, page
    said = text(client.get(f"/sensing/things/{row.id}"))
    assert "12.5" in said
    assert "该检定了" in said
    alarm = raised(cast.places.grid, level=3)
    said = text(client.get(f"/sensing/things/{alarm.thing_id}"))
    assert f"/sensing/alarms/{alarm.id}" in said
    assert "&lt;Alarm" not in said  # the shell has a band of its own for what it calls alarms
    for page in (f"things/{row.id}", f"things/{row.id}/edit", "unclaimed/claim?device=WL-9"):
        assert cast.client("elsewhere").get(f"/sensing/{page}").status_code == 404, page
    assert cast.client("grid").get(f"/sensing/things/{row.id}/edit").status_code == 403
    assert "<script>alert" not in text(client.get("/sensing/rejected")) + text(
        client.get("/sensing/unclaimed/claim?device=WL-9")
    )
    assert Entry.objects.filter(did=Did.EXPORTED).count() == 2


def test_a_thing_by_the_form_and_all_that_its_page_does(cast):
    client = cast.client("community")
    said = {"kind": "waterlog", "name": "竹苑路下穿", "place_words": "第三网格", "device": "WL-1", "streams": ["depth"],
            "every_depth": "60", "lon": "104.06", "lat": "30.67", "scheme": "gcj02"}  # fmt: skip
    answer = client.post("/sensing/things/new", said)
    row = Thing.objects.get()
    assert answer["Location"] == f"/sensing/things/{row.id}"
    assert (row.place_path, row.datastreams.get().every) == (cast.places.grid.path, 60)
    again = client.post("/sensing/things/new", said)
    assert (again.status_code, "WL-1 已经登记过了" in text(again)) == (422, True)
    wrong = client.post("/sensing/things/new", said | {"name": "", "lon": "很东", "every_depth": "x", "device": "WL-2"})
    assert wrong.status_code == 422
    assert "很东" in text(wrong)  # what was written stays
    changed = said | {
        "revision": "1",
        "name": "竹苑路下穿隧道",
        "place": row.place_path,
        "calibration_due": "2099-01-01",
    }
    assert client.post(f"/sensing/things/{row.id}/edit", changed).status_code == 302
    assert "别人刚改过" in text(client.post(f"/sensing/things/{row.id}/edit", changed))
    depth = row.datastreams.get()
    for post in (
        {"act": "add", "property": "battery", "every": "86400"}, {"act": "calibrate", "due": "2099-05-01"},
        {"act": "set", "stream": depth.id, "every": "", "low": "0", "high": "300", "on": "1"},
        {"act": "stop", "reason": "坏了"},
    ):  # fmt: skip
        assert client.post(f"/sensing/things/{row.id}/act", post).status_code == 302
    row.refresh_from_db()
    depth.refresh_from_db()
    assert (row.name, row.stopped_why, row.calibration_due) == ("竹苑路下穿隧道", "坏了", dt.date(2099, 5, 1))
    assert (depth.every, depth.high, row.datastreams.count()) == (None, 300, 2)
    client.post(f"/sensing/things/{row.id}/act", {"act": "resume"})
    row.refresh_from_db()
    assert row.stopped_at is None
    other = gauge(cast, streams=(LEVEL,))
    moved = client.post(f"/sensing/things/{row.id}/act", {"act": "set", "stream": stream(other).id, "on": "1"})
    assert moved.status_code == 404  # a stream of another thing
    assert client.post(f"/sensing/things/{row.id}/act", {"act": "fly"}).status_code == 404


def test_a_stranger_is_claimed_on_its_page(cast):
    client = cast.client("community")
    strangers(cast)
    page = text(client.get("/sensing/unclaimed"))
    assert "WL-9" in page
    assert "31.5" in page
    form = {"device": "WL-9", "property_0": "depth", "every_0": "300"}
    wrong = client.post("/sensing/unclaimed/claim", form | {"act": "attach"})
    assert wrong.status_code == 422
    found = client.post("/sensing/unclaimed/claim", form | {"act": "find", "thing_words": "没有的"})
    assert "没找到" in text(found)
    said = form | {"act": "new", "kind": "waterlog", "name": "新积水点", "place_words": "第三网格", "scheme": "wgs84"}
    answer = client.post("/sensing/unclaimed/claim", said)
    row = Thing.objects.get()
    assert answer["Location"] == f"/sensing/things/{row.id}"
    assert list(Unclaimed.objects.values_list("key", flat=True)) == ["door"]
    client.post("/sensing/unclaimed/claim", {"device": "WL-9", "act": "drop", "reason": "门磁不要"})
    assert Unclaimed.objects.get().state == "dropped"
    client.post("/sensing/unclaimed/claim", {"device": "WL-9", "act": "reopen"})
    attach = {"device": "WL-9", "property_0": "event", "act": "attach", "thing": str(row.id)}
    assert client.post("/sensing/unclaimed/claim", attach).status_code == 302
    assert not Unclaimed.objects.exists()
    assert row.datastreams.count() == 2
    fault = Rejected.objects.get(digest=b"d")
    client.post("/sensing/rejected/settle", {"ids": [fault.id], "opinion": "厂家改好了"})
    fault.refresh_from_db()
    assert fault.opinion == "厂家改好了"


def test_a_list_is_uploaded_looked_at_and_taken(cast):
    client = cast.client("community")
    table = "设备编号,名称,类型\nA-1,甲,烟感\nA-2,乙,勺子\n".encode()
    answer = client.post("/sensing/things/import", {"file": SimpleUploadedFile("表.csv", table), "scheme": "wgs84"})
    page = text(client.get(answer["Location"]))
    assert "没有「勺子」这种类型" in page
    assert "A-2" in text(client.get(answer["Location"] + "/faults.csv"))
    client.post(answer["Location"], {"act": "take"})
    assert Thing.objects.get().device == "A-1"
    assert client.post("/sensing/things/import", {"file": SimpleUploadedFile("表.csv", b"")}).status_code == 422


def test_a_purpose_is_granted_and_ended_on_the_page(cast, settings):
    """SEN-05: the page says plainly that nothing is taken while the setting is off."""
    client = cast.client("district")
    assert "有备案也不取值" in text(client.get("/sensing/purposes"))
    settings.SENSING_PEOPLE = True
    assert "有备案也不取值" not in text(client.get("/sensing/purposes"))
    until = clock.local(clock.now()).date() + dt.timedelta(days=9)
    said = {
        "kind": "gate",
        "place_words": "竹苑社区",
        "name": "清点",
        "basis": "预案 4.2",
        "assessment": "评-1",
        "until": until,
    }
    assert client.post("/sensing/purposes", said | {"assessment": ""}).status_code == 422
    assert client.post("/sensing/purposes", said).status_code == 302
    assert cast.client("community").post("/sensing/purposes", said).status_code == 403
    row = Purpose.objects.get()
    client.post(f"/sensing/purposes/{row.id}/end", {"reason": "过了"})
    row.refresh_from_db()
    assert row.ended_why == "过了"


def test_the_online_rate_is_what_came_of_what_was_expected(cast):
    """SEN-01: by thing, kind and place; bursts do not hide gaps; a thing of today has none."""
    today = clock.local(clock.now()).date()
    good, half, new = (gauge(cast, "river", name=name, streams=(LEVEL,)) for name in ("好", "半", "新"))
    Datastream.objects.filter(thing__in=[good, half]).update(made_at=clock.now() - dt.timedelta(days=30))
    perfect = 86_400 // 300
    for ago in range(1, 8):
        on = today - dt.timedelta(days=ago)
        Day.objects.create(stream=stream(good).id, on=on, count=perfect + 50, low=0, high=1, total=1)
        if ago % 2:
            Day.objects.create(stream=stream(half).id, on=on, count=perfect * 3, low=0, high=1, total=1)
    rates = wellness.online([good.id, half.id, new.id])
    assert rates == {good.id: 1.0, half.id: pytest.approx(4 / 7)}
    (line,) = wellness.by_kind(ThingFilter(), by=cast.community.actor)
    assert (line["key"], line["all"], line["never"]) == ("river", 3, 3)
    assert line["online"] == pytest.approx(11 / 14)
    (part,) = wellness.by_part(ThingFilter(), cast.places.community.path, by=cast.community.actor)
    assert (part["key"], part["all"]) == (cast.places.grid.path, 3)


def test_the_list_asks_the_same_number_of_questions_however_long(cast):
    client = cast.client("community")
    gauge(cast)
    client.get("/sensing/things")
    with CaptureQueriesContext(connection) as few:
        client.get("/sensing/things")
    for n in range(12):
        gauge(cast, name=f"第 {n} 台", device=f"D{n}")
    with CaptureQueriesContext(connection) as many:
        client.get("/sensing/things")
    assert len(many) == len(few)
