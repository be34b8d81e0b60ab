"""The invented city sends one instruction of each kind, once; its people report what came of them."""

import datetime as dt
import uuid

import orjson
import pytest

from anlan.callout.carriers import Message, tuning
from anlan.callout.carriers.simulated.carrier import Carrier, plan, shares
from anlan.callout.models import Call
from anlan.kernel.authority import machine
from anlan.web.city import orders


@pytest.mark.django_db
def test_one_of_each_kind_and_only_once(cast):
    assert orders.send(machine("anlan storm")) == 4
    assert orders.send(machine("anlan storm")) == 0
    kinds = Call.objects.order_by("id").values_list("directive", flat=True)
    assert list(kinds) == ["notice", "reminder", "task", "command"]
    states = Call.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["running", "running", "running", "awaiting_approval"]


def test_invented_people_report_results_where_one_is_asked():
    tuned = tuning.opened(Carrier().fields, {})
    now = dt.datetime(2026, 7, 18, 4, tzinfo=dt.UTC)

    def said(**more):
        words = {"place_path": "0001", "needs_answer": False, **more}
        batch = [Message(uuid.uuid4(), "", "看低处", "看", "", person=uuid.uuid4(), **words) for _ in range(60)]
        return [orjson.loads(e) for m in batch for _id, _due, e in plan(m, tuned, shares(tuned), now)]

    assert [e for e in said(asks_result=True) if e.get("text") == "办好了"]
    assert not [e for e in said() if e["type"] == "reply"]
