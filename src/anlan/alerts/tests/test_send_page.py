"""WRN-02, WRN-03, EXE-01: before a call leaves: what each role hears, who has no B岗, whose number is dead, a drill."""

import pytest

from anlan.alerts.models import Alert
from anlan.alerts.pages import send
from anlan.alerts.services import linkage, rehearse, take
from anlan.alerts.tests.samples import cap, info
from anlan.callout.models import Call, Obligation, Receipt
from anlan.callout.services import calls
from anlan.callout.terms import Draft
from anlan.kernel.authority import Conflict, Hidden, Refused, machine
from anlan.people.models import Person
from anlan.people.terms import Targeting

BY = machine("test")
RED = cap(info(codes=("519901",), expires="2099-01-01T00:00:00+08:00"))


@pytest.fixture
def call(cast):
    where = Targeting((cast.places.district.path,))
    return calls.prepare(
        Draft(
            "暴雨红色预警", "低处的人上楼。", where, level="red", instructions={"grid_worker": "敲门叫醒名单上的人。"}
        ),
        by=BY,
    )


def text(answer):
    return answer.content.decode()


def test_each_role_hears_its_own_words(cast, call):
    desk = cast.client("district")
    page = text(desk.get(f"/alerts/calls/{call.id}?to=grid_worker"))
    assert 'value="grid_worker" selected' in page
    assert "预览给 李小满" in page
    assert page.count("敲门叫醒名单上的人") == 2  # by telephone and by text
    page = text(desk.get(f"/alerts/calls/{call.id}?to=community_duty"))
    assert "预览给 何秀兰" in page
    assert "敲门叫醒" not in page
    for strange in ("nobody", "' OR 1=1", ""):
        assert "预览给" in text(desk.get(f"/alerts/calls/{call.id}", {"to": strange}))


def test_who_has_no_deputy_and_whose_number_is_dead_are_one_step_away(cast, call):
    Person.objects.filter(id=cast.grid.actor.person).update(reach="dead")
    desk = cast.client("district")
    page = text(desk.get(f"/alerts/calls/{call.id}"))
    for kind in ("no-deputy", "dead"):
        assert f"/alerts/calls/{call.id}/list?kind={kind}" in page
    listed = text(desk.get(f"/alerts/calls/{call.id}/list?kind=dead"))
    assert "李小满" in listed
    assert "何秀兰" not in listed


def test_a_wrong_number_of_persons_holds_a_big_call_back(cast, call, monkeypatch):
    monkeypatch.setattr(send, "COPY_ABOVE", 1)
    boss = cast.client("approver")
    assert "把要叫的人数抄一遍" in text(boss.get(f"/alerts/calls/{call.id}"))
    answer = boss.post(f"/alerts/calls/{call.id}", {"act": "approve", "count": "12034"})
    assert answer.status_code == 422
    assert "12034" in text(answer)
    call.refresh_from_db()
    assert call.started_at is None


def test_a_call_is_turned_into_an_exercise_and_reaches_nobody_real(cast):
    alert = Alert.objects.get(intake=take(RED, by=BY))
    linkage.respond([alert.id])
    real = Call.objects.get(alert_id=alert.id)
    desk = cast.client("district")
    assert 'value="rehearse"' in text(desk.get(f"/alerts/calls/{real.id}"))
    answer = desk.post(f"/alerts/calls/{real.id}", {"act": "rehearse"})
    drill = Call.objects.exclude(id=real.id).get()
    assert answer["Location"] == f"/alerts/calls/{drill.id}"
    real.refresh_from_db()
    assert (real.state, real.started_at, real.auto_send_at) == ("cancelled", None, None)
    assert (drill.drill, drill.alert_id, drill.chain_id) == (True, None, drill.id)
    assert drill.targeting == real.targeting
    assert 'value="rehearse"' not in text(desk.get(answer["Location"]))
    desk.post(answer["Location"], {"act": "start"})
    drill.refresh_from_db()
    assert drill.state == "running"
    rows = Obligation.objects.filter(call_id=drill.id)
    assert rows.exists()
    assert not rows.filter(drill=False).exists()
    assert set(Receipt.objects.values_list("carrier", flat=True)) <= {"simulated"}
    alert.refresh_from_db()
    assert alert.handled_at is None  # the real warning still wants a decision
    linkage.respond([alert.id])
    again = Call.objects.filter(alert_id=alert.id, state__in=["draft", "awaiting_approval"]).get()
    assert not again.drill


def test_only_what_waits_and_only_by_whom_may(cast, call):
    with pytest.raises(Hidden):
        rehearse(call.id, by=cast.elsewhere.actor)
    with pytest.raises((Refused, Hidden)):
        rehearse(call.id, by=cast.grid.actor)
    drill = rehearse(call.id, by=cast.district.actor)
    for done in (call.id, drill):
        with pytest.raises(Conflict):
            rehearse(done, by=cast.district.actor)
