"""HZD-02: what phones did without a network comes in once, in order; conflicts are told in plain words."""

import datetime as dt

import pytest

from anlan.fieldwork import ports
from anlan.fieldwork.terms import Record
from anlan.hazards.models import Hazard, Task, Visit
from anlan.hazards.services import laying
from anlan.hazards.tests.inspecting import checklist, thing
from anlan.hazards.tests.test_visits import plan
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Invalid
from anlan.kernel.ids import uuid7

pytestmark = pytest.mark.django_db


def record(kind, body, **more):
    return Record(uuid7(), kind, body, clock.now() - dt.timedelta(hours=2), offline=True, **more)


def apply(one, by):
    return ports.handlers[one.kind].apply([one], by=by)[0]


def test_a_visit_and_the_hazard_of_a_failed_item_come_in_once(cast):
    _made, version, (good, bad) = checklist()
    row = thing(cast)
    plan(cast)
    laying.lay()
    task = Task.objects.get()
    by = cast.grid.actor
    said = record(
        "hazards.report", {"text": "过期", "object": str(row.id), "item": str(bad.id), "source": "inspection"}
    )
    apply(said, by)
    one = record("hazards.visit", {
        "task": str(task.id), "object": str(row.id), "lists": [str(version.id)], "nothing_wrong": False,
        "answers": {str(good.id): {"result": "pass"}, str(bad.id): {"result": "fail", "note": "过期"}},
    })  # fmt: skip
    outcome, again = apply(one, by), apply(one, by)
    made = Visit.objects.get()
    assert outcome.subject == again.subject == made.id
    assert (made.offline, made.failed, made.task_id) == (True, 1, task.id)
    assert made.done_at < made.arrived_at
    assert Hazard.objects.get().visit_id == made.id
    assert cast.client("grid").get(outcome.href).status_code == 200
    with pytest.raises(Invalid):
        apply(record("hazards.visit", {"object": str(row.id), "answers": {"x": "fail"}}), by)


def test_two_did_one_task_and_neither_is_lost(cast):
    row = thing(cast)
    plan(cast)
    laying.lay()
    task = Task.objects.get()
    first = record("hazards.visit", {"task": str(task.id), "object": str(row.id), "nothing_wrong": True})
    apply(first, cast.community.actor)
    second = record("hazards.visit", {"task": str(task.id), "object": str(row.id), "nothing_wrong": True})
    assert apply(second, cast.grid.actor).state == "done"
    assert Visit.objects.filter(task_id=task.id).count() == 2
    type(row).objects.filter(id=row.id).update(closed_at=clock.now())
    with pytest.raises(Conflict, match="停用"):
        apply(record("hazards.visit", {"object": str(row.id), "nothing_wrong": True}), cast.grid.actor)
