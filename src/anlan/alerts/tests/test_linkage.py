"""WRN-01, WRN-03: a red or orange warning rings the duty officer and prepares the call; an update or cancel follows."""

import datetime as dt

import pytest

from anlan.alerts.models import Alert, Rule
from anlan.alerts.services import linkage
from anlan.alerts.services.intake import take
from anlan.alerts.tests.samples import cap, info
from anlan.alerts.tests.staff import staff
from anlan.callout.models import Call, Obligation
from anlan.callout.services import calls
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Refused, machine
from anlan.ledger import services as ledger

BY = machine("test")
LATER = "2099-01-01T00:00:00+08:00"


@pytest.fixture
def people(town):
    return staff(town)


def warn(level="红色", severity="Extreme", *, kind="Alert", of="", identifier="w1", hour=2, codes=("510104",), **more):
    references = f"lanjiang@weather.test,{of},2026-07-18T02:05:00+08:00" if of else ""
    text = info(headline=f"澜江市气象台发布暴雨{level}预警", severity=severity, expires=LATER, codes=codes)
    sent = f"2026-07-18T0{hour}:05:00+08:00"
    intake = take(cap(text, identifier=identifier, msg_type=kind, references=references, sent=sent, **more), by=BY)
    alert = Alert.objects.get(intake=intake)
    linkage.respond([alert.id])
    return alert


def owed(alert):
    rows = Obligation.objects.filter(subject_id=alert.id, call_id=None)
    return sorted(rows.values_list("post_title", "state"))


def test_a_red_warning_prepares_a_call_and_rings_the_nearest_duty_officer(town, people):
    alert = warn()
    [call] = Call.objects.filter(alert_id=alert.id)
    assert (call.state, call.level, call.title, call.drill) == ("awaiting_approval", "red", "暴雨红色预警", False)
    assert call.targeting["paths"] == [town.east]
    assert call.targeting["at"] == [town.city]
    assert call.chain_id == alert.chain_id
    assert owed(alert) == [("锦江区区县值班员", "open")]


def test_red_starts_by_itself_within_three_minutes_when_nobody_approves(town, people):
    """domain-facts B13: 红警叫应 3 分钟内发起."""
    alert = warn()
    [call] = Call.objects.filter(alert_id=alert.id)
    assert call.auto_send_at - alert.received_at < dt.timedelta(minutes=3)
    with clock.shifted(dt.timedelta(minutes=3)):
        calls.send_due()
    call.refresh_from_db()
    assert call.state == "running"
    reached = set(Obligation.objects.filter(call_id=call.id).values_list("post_title", flat=True))
    assert {"东升社区网格员", "锦江区区县值班员", "澜江市市值班员"} <= reached
    assert "青羊区区县值班员" not in reached


def test_the_setting_can_keep_it_from_sending_itself(town, people):
    Rule.objects.filter(level="red").update(auto=False)
    [call] = Call.objects.filter(alert_id=warn().id)
    assert call.auto_send_at is None


def test_a_started_call_frees_the_duty_officer(town, people):
    alert = warn()
    [call] = Call.objects.filter(alert_id=alert.id)
    calls.approve(call.id, by=people["值班领导"])
    linkage.called([alert.id], by=BY)
    alert.refresh_from_db()
    assert alert.handled_at
    assert owed(alert) == [("锦江区区县值班员", "met")]


def test_yellow_prepares_nothing_and_is_still_there(town, people):
    alert = warn("黄色", "Moderate")
    assert not Call.objects.exists()
    assert owed(alert) == []
    assert alert.state == "active"


@pytest.mark.parametrize("status", ["Test", "System", "Draft", "Foobar"])
def test_what_is_no_actual_warning_starts_and_rings_nothing(town, people, status):
    alert = warn(status=status)
    assert alert.drill
    assert not Call.objects.exists()
    assert owed(alert) == []


def test_an_exercise_calls_by_safe_carriers_only(town, people):
    alert = warn(status="Exercise")
    [call] = Call.objects.filter(alert_id=alert.id)
    assert call.drill
    assert call.state == "running"
    assert all(Obligation.objects.filter(subject_id=alert.id).values_list("drill", flat=True))


def test_what_falls_nowhere_is_put_before_somebody(town, people):
    alert = warn(codes=("110105",))
    assert not Call.objects.exists()
    assert {title for title, _ in owed(alert)} == {"澜江市市值班员", "澜江市值班领导"}


