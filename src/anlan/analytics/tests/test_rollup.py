"""HZD-08: sums equal a count made anew, whatever happened in which order; the recount names and mends differences."""

import datetime as dt

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from anlan.analytics import queries
from anlan.analytics.models import Fact, Part, Stale
from anlan.analytics.queries import figures
from anlan.analytics.services import recounting, rollup
from anlan.analytics.terms.periods import Period, number
from anlan.analytics.tests import laying
from anlan.hazards.models import Hazard, Visit
from anlan.kernel.ids import uuid7

pytestmark = pytest.mark.django_db
GRID, BESIDE, FAR = "00010001000100010001", "00010001000100020001", "00010002000100010001"
DAY = dt.date(2026, 3, 10)


def asked(place="0001", since=DAY, until=DAY, **more):
    return queries.Asked(place, Period(number(since), number(until)), **more)


def value(code, question):
    found = queries.figure(question, queries.definition(code))
    return found.part, found.whole


def test_of_what_was_due_only_what_was_accepted_counts():
    """HZD-08: 应整改 = due + accepted early; reporting it done does not count, put aside and paused do not owe."""

    def of(days):
        return DAY + dt.timedelta(days=days)

    rows = [
        laying.hazard(GRID, of(-40), due=of(-33), state="assigned"),  # owed from before
        laying.hazard(GRID, of(-40), due=of(-33), state="closed", accepted=of(1)),  # owed from before, accepted late
        laying.hazard(GRID, of(-40), due=of(-33), state="closed", accepted=of(-35)),  # settled before
        laying.hazard(GRID, of(-1), due=of(6), state="rectified"),  # says it is done
        laying.hazard(BESIDE, of(-1), due=of(6), state="closed", accepted=of(6)),  # on its last day: in time
        laying.hazard(FAR, of(-1), due=of(60), state="closed", accepted=of(2)),  # early
        laying.hazard(FAR, of(-1), due=of(6), state="listed"),
        laying.hazard(FAR, of(-1), due=of(6), state="assigned", paused_at=laying.noon(of(1))),
        laying.hazard(FAR, of(-1), state="rejected"),
        laying.hazard(GRID, of(-1), due=of(2), state="assigned", exercise_id=laying.ANOTHER),
    ]
    rollup.refresh("hazard", [row.id for row in rows])
    assert value("rectified", asked()) == (3, 5)
    assert value("rectified_stock", asked()) == (1, 2)
    assert value("rectified_new", asked()) == (2, 3)
    assert value("on_time", asked()) == (2, 3)
    assert value("rectified", asked(GRID)) == (1, 3)
    assert value("rectified", asked("00010002")) == (1, 1)
    assert value("rectified", asked(drill=True)) == (0, 1)
    late = queries.figure(asked(), queries.definition("late_days"))
    assert (late.days, late.whole) == (34, 1)
    by_place = queries.cut(asked(), [queries.definition("rectified")], "place")
    assert {k: (v["rectified"].part, v["rectified"].whole) for k, v in by_place.items()} == {
        "00010001": (2, 4), "00010002": (1, 1),
    }  # fmt: skip


def test_what_is_not_due_yet_owes_nothing_yet():
    soon = laying.hazard(GRID, 0, due=-20)
    today = laying.hazard(GRID, 0, due=0)
    rollup.refresh("hazard", [soon.id, today.id])
    here = laying.noon(0).date()
    question = asked(since=here, until=here + dt.timedelta(days=40))
    assert value("rectified", question) == (0, 1)


def test_an_object_counts_once_however_often_it_was_seen():
    """HZD-08: 检查符合率 by item and by object, over any stretch of months."""
    items = laying.checklist()
    one, two = laying.thing(GRID), laying.thing(FAR)
    for day, thing, results in (
        (dt.date(2026, 1, 5), one, ("pass", "pass", "na")),
        (dt.date(2026, 1, 25), one, ("pass", "fail", "na")),
        (dt.date(2026, 3, 5), one, ("pass", "pass", "pass")),
        (dt.date(2026, 3, 6), two, ("pass", "pass", "pass")),
        (dt.date(2026, 4, 6), two, ("fail", "fail", "pass")),
    ):
        laying.visit(thing.place_path, day, results, items, object=thing)
    rollup.of_visits(list(Visit.objects.values_list("id", flat=True)))
    months = {m: dt.date(2026, m, 1) for m in (1, 2, 3, 4)}
    assert value("objects_passed", asked(since=months[1], until=months[4])) == (0, 2)
    assert value("objects_passed", asked(since=months[2], until=months[3])) == (2, 2)
    assert value("objects_passed", asked(since=months[3], until=months[4])) == (1, 2)
    assert value("items_passed", asked(since=months[1], until=months[4])) == (10, 13)
    assert value("items_passed", asked(since=months[1], until=months[4], only={"trade": ["fire"]})) == (10, 13)
    assert value("items_passed", asked(since=months[1], until=months[4], only={"trade": ["gas"]})) == (0, 0)
    assert not queries.figure(asked(only={"kind": ["x"]}), queries.definition("items_passed")).applies


def test_inspections_due_done_and_missed():
    thing = laying.thing(GRID)
    laying.task(thing, DAY, state="done", done=DAY)
    laying.task(thing, DAY, state="done", done=DAY + dt.timedelta(days=9))
    laying.task(thing, DAY, state="missed")
    laying.task(thing, DAY, state="void")
    recounting.recount()
    assert (value("inspected", asked()), value("missed", asked())) == ((2, 3), (1, 3))


