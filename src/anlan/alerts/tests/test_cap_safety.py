"""WRN-01: bytes meant to harm, or no alert at all, are refused with a reason; nothing is opened, nothing hangs."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anlan.alerts import cap_read, sources
from anlan.alerts.feeds import read_feed
from anlan.alerts.reading import Reading, Unreadable
from anlan.alerts.tests.samples import cap

BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>&y;</identifier></alert>"""


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (BOMB, "unsafe.dtd"),
        (BOMB.decode().encode("utf-16"), "unsafe.dtd"),
        (b"<!-- <a> --><!DOCTYPE alert SYSTEM 'file:///etc/passwd'>" + cap().split(b"?>", 1)[1], "unsafe.dtd"),
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"<alert", "xml.broken"),
        (cap()[:-20], "xml.broken"),
        (b"<html><body>502 Bad Gateway</body></html>", "cap.none"),
        (b"<" + b"a" * (cap_read.MAX_BYTES + 1), "size.bytes"),
        (b"<a>" * 300 + b"</a>" * 300, "xml.broken"),
        (b"\x00\x01\x02", "xml.broken"),
    ],
)
def test_harmful_or_broken_bytes_are_refused(raw, rule):
    with pytest.raises(Unreadable) as refused:
        cap_read.read(raw)
    assert refused.value.rule == rule
    assert str(refused.value)


def test_an_external_file_never_enters(tmp_path):
    """XInclude and a stylesheet are only words: nothing is fetched, nothing is included."""
    secret = tmp_path / "secret"
    secret.write_text("the-secret")
    include = f'<x xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file://{secret}"/></x>'
    raw = cap().replace(b"<scope>", include.encode() + b"<scope>")
    [alert] = cap_read.read(raw)
    assert "the-secret" not in repr(alert)


def readable(read, raw):
    try:
        return read(raw)
    except Unreadable:
        return []


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400))
def test_any_bytes_give_readings_or_a_reason(raw):
    for read in (cap_read.read, lambda b: sources.read(b)[1], lambda b: read_feed(b).entries):
        readable(read, raw)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_alert_gives_readings_or_a_reason(data):
    """Cut, doubled, overwritten: whatever a bad line does to a real alert."""
    raw = bytearray(cap())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw)))
        until = data.draw(st.integers(at, min(len(raw), at + 60)))
        raw[at:until] = data.draw(
            st.sampled_from([b"", b"<", b">", b"\x00", b"\xff\xfe", b"</info>", b"<info>", b"99999999"])
        )
    for reading in readable(cap_read.read, bytes(raw)):
        assert isinstance(reading, Reading)
        assert all(f.message and f.path for f in reading.findings)


texts = st.text(max_size=30)
words = st.sampled_from(
    ["Update", "Cancel", "", "0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-12:00", "NaN", "1e999,0 9"]
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(texts, words), min_size=6, max_size=6))
def test_any_words_in_the_fields_give_a_reading(values):
    def clean(value):
        kept = "".join(c for c in value if c.isprintable() and not "\ud800" <= c <= "\udfff")
        return kept.replace("&", "&amp;").replace("<", "&lt;")

    one, two, three, four, five, six = map(clean, values)
    area = f"<info><expires>{four}</expires><area><polygon>{five}</polygon><circle>{six}</circle></area></info>"
    for reading in readable(cap_read.read, cap(area, identifier=one, sent=two, msg_type=three)):
        assert reading.findings


leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), texts)
trees = st.recursive(
    leaves, lambda c: st.one_of(st.lists(c, max_size=4), st.dictionaries(texts, c, max_size=4)), max_leaves=12
)
fields = st.sampled_from(
    [
        "identifier",
        "headline",
        "sendTime",
        "alertid",
        "issuetime",
        "title",
        "pic",
        "signaltype",
        "signallevel",
        "id",
        "type",
    ]
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["list12379", "nmc", "cma_api"]),
    st.one_of(trees, st.lists(st.dictionaries(fields, trees, max_size=6))),
)
def test_any_json_gives_readings_or_a_reason(name, value):
    readable(lambda raw: sources.read(raw, name)[1], json.dumps(value).encode())


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"[" * 100_000, "json.deep"),
        (b'[{"identifier": ', "json.broken"),
        (b'{"code": 0}', "json.shape"),
        (b"[1, 2]", "json.row"),
        (b"\xff\xff\xff\xff", "encoding"),
    ],
)
def test_bad_json_says_what_is_wrong(raw, rule):
    with pytest.raises(Unreadable) as refused:
        sources.read(raw, "list12379")
    assert refused.value.rule == rule


def test_a_source_nobody_knows_is_named():
    with pytest.raises(Unreadable, match="没有叫「fax」"):
        sources.read(b"[]", "fax")
