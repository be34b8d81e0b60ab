"""HZD-01, HZD-04: what a phone sends of hazards is the services' own work; a change in between is told."""

import pytest

from anlan.fieldwork.ports import Record, handlers, packs
from anlan.hazards import queries, services
from anlan.hazards.queries import library
from anlan.hazards.terms import Found, Owner
from anlan.hazards.tests import inspecting
from anlan.kernel.ids import uuid7


def send(kind, body, *, by, base=None, **values):
    record = Record(uuid7(), kind, body, base=base, offline=True, **values)
    return handlers[kind].apply([record], by=by)[0], record


@pytest.fixture
def assigned(cast):
    made = services.report(Found(text="3 栋楼道堆满纸箱"), by=cast.grid.actor)
    services.confirm(made.id, grade="general", limit="d7", opinion="属实", by=cast.community.actor)
    return services.assign(made.id, Owner(name="李小满", person=cast.grid.person.id), by=cast.community.actor)


def test_a_report_is_a_hazard_once(cast):
    outcome, record = send("hazards.report", {"text": "飞线充电", "kind": "", "where": "7 栋"}, by=cast.grid.actor)
    assert (outcome.state, outcome.href) == ("done", f"/hazards/{outcome.subject}")
    again = handlers["hazards.report"].apply([record], by=cast.grid.actor)[0]
    assert again.subject == outcome.subject
    assert queries.hazard(outcome.subject, by=cast.grid.actor).offline


def test_two_people_on_one_hazard_are_told_of_each_other(cast, assigned):
    seen = assigned.revision
    services.rectify(assigned.id, "物业清了", by=cast.grid.actor)
    outcome, _record = send(
        "hazards.rectify", {"hazard": str(assigned.id), "words": "我清的"}, by=cast.grid.actor, base=seen
    )
    assert outcome.state == "conflict"
    assert outcome.now["写的"] == "物业清了"
    assert outcome.mine["写的"] == "我清的"
    assert set(outcome.now) == set(outcome.mine)
    assert queries.hazard(assigned.id, by=cast.grid.actor).opinion == "物业清了"
    noted, _record = send("hazards.note", {"hazard": str(assigned.id), "words": "我也清了"}, by=cast.grid.actor)
    assert noted.state == "done"


def test_the_pack_leads_with_what_waits_for_its_owner(cast, assigned):
    services.report(Found(text="别的一条"), by=cast.grid.actor)
    kept = packs["hazards.hazards"].of(cast.grid.actor, None)["hazards"]
    assert [(h["text"], h["acts"]) for h in kept] == [("3 栋楼道堆满纸箱", ["rectify"]), ("别的一条", [])]
    assert kept[0]["revision"] == assigned.revision
    services.rectify(assigned.id, "清了", by=cast.grid.actor)
    judged = packs["hazards.hazards"].of(cast.community.actor, None)["hazards"][0]
    assert (judged["acts"], judged["attempt"]) == (["accept", "refuse"], "清了")
    assert not packs["hazards.hazards"].of(cast.elsewhere.actor, None)["hazards"]


def test_the_pack_asks_few_questions_of_the_database(cast, assigned, django_assert_max_num_queries):
    for n in range(8):
        services.report(Found(text=f"第 {n} 条"), by=cast.grid.actor)
    with django_assert_max_num_queries(6):
        packs["hazards.hazards"].of(cast.grid.actor, None)


def test_bad_input_says_what_is_wrong(cast):
    with pytest.raises(Exception, match="没说是哪一条隐患"):
        send("hazards.rectify", {"words": "改了"}, by=cast.grid.actor)


def test_an_inspection_is_one_tap_or_item_by_item(cast):
    shop = inspecting.thing(cast)
    _made, version, (way, _extinguisher) = inspecting.checklist()
    kept = packs["hazards.inspections"].of(cast.grid.actor, None)
    assert [o["name"] for o in kept["objects"]] == ["老街面馆"]
    fits = [str(v.id) for v in library.checklist_for(shop.kind)]
    assert str(version.id) in kept["objects"][0]["lists"] == fits
    done, _record = send("hazards.visit", {"object": str(shop.id), "nothing_wrong": True}, by=cast.grid.actor)
    assert done.state == "done"
    body = {
        "object": str(shop.id),
        "lists": [str(version.id)],
        "answers": {str(way.id): {"result": "fail", "note": "堵了"}},
    }
    done, _record = send("hazards.visit", body, by=cast.grid.actor)
    assert done.state == "done"
    with pytest.raises(Exception, match="选合格、不合格或不适用"):
        send("hazards.visit", body | {"answers": {str(way.id): {"result": "?"}}}, by=cast.grid.actor)
