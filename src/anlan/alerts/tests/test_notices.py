"""WRN-01, WRN-04: own notices: the eight elements, the words of §30, a second person, urgent send, valid CAP out."""

import dataclasses
import datetime as dt
import json

import pytest
from lxml import etree

from anlan.alerts import cap_read, elements
from anlan.alerts.models import Notice
from anlan.alerts.services import notices
from anlan.callout.models import Call
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused, machine

BY = machine("test")


@pytest.fixture
def said(cast):
    start = clock.now()
    return notices.Draft(
        hazard="内涝", level="orange", starts_at=start, expires_at=start + dt.timedelta(hours=6),
        paths=[cast.places.district.path], matters="今晚低处会积水，最深到膝盖。",
        measures="网格员叫醒低处的人，上二楼。",
        issuer="江岸区应急指挥中心", public=True,
    )  # fmt: skip


@pytest.fixture
def made(cast, said):
    return notices.draft(said, by=cast.district.actor)


def test_a_draft_is_titled_as_an_internal_notice_and_says_where(made):
    assert made.title == "内部风险提示：内涝（橙色）"
    assert made.where == "江岸区"
    assert made.state == "draft"


def test_only_meteorologists_issue_warning_signals(cast, said):
    """domain-facts B2: 气象灾害防御条例 §30."""
    for name in ("title", "hazard", "matters", "measures", "issuer"):
        for word in ("暴雨红色预警信号", "预警 信号"):
            with pytest.raises(Invalid, match="第三十条") as refused:
                notices.draft(dataclasses.replace(said, **{name: word}), by=cast.district.actor)
            assert name in refused.value.errors
    assert not Notice.objects.exists()


def test_a_missing_element_is_named_and_nothing_leaves(cast, said):
    """domain-facts B2: 突发事件应对法 §64."""
    for name in ("hazard", "level", "starts_at", "matters", "measures", "issuer"):
        empty = None if name == "starts_at" else ""
        kept = notices.draft(dataclasses.replace(said, **{name: empty}), by=cast.district.actor)
        with pytest.raises(Invalid) as refused:
            notices.submit(kept.id, by=cast.district.actor, revision=1)
        assert elements.ELEMENTS[name] in refused.value.errors[name]
        kept.refresh_from_db()
        assert kept.state == "draft"


def test_without_a_place_it_may_be_kept_and_not_sent(cast, said):
    kept = notices.draft(dataclasses.replace(said, paths=[]), by=cast.district.actor)
    with pytest.raises(Invalid) as refused:
        notices.submit(kept.id, by=cast.district.actor, revision=1)
    assert "可能影响范围" in refused.value.errors["where"]


def test_a_second_person_approves_and_it_leaves_with_its_call(cast, made):
    notices.submit(made.id, by=cast.district.actor, revision=1)
    with pytest.raises(Refused):
        notices.approve(made.id, by=cast.district.actor, revision=1)
    sent = notices.approve(made.id, by=cast.approver.actor, revision=1)
    assert sent.state == "sent"
    [call] = Call.objects.filter(chain_id=made.chain_id)
    assert (call.state, call.level, call.title) == ("running", "orange", made.title)
    with pytest.raises(Conflict):
        notices.approve(made.id, by=cast.approver.actor, revision=2)


def test_nobody_approves_their_own(cast, said):
    made = notices.draft(said, by=cast.approver.actor)
    notices.submit(made.id, by=cast.approver.actor, revision=1)
    with pytest.raises(Conflict, match="自己不能批自己"):
        notices.approve(made.id, by=cast.approver.actor, revision=1)
    assert not Call.objects.exists()


def test_orange_does_not_leave_alone_and_yellow_does(cast, said, made):
    with pytest.raises(Conflict):
        notices.send(made.id, by=cast.district.actor, revision=1)
    yellow = notices.draft(dataclasses.replace(said, level="yellow", calls=False), by=cast.district.actor)
    assert notices.send(yellow.id, by=cast.district.actor, revision=1).state == "sent"
    assert not Call.objects.exists()


def test_an_urgent_send_wants_a_reason_and_is_looked_over_by_another(cast, made):
    with pytest.raises(Invalid):
        notices.send_urgent(made.id, " ", by=cast.district.actor, revision=1)
    sent = notices.send_urgent(made.id, "水已经进楼，批准人没接", by=cast.district.actor, revision=1)
    assert (sent.state, bool(sent.review_due)) == ("review", True)
    assert Call.objects.get(chain_id=made.chain_id).state == "running"
    with pytest.raises(Refused):
        notices.review(made.id, "同意", by=cast.district.actor)
    assert notices.review(made.id, "同意", by=cast.approver.actor).state == "sent"


def test_two_officers_at_once_one_wins(cast, said, made):
    notices.edit(made.id, dataclasses.replace(said, matters="先改的"), by=cast.district.actor, revision=1)
    with pytest.raises(Conflict):
        notices.edit(made.id, dataclasses.replace(said, matters="后改的"), by=cast.city.actor, revision=1)
    made.refresh_from_db()
    assert made.matters == "先改的"


