"""What cannot be true is quarantined: it raises no alarm and ends none (SEN-01, SEN-04)."""

import math
from itertools import pairwise

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from anlan.sensing import rules
from anlan.sensing.plausibility import Doubt, Guard
from anlan.sensing.readings import Batch

S = 1_000_000
RULES = [
    rules.read({"kind": "range", "least": 0, "most": 20, "jump": 3, "agree": 3, "stuck": 3}),
    rules.read({"kind": "range", "jump": 2, "agree": 2}),
]


def slow(rule, readings):
    """The doubts of one stream's (t, value) in plain Python."""
    found, last, other, odds, same, sames = [], None, None, 0, None, 0
    for _, v in readings:
        if not math.isfinite(v):
            found.append(Doubt.NO_NUMBER)
        elif rule.least is not None and v < rule.least:
            found.append(Doubt.TOO_LOW)
        elif rule.most is not None and v > rule.most:
            found.append(Doubt.TOO_HIGH)
        else:
            if last is not None and abs(v - last) > rule.jump:
                odds = odds + 1 if odds and abs(v - other) <= rule.jump else 1
                other = v
                if odds < rule.agree:
                    found.append(Doubt.JUMP)
                    continue
            odds, last = 0, v
            same, sames = v, sames + 1 if v == same else 1
            found.append(Doubt.STUCK if rule.stuck and sames >= rule.stuck else Doubt.NONE)
    return found


@settings(max_examples=120, deadline=None)
@given(
    feed=st.lists(st.tuples(st.integers(0, 1), st.sampled_from([0, 1, 2, 5, 9, 10, 15, 30, -1, np.nan])), max_size=50),
    cuts=st.lists(st.integers(0, 50), max_size=4),
)
def test_any_batches_give_the_doubts_of_a_slow_reader(feed, cuts):
    rows = [(slot, i * S, float(v)) for i, (slot, v) in enumerate(feed)]
    expected = {s: slow(RULES[s], [(t, v) for slot, t, v in rows if slot == s]) for s in (0, 1)}
    guard = Guard(RULES)
    state, found = guard.fresh(), {0: [], 1: []}
    edges = [0, *sorted(min(c, len(rows)) for c in cuts), len(rows)]
    for a, b in pairwise(edges):
        batch = Batch.of(*[list(c) for c in zip(*rows[a:b], strict=True)]) if a < b else Batch.of([], [], [])
        for slot, doubt in zip(batch.slot.tolist(), guard.step(state, batch).tolist(), strict=True):
            found[slot].append(doubt)
    assert found == expected


def test_a_late_reading_is_held_against_the_limits_alone():
    guard = Guard(RULES[:1])
    state = guard.fresh()
    guard.step(state, Batch.of([0], [10], [5.0]))
    before = state.tobytes()
    assert guard.step(state, Batch.of([0, 0], [4, 10], [19.0, 99.0])).tolist() == [Doubt.NONE, Doubt.TOO_HIGH]
    assert state.tobytes() == before
