"""WRN-03: what a gateway reports is read event by event; one bad event loses none of the others."""

import datetime as dt
from uuid import UUID

import pytest

from anlan.callout import events
from anlan.callout.replies import Meaning

NOW = dt.datetime(2026, 7, 18, 2, 11, tzinfo=dt.UTC)
KEY = "01980000-0000-7000-8000-000000000001"


def read(*given, carrier="voice_http"):
    return events.read(carrier, {"events": list(given)}, now=NOW)


def event(**more):
    return {"event": "e1", "id": KEY, "at": "2026-07-18T10:10:05+08:00", **more}


@pytest.mark.parametrize(
    ("given", "how", "declined"),
    [
        ({"seconds": 26, "key": "1"}, "key", False),
        ({"seconds": 3, "key": "2"}, "key", True),
        ({"seconds": 21.5}, "listened", False),
        ({"seconds": 4, "key": "7"}, "listened", False),
        ({}, "listened", False),
    ],
)
def test_a_call_that_was_picked_up(given, how, declined):
    parsed = read(event(type="ended", outcome="answered", **given))
    (answer,) = parsed.answers
    assert (answer.how, answer.declined, answer.seconds) == (how, declined, float(given.get("seconds", 0)))
    assert answer.receipt == UUID(KEY)
    assert answer.at == dt.datetime(2026, 7, 18, 2, 10, 5, tzinfo=dt.UTC)
    assert [r.state for r in parsed.reports] == ["delivered"]


@pytest.mark.parametrize("outcome", ["busy", "no_answer", "rejected"])
def test_a_call_that_came_to_nothing_is_no_answer(outcome):
    parsed = read(event(type="ended", outcome=outcome))
    assert parsed.answers == []
    (report,) = parsed.reports
    assert (report.state, report.dead) == ("failed", False)
    assert report.reason == {"rejected": "refused"}.get(outcome, outcome)


@pytest.mark.parametrize(
    ("reason", "kept", "dead"),
    [("空号", "empty_number", True), ("停机", "suspended", True), ("MK:0001", "empty_number", True),
     ("power_off", "off", False), ("", "failed", False)],
)  # fmt: skip
def test_a_dead_number_is_told_from_a_sleeping_one(reason, kept, dead):
    (report,) = read(event(type="failed", reason=reason)).reports
    assert (report.reason, report.dead) == (kept, dead)


def test_read_is_a_report_and_never_an_answer():
    parsed = read(event(type="read"))
    assert parsed.answers == []
    assert [r.state for r in parsed.reports] == ["read"]


def test_a_reply_with_its_key_answers_and_one_without_waits_to_be_found():
    parsed = read(
        event(type="reply", text="收到", **{"from": "13700000001"}),
        {"event": "e2", "type": "reply", "from": "13700000002", "text": "2"},
        event(event="e3", type="reply", text="1楼进水", **{"from": "13700000003"}),
        carrier="sms_http",
    )
    assert [(a.how, a.said) for a in parsed.answers] == [("reply", "收到")]
    assert [(r.sender, r.means) for r in parsed.replies] == [
        ("13700000002", Meaning.NO), ("13700000003", Meaning.UNCLEAR),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("bad", "names"),
    [
        (7, "event"),
        ({"type": "delivered", "id": KEY}, "event"),
        (event(type="dreamt"), "type"),
        (event(type="delivered", id="17"), "id"),
        (event(type="delivered", id=17), "id"),
        (event(type="delivered", at="yesterday"), "at"),
        (event(type="delivered", at="2026-07-18T02:10:05"), "at"),
        (event(type="delivered", at="2036-07-18T02:10:05Z"), "at"),
        (event(type="ended", outcome="heard"), "outcome"),
        (event(type="ended", outcome="answered", seconds="20"), "seconds"),
        (event(type="ended", outcome="answered", seconds=-1), "seconds"),
        (event(type="ended", outcome="answered", seconds=float("nan")), "seconds"),
        ({"event": "e", "type": "reply", "text": "1"}, "from"),
        (event(type="failed", reason="\x00"), "reason"),
    ],
)
def test_a_bad_event_is_named_and_the_others_are_kept(bad, names):
    parsed = read(event(event="a", type="delivered"), bad, event(event="b", type="read"))
    assert [(f.index, f.wrong.split(":")[0]) for f in parsed.faults] == [(1, names)]
    assert len(parsed.reports) == 2


@pytest.mark.parametrize("payload", [None, [], {}, {"events": {}}, {"events": [0] * 5001}])
def test_another_shape_is_refused_as_a_whole(payload):
    with pytest.raises(events.Unreadable):
        events.read("sms_http", payload, now=NOW)


def test_an_event_a_little_ahead_happened_now():
    (report,) = read(event(type="delivered", at="2026-07-18T02:12:00Z")).reports
    assert report.at == NOW
