"""The rules live, on history and against a slow reader (SEN-02, SEN-04)."""

from itertools import pairwise

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from anlan.sensing import baseline, rules, trial
from anlan.sensing.readings import Batch
from anlan.sensing.tests import slow
from anlan.sensing.watch import Events, Watch, hour_of_week

S = 1_000_000
LEVEL = {"kind": "threshold", "levels": {"blue": 2, "orange": 4, "red": 6}, "margin": 1, "hold": 3, "rest": 4}
LOW = {"kind": "threshold", "direction": "down", "levels": {"yellow": 3, "red": 1}, "clear": {"red": 2}, "rest": 2}
PLAIN = {"kind": "threshold", "levels": {"yellow": 5}}
RATE = {"kind": "rate", "window": 6, "step": 2, "levels": {"blue": 2, "red": 5}, "margin": 0.5, "rest": 3}
FALL = {"kind": "rate", "window": 6, "step": 2, "direction": "down", "levels": {"orange": 3}, "hold": 1}
RAIN = {
    "kind": "total", "step": 60, "margin": 2, "rest": 120,
    "levels": {"blue": [{"hours": 0.1, "amount": 20}, {"hours": 0.05, "amount": 12}],
               "red": [{"hours": 0.05, "amount": 30}]},
}  # fmt: skip
WET = {
    "kind": "total",
    "step": 60,
    "levels": {"yellow": [{"hours": 0.1, "amount": 9}], "red": [{"hours": 0.05, "amount": 9}]},
}
SETS = [[LEVEL, LOW, PLAIN], [RATE, FALL, RATE], [RAIN, WET, RAIN]]


def listed(events):
    return list(zip(events.slot.tolist(), events.t.tolist(), events.level.tolist(), events.was.tolist(), strict=True))


def live(watch, batches, *, ticks=False):
    """Run batches one by one, saving and loading the state between them."""
    state, parts, now = watch.fresh(), [], 0
    for slot, t, value in batches:
        parts.append(watch.step(state, Batch.of(slot, t, value)))
        now = max([now, *t])
        if ticks:
            parts.append(watch.tick(state, now))
        state = watch.load(watch.save(state))
    parts.append(watch.tick(state, now + 50 * S))
    return Events.together(parts)


@st.composite
def feeds(draw, scale):
    """Return readings by stream in the order of time, and the cuts of the batches."""
    gaps = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 5), st.sampled_from(range(9))), max_size=60))
    clock, rows = [0, 0, 0], []
    for slot, gap, value in gaps:
        clock[slot] += gap * scale * S
        rows.append((slot, clock[slot], float(value) if value != 8 else np.nan))
    cuts = sorted(draw(st.lists(st.integers(0, len(rows)), max_size=5)))
    edges = [0, *cuts, len(rows)]
    return rows, [rows[a:b] for a, b in pairwise(edges)]


def columns(rows):
    return [list(c) for c in zip(*rows, strict=True)] if rows else [[], [], []]


@pytest.mark.parametrize(("documents", "scale"), [(SETS[0], 1), (SETS[1], 1), (SETS[2], 31)])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_batches_give_the_events_of_a_slow_reader(documents, scale, data):
    """SEN-02: live equals history equals plain Python, in whatever batches and with the state saved in between."""
    rows, batches = data.draw(feeds(scale))
    read = [rules.read(d) for d in documents]
    expected = slow.events(read, *columns(rows))
    watch = Watch.of(read)
    assert listed(live(watch, [columns(b) for b in batches])) == expected
    state = watch.fresh()
    assert listed(watch.step(state, Batch.of(*columns(rows)))) == expected
    tried = trial.run(read, *columns(data.draw(st.permutations(rows))))
    assert list(zip(tried.slot.tolist(), tried.began.tolist(), strict=True)) == [
        (s, t) for s, t, _, was in expected if was == 0
    ]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_silence_is_the_same_whenever_the_clock_is_looked_at(data):
    rows = sorted(data.draw(feeds(1))[0], key=lambda r: r[1])  # they arrive in time
    edges = [0, *sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=5))), len(rows)]
    batches = [rows[a:b] for a, b in pairwise(edges)]
    watch = Watch.of([rules.read({"kind": "silence", "interval": 1, "times": 2, "level": "orange"})] * 3)
    whole = live(watch, [columns(rows)])
    assert listed(whole) == listed(live(watch, [columns(b) for b in batches], ticks=True))
    expected, last = [], {}
    for slot, t, value in rows:
        if not np.isfinite(value):
            continue
        if slot in last and t - last[slot] > 2 * S:
            expected += [(slot, last[slot] + 2 * S, 3, 0), (slot, t, 0, 3)]
        last[slot] = t
    now = max([0, *(t for _, t, _ in rows)]) + 50 * S
    expected += [(slot, t + 2 * S, 3, 0) for slot, t in last.items() if now - t > 2 * S]
    assert sorted(listed(whole)) == sorted(expected)


