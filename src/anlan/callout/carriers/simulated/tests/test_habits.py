"""WRN-03: invented people answer like people, and the same seed makes the same night."""

import collections
import statistics

from anlan.callout.carriers.simulated.habits import Habit, Shares, habit, moments

CROWD = [f"p{i}" for i in range(20_000)]


def run(seed="flood", sends="sms", attempt=1, rank=1, night=False, shares=None, people=CROWD):
    shares = shares or Shares()
    return {
        p: list(moments(seed, p, sends=sends, attempt=attempt, rank=rank, night=night, shares=shares)) for p in people
    }


def answers(said):
    return [ms[-1].after for ms in said.values() if ms and ms[-1].kind in {"reply", "link"}]


def test_the_same_seed_makes_the_same_night():
    few = CROWD[:200]
    assert run(people=few) == run(people=few)
    assert run(people=few) != run(seed="wind", people=few)


def test_the_shares_come_out():
    seen = collections.Counter(habit("flood", p, Shares()) for p in CROWD)
    assert abs(seen[Habit.DEAD] / 20 - 21) < 4
    assert abs(seen[Habit.READS] / 20 - 60) < 7
    assert abs(seen[Habit.SLEEPS] / 20 - 35) < 5
    assert abs(seen[Habit.REFUSES] / 20 - 14) < 3.5


def test_the_median_is_as_given_and_night_is_slower():
    day = statistics.median(answers(run()))
    assert 48 < day < 57  # 48 s of thinking after 1.5 to 9.5 s of travel, one rank quicker
    assert statistics.median(answers(run(night=True))) > 2 * day


def test_seniors_are_quicker():
    assert statistics.median(answers(run(rank=9))) < statistics.median(answers(run(rank=1)))


def test_a_dead_number_is_dead_on_every_carrier_and_attempt():
    dead = [p for p in CROWD if habit("flood", p, Shares()) is Habit.DEAD]
    for sends in ("sms", "voice"):
        for attempt in (1, 3):
            for said in run(sends=sends, attempt=attempt, people=dead).values():
                assert [m.kind for m in said] == ["failed"]
                assert said[0].detail["reason"] in {"empty_number", "suspended"}


def test_readers_read_and_never_answer():
    readers = [p for p in CROWD if habit("flood", p, Shares()) is Habit.READS]
    kinds = {m.kind for said in run(people=readers).values() for m in said}
    assert kinds == {"delivered", "read"}
    spoken = run(sends="voice", people=readers)
    assert max(m.detail.get("seconds", 0) for said in spoken.values() for m in said) < 20


def test_a_call_shows_every_ending():
    said = run(sends="voice", night=True)
    last = [ms[-1] for ms in said.values()]
    endings = collections.Counter((m.kind, m.detail.get("key") or m.detail.get("reason")) for m in last)
    assert set(endings) == {
        ("failed", "empty_number"), ("failed", "suspended"), ("failed", "busy"), ("failed", "no_answer"),
        ("listened", None), ("key", "1"), ("key", "2"), ("key", "7"),
    }  # fmt: skip
    assert endings["key", "1"] > 10_000


def test_moments_are_in_order():
    for said in run(people=CROWD[:2000]).values():
        assert [m.after for m in said] == sorted(m.after for m in said)


def test_a_text_wakes_fewer_than_a_call_at_night():
    assert len(answers(run(night=True))) < 0.85 * len(answers(run()))
    woken = [ms for ms in run(sends="voice", night=True).values() if ms and ms[-1].kind == "key"]
    assert len(woken) > len(answers(run(night=True)))
