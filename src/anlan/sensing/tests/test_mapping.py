"""SEN-01: a vendor's payload becomes readings by a mapping that is data; whatever cannot be read says which path."""

import contextlib
import datetime as dt

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anlan.kernel.authority import Invalid
from anlan.sensing import clocks, mapped, mapping, units
from anlan.sensing.batches import micros
from anlan.sensing.mapping import Reading

CAME = micros(dt.datetime(2026, 7, 11, 8, tzinfo=dt.UTC))
ONE = {
    "device": {"path": "dev"}, "time": {"path": "ts", "format": "s"},
    "values": [{"key": "level", "path": "z", "unit": "厘米"}],
}  # fmt: skip


def through(document, payload, topic=""):
    raw = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    made = mapped.readings(mapping.read(document), raw, came=CAME, topic=topic)
    return [r[:5] for r in made.readings], [(b.line, b.field, b.reason) for b in made.bad]


def test_one_object_a_list_and_a_line_each():
    ok = ("d1", "level", 1_752_220_800_000_000, 31, "cm")
    one = {"dev": "d1", "ts": 1_752_220_800, "z": 31}
    assert through(ONE, one) == ([ok], [])
    assert through(ONE, [one, one]) == ([ok, ok], [])
    assert through(ONE, orjson.dumps(one) + b"\n" + orjson.dumps(one) + b"\nnope") == (
        [ok, ok], [(3, "", "不是 JSON")]
    )  # fmt: skip


def test_many_devices_in_one_payload_with_time_and_gateway_outside():
    document = {
        "each": "devices.*.readings.*", "device": {"path": "^.id", "prefix": "hy-"},
        "time": {"path": "$.at", "format": "yyyyMMddHHmmss", "zone": "+08:00"},
        "values": [{"key": {"path": "k"}, "path": "v", "unit": {"path": "u"}}],
        "skip": [{"path": "ok", "in": [False]}],
    }  # fmt: skip
    payload = {"at": "20260711160000", "devices": [
        {"id": 7, "readings": [{"k": "level", "v": "2.5", "u": "m"}, {"k": "rain", "v": 1, "u": "mm", "ok": False}]},
        {"id": "b", "readings": [{"k": "rain", "v": 3, "u": "毫米"}, {"k": "", "v": 3, "u": "mm"}, {"k": "x"}]},
    ]}  # fmt: skip
    assert through(document, payload) == (
        [("hy-7", "level", CAME, 2.5, "m"), ("hy-b", "rain", CAME, 3, "mm")],
        [(4, "k", "这里要有名字"), (5, "v", "这里没有值")],
    )
    assert through(document, {"at": "20260711160000"})[1] == [(1, "devices", "这里要有一个列表")]


def test_words_factors_holes_and_topics():
    document = {
        "device": {"topic": 2}, "time": {"arrival": True},
        "values": [
            {"key": "smoke", "path": "data.state", "map": {"ALARM": 1, "NORMAL": 0}},
            {"key": "temperature", "path": "data.t", "factor": 0.1, "offset": -40, "unit": "℃", "missing": [-9999]},
            {"key": "battery", "path": "data.b", "optional": True},
        ],
    }  # fmt: skip
    said = {"data": {"state": "ALARM", "t": 650}}
    assert through(document, said, "city/s-1/up")[0] == [
        ("s-1", "smoke", CAME, 1.0, ""), ("s-1", "temperature", CAME, 25.0, "Cel")
    ]  # fmt: skip
    assert through(document, {"data": {"state": "NORMAL", "t": -9999}}, "city/s-1")[0] == [
        ("s-1", "smoke", CAME, 0.0, "")
    ]
    assert through(document, {"data": {"state": "ODD", "t": "warm"}}, "city/s-1")[1] == [
        (1, "data.t", "要数字，或者在 map 里写明这个词算几"), (1, "data.state", "要数字，或者在 map 里写明这个词算几")
    ][::-1]  # fmt: skip
    assert through(document, said, "city") == ([], [(1, "topic 2", "主题没有这么多级")])


