"""WRN-01: CAP is read as it really arrives, whatever its version, and everything forgiven is told."""

import datetime as dt

import pytest

from anlan.alerts import cap_read
from anlan.alerts.hazards import code_12379, hazard_of, level_of, title_of
from anlan.alerts.reading import Unreadable
from anlan.alerts.terms import Level
from anlan.alerts.tests.samples import cap, info


def rules(reading, weight=None):
    return {f.rule for f in reading.findings if weight in (None, f.weight)}


def test_a_whole_alert_is_read_without_a_finding():
    [alert] = cap_read.read(cap())
    assert (alert.layout, alert.level, alert.hazard, alert.msg_type) == ("cap-1.2", Level.RED, "暴雨", "Alert")
    assert alert.first.areas[0].geocodes == [("CPEAS Geographic Code", "510104000000")]
    assert alert.first.expires == dt.datetime.fromisoformat("2026-07-18T08:00:00+08:00")
    assert rules(alert) == set()


@pytest.mark.parametrize(
    ("namespace", "layout"),
    [
        ("urn:oasis:names:tc:emergency:cap:1.1", "cap-1.1"),
        ("http://www.incident.com/cap/1.0", "cap-1.0"),
        ("", "cap-none"),
    ],
)
def test_older_versions_are_read_alike(namespace, layout):
    [alert] = cap_read.read(cap(namespace=namespace))
    assert (alert.layout, alert.level, len(alert.infos)) == (layout, Level.RED, 1)


def test_a_finding_names_rule_line_and_place():
    raw = cap(status="Foobar").replace(b"<severity>Extreme</severity>", b"<severity></severity>")
    [alert] = cap_read.read(raw)
    found = {f.rule: f for f in alert.findings}
    assert found["status.word"].path == "/alert/status"
    assert raw.splitlines()[found["status.word"].line - 1].startswith(b"<status>")
    assert found["severity.missing"].path == "/alert/info[1]/severity"
    assert raw.splitlines()[found["severity.missing"].line - 1].startswith(b"<severity>")


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (cap(identifier="a,b"), "identifier.characters"),
        (cap(sent="2026-07-18T02:05:00Z"), "time.form"),
        (cap(sent="2026/07/18 02:05"), "time.zone"),
        (cap(sent="tomorrow"), "time.bad"),
        (cap(msg_type="Update"), "references.missing"),
        (cap(msg_type="Update", references="only-one"), "references.form"),
        (cap(scope="Restricted"), "restriction.missing"),
        (cap(scope="Private"), "addresses.missing"),
        (cap(status="actual"), "status.case"),
        (cap(info(expires="2026-07-17T00:00:00+08:00")), "time.order"),
        (cap(info(expires="")), "expires.missing"),
        (cap(info(area="<areaDesc>x</areaDesc>")), "area.undrawn"),
        (cap(info(area="<areaDesc>x</areaDesc><polygon>30,104 31,104 30,104</polygon>")), "polygon.short"),
        (cap(info(area="<areaDesc>x</areaDesc><polygon>30,104 31,104 31,105 30,105</polygon>")), "polygon.open"),
        (cap(info(area="<areaDesc>x</areaDesc><polygon>104,30 104,31 105,31 104,30</polygon>")), "polygon.range"),
        (cap(info(area="<areaDesc>x</areaDesc><polygon>x</polygon>")), "polygon.point"),
        (cap(info(area="<areaDesc>x</areaDesc><circle>30,104</circle>")), "circle.form"),
        (cap(info(area="<areaDesc>x</areaDesc><circle>30,104 -1</circle>")), "circle.radius"),
        (cap(info(area="<areaDesc>x</areaDesc><circle>30,104 nan</circle>")), "circle.radius"),
        (cap(info(area="<areaDesc>x</areaDesc><geocode><valueName>n</valueName></geocode>")), "geocode.empty"),
        (cap(info(area="<geocode><valueName>n</valueName><value>510104</value></geocode>")), "areaDesc.missing"),
        (cap(info(headline="某市气象台发布暴雨橙色预警", event="暴雨")), "level.disagrees"),
        (cap().replace(b"<scope>Public</scope>", b""), "scope.missing"),
        (cap().replace(b"<scope>", b"<stranger/><scope>"), "element.unknown"),
        (cap().replace(b"<sender>", b"<scope>Public</scope><sender>"), "element.order"),
    ],
)
def test_each_broken_rule_is_found(body, rule):
    [alert] = cap_read.read(body)
    assert rule in rules(alert)


def test_the_headline_decides_the_level_and_severity_helps_only_where_no_colour_is_named():
    [alert] = cap_read.read(cap(info(headline="某市气象台发布暴雨预警", event="暴雨", severity="Severe")))
    assert alert.level == Level.ORANGE
    assert "level.by-severity" in rules(alert)
    [foreign] = cap_read.read(cap(info(language="en-US", headline="Storm", event="Storm"), identifier="x1"))
    assert foreign.level is None


def test_gb18030_under_a_wrong_name_is_read():
    raw = cap().decode().encode("gb18030")
    [alert] = cap_read.read(raw)
    assert alert.hazard == "暴雨"
    assert "encoding" in rules(alert)
    declared = cap().decode().replace("UTF-8", "GB18030").encode("gb18030")
    [alert] = cap_read.read(declared)
    assert alert.hazard == "暴雨"


def test_alerts_inside_a_feed_are_read_and_one_beside_its_entries_is_not():
    inner = cap().split(b"?>", 1)[1]
    inside = b"<content type='text/xml'>" + inner + b"</content>"
    feed = b"<feed xmlns='http://www.w3.org/2005/Atom'><entry>" + inside + b"</entry></feed>"
    assert [a.level for a in cap_read.read(feed)] == [Level.RED]
    with pytest.raises(Unreadable) as refused:
        cap_read.read(b"<feed xmlns='http://www.w3.org/2005/Atom'>" + inner + b"</feed>")
    assert refused.value.rule == "cap.none"


def test_an_identifier_of_12379_forgives_its_last_part():
    whole = code_12379("51010041600000_20260718020500_3")
    assert (whole.division, whole.sector, whole.number) == ("510100", "416", 3)
    assert code_12379("11010841600000_20211229072633").number is None
    assert code_12379("11010841600000_20211329072633") is None  # month 13
    assert code_12379("2.49.0.1.124") is None


@pytest.mark.parametrize(
    ("text", "level", "hazard"),
    [
        ("将暴雨橙色预警信号升级为暴雨红色预警信号", Level.RED, "暴雨"),
        ("淇县气象台发布雷雨大风蓝色预警", Level.BLUE, "雷雨大风"),
        ("某局发布蝗灾黄色预警", Level.YELLOW, "蝗灾"),
        ("Level IV warning for flash flood [Level IV/General]", Level.BLUE, "山洪灾害"),
        ("发布预警[I级/特别严重]", Level.RED, ""),
        ("天气很好", None, ""),
    ],
)
def test_level_and_hazard_are_read_from_words_without_a_whitelist(text, level, hazard):
    assert (level_of(text), hazard_of(text)) == (level, hazard)


def test_a_headline_tells_what_kind_of_message_it_is():
    assert title_of("吉安市气象台更新雷电黄色预警信号").msg_type == "Update"
    assert title_of("吉安市气象台解除雷电黄色预警信号").msg_type == "Cancel"
    assert title_of("浙江省水利厅、浙江省气象台发布山洪灾害蓝色预警").who == "浙江省水利厅、浙江省气象台"
