"""WRN-06: the desk looks into it; it becomes an incident, or not; the reporter is told at every end."""

import pytest
from django.db import connection
from django.db.utils import IntegrityError

from anlan.callout.models import Obligation
from anlan.incidents import services
from anlan.incidents.models import Fact, Report
from anlan.incidents.terms import Did
from anlan.incidents.tests.saying import WATER, say
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.ledger.models import Entry

pytestmark = pytest.mark.django_db


def told(report):
    rows = Obligation.objects.filter(subject_id=report.id, did=Did.TOLD, state="told").order_by("id")
    return [(o.person_id, o.why) for o in rows]


def test_it_is_so_and_becomes_an_incident(cast):
    made = say(cast.grid)
    incident = services.verify(made.id, by=cast.community.actor, level="general", opinion="打电话问过")
    made.refresh_from_db()
    assert (made.state, made.incident_id, made.verifier_name) == ("verified", incident.id, "何秀兰")
    assert (incident.title, incident.level, incident.kind) == ("竹苑社区 第三网格积水漫水", "general", "flooding")
    assert (incident.chain_id, incident.sensed_at) == (made.chain_id, made.arrived_at)
    assert told(made)[0][0] == cast.grid.person.id
    assert incident.title in told(made)[0][1]
    assert Obligation.objects.get(subject_id=made.id, did=Did.VERIFIED).state == "met"
    assert Entry.objects.filter(chain=made.chain_id, did=Did.OPENED).count() == 1


@pytest.mark.parametrize(("act", "state", "word"), [
    (lambda r, by: services.not_so(r, "去看了，是洒水车", by=by), "not_so", "洒水车"),
    (lambda r, by: services.pass_on(r, "区水务局", "管网的事", by=by), "passed_on", "区水务局"),
])  # fmt: skip
def test_every_end_is_told(cast, act, state, word):
    made = say(cast.grid)
    assert act(made.id, cast.community.actor).state == state
    assert word in told(made)[0][1]
    with pytest.raises(Conflict):
        services.verify(made.id, by=cast.street.actor)
    again = services.reopen(made.id, "又有人来电", by=cast.street.actor)
    assert again.state == "verifying"
    assert Obligation.objects.filter(subject_id=made.id, did=Did.VERIFIED, state="open").get().person_id == (
        cast.street.person.id
    )


def test_asked_back_and_answered(cast):
    made = say(cast.grid)
    assert services.ask_back(made.id, "水有多深？", by=cast.community.actor).state == "unsure"
    duty = Obligation.objects.get(subject_id=made.id, did=Did.REPLIED)
    assert (duty.person_id, duty.state, duty.link) == (cast.grid.person.id, "open", f"/report/sent/{made.id}")
    services.answer_back(made.id, "到膝盖", by=cast.grid.actor)
    made.refresh_from_db()
    duty.refresh_from_db()
    assert (made.state, duty.state) == ("verifying", "met")
    assert (
        Obligation.objects.get(subject_id=made.id, did=Did.VERIFIED, state="open").person_id == cast.community.person.id
    )


def test_a_call_from_outside_cannot_be_asked_back(cast):
    made = say(cast.community, how="phone", caller="王大爷 13900001111")
    assert (made.reporter, made.reporter_name, made.entered_by_name) == (None, "", "何秀兰")
    assert b"13900001111" not in bytes(made.caller_cipher)
    with pytest.raises(Conflict):
        services.ask_back(made.id, "在哪？", by=cast.community.actor)
    assert services.not_so(made.id, "没有的事", by=cast.community.actor).state == "not_so", "whoever took the call may"
    assert told(made) == []


def test_nobody_verifies_what_they_saw_themselves(cast):
    made = say(cast.community)
    with pytest.raises(Conflict, match="自己"):
        services.verify(made.id, by=cast.community.actor)
    assert services.verify(made.id, by=cast.street.actor).state == "open"


