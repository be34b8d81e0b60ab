"""HZD-09: a sudden rise, recurrences, overdue ones and silence are noticed, owed to somebody, folded, and end."""

import datetime as dt

import pytest

from anlan.analytics import rates
from anlan.analytics.models import Finding
from anlan.analytics.services import noticing, recounting
from anlan.analytics.tests import laying
from anlan.callout.models import Obligation
from anlan.hazards.models import Hazard, Programme
from anlan.kernel import clock
from anlan.kernel.authority import machine
from anlan.ledger.models import Entry
from anlan.places import services as places

pytestmark = pytest.mark.django_db
BY = machine("test")


def look():
    recounting.recount()
    return {(f.genre, f.kind) for f in noticing.notice(by=BY)}


def test_chance_alone_is_no_rise():
    assert rates.unlikely(3, 9, 0.25) > 0.3
    assert rates.unlikely(12, 6, 0.25) < 0.001
    assert rates.unlikely(0, 0, 0.25) == 1.0
    assert abs(rates.unlikely(2, 0, 0.25) - 0.0625) < 1e-12


def test_a_rise_is_found_once_at_the_narrowest_place_and_ends(cast):
    """HZD-09: 环比突增 → a finding and an entry, a duty of whoever plans inspections; folded while it goes on."""
    grid = cast.places.grid.path
    laying.kind("wires", name="飞线充电")
    for n in range(12):
        laying.hazard(grid, 5, kind="wires", state="reported")
        laying.hazard(grid, 5 + 9 * n, kind="corridor", state="reported")
    assert look() == {("rise", "wires")}
    found = Finding.objects.get()
    assert found.place_path == cast.places.community.path
    said = Entry.objects.get(did="analytics.warned").values["title"]
    assert said == "竹苑社区：「飞线充电」近 30 天报了 12 条，平时一个月 0 条"
    owed = Obligation.objects.filter(subject_id=found.id, state="open")
    assert {o.person_id for o in owed} & {cast.community.person.id}
    assert look() == set()
    assert Finding.objects.get().seen == 2
    with clock.shifted(dt.timedelta(days=40)):
        assert look() == set()
    assert Finding.objects.get().state == "over"
    assert not Obligation.objects.filter(subject_id=found.id, state="open").exists()


def test_recurrences_overdue_ones_and_silence(cast):
    """HZD-09, EVL-05: 复发、超期聚集、零隐患异常; an exercise is none of it."""
    grid, community = cast.places.grid.path, cast.places.community
    places.add(community, name="第四网格", level="grid", by=BY)
    for _n in range(3):
        laying.hazard(grid, 10, kind="wires", reopened=1, due=-5)
    for _n in range(5):
        laying.hazard(grid, 100, kind="corridor", due=90)
        laying.hazard(grid, 100, kind="drill", due=90, exercise_id=laying.ANOTHER)
    assert look() == {("recurrence", "wires"), ("overdue", "corridor"), ("silent", "")}
    silent = Finding.objects.get(genre="silent")
    assert (silent.figures["count"], silent.figures["of"]) == (1, 2)


def test_a_finding_becomes_a_special_task_or_is_said_to_need_nothing(cast):
    """HZD-09: →生成专项任务; false alarms are counted; whoever plans nothing there may do neither."""
    grid = cast.places.grid.path
    for _n in range(5):
        laying.hazard(grid, 30, kind="corridor", due=20)
        laying.hazard(grid, 30, kind="wires", due=20)
    laying.thing(grid)
    assert look() == {("overdue", "corridor"), ("overdue", "wires")}
    one, two = Finding.objects.order_by("kind")
    page, client = f"/statistics/findings/{one.id}", cast.client("community")
    assert "转成专项任务" in client.get(page).content.decode()
    day = (laying.noon(0) + dt.timedelta(days=9)).date().isoformat()
    wrong = client.post(page, {"act": "task", "title": "查楼道", "reason": "超期多", "due_on": ""})
    assert wrong.status_code == 422
    assert client.post(page, {"act": "task", "title": "查楼道", "reason": "超期多", "due_on": day}).status_code == 302
    one.refresh_from_db()
    assert one.state == "tasked"
    assert Programme.objects.get(id=one.task).place_path == cast.places.community.path
    assert client.post(page, {"act": "dismiss", "opinion": "x"}).status_code == 409
    other = f"/statistics/findings/{two.id}"
    assert client.post(other, {"act": "dismiss", "opinion": " "}).status_code == 422
    assert client.post(other, {"act": "dismiss", "opinion": "施工，下周就好"}).status_code == 302
    assert cast.client("elsewhere").get(other).status_code == 404
    assert "近一年处理了 2 条，其中 1 条看过不用管" in client.get("/statistics/findings").content.decode()
    assert not Obligation.objects.filter(subject_id__in=[one.id, two.id], state="open").exists()
    assert look() == set()
    Hazard.objects.all().update(due_at=laying.noon(-30))
    assert look() == set()
    assert Finding.objects.filter(ended_at=None).count() == 0
