"""What senders write, read line by line; nothing that they write breaks the reader."""

import math

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anlan.sensing import payloads
from anlan.sensing.payloads import Sink, lines, ndjson
from anlan.sensing.services import addressing

NAMED, UNITS = {("dev-1", "level"): 7}, {7: "m"}
AT = "2026-07-01T08:00:00+08:00"
MICROS = 1782864000_000000


def sink():
    return Sink(NAMED, UNITS, 5)


def read(*said):
    return ndjson(b"\n".join(s if isinstance(s, bytes) else orjson.dumps(s) for s in said), sink())


def one(**more):
    return {"device": "dev-1", "key": "level", "at": AT, "value": 1.5} | more


def test_one_object_a_line_by_name_or_by_stream_and_arrays():
    made = read(
        one(), {"stream": 7, "at": MICROS / 1e6, "value": 2}, b"", one(at=[AT, MICROS // 1000], value=[3, True])
    )
    assert (made.stream, made.value, made.line) == ([7] * 4, [1.5, 2.0, 3.0, 1.0], [1, 2, 4, 4])
    assert made.at == [MICROS] * 4
    assert made.bad == []
    assert ndjson(orjson.dumps([one(), one()]), sink()).line == [1, 2]


@pytest.mark.parametrize(
    ("said", "field", "reason"),
    [
        (b"{", "", payloads.NOT_JSON), (b"7", "", payloads.OBJECT),
        ({"at": AT, "value": 1}, "device", payloads.NO_NAME),
        (one(device=["x"]), "device", payloads.NO_NAME), (one(device="x" * 200), "device", payloads.TOO_LONG),
        ({"stream": 8, "at": AT, "value": 1}, "stream", payloads.NO_STREAM),
        (one(at="yesterday"), "at", payloads.NO_TIME),
        (one(at="2026-07-01T08:00:00"), "at", payloads.NO_TIME), (one(at=None), "at", payloads.NO_TIME),
        (one(value="3.2"), "value", payloads.TEXT_NUMBER), (one(value=None), "value", payloads.NO_VALUE),
        (one(value={}), "value", payloads.NO_VALUE), (one(unit="cm"), "unit", payloads.OTHER_UNIT),
        (one(at=[AT], value=[1, 2]), "value", payloads.UNEVEN),
        (one(at=[AT, "x"], value=[1, 2]), "at[1]", payloads.NO_TIME),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_the_rest_stands(said, field, reason):
    made = read(one(), said, one())
    assert [(bad.line, bad.field, bad.reason) for bad in made.bad] == [(2, field, reason)]
    assert (made.line[0], made.line[-1]) == (1, 3)
    assert reason in addressing.WORDS


def test_text_and_strangers():
    made = read(one(value="open"), one(device="new", unit="Cel"), one(device="new", value="shut"))
    assert math.isnan(made.value[0])
    assert made.other == {0: {"result": "open"}}
    assert made.strays == {("new", "level"): [(MICROS, 1.5, None), (MICROS, None, {"result": "shut"})]}
    assert made.samples["new", "level"][0] == "Cel"


def test_line_protocol():
    """SEN-01: what Telegraf and InfluxDB clients write."""
    raw = (
        f'water,device=dev-1,site=a\\ b level=1.5,state="half open",on=t {MICROS}000\n'
        f"# a comment\n\ndev-1 level=2i {MICROS}500\nwater,device=dev-1 level=3\n"
    ).encode()
    made = lines(raw, sink())
    assert (made.stream, made.value, made.at, made.line) == ([7] * 3, [1.5, 2, 3], [MICROS, MICROS, 5], [1, 4, 5])
    assert made.strays[("dev-1", "state")] == [(MICROS, None, {"result": "half open"})]
    assert made.strays[("dev-1", "on")] == [(MICROS, 1.0, None)]
    assert lines(b"dev-1 level=1 1782864000", sink(), "s").at == [MICROS]


@pytest.mark.parametrize(
    "raw", ["dev-1", "dev-1 level", "dev-1 level=", "dev-1 level=1 x", "dev-1 =1", 'a b="', "a,b c=1"]
)
def test_lines_that_are_none(raw):
    made = lines(f"dev-1 level=1\n{raw}\n".encode(), sink())
    assert [bad.line for bad in made.bad] == [2]
    assert made.line == [1]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=60) | st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["device", "key", "at", "value", "stream", "unit"]), inner, max_size=6),
    max_leaves=12,
).map(lambda said: orjson.dumps(said, default=str) if _fits(said) else b"{}"), max_size=4))  # fmt: skip
def test_whatever_is_sent_is_read_or_named(parts):
    """PLT-06: fuzz."""
    raw = b"\n".join(parts)
    for made in (ndjson(raw, sink()), lines(raw, sink())):
        assert len(made.stream) == len(made.at) == len(made.value) == len(made.line)


def _fits(said):
    try:
        orjson.dumps(said)
    except TypeError:
        return False
    return True
