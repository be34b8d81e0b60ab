"""SEN-04: the list, the record, the verdict in a browser's words; rates; the phone's verdict without a network."""

import datetime as dt
import uuid

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from anlan.fieldwork.ports import Record, handlers, packs
from anlan.fieldwork.tests.test_uploads_door import jpeg
from anlan.kernel import clock
from anlan.sensing.limits import suggest
from anlan.sensing.models import Alarm, AlarmPhoto, Observation
from anlan.sensing.queries import alarm_rates
from anlan.sensing.services import verifying
from anlan.sensing.tests.alarming import event, raised, rule, settle, thing


def text(answer):
    return answer.content.decode()


def test_list_and_record(db, cast, django_assert_max_num_queries):
    """SEN-04: a list of many asks as many queries as a list of one; a record says what, when, who owes it."""
    client = cast.client("community")
    (stream,) = thing(cast.places.grid, lon=113.2, lat=23.1, device="SW-001")
    version = rule(cast.places.city)
    (alarm,) = settle(event(version, stream, 3, value=4.2))
    start = alarm.began_at - dt.timedelta(minutes=30)
    Observation.objects.bulk_create(
        Observation(stream=stream.id, at=start + dt.timedelta(minutes=5 * i), value=3 + i / 10, came=start)
        for i in range(7)
    )
    with CaptureQueriesContext(connection) as one:
        page = text(client.get("/sensing/alarms"))
    assert "竹苑河水位站" in page
    assert alarm.number in page
    settle(*[event(version, thing(cast.places.grid, name=f"站{i}")[0], 2) for i in range(12)])
    with CaptureQueriesContext(connection) as many:
        page = text(client.get("/sensing/alarms?kind=river&sort=-level"))
    assert "站11" in page
    assert len(many) <= len(one)
    with django_assert_max_num_queries(45):
        page = text(client.get(f"/sensing/alarms/{alarm.id}"))
    for word in ("水位 4.2 m", "李小满", "SW-001", "没人核实会怎样", "curve", "附近没有你看得到的报告", "T0"):
        assert word in page, word
    assert "站1" not in text(client.get("/sensing/alarms?q=SW-001&view=all"))
    assert "这样筛，一条也没有" in text(client.get("/sensing/alarms?level=4"))
    assert "没有等你核实的" in text(client.get("/sensing/alarms?view=mine"))
    assert "竹苑河水位站" in text(cast.client("grid").get("/sensing/alarms?view=mine"))
    assert client.get(f"/sensing/alarms/{alarm.id}/where.geojson").json()["features"][-1]["properties"]["name"]
    table = text(client.get("/sensing/alarms/file.csv?view=all"))
    assert table.count("BJ-") == 13
    assert client.get("/sensing/alarms/file.xlsx").status_code == 200
    assert cast.client("elsewhere").get(f"/sensing/alarms/{alarm.id}").status_code == 404
    assert "竹苑河水位站" not in text(cast.client("elsewhere").get("/sensing/alarms?view=all"))


def test_verdict_by_page_and_api(db, cast):
    """SEN-04: a false one needs a word and keeps what was written; photos; closed, reopened; the same by API."""
    alarm = raised(cast.places.grid)
    client = cast.client("grid")
    page = client.post(f"/sensing/alarms/{alarm.id}/verify", {"verdict": "false", "opinion": ""})
    assert page.status_code == 422
    assert "写一句看到了什么" in text(page)
    shot = SimpleUploadedFile("a.jpg", jpeg(), "image/jpeg")
    said = {"verdict": "real", "opinion": "水漫到路面", "revision": "1", "photos": shot}
    page = client.post(f"/sensing/alarms/{alarm.id}/verify", said, follow=True)
    assert "会转成事件接着办" in text(page)
    photo = AlarmPhoto.objects.get()
    assert client.get(f"/sensing/alarms/photos/{photo.id}")["Content-Type"] == "image/jpeg"
    assert cast.client("elsewhere").get(f"/sensing/alarms/photos/{photo.id}").status_code == 404
    page = cast.client("community").post(
        f"/sensing/alarms/{alarm.id}/verify", {"verdict": "false", "opinion": "没有"}, follow=True
    )
    assert "李小满已经核实过了" in text(page)
    assert "了结了" in text(client.post(f"/sensing/alarms/{alarm.id}/close", {"opinion": "退了"}, follow=True))
    assert "重新核实" in text(client.post(f"/sensing/alarms/{alarm.id}/reopen", {"opinion": "又来了"}, follow=True))
    assert client.post(f"/sensing/alarms/{alarm.id}/nonsense").status_code == 404
    desk = cast.client("community")
    (row,) = desk.get("/api/v1/sensor-alarms?view=open").json()["items"]
    assert (row["number"], row["state"], row["where"]) == (alarm.number, "raised", "竹苑社区 第三网格")
    address = f"/api/v1/sensor-alarms/{alarm.id}"
    verdict = {"verdict": "unsure", "opinion": "看不清", "revision": 1}
    assert desk.post(f"{address}/verdict", verdict, content_type="application/json").status_code == 409
    verdict["revision"] = row["revision"]
    assert desk.post(f"{address}/verdict", verdict, content_type="application/json").json()["state"] == "unsure"
    assert desk.get("/api/v1/sensor-alarms?level=9").status_code == 422
    assert cast.client("elsewhere").get(address).status_code == 404