def test_wrong_place_is_hidden_or_refused(cast, said, made):
    with pytest.raises(Hidden):
        notices.submit(made.id, by=cast.elsewhere.actor, revision=1)
    with pytest.raises(Refused):
        notices.draft(said, by=cast.elsewhere.actor)
    with pytest.raises(Refused):
        notices.draft(said, by=cast.grid.actor)


def test_codes_and_unknown_places_are_checked(cast, said):
    made = notices.draft(dataclasses.replace(said, paths=[], codes=["519901001"]), by=cast.district.actor)
    assert list(made.covers) == [cast.places.street.path]
    for wrong in ({"codes": ["999999"]}, {"paths": ["ZZZZ"]}, {"shape": {"type": "Point", "coordinates": [0, 0]}},
                  {"shape": {"type": "Polygon", "coordinates": "x"}}):  # fmt: skip
        with pytest.raises(Invalid):
            notices.draft(dataclasses.replace(said, **wrong), by=cast.district.actor)


def test_what_leaves_is_valid_cap_and_reads_back(cast, made, shared_data):
    notices.send_urgent(made.id, "来不及", by=cast.district.actor, revision=1)
    made.refresh_from_db()
    raw = bytes(made.document)
    schema = etree.XMLSchema(file=str(shared_data / "cap/schema/CAP-v1.2.xsd"))
    assert schema.validate(etree.fromstring(raw)), schema.error_log
    [alert] = cap_read.read(raw)
    assert (alert.level, alert.hazard, alert.status, alert.scope) == ("orange", "内涝", "Actual", "Public")
    assert alert.first.areas[0].geocodes == [("CPEAS Geographic Code", "519901")]
    assert not [f for f in alert.findings if f.weight == "error"]
    notices.withdraw(made.id, "水退了", by=cast.district.actor)
    made.refresh_from_db()
    raw = bytes(made.document)
    assert schema.validate(etree.fromstring(raw)), schema.error_log
    [cancel] = cap_read.read(raw)
    assert cancel.msg_type == "Cancel"
    assert cancel.references[0].identifier == made.identifier


def test_a_drill_leaves_as_an_exercise(cast, said):
    by = cast.district.actor.drilling(cast.places.city.id)
    made = notices.draft(said, by=by)
    sent = notices.send_urgent(made.id, "演练", by=by, revision=1)
    [alert] = cap_read.read(bytes(sent.document))
    assert alert.status == "Exercise"
    assert Call.objects.get(chain_id=made.chain_id).drill


def test_withdrawing_stops_its_call_and_time_ends_it(cast, said):
    by = cast.district.actor
    first = notices.draft(dataclasses.replace(said, level="yellow"), by=by)
    notices.send(first.id, by=by, revision=1)
    notices.withdraw(first.id, "雨停了", by=by)
    assert not Call.objects.filter(chain_id=first.chain_id, state="running", kind="first").exists()
    second = notices.draft(dataclasses.replace(said, level="yellow", calls=False), by=by)
    notices.send(second.id, by=by, revision=1)
    with clock.shifted(dt.timedelta(hours=7)):
        assert (notices.expire(by=BY), notices.expire(by=BY)) == (1, 0)
    second.refresh_from_db()
    assert second.state == "expired"


def form(said, **more):
    return {
        "hazard": said.hazard, "level": said.level, "starts_at": "2026-07-18T02:05", "expires_at": "2099-07-18T08:00",
        "paths": list(said.paths), "matters": said.matters, "measures": said.measures, "issuer": said.issuer,
        "calls": "on",
    } | more  # fmt: skip


def test_the_whole_way_through_the_pages(cast, said):
    desk, boss = cast.client("district"), cast.client("approver")
    bad = desk.post("/notices/new", form(said, title="暴雨红色预警信号"))
    assert bad.status_code == 422
    assert "第三十条" in bad.content.decode()
    assert desk.post("/notices/new", form(said, starts_at="明天")).status_code == 422
    assert desk.post("/notices/new", form(said, shape="{")).status_code == 422
    drawn = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2], [1, 1]]]}}
    assert desk.post("/notices/new", form(said, shape=json.dumps(drawn))).status_code == 422  # touches nothing of ours
    address = desk.post("/notices/new", form(said))["Location"]
    page = desk.get(address).content.decode()
    for words in ("八个要素", "叫谁", "他们会听到、看到什么", "送人批准", "紧急发出"):
        assert words in page
    assert desk.get(f"{address}/edit").status_code == 200
    desk.post(f"{address}/act", {"act": "submit", "revision": "1"})
    assert "批准并发出" not in desk.get(address).content.decode()
    assert "批准并发出" in boss.get(address).content.decode()
    boss.post(f"{address}/act", {"act": "approve", "revision": "1"})
    made = Notice.objects.get()
    assert made.state == "sent"
    assert "内部风险提示" in boss.get("/notices?view=all").content.decode()
    assert cast.client("elsewhere").get(address).status_code == 404