def test_a_raised_level_takes_the_running_call_over(town, people):
    first = warn("橙色", "Severe")
    [old] = Call.objects.filter(alert_id=first.id)
    calls.approve(old.id, by=people["值班领导"])
    second = warn("红色", kind="Update", of="w1", identifier="w2", hour=3)
    [new] = Call.objects.filter(alert_id=second.id)
    assert new.supersedes == old.id
    calls.approve(new.id, by=people["值班领导"])
    old.refresh_from_db()
    assert old.state == "superseded"
    assert new.chain_id == old.chain_id == second.chain_id


def test_an_update_of_the_same_level_asks_a_person(town, people):
    first = warn()
    [call] = Call.objects.filter(alert_id=first.id)
    calls.approve(call.id, by=people["值班领导"])
    second = warn(kind="Update", of="w1", identifier="w2", hour=3)
    assert Call.objects.count() == 1
    assert owed(second) == [("锦江区区县值班员", "open")]


def test_an_update_replaces_a_call_that_nobody_sent(town, people):
    first = warn()
    second = warn(kind="Update", of="w1", identifier="w2", hour=3)
    assert list(Call.objects.order_by("id").values_list("alert_id", "state")) == [
        (first.id, "cancelled"),
        (second.id, "awaiting_approval"),
    ]
    assert owed(first) == [("锦江区区县值班员", "void")]


def test_a_cancel_calls_off_what_was_not_sent_and_proposes_the_all_clear_otherwise(town, people):
    unsent = warn()
    warn(kind="Cancel", of="w1", identifier="c1", hour=3)
    assert Call.objects.get(alert_id=unsent.id).state == "cancelled"
    sent = warn(identifier="w5", hour=4)
    calls.approve(Call.objects.get(alert_id=sent.id).id, by=people["值班领导"])
    cancel = warn(kind="Cancel", of="w5", identifier="c5", hour=5)
    assert Call.objects.get(alert_id=sent.id).state == "running"  # a person decides
    assert owed(cancel) == [("锦江区区县值班员", "open")]


def test_a_failure_says_so_and_rings_somebody(town, people, monkeypatch):
    monkeypatch.setattr(linkage.calls, "prepare", lambda *a, **k: (_ for _ in ()).throw(Conflict("no policy")))
    alert = warn()
    assert owed(alert) == [("锦江区区县值班员", "open")]
    second = warn(identifier="w2")  # the next one is served all the same
    assert second.state == "active"


def test_the_duty_officer_may_decide_that_no_call_is_needed_once(town, people):
    alert = warn()
    officer = people["东区值班员"]
    linkage.handle(alert.id, "雨带已经过了", by=officer)
    assert owed(alert) == [("锦江区区县值班员", "met")]
    with pytest.raises(Conflict):
        linkage.handle(alert.id, "再来", by=officer)
    with pytest.raises(Refused):
        linkage.handle(warn(identifier="w9").id, "网格员", by=people["东升网格员"])


def test_a_call_can_be_prepared_anew_with_other_roles_and_words(town, people):
    alert = warn()
    made = linkage.prepare_for(
        alert.id, roles=("grid_worker",), title="暴雨红色预警", body="马上叫醒低处的人。", by=people["东区值班员"]
    )
    states = dict(Call.objects.values_list("id", "state"))
    assert states.pop(made) == "awaiting_approval"
    assert set(states.values()) == {"cancelled"}


def test_a_rule_is_changed_by_whoever_may(town, people):
    with pytest.raises(Refused):
        linkage.change_rule("red", prepare=False, ring=True, auto=False, roles=(), levels=(), by=people["市值班员甲"])
    linkage.change_rule("red", prepare=False, ring=True, auto=False, roles=("grid_worker",), levels=(), by=BY)
    assert not Call.objects.exists()
    alert = warn()
    assert not Call.objects.exists()
    assert owed(alert) == [("锦江区区县值班员", "open")]


def test_the_ledger_sets_it_off_exactly_once(live_town):
    """The reaction, by its durable cursor: received → prepared and rung → started → nobody owes a look."""
    actors = staff(live_town)
    ledger.drain()
    text = info(codes=("510104",), expires=LATER)
    take(cap(text), by=BY)
    ledger.drain("alerts.linkage")
    ledger.drain("alerts.linkage")
    [call] = Call.objects.all()
    alert = Alert.objects.get()
    assert owed(alert) == [("锦江区区县值班员", "open")]
    calls.approve(call.id, by=actors["值班领导"])
    ledger.drain("alerts.called")
    assert owed(alert) == [("锦江区区县值班员", "met")]
