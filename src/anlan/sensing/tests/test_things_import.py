"""SEN-01: lists of devices as offices keep them: every row judged, the good ones in or none, nothing lost."""

import datetime as dt

import pytest

from anlan.kernel.authority import Hidden, Invalid, Refused
from anlan.sensing import thing_rows
from anlan.sensing.models import Datastream, Thing, ThingImport
from anlan.sensing.services import things_import
from anlan.sensing.tests.devices import gauge

HEAD = "设备编号,设备名称,设备类型,所属网格,经度,纬度,坐标系,厂家型号,产权单位,检定有效期,采集频率\n"
ROWS = (
    "A-1,竹苑路积水点,内涝监测,第三网格,104.06,30.67,高德,聚水,排水处,2027年5月1日,10分钟",
    "A-2,7 栋烟感,烟感,竹苑社区 第三网格,,,,,,,",
    "A-1,又一台,烟感,第三网格,,,,,,,",
    "OLD,早有的,烟感,第三网格,,,,,,,",
    "A-5,水位,河道水位,没有的网格,104.06,,,,,后天,有时",
    ",没编号,勺子,,一百零四,30.6,月球,,,,",
)


def read(cast, rows=ROWS, **more):
    said = (HEAD + "\n".join(rows)).encode()
    return things_import.read_things(
        said, "台账.csv", place=cast.places.community.path, by=cast.community.actor, **more
    )


def test_each_row_is_judged_and_the_good_ones_are_registered(cast):
    """SEN-01: which row, which field, what was expected; doubles; twice is once."""
    gauge(cast, device="OLD")
    batch = read(cast)
    lines = things_import.lines(batch)
    assert [one.state for one in lines] == ["new", "new", "double", "double", "fault", "fault"]
    assert "第 2 行" in lines[2].double
    assert "OLD" in lines[3].double
    assert {f[0] for f in lines[4].faults} == {"place", "lon", "due", "every"}
    assert {f[0] for f in lines[5].faults} >= {"kind", "lon", "scheme"}
    assert all(want for name, _text, want in lines[4].faults if name != "lon")
    assert Thing.objects.count() == 1
    assert things_import.take_in(batch.id, by=cast.community.actor) == 2
    assert things_import.take_in(batch.id, by=cast.community.actor) == 0
    pond, smoke = Thing.objects.get(device="A-1"), Thing.objects.get(device="A-2")
    assert (pond.kind, pond.maker, pond.owner, pond.calibration_due) == (
        "waterlog",
        "聚水",
        "排水处",
        dt.date(2027, 5, 1),
    )
    assert 0.001 < abs(pond.lon - 104.06) < 0.01  # GCJ-02 became WGS-84
    assert (pond.place_path, smoke.life_safety) == (cast.places.grid.path, True)
    assert list(Datastream.objects.filter(thing=pond).values_list("key", "every")) == [("depth", 600)]
    assert sorted(Datastream.objects.filter(thing=smoke).values_list("key", "every")) == [
        ("battery", 86_400),
        ("smoke", None),
    ]
    with pytest.raises(Invalid):
        things_import.discard(batch.id, by=cast.community.actor)


def test_none_of_it_by_choice_and_what_cannot_be_read(cast):
    batch = read(cast)
    with pytest.raises(Hidden):
        things_import.take_in(batch.id, by=cast.elsewhere.actor)
    things_import.discard(batch.id, by=cast.community.actor)
    assert not ThingImport.objects.exists()
    assert not Thing.objects.exists()
    with pytest.raises(Invalid, match="类型"):
        things_import.read_things("名称\n甲\n".encode(), "x.csv", place=cast.places.grid.path, by=cast.community.actor)
    with pytest.raises(Refused):
        things_import.read_things(b"", "x.csv", place=cast.places.city.path, by=cast.community.actor)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("300", 300), ("5分钟", 300), ("每小时", 3600), ("10 min", 600), ("每5分钟一次", 300), ("1小时/次", 3600),
     ("0", None), ("有时", None), ("40天", None), ("", None)],
)  # fmt: skip
def test_intervals_as_offices_write_them(text, seconds):
    assert thing_rows.every_of(text) == seconds