def test_members_of_an_object_are_readings():
    document = {
        "device": {"value": "shed-1"}, "time": {"path": "ts", "format": "ms"},
        "members": {"path": "values", "leave": ["firmware"]},
    }  # fmt: skip
    said = {"ts": CAME // 1000, "values": {"smoke": False, "current": "12.5", "firmware": "1.2", "map": {}}}
    assert through(document, said) == (
        [("shed-1", "smoke", CAME, False, ""), ("shed-1", "current", CAME, 12.5, "")],
        [(1, "values.map", "要数字、真假或文字")],
    )


def test_text_by_a_pattern():
    document = {
        "format": "text", "pattern": r"(?P<id>\w+) (?P<at>\S+) Z=(?P<z>[-\d.]+)", "device": {"path": "id"},
        "time": {"path": "at", "format": "iso", "zone": "Asia/Shanghai"}, "values": [{"key": "level", "path": "z"}],
    }  # fmt: skip
    assert through(document, b"q1 2026-07-11T16:00:00 Z=1.25\n\nq1 nothing") == (
        [("q1", "level", CAME, 1.25, "")], [(3, "pattern", "这一行跟 pattern 对不上")]
    )  # fmt: skip


def test_a_table_with_several_lines_of_headings():
    table = (
        "#Export,,\n,43807,740945\n,Level,Rain\nStart (UTC+12:00),Average (m),Total (mm)\n"
        "7/11/2026 20:00,0.096,\n7/11/2026 21:00,,2.5\n\nlate,1,1\n"
    )
    document = {
        "format": "csv", "headers": 4, "time": {"path": "#1", "format": "M/d/yyyy H:mm", "zone": "+12:00"},
        "values": [
            {"key": "level", "path": "#2", "unit": "header", "device": {"value": "43807"}},
            {"key": "rain", "path": ["740945 / Rain / Total (mm)"], "unit": "header", "device": {"value": "740945"}},
        ],
    }  # fmt: skip
    assert through(document, table.encode()) == (
        [("43807", "level", CAME, 0.096, "m"), ("740945", "rain", CAME + 3_600_000_000, 2.5, "mm")],
        [(8, "#1", "要时间：M/d/yyyy H:mm")],
    )


def test_faults_of_a_mapping_are_told_by_field():
    with pytest.raises(Invalid) as told:
        mapping.read({
            "format": "xml", "time": {"path": "t", "format": "yyyyMMdd"}, "each": "a..b",
            "values": [{"path": "x"}, {"key": "k", "path": "", "factor": "2", "map": {"A": "1"}, "colour": 1}],
            "color": 2,
        })  # fmt: skip
    assert set(told.value.errors) == {
        "format", "time.zone", "each", "values.0.key", "values.1.path", "values.1.factor", "values.1.map",
        "values.1.colour", "color", "device",
    }  # fmt: skip
    for nothing in ([], None, "x", {}, {"values": 3}, {"device": {"path": "a", "topic": 1}}):
        with pytest.raises(Invalid):
            mapping.read(nothing)


def test_units_turn_into_those_of_streams():
    factor, offset = units.linear("℉", "Cel")
    assert 212 * factor + offset == pytest.approx(100)
    assert (units.linear("mm", "m"), units.linear("mm", "Cel"), units.linear("furlong", "m")) == (
        (0.001, 0),
        None,
        None,
    )
    assert units.linear("L/s", "m3/s")[0] == pytest.approx(0.001)


@pytest.mark.parametrize(("said", "form"), [
    ("2026-07-11T16:00:00+08:00", "iso"), ("2026-07-11 16:00:00", "iso"), (CAME // 1_000_000, "s"),
    (str(CAME // 1000), "ms"), (20260711160000, "yyyyMMddHHmmss"), ("11/7/26 16:00", "d/M/yy H:mm"),
])  # fmt: skip
def test_times_as_devices_write_them(said, form):
    assert clocks.reader(form, clocks.zone("+08:00"))(said) == CAME


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["dev", "ts", "z", "data", "values"]) | st.text(max_size=4), inner, max_size=4
        )
    ),
    max_leaves=12,
)
DOCUMENTS = [
    ONE,
    {**ONE, "each": "data.*"},
    {"device": {"path": "dev"}, "time": {"path": "ts"}, "members": {"path": "values"}},
    {**ONE, "format": "csv", "headers": 2},
    {**ONE, "format": "text", "pattern": "(?P<dev>.)(?P<ts>.)(?P<z>.*)"},
]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(DOCUMENTS), st.one_of(st.binary(max_size=60), JSON))
def test_no_payload_breaks_a_mapping_and_none_vanishes(document, payload):
    raw = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    made = mapped.readings(mapping.read(document), raw, came=CAME, topic="a/b")
    assert all(isinstance(r, Reading) and isinstance(r.at, int) for r in made.readings)
    assert all(b.reason for b in made.bad)
    if isinstance(payload, dict) and document is ONE:
        assert made.readings or made.bad


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_no_document_breaks_the_reader(document):
    with contextlib.suppress(Invalid):
        mapping.read(document)