def test_the_phone_verifies_without_a_network(db, cast):
    """SEN-04: the duty stands in the phone's pack, is answered there, and one that came too late shows both words."""
    alarm = raised(cast.places.grid, level=3)
    kept = packs["sensing.alarms"].of(cast.grid.actor, None)["alarms"]
    assert [(k["id"], k["level_name"], k["revision"]) for k in kept] == [(str(alarm.id), "橙", 1)]
    assert packs["sensing.alarms"].of(cast.elsewhere.actor, None)["alarms"] == []

    def record(verdict, opinion=""):
        body = {"alarm": str(alarm.id), "verdict": verdict, "opinion": opinion}
        return Record(id=uuid.uuid4(), kind="sensing.verify", body=body, at=clock.now(), offline=True, base=1)

    (came,) = handlers["sensing.verify"].apply([record("real", "漫上来了")], by=cast.grid.actor)
    assert (came.state, came.subject) == ("done", alarm.id)
    assert Alarm.objects.get().verdict == "real"
    (late,) = handlers["sensing.verify"].apply([record("false", "没有水")], by=cast.community.actor)
    assert late.state == "conflict"
    assert (late.now["核实结果"], late.mine["核实结果"]) == ("属实", "误报")


def judged(cast, version, peaks):
    """Raise an alarm for each (value, real?) and let it be judged."""
    for value, real in peaks:
        (stream,) = thing(cast.places.grid, name=f"站{value}{real}")
        (alarm,) = settle(event(version, stream, 1, value=value))
        verifying.verify(alarm.id, "real" if real else "false", "看过了", by=cast.grid.actor)


def test_rates_and_a_better_limit(db, cast, settings):
    """SEN-04: 误报率按设备统计，反馈阈值: with its interval, and the limit that keeps every real alarm."""
    settings.ALARM_VERDICTS_LEAST = 6
    version = rule(cast.places.city)
    judged(cast, version, [(3.1, False), (3.15, False), (3.2, False), (3.3, True), (3.35, False), (3.4, True)])
    raised(cast.places.grid, level=1, name="没人核实")
    (rate,) = [r for r in alarm_rates.by_rule(cast.city.actor, 6) if r.id == version.rule_id]
    assert (rate.raised, rate.judged, rate.false) == (6, 6, 4)
    assert (rate.low, rate.high) == (30, 90)
    assert rate.share == 4 / 6
    assert {r.name: r.false for r in alarm_rates.by_thing(cast.city.actor, 6)}["站3.1False"] == 1
    (month,) = alarm_rates.by_month(cast.city.actor, 1)
    assert (month.raised, month.false) == (7, 4)
    better = alarm_rates.suggested(version.rule_id)
    assert (better.level, better.now, better.limit, better.spared, better.real) == ("blue", 3.0, 3.3, 3, 2)
    page = text(cast.client("community").get("/sensing/alarms/rates"))
    assert "3 改为 3.3" in page
    assert f"/sensing/rules/{version.rule_id}" in page
    assert "66.7%" in page
    assert "这段时间没有设备报警" in text(cast.client("elsewhere").get("/sensing/alarms/rates"))


def test_no_limit_is_suggested_without_cause():
    levels = {"blue": 3.0, "yellow": 3.5}
    assert suggest(levels, [(3.2, True)] * 5 + [(3.1, False)] * 5, least=20) is None
    assert suggest(levels, [(3.1, False)] * 30, least=20) is None
    assert suggest(levels, [(3.2, True)] * 30, least=20) is None
    assert suggest(levels, [(9.0, True)] * 15 + [(3.1, False)] * 15, least=20).limit == 3.5
    down = suggest({"blue": 5.0, "red": 2.0}, [(4.0, True), (4.9, False)], least=2, down=True)
    assert (down.limit, down.spared) == (4.0, 1)
