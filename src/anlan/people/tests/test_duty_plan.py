"""RPT-01: turns are laid fairly, nobody serves twice at once, rest is kept, nobody on leave is put down."""

import datetime as dt
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anlan.kernel.authority import Invalid
from anlan.kernel.clock import CHINA
from anlan.kernel.ids import uuid7s
from anlan.people import duty_days
from anlan.people.duty_plan import Busy, Planner, Slot, clash
from anlan.people.terms import DayKind

HOUR = dt.timedelta(hours=1)
START = dt.datetime(2026, 10, 1, 8, tzinfo=CHINA)
KINDS = ("workday", "weekend", "holiday")


def lay(days, hours, kinds, positions=(("officer", 1),)):
    """Return slots: every day is cut into shifts of so many hours."""
    keys = iter(uuid7s(days * (24 // hours) * sum(n for _p, n in positions)))
    return [
        Slot(next(keys), at, at + hours * HOUR, kinds[day % len(kinds)], position, light=position == "standby")
        for day in range(days)
        for part in range(24 // hours)
        for at in [START + day * 24 * HOUR + part * hours * HOUR]
        for position, count in positions
        for _n in range(count)
    ]


def times_of(slots, made):
    taken = {}
    for slot in slots:
        if made[slot.key] is not None:
            taken.setdefault(made[slot.key], []).append(Busy(slot.starts_at, slot.ends_at, rest=not slot.light))
    return taken


@settings(max_examples=60, deadline=None)
@given(
    days=st.integers(1, 31), hours=st.sampled_from([8, 12, 24]), rest=st.integers(0, 36), people=st.integers(1, 9),
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=7), seats=st.integers(1, 2),
    leave=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 30), st.integers(1, 9)), max_size=6),
)  # fmt: skip
def test_nobody_serves_twice_at_once_without_rest_or_on_leave(days, hours, rest, people, kinds, seats, leave):
    """In any mixture; and a seat stays empty only where nobody of the pool may take it."""
    everybody = uuid7s(people)
    away = {}
    for who, day, length in leave:
        since = START + day * 24 * HOUR
        away.setdefault(everybody[who % people], []).append(Busy(since, since + length * 24 * HOUR, rest=False))
    slots = lay(days, hours, kinds, (("leader", 1), ("officer", seats), ("standby", 1)))
    pools = {"leader": everybody[:2], "officer": everybody, "standby": everybody}
    made = Planner(pools, rest=rest * HOUR, busy=away).plan(slots)
    taken = times_of(slots, made)
    for who, mine in taken.items():
        ordered = sorted(mine)
        assert not [
            (one, other)
            for i, one in enumerate(ordered)
            for other in ordered[i + 1 :]
            if clash(one, other, rest * HOUR)
        ]
        assert not [(one, gone) for one in mine for gone in away.get(who, []) if clash(one, gone, dt.timedelta())]
    for slot in slots:
        if made[slot.key] is None:
            wanted = Busy(slot.starts_at, slot.ends_at, rest=not slot.light)
            for who in pools[slot.pool]:
                there = [*taken.get(who, []), *away.get(who, [])]
                assert any(clash(wanted, other, rest * HOUR) for other in there)


@settings(max_examples=60, deadline=None)
@given(
    days=st.integers(1, 31), hours=st.sampled_from([12, 24]), people=st.integers(5, 12),
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=9),
)  # fmt: skip
def test_every_kind_of_day_is_shared_within_one(days, hours, people, kinds):
    """With room for the rest (five or more people, a day's rest) everybody has as many of each kind, but for one."""
    everybody = uuid7s(people)
    slots = lay(days, hours, kinds)
    made = Planner({"officer": everybody}, rest=24 * HOUR).plan(slots)
    assert None not in made.values()
    for kind in KINDS:
        counts = Counter(dict.fromkeys(everybody, 0))
        counts.update(made[s.key] for s in slots if s.kind == kind)
        assert max(counts.values()) - min(counts.values()) <= 1
    totals = Counter(dict.fromkeys(everybody, 0)) + Counter(made.values())
    assert max(totals.values()) - min(totals.get(p, 0) for p in everybody) <= 2


def test_what_was_done_before_is_taken_into_account():
    everybody = uuid7s(3)
    slots = lay(4, 24, ["holiday"])
    load = {"officer": {"holiday": {everybody[0]: 1, everybody[1]: 1}}}
    made = Planner({"officer": everybody}, rest=dt.timedelta(), load=load).plan(slots)
    assert Counter(made.values())[everybody[2]] == 2


def test_a_day_is_what_the_state_council_says():
    assert duty_days.day_of(dt.date(2026, 10, 1)).kind == DayKind.HOLIDAY
    assert duty_days.day_of(dt.date(2026, 10, 1)).holiday == "国庆节"
    assert duty_days.day_of(dt.date(2026, 9, 20)).kind == DayKind.WORKDAY  # a Sunday that is worked
    assert duty_days.day_of(dt.date(2026, 11, 21)).kind == DayKind.WEEKEND
    assert not duty_days.day_of(dt.date(2026, 11, 21)).provisional


def test_a_year_without_a_notice_goes_by_the_weekday_and_says_so():
    day = duty_days.day_of(dt.date(2040, 10, 1))
    assert (day.kind, day.provisional) == (DayKind.WORKDAY, True)


def test_a_pattern_is_read_as_people_write_it():
    pattern = duty_days.pattern_of("白班 8:00-20:00\n夜班：20:00—次日08:00", "24小时 08:30至次日08:30")
    assert pattern == {
        "workday": [["白班", "08:00", "20:00"], ["夜班", "20:00", "08:00"]],
        "rest": [["24小时", "08:30", "08:30"]],
    }
    spans = list(duty_days.spans(dt.date(2026, 11, 1), pattern))
    assert spans[0].ends_at - spans[0].starts_at == 24 * HOUR  # 1 November 2026 is a Sunday
    assert [s.name for s in spans[1:3]] == ["白班", "夜班"]
    assert max(s.ends_at - s.starts_at for s in spans) <= 24 * HOUR


@pytest.mark.parametrize(
    ("workday", "rest", "field", "said"),
    [
        ("早上到晚上", "", "workday", "第 1 行「早上到晚上」看不懂"),
        ("白班 08:00-20:00\n夜班 25:00-08:00", "", "workday", "第 2 行的钟点不对"),
        ("白班 08:00-20:00", "白班 08:00-12:00\n白班 12:00-20:00", "rest", "两班不能同名"),
        ("", "", "workday", "至少写一班"),
    ],
)
def test_a_pattern_that_is_wrong_says_where(workday, rest, field, said):
    with pytest.raises(Invalid) as caught:
        duty_days.pattern_of(workday, rest)
    assert said in caught.value.errors[field]