def test_wrong_role_and_wrong_place(cast):
    made = say(cast.grid)
    with pytest.raises(Hidden):  # a grid worker sees no desk
        services.verify(made.id, by=cast.grid.actor)
    with pytest.raises(Refused):  # sees it, may not decide
        services.verify(made.id, by=cast.admin.actor)
    with pytest.raises(Hidden):
        services.verify(made.id, by=cast.elsewhere.actor)
    assert Report.objects.get(id=made.id).state == "received"


@pytest.mark.parametrize(("act", "field"), [
    (lambda r, by: services.not_so(r, " ", by=by), "opinion"),
    (lambda r, by: services.ask_back(r, "", by=by), "question"),
    (lambda r, by: services.pass_on(r, "", "", by=by), "whom"),
    (lambda r, by: services.verify(r, by=by, level="huge"), "level"),
    (lambda r, by: services.verify(r, by=by, title="长" * 121), "title"),
])  # fmt: skip
def test_bad_input_says_which_field(cast, act, field):
    made = say(cast.grid)
    with pytest.raises(Invalid) as error:
        act(made.id, cast.community.actor)
    assert field in error.value.errors


def test_completed_later_by_the_reporter_and_the_desk(cast):
    made = say(cast.grid)
    services.complete(made.id, {"trapped": "2", "contact": "李婶 13911112222"}, by=cast.grid.actor)
    services.complete(made.id, {"trapped": "3", "needs": ""}, by=cast.community.actor)
    facts = list(Fact.objects.filter(report=made).order_by("id").values_list("element", "value", "by_name"))
    assert facts == [("trapped", "2", "李小满"), ("contact", "", "李小满"), ("trapped", "3", "何秀兰")]
    entries = Entry.objects.filter(subject_id=made.id, did=Did.ADDED)
    assert entries.count() == 3
    assert not [e for e in entries if "13911112222" in str(e.values)]
    for actor in (cast.elsewhere.actor, cast.nobody.actor):
        with pytest.raises(Hidden):
            services.complete(made.id, {"trapped": "9"}, by=actor)
    with pytest.raises(Refused):
        services.complete(made.id, {"trapped": "9"}, by=cast.admin.actor)
    for wrong in ({"trapped": "两个"}, {"trapped": "-1"}, {"ufo": "1"}, {}, {"more": "长" * 401}):
        with pytest.raises(Invalid):
            services.complete(made.id, wrong, by=cast.grid.actor)


def test_moved_to_where_it_was_seen(cast):
    made = say(cast.grid)
    services.move(made.id, cast.places.other_street.path, by=cast.community.actor)
    open_ = Obligation.objects.get(subject_id=made.id, did=Did.VERIFIED, state="open")
    assert open_.person_id == cast.elsewhere.person.id


def test_an_incident_is_graded_closed_and_opened_again(cast):
    made = say(cast.grid)
    incident = services.verify(made.id, by=cast.community.actor)
    by = cast.street.actor
    changed = services.change(incident.id, title="竹苑 7 栋积水", kind="flooding", level="larger", revision=1, by=by)
    assert (changed.level, changed.revision) == ("larger", 2)
    with pytest.raises(Conflict):
        services.change(incident.id, title="晚了一步", kind="flooding", level="", revision=1, by=by)
    with pytest.raises(Invalid):
        services.change(incident.id, title="x", kind="ufo", level="huge", revision=2, by=by)
    services.close(incident.id, "水退了", by=by)
    assert "水退了" in told(made)[-1][1]
    with pytest.raises(Conflict):
        services.close(incident.id, "又退了", by=by)
    assert services.resume(incident.id, "又涨了", by=by).state == "open"
    with pytest.raises(Hidden):
        services.close(incident.id, "x y", by=cast.elsewhere.actor)


def test_the_database_refuses_what_the_table_lacks(cast):
    made = say(cast.grid, WATER)
    services.withdraw(made.id, "", by=cast.grid.actor)
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("UPDATE incidents_report SET state = 'received' WHERE id = %s", [made.id])
