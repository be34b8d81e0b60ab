"""SEN-03: one net: every thing and what people said on one page; where they contradict, a person decides. Small API."""

import datetime as dt

import numpy as np
import pytest

from anlan.incidents.tests.saying import say
from anlan.kernel import clock
from anlan.kernel.authority import Invalid, Refused
from anlan.ledger import queries as ledger
from anlan.sensing import sides as pure
from anlan.sensing.models import Alarm, Latest, SidesJudged, Thing
from anlan.sensing.queries import directory, net
from anlan.sensing.services import evaluating, observing, sides, verifying
from anlan.sensing.terms import Did
from anlan.sensing.tests.alarming import raised
from anlan.sensing.tests.streams import many, series, stand

HERE = {"lon": 113.2, "lat": 23.1}


@pytest.fixture(autouse=True)
def _fresh_directory():
    directory.forget()


def text(answer):
    return answer.content.decode()


def test_where_they_contradict():
    """SEN-03: water against a dry gauge nearby, an alarm nobody speaks of, one that was found false; not the rest."""
    now = clock.now()
    spot, far = pure.Spot("0001", 113.2, 23.1), pure.Spot("0001", 113.3, 23.1)
    ago = lambda minutes: now - dt.timedelta(minutes=minutes)  # noqa: E731
    water = pure.Heard("r", spot, ago(10), water=True)

    def why(gauges=(), rings=(), heard=(), **values):
        found = pure.found(gauges, rings, heard, now=now, within=500, minutes=60, **values)
        return [one.why for one in found]

    assert why([pure.Gauge("g", spot, ago(1), 0)], heard=[water]) == ["dry"]
    assert why([pure.Gauge("g", spot, ago(1), 2)], heard=[water]) == []
    assert why([pure.Gauge("g", far, ago(1), 0)], heard=[water]) == []
    assert why([pure.Gauge("g", spot, ago(90), 0)], heard=[water]) == []
    assert why([pure.Gauge("g", spot, ago(1), 0)], heard=[pure.Heard("r", spot, ago(500), water=True)]) == []
    ring = pure.Ring("a", "t", spot, ago(45), "")
    assert why(rings=[ring]) == ["alone"]
    assert why(rings=[ring], heard=[water]) == []
    assert why(rings=[pure.Ring("a", "t", spot, ago(5), "")]) == []
    assert why(rings=[pure.Ring("a", "t", spot, ago(5), "false")]) == ["false"]
    assert pure.near(pure.Spot("0001", None, None), spot, 1)


def test_the_net_of_a_place(db, cast, django_assert_max_num_queries):
    """SEN-03: counts by kind and place, the time line, both sides, the map; many things ask no more queries."""
    client = cast.client("city")
    with django_assert_max_num_queries(45):
        assert "这里还没有登记设备" in text(client.get("/sensing/net"))
    dry = stand(cast.places.grid.path, kind="waterlog", code="depth", key="depth", name="竹苑路下穿", **HERE)
    many(cast.places.community.path, 300)
    Thing.objects.filter(name__startswith="站").update(lon=113.21, lat=23.11)
    observing.take(series(dry, np.full(5, 0.0), start=5))
    evaluating.run_once()
    said = say(cast.grid, "竹苑路下穿积水，车过不去")
    said.lon, said.lat = 113.2001, 23.1001
    said.save()
    false = raised(cast.places.grid, kind="smoke", measures="smoke", name="3 栋烟感", level=4, **HERE)
    verifying.verify(false.id, "false", "有人炒菜", by=cast.grid.actor)
    raised(cast.places.grid, name="竹苑河")
    with django_assert_max_num_queries(45):
        page = text(client.get("/sensing/net"))
    for word in ("303", "人说有水，设备说没有", "车过不去", "积水深度 0 厘米", "有人炒菜", "江岸区", "99%"):
        assert word in page, word
    assert net.counts(cast.places.city.path, by=cast.city.actor)[1][cast.places.district.path].all == 303
    map_ = client.get("/sensing/net/where.geojson").json()["features"]
    states = [f["properties"].get("state") for f in map_]
    assert states.count("never") == 301
    assert states.count("said") == 1
    part = text(client.get(f"/sensing/net?place={cast.places.grid.path}&part=1"))
    assert "<html" not in part
    assert "竹苑路下穿" in part
    assert "竹苑路下穿" not in text(cast.client("elsewhere").get("/sensing/net"))
    key = f"{dry.thing_id}||incidents.report:{said.id}"
    form = {"key": key, "right": "people", "opinion": ""}
    assert client.post("/sensing/net/judge", form).status_code == 422
    assert client.post("/sensing/net/judge", form | {"opinion": "去看了，真有水，探头高了"}).status_code == 302
    page = text(client.get("/sensing/net"))
    assert "人说有水，设备说没有" not in page
    assert "探头高了" in page
    assert ledger.trail(by=cast.city.actor, subject_id=dry.thing_id)[0].did == Did.SIDES_JUDGED
    assert Alarm.objects.count() == 2


def test_who_decides_and_once(db, cast):
    """SEN-03: only who verifies there decides; the first decision stands."""
    stream = stand(cast.places.grid.path)
    key = f"{stream.thing_id}||x"
    made = sides.judge(key, "both", "两处不同的水", by=cast.city.actor)
    assert sides.judge(key, "device", "不对", by=cast.community.actor).right == made.right == "both"
    assert SidesJudged.objects.count() == 1
    for wrong in (
        {"key": "x||", "right": "both"},
        {"key": key, "right": "nobody"},
        {"key": key + "|y", "right": "both"},
    ):
        with pytest.raises(Invalid):
            sides.judge(wrong["key"], wrong["right"], "为什么", by=cast.city.actor)
    with pytest.raises(Refused):
        sides.judge(key, "both", "为什么", by=cast.admin.actor)


def test_streams_as_json(db, cast):
    """SEN-01: streams with their newest reading, and a stretch of one, as small JSON, for those who see the place."""
    client = cast.client("city")
    stream = stand(cast.places.grid.path)
    observing.take(series(stream, [1.0, 2.0, 3.0], start=3))
    evaluating.run_once()
    (row,) = client.get("/api/v1/streams?kind=river&measures=level").json()["items"]
    assert (row["id"], row["value"], row["unit"]) == (stream.id, 3.0, "m")
    assert client.get("/api/v1/streams?kind=x").status_code == 422
    address = f"/api/v1/streams/{stream.id}/readings"
    assert client.get(address).json()["value"] == [1.0, 2.0, 3.0]
    assert sum(client.get(f"{address}?step=hour").json()["count"]) == 3
    assert client.get(f"{address}?since=1999-01-01T00:00:00Z").status_code == 422
    assert cast.client("elsewhere").get(address).status_code == 404
    assert Latest.objects.count() == 1