def test_late_and_double_readings_are_harmless():
    watch = Watch.of([rules.read(PLAIN)])
    state = watch.fresh()
    assert listed(watch.step(state, Batch.of([0, 0, 0], [10, 10, 20], [9, 1, 9]))) == [(0, 10, 2, 0)]
    saved = watch.save(state)
    assert not len(watch.step(state, Batch.of([0, 0], [5, 20], [1, 1])))
    assert watch.save(state) == saved
    tried = trial.run([rules.read(PLAIN)], [0, 0, 0, 0], [10, 10, 20, 5], [9, 1, 9, 9])
    assert tried.began.tolist() == [5]  # history includes what came late
    assert tried.open.tolist() == [True]


def test_a_reading_that_was_on_its_way_ends_a_silence_not_before_it_began():
    watch = Watch.of([rules.read({"kind": "silence", "interval": 1, "times": 2})])
    state = watch.fresh()
    watch.step(state, Batch.of([0], [S], [1.0]))
    assert listed(watch.tick(state, 4 * S)) == [(0, 3 * S, 1, 0)]
    assert not len(watch.tick(state, 5 * S))
    assert listed(watch.step(state, Batch.of([0], [2 * S], [1.0]))) == [(0, 3 * S, 0, 1)]


def test_a_trial_says_when_how_long_and_how_often():
    """SEN-04: the answer before a rule is switched on."""
    t = np.arange(0, 100, dtype=np.int64) * 60 * S
    value = np.where((np.arange(100) // 10) % 3 == 1, 7.0, 0.0)
    value[14] = 9
    value[55] = 1e6
    rule = rules.read({"kind": "threshold", "levels": {"yellow": 5, "red": 8}, "rest": 120})
    guard = [rules.read({"kind": "range", "most": 100})]
    tried = trial.run([rule], np.zeros(100, int), t, value, guard=guard)
    assert len(tried) == 3
    assert tried.began.tolist() == [m * 60 * S for m in (10, 40, 70)]
    assert tried.seconds.tolist() == [12 * 60.0] * 3
    assert tried.top.tolist() == [4, 2, 2]
    assert tried.peak.tolist() == [9, 7, 7]
    assert tried.quarantined == 1
    assert tried.often()["alarms"] == 3
    assert tried.often()["longest"] == 720


def test_an_absurd_reading_leaves_the_totals_after_it_right():
    watch = Watch.of([rules.read(WET)])
    t = [m * 60 * S for m in range(12)]
    events = watch.step(watch.fresh(), Batch.of([0] * 12, t, [1, 1e300, 1, 1, 1, 1, 1, 1, 1, 9, 1, 1]))
    assert listed(events) == [(0, t[1], 4, 0), (0, t[4], 2, 4), (0, t[7], 0, 2), (0, t[9], 4, 0)]


def test_a_baseline_knows_the_hour_of_the_week():
    hours = np.arange(24 * 7 * 12, dtype=np.int64)
    t = hours * 3600 * S
    rng = np.random.default_rng(3)
    value = np.where(hours % 24 < 12, 10.0, 50.0) + rng.normal(0, 1, hours.size)
    rule = rules.read({"kind": "baseline", "levels": {"yellow": 8}, "floor": 0.5, "offset": 0})
    watch = Watch.of([rule])
    watch.usual = baseline.learn(Batch.of(np.zeros(hours.size), t, value), 1, 0)
    state = watch.fresh()
    later = t + 24 * 7 * 12 * 3600 * S
    odd = value.copy()
    odd[5] = 50  # usual at noon, not at five
    assert listed(watch.step(state, Batch.of(np.zeros(hours.size), later, odd))) == [
        (0, later[5], 2, 0), (0, later[6], 0, 2),
    ]  # fmt: skip
    monday = np.array([345600 * S])  # 1970-01-05
    assert hour_of_week(monday, 0).tolist() == [0]
    few = baseline.learn(Batch.of([0, 0, 2], [0, 3600 * S, 0], [1, 3, 7]), 3, 0)
    assert few[0, :, 0].tolist() == [2.0] * 168
    assert np.isnan(few[1]).all()


def test_a_state_of_another_shape_starts_afresh():
    one, two = Watch.of([rules.read(RATE)]), Watch.of([rules.read(RATE | {"window": 8})])
    state = one.fresh()
    one.step(state, Batch.of([0], [S], [1.0]))
    assert two.load(one.save(state)).tobytes() == two.fresh().tobytes()
    assert one.load([None]).tobytes() == one.fresh().tobytes()
    with pytest.raises(ValueError, match="one kind"):
        Watch.of([rules.read(RATE), rules.read(PLAIN)])


def test_readings_must_match():
    with pytest.raises(ValueError, match="one length"):
        Batch.of([0], [1, 2], [1.0])
    with pytest.raises(ValueError, match="microseconds"):
        Batch.of([0], [1.5], [1.0])
    moved = Batch.of([0, 1, 2], [1, 2, 3], [4, 5, 6]).to(np.array([1, -1, 0]))
    assert moved.slot.tolist() == [0, 1]
    assert moved.value.tolist() == [6, 4]
