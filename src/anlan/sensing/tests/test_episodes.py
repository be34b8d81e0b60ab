"""Which changes of level are one alarm."""

import datetime as dt
import itertools
import uuid

from hypothesis import given
from hypothesis import strategies as st

from anlan.sensing.episodes import Turn, walk
from anlan.sensing.events import Happened

RULE = uuid.uuid4()
QUIET = 10


def said(at, level, stream=1, value=None):
    return Happened(RULE, RULE, stream, at, dt.datetime(2026, 7, 1, tzinfo=dt.UTC), level, value)


def turns(found):
    return [[turn for turn, _event in one.turns] for one in found]


def test_one_episode_per_quiet_time():
    """SEN-04: what flaps within the quiet time is one alarm; what comes later is another."""
    events = [said(0, 1), said(5, 0), said(12, 2), said(20, 0), said(40, 1)]
    found = walk(None, events, quiet=QUIET)
    assert turns(found) == [[Turn.BEGAN, Turn.ENDED, Turn.ROSE], [Turn.BEGAN]]
    assert (found[0].ended, found[0].count, found[0].flaps) == (20, 4, 1)
    assert found[1].ended is None


def test_it_ends_when_every_stream_fell_back():
    found = walk(None, [said(0, 1), said(1, 3, 2), said(2, 0, 2)], quiet=QUIET)
    assert (found[0].ended, found[0].level, found[0].standing) == (None, 3, {"1": 1})
    assert walk(found[0], [said(3, 0)], quiet=QUIET)[0].ended == 3


def test_a_closed_one_asks_again_only_for_more():
    """SEN-04: somebody looked at that level; a graver one asks again. A life at stake is a new alarm."""
    (before,) = walk(None, [said(0, 2)], quiet=QUIET)
    before.turns, before.closed = [], True
    assert walk(before, [said(1, 0), said(2, 2)], quiet=QUIET) == [before]
    assert (before.closed, before.reopened) == (True, False)
    walk(before, [said(3, 3)], quiet=QUIET)
    assert (before.closed, before.reopened) == (False, True)
    (alive,) = walk(None, [said(0, 2)], quiet=QUIET, life=True)
    alive.closed = True
    assert len(walk(alive, [said(1, 0), said(2, 2)], quiet=QUIET, life=True)) == 2


def test_the_gravest_value_is_kept():
    assert walk(None, [said(0, 2, 1, 3.6), said(1, 2, 2, 3.9), said(2, 1, 1, 9.0)], quiet=QUIET)[0].peak == 3.9
    assert walk(None, [said(0, 2, 1, 3.6), said(1, 2, 2, 3.1)], quiet=QUIET, down=True)[0].peak == 3.1


@given(
    st.lists(st.tuples(st.integers(0, 25), st.integers(1, 2), st.integers(0, 4)), max_size=25), st.integers(0, 25)
)  # fmt: skip
def test_any_cut_gives_the_same_alarms(steps, cut):
    """SEN-04: in one batch or in two, the same episodes; at most one goes on, and none lies within another's quiet."""
    at, events = 0, []
    for gap, stream, level in steps:
        at += gap
        events.append(said(at, level, stream))
    whole = walk(None, events, quiet=QUIET)
    first = walk(None, events[:cut], quiet=QUIET)
    second = walk(first[-1] if first else None, events[cut:], quiet=QUIET)
    parts = first + [one for one in second if not first or one is not first[-1]]
    assert [(e.began, e.ended, e.level, e.count) for e in whole] == [
        (e.began, e.ended, e.level, e.count) for e in parts
    ]
    assert sum(e.ended is None for e in whole) <= 1
    for one, after in itertools.pairwise(whole):
        assert one.ended is not None
        assert after.began - one.ended > QUIET
    assert sum(e.count for e in whole) <= len(events)
