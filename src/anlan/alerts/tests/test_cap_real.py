"""WRN-01: the real files, each looked at, with what they are and every rule they break."""

from collections import Counter

import pytest
from lxml import etree

from anlan.alerts import cap_read, cap_write, sources
from anlan.alerts.feeds import read_feed
from anlan.alerts.reading import Unreadable
from anlan.alerts.terms import Level, Weight

GOOGLE = "cap/google/testdata/"
OFFSETS = {"cap-cp.offset"}  # Environment Canada writes UTC, which CAP-CP discourages
EMPTY_PARAMETERS = {"parameter.empty"}

# file: (layout, identifier's start, msgType, hazard, infos, areas in the first, every rule found but notes)
REAL = {
    "canada.cap": ("cap-1.2", "2.49.0.1.124.6bddbc91", "Update", "雷电", 2, 2, set()),
    "canada_signed.cap": ("cap-1.2", "2.49.0.1.124.f2c83f5f", "Update", "暴雪", 2, 2, {"cap-cp.instruction"}),
    "australia.cap": ("cap-1.2", "tag:www.rfs.nsw.gov.au2011-10-06:40184", "Alert", "Fire", 2, 1, EMPTY_PARAMETERS),
    "earthquake.cap": ("cap-1.1", "USGS-earthquakes-us2010apcd", "Alert", "地震", 1, 1, set()),
    "earthquake_signed.cap": ("cap-1.1", "USGS-earthquakes-nc71635010", "Alert", "地震", 1, 1, set()),
    "earthquake-iso8859-1.cap": ("cap-1.2", "USGS-earthquakes-usB000D5T4", "Alert", "地震", 1, 1, set()),
    "weather.cap": ("cap-1.1", "NOAA-NWS-ALERTS-MT2010083010", "Alert", "山洪灾害", 1, 1, EMPTY_PARAMETERS),
    "wcatwc-warning.cap": ("cap-1.2", "PAAQ-2-lqw6d6", "Update", "海啸", 1, 1, set()),
    "no_optional_fields.cap": ("cap-1.1", "USGS-earthquakes-us2010apcd", "Alert", "", 0, 0, {"info.missing"}),
    "invalid.cap": ("cap-1.2", "12345", "Alert", "Storm", 1, 1, {"scope.missing", "area.undrawn"}),
    "canada_errors.cap": (
        "cap-1.2", "2.49.0.1.124.6bddbc91", "Update", "雷电", 1, 1,
        {
            "references.empty", "references.missing", "cap-cp.version", "cap-cp.references", "cap-cp.event-code",
            "cap-cp.instruction",
        },
    ),
    "noaa_errors.cap": (
        "cap-1.1", "NOAA-NWS-ALERTS-NV2011071003", "Alert", "洪水", 1, 1,
        {
            "references.empty", "urgency.missing", "severity.missing", "certainty.missing", "eventCode.empty",
            "parameter.empty", "polygon.comma", "polygon.empty",
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_each_file_is_read_and_every_broken_rule_found(shared_data, name):
    [alert] = cap_read.read((shared_data / GOOGLE / name).read_bytes())
    areas = len(alert.infos[0].areas) if alert.infos else 0
    broken = {f.rule for f in alert.findings if f.weight != Weight.NOTE}
    layout, start, kind, hazard, infos, count, rules = REAL[name]
    assert (alert.layout, alert.msg_type, alert.hazard) == (layout, kind, hazard)
    assert alert.identifier.startswith(start)
    assert (len(alert.infos), areas) == (infos, count)
    assert broken == rules


def test_a_rule_is_found_at_its_line_in_the_document(shared_data):
    raw = (shared_data / GOOGLE / "canada_errors.cap").read_bytes()
    [alert] = cap_read.read(raw)
    lines = raw.splitlines()
    at = {f.rule: lines[f.line - 1].strip() for f in alert.findings}
    assert at["references.empty"].startswith(b"<references/>")
    assert at["cap-cp.version"].startswith(b"<alert")  # absent: the element that lacks it
    assert at["cap-cp.event-code"] == b"<info>"


def test_canada_errors_keeps_the_schema_and_yet_breaks_rules(shared_data):
    schema = etree.XMLSchema(file=str(shared_data / "cap/schema/CAP-v1.2.xsd"))
    tree = etree.parse(str(shared_data / GOOGLE / "canada_errors.cap"))
    assert schema.validate(tree)


def test_a_signed_alert_is_marked(shared_data):
    [alert] = cap_read.read((shared_data / GOOGLE / "canada_signed.cap").read_bytes())
    assert alert.signed


def test_latin1_keeps_its_accents(shared_data):
    [alert] = cap_read.read((shared_data / GOOGLE / "earthquake-iso8859-1.cap").read_bytes())
    assert "Usulután" in alert.first.headline


@pytest.mark.parametrize("name", ["xee.cap", "xee.atom"])
def test_the_attack_is_refused(shared_data, name):
    with pytest.raises(Unreadable) as refused:
        cap_read.read((shared_data / GOOGLE / name).read_bytes())
    assert refused.value.rule == "unsafe.dtd"


def test_envelopes_yield_their_alerts(shared_data):
    valid = cap_read.read((shared_data / GOOGLE / "bushfire_valid.edxlde").read_bytes())
    assert len(valid) == 7
    assert all(a.identifier.startswith("tag:www.rfs.nsw.gov.au") for a in valid)
    broken = cap_read.read((shared_data / GOOGLE / "bushfire_invalid.edxlde").read_bytes())
    assert [a.identifier for a in broken].count("") == 1  # an empty alert is told, not dropped
    assert "urgency.word" in {f.rule for f in broken[2].findings}


# file: (kind, entries, entries with a link, entries with an alert inside, findings)
FEEDS = {
    "google/testdata/amber.atom": ("atom", 1, 0, 1, {}),
    "google/testdata/canada_signed.atom": ("atom", 1, 0, 1, {}),
    "google/testdata/weather.atom": ("atom", 1, 1, 1, {}),
    "google/testdata/weather_invalid.atom": ("atom", 1, 1, 1, {}),
    "google/testdata/weather_index.atom": ("atom", 2, 2, 0, {}),
    "google/testdata/earthquake_index.atom": ("atom", 1, 1, 0, {}),
    "google/testdata/empty_weather_index.atom": ("atom", 0, 0, 0, {}),
    "google/testdata/no_entries.atom": ("atom", 0, 0, 0, {}),
    "google/testdata/invalid_element.atom": ("atom", 0, 0, 0, {"entry.link": 1}),
    "google/testdata/no_id.atom": ("atom", 0, 0, 0, {"feed.id": 1, "entry.id": 1, "entry.link": 1}),
    "google/testdata/no_title.atom": ("atom", 0, 0, 0, {"entry.title": 1, "entry.link": 1}),
    "google/testdata/no_link.atom": ("atom", 0, 0, 0, {"entry.link": 1}),
    "google/testdata/ny_index.rss": ("rss", 2, 2, 0, {}),
    "google/testdata/invalid.rss": ("rss", 0, 0, 0, {"entry.link": 1}),
    "google/testdata/bushfire_valid.edxlde": ("plain", 1, 0, 1, {}),
    "meteoalarm/uk_sample.xml": ("atom", 25, 25, 0, {}),
    "meteoalarm/france_sample.xml": ("atom", 12, 12, 0, {}),
    "meteoalarm/france_sample_detail.xml": ("plain", 1, 0, 1, {}),
}


@pytest.mark.parametrize("name", FEEDS)
def test_each_feed_is_read(shared_data, name):
    feed = read_feed((shared_data / "cap" / name).read_bytes(), "https://feeds.test/")
    kind, entries, links, alerts, findings = FEEDS[name]
    assert (feed.kind, len(feed.entries)) == (kind, entries)
    assert sum(bool(e.link) for e in feed.entries) == links
    assert sum(bool(e.alert) for e in feed.entries) == alerts
    assert Counter(f.rule for f in feed.findings) == findings


def test_meteoalarm_names_its_level_in_a_parameter(shared_data):
    [alert] = cap_read.read((shared_data / "cap/meteoalarm/france_sample_detail.xml").read_bytes())
    assert (alert.level, alert.hazard) == (Level.YELLOW, "雪崩")
    assert {f.rule for f in alert.findings} == {"time.order"}  # it lapses in the minute it was sent
    assert {c for a in alert.infos[0].areas for c in a.geocodes} >= {("NUTS3", "FR821"), ("NUTS3", "FR718")}


def test_the_cma_excerpt_fails_the_schema_and_is_read(shared_data):
    raw = (shared_data / "cap/cma/cma_cap12_yuanshi_20260826.xml").read_bytes()
    assert not etree.XMLSchema(file=str(shared_data / "cap/schema/CAP-v1.2.xsd")).validate(etree.fromstring(raw))
    [alert] = cap_read.read(raw)
    assert (alert.level, alert.hazard) == (Level.BLUE, "山洪灾害")
    assert alert.first.areas[0].geocodes == [("CPEAS Geographic Code", "130132000000")]
    missing = {"status.missing", "msgType.missing", "scope.missing", "category.missing"}
    assert missing <= {f.rule for f in alert.findings if f.weight == Weight.ERROR}


# file: source, then per row: division, level, hazard, message type
CMA = {
    "12379_alarm_list_item_2018.json": ("list12379", [("120000", Level.YELLOW, "道路结冰", "Alert")]),
    "nmc_rows.json": ("nmc", [
        ("330000", Level.BLUE, "山洪灾害", "Alert"), ("140000", Level.YELLOW, "地质灾害", "Alert"),
        ("410622", Level.BLUE, "大风", "Alert"), ("350604", Level.YELLOW, "大风", "Alert"),
    ]),
    "cma_weather_api_alarm_20250313.json": ("cma_api", [
        ("360800", Level.ORANGE, "大雾", "Alert"), ("360800", Level.ORANGE, "冰雹", "Alert"),
        ("360800", Level.YELLOW, "雷电", "Update"),
    ]),
}  # fmt: skip


@pytest.mark.parametrize("name", CMA)
def test_each_chinese_layout_is_known_by_itself_and_read(shared_data, name):
    source, readings = sources.read((shared_data / "cap/cma" / name).read_bytes())
    expected_source, rows = CMA[name]
    assert source == expected_source
    assert [(r.first.areas[0].geocodes[0][1], r.level, r.hazard, r.msg_type) for r in readings] == rows
    assert all(r.sent and r.sent.utcoffset().total_seconds() == 8 * 3600 for r in readings)
    assert not [f for r in readings for f in r.findings if f.weight == Weight.ERROR]


def test_whatever_was_read_can_be_written_as_valid_cap(shared_data):
    """Round trip: every readable alert with its required parts leaves as CAP 1.2 that keeps the schema."""
    schema = etree.XMLSchema(file=str(shared_data / "cap/schema/CAP-v1.2.xsd"))
    for name in ("canada.cap", "australia.cap", "earthquake.cap", "weather.cap", "wcatwc-warning.cap"):
        [alert] = cap_read.read((shared_data / GOOGLE / name).read_bytes())
        raw = cap_write.write(alert)
        assert schema.validate(etree.fromstring(raw)), (name, schema.error_log)
        [again] = cap_read.read(raw)
        assert again.first.areas[0].polygons == alert.first.areas[0].polygons
        assert again.sent == alert.sent