def test_a_recount_names_what_differs_and_mends_it():
    """HZD-08: a sum that was lost or written over comes back, and is named."""
    row = laying.hazard(GRID, DAY, due=DAY)
    laying.hazard(FAR, DAY, due=DAY)
    found = recounting.recount()
    assert len(found.subjects["hazard"]) == 2
    assert not recounting.recount()
    Fact.objects.filter(place_path="0001", cut=0, event=1).update(n=7)
    Part.objects.filter(subject=row.id, event=2).delete()
    found = recounting.recount(mend=False)
    assert found.subjects["hazard"] == [row.id]
    assert found.facts
    recounting.recount()
    assert not recounting.recount(mend=False)
    assert value("rectified", asked()) == (0, 2)


def test_a_rebuild_in_pieces_leaves_what_a_recount_finds_right(monkeypatch):
    """HZD-08: from nothing, and over parts and sums that are wrong, too many, or of subjects that are gone."""
    monkeypatch.setattr(recounting, "CHUNK", 2)
    rows = [laying.hazard(GRID, DAY, due=DAY, state="closed", accepted=DAY) for _ in range(5)]
    laying.hazard(FAR, DAY, due=DAY, exercise_id=laying.ANOTHER)
    assert recounting.rebuild()[0] == 17
    assert not recounting.recount(mend=False)
    assert recounting.rebuild() == (0, 0)
    Part.objects.filter(subject=rows[0].id).update(kind="wires")
    Part.objects.filter(subject=rows[1].id, event=3).delete()
    Part.objects.filter(subject=rows[2].id).update(subject=uuid7())
    Fact.objects.filter(cut=1).update(n=7)
    Fact.objects.filter(cut=0, place_path="0001").update(place_path="0009")
    Fact.objects.filter(cut=2).delete()
    assert recounting.recount(mend=False)
    recounting.rebuild()
    assert not recounting.recount(mend=False)
    monkeypatch.setattr(recounting, "MANY", 0)
    Part.objects.filter(subject=rows[0].id).update(kind="wires")
    assert recounting.recount()
    assert not recounting.recount(mend=False)


def test_what_moved_with_its_place_is_counted_where_it_stands():
    row = laying.hazard(GRID, DAY, due=DAY)
    rollup.refresh("hazard", [row.id])
    Hazard.objects.filter(id=row.id).update(place_path=FAR)
    Stale.objects.create(what="hazard", subject=row.id)
    assert rollup.catch_up() == 1
    assert value("rectified", asked("00010002")) == (0, 1)
    assert value("rectified", asked("00010001")) == (0, 0)
    assert not Stale.objects.exists()


DAYS = st.integers(0, 100)
CHANGES = st.fixed_dictionaries({}, optional={
    "place_path": st.sampled_from([GRID, BESIDE, FAR]), "grade": st.sampled_from(["general", "major"]),
    "kind": st.sampled_from(["corridor", "wires"]), "trade": st.sampled_from(["fire", "gas"]),
    "due_at": st.none() | DAYS.map(lambda d: laying.noon(DAY + dt.timedelta(days=d - 50))),
    "accepted_at": DAYS.map(lambda d: laying.noon(DAY + dt.timedelta(days=d - 50))),
    "state": st.sampled_from([*laying.VALID, "reported", "rejected", "withdrawn"]),
    "paused_at": st.none() | st.just(laying.noon(DAY)), "refusals": st.integers(0, 2), "reopened": st.integers(0, 1),
    "owner_organisation": st.none() | st.sampled_from([laying.SOMEBODY, laying.ANOTHER]),
    "exercise_id": st.none() | st.just(laying.ANOTHER),
})  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(steps=st.lists(st.tuples(st.integers(0, 4), CHANGES), max_size=14))
def test_sums_equal_a_recount_after_any_changes(steps):
    """HZD-08: whatever is changed in whichever order, sums = parts = the tables; wide and narrow reading agree."""
    with transaction.atomic():
        rows = [
            laying.hazard(GRID, DAY - dt.timedelta(days=40), state="closed", due=DAY, accepted=DAY) for _ in range(5)
        ]
        rollup.refresh("hazard", [row.id for row in rows])
        for which, values in steps:
            _force(rows[which].id, values)
            rollup.refresh("hazard", [rows[which].id])
        assert not recounting.recount(mend=False)
        _agree()
        transaction.set_rollback(True)


def _force(identifier, values):
    """Write past the lifecycle's trigger: a copy of the row under its id."""
    row = Hazard.objects.get(id=identifier)
    Hazard.objects.filter(id=identifier).delete()
    for name, one in values.items():
        setattr(row, name, one)
    row.save(force_insert=True)


def _agree():
    wanted = [d for d in queries.definitions() if d.spec.sort != "silent"]
    period = asked(since=DAY - dt.timedelta(days=70), until=DAY + dt.timedelta(days=70))
    for column in ("", "place", "trade", "kind", "grade", "source", "owner"):
        wide = queries.cut(period, wanted, column)
        depths, figures.DEPTHS = figures.DEPTHS, {}
        try:
            narrow = queries.cut(period, wanted, column)
            assert narrow.keys() == wide.keys(), column
            assert not [_odd(narrow[k], wide[k]) for k in wide if _odd(narrow[k], wide[k])], column
        finally:
            figures.DEPTHS = depths


def _odd(one, other):
    return {code: (one[code], other[code]) for code in other if one[code] != other[code]}
