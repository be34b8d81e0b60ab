"""Rain here AND the river there, within an hour, at one place (SEN-02)."""

import json
from itertools import pairwise

import hypothesis.strategies as st
from hypothesis import given, settings

from anlan.sensing import rules, trial
from anlan.sensing.combination import Change, Judge, Place, Turn

S = 1_000_000
BOTH = {
    "kind": "combination", "level": "red",
    "when": {"all": [{"rule": "rain", "level": "yellow", "within": 10}, {"rule": "river", "level": "blue"}]},
}  # fmt: skip
NOT = {"kind": "combination", "when": {"all": [{"rule": "river"}, {"not": {"rule": "gate"}}]}}


def test_both_within_the_time_at_one_place():
    judge = Judge(rules.read(BOTH))
    rain = Change("rain", "a", 1, 0, 2)
    assert judge.step([rain, Change("rain", "b", 9, 0, 4), Change("river", "b", 8, 1, 0)]) == []
    assert judge.step([Change("rain", "a", 1, 5 * S, 0)]) == []
    assert judge.step([Change("river", "a", 2, 14 * S, 1)]) == [Turn("a", 14 * S, 4)]
    judge.places = {k: Place.loaded(json.loads(json.dumps(v.saved()))) for k, v in judge.places.items()}
    assert judge.tick(20 * S) == [Turn("a", 15 * S, 0)]  # the rain is ten seconds past
    assert judge.tick(30 * S) == []


def test_too_long_after_is_not_together_and_a_level_below_does_not_count():
    judge = Judge(rules.read(BOTH))
    changes = [Change("rain", "a", 1, 0, 2), Change("rain", "a", 1, 5 * S, 1), Change("river", "a", 2, 15 * S, 1)]
    assert judge.step(changes) == []
    judge = Judge(rules.read(BOTH))
    assert judge.step([Change("rain", "a", 1, 0, 1), Change("river", "a", 2, 1, 4)]) == []


def test_two_gauges_of_one_place_and_a_gate_that_is_open():
    judge = Judge(rules.read(NOT))
    two = [Change("river", "a", 1, 0, 1), Change("river", "a", 2, 1, 2), Change("river", "a", 1, 2, 0)]
    assert judge.step(two) == [Turn("a", 0, 3)]
    assert judge.step([Change("gate", "a", 3, 5, 1)]) == [Turn("a", 5, 0)]
    assert judge.step([Change("gate", "a", 3, 4, 0)]) == [Turn("a", 5, 3)]  # came late: counts as of now
    assert judge.step([Change("river", "a", 2, 9, 0)]) == [Turn("a", 9, 0)]


def test_a_combination_is_tried_on_the_past_too():
    """Two gauges and a river at one place, a gauge alone at another."""
    minutes = [m * 60 * S for m in range(12)]
    wet, dry = [0.0] * 3 + [9.0] * 3 + [0.0] * 6, [0.0] * 12
    gauges = trial.run([rules.read({"kind": "threshold", "levels": {"yellow": 5}})] * 3, [0] * 12 + [1] * 12 + [2] * 12,
                       minutes * 3, dry + wet + wet)  # fmt: skip
    rising = [0.0] * 7 + [3.0] * 3 + [0.0] * 2
    river = trial.run([rules.read({"kind": "threshold", "levels": {"blue": 2}})], [0] * 12, minutes, rising)
    both = rules.read({"kind": "combination", "when": {"all": [
        {"rule": "rain", "level": "yellow", "within": 150}, {"rule": "river"}]}})  # fmt: skip
    parts, places = {"rain": gauges, "river": river}, {"rain": ["a", "a", "b"], "river": ["a"]}
    assert trial.combined(both, parts, places, minutes[-1]) == [
        trial.Spell("a", minutes[7], minutes[8] + 30 * S, open=False),
    ]  # the rain is over since minute 6 and counts for 150 s more
    lasting = rules.read({"kind": "combination", "when": {"not": {"rule": "river"}}})
    assert trial.combined(lasting, parts, places, minutes[-1]) == [
        trial.Spell("a", minutes[10], minutes[11], open=True)
    ]


@settings(max_examples=100, deadline=None)
@given(
    feed=st.lists(st.tuples(st.sampled_from(["rain", "river", "gate"]), st.integers(0, 1), st.integers(1, 6),
                            st.sampled_from([0, 1, 2, 3])), max_size=30),
    cuts=st.lists(st.integers(0, 30), max_size=4),
    document=st.sampled_from([BOTH, NOT, {"kind": "combination", "when": {"any": [BOTH["when"], NOT["when"]]}}]),
)  # fmt: skip
def test_any_batches_and_ticks_give_the_same_turns(feed, cuts, document):
    t, changes = 0, []
    for rule, stream, gap, level in feed:
        t += gap * S
        changes.append(Change(rule, "a", stream, t, level))
    whole, parts, found = Judge(rules.read(document)), Judge(rules.read(document)), []
    expected = whole.step(changes) + whole.tick(t + 99 * S)
    edges = [0, *sorted(min(c, len(changes)) for c in cuts), len(changes)]
    for a, b in pairwise(edges):
        found += parts.step(changes[a:b])
        if a < b:
            found += parts.tick(changes[b - 1].t)
    assert found + parts.tick(t + 99 * S) == expected
