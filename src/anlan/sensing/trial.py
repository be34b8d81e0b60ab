"""A rule tried on the past before it is switched on: when it would have fired, how long, how often. Pure.

It is the live code (`watch`, `plausibility`) on readings sorted by time, from an empty state, late ones included.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anlan.sensing.combination import Change, Judge
from anlan.sensing.plausibility import Guard
from anlan.sensing.readings import SECOND, Batch, Bools, Floats, Ints
from anlan.sensing.rules import Combination, Range, Rule
from anlan.sensing.watch import Events, Unusual, Watch


@dataclass(frozen=True, slots=True)
class Tried:
    """Alarms from raised to ended, by slot and time. `ended` is the end of the trial where `open`.

    `top` is the highest level (1–4), `peak` what was measured when it was first reached; `quarantined` counts readings
    kept from the rule, `read` those given to it; `days` is the time between the first reading and the last; the alarms
    are made of `events`.
    """

    slot: Ints
    began: Ints
    ended: Ints
    open: Bools
    top: NDArray[np.int8]
    peak: Floats
    read: int
    quarantined: int
    days: float
    events: Events

    def __len__(self) -> int:
        return int(self.slot.size)

    @property
    def seconds(self) -> Floats:
        """How long each alarm lasted."""
        return (self.ended - self.began) / SECOND

    def often(self) -> dict[str, float]:
        """Return the figures of the answer: alarms, alarms a year, seconds in alarm, the longest, slots that fired."""
        years = max(self.days, 1) / 365.25
        lasted = self.seconds
        return {
            "alarms": len(self), "a_year": len(self) / years, "seconds": float(lasted.sum()),
            "longest": float(lasted.max(initial=0)), "slots": int(np.unique(self.slot).size),
        }  # fmt: skip


def pair(events: Events, until: int) -> tuple[Ints, Ints, Ints, Bools, NDArray[np.int8], Floats]:
    """Return (slot, began, ended, open, top, peak) of the alarms that events in the order of slots and time make."""
    begin = np.flatnonzero(events.raised)
    if not begin.size:
        none = np.empty(0, np.int64)
        return none, none, none, none.astype(np.bool_), none.astype(np.int8), none.astype(np.float64)
    last = np.append(begin[1:], len(events)) - 1
    top = np.maximum.reduceat(events.level, begin)
    part = np.cumsum(events.raised) - 1
    reached = np.flatnonzero(events.level == top[part])
    _, at = np.unique(part[reached], return_index=True)
    running = ~events.ended[last]
    ended = np.where(running, until, events.t[last])
    return events.slot[begin], events.t[begin], ended, running, top, events.value[reached[at]]


def run(
    given: Sequence[Rule],
    slot: ArrayLike,
    t: ArrayLike,
    value: ArrayLike,
    *,
    guard: Sequence[Range] | None = None,
    usual: NDArray[np.float32] | None = None,
    until: int | None = None,
) -> Tried:
    """Try one rule for each slot (one `rules.group`) on past readings in any order.

    `guard`: the range rule of each slot; what it quarantines is not given to the rule. `usual`: `baseline.learn` of
    the time before, for baseline rules. `until`: the end of the trial in µs, else the last reading.
    """
    batch = Batch.of(slot, t, value)
    watch = Watch.of(given)
    if usual is not None and isinstance(watch, Unusual):
        watch.usual = usual
    kept = batch.where(np.isfinite(batch.value))
    if guard is not None:
        quarantine = Guard(guard)
        kept = batch.where(quarantine.step(quarantine.fresh(), batch) == 0)
    end = until if until is not None else int(batch.t.max(initial=0))
    state = watch.fresh()
    events = Events.together([watch.step(state, kept), watch.tick(state, end)])
    days = float(np.ptp(batch.t)) / SECOND / 86400 if len(batch) else 0.0
    return Tried(*pair(events, end), read=len(kept), quarantined=len(batch) - len(kept), days=days, events=events)


@dataclass(frozen=True, slots=True)
class Spell:
    """A combination stood at a place from `began` to `ended` (µs); `open`: it still did when the trial ended."""

    place: str
    began: int
    ended: int
    open: bool


def combined(
    rule: Combination, parts: Mapping[str, Tried], places: Mapping[str, Sequence[str]], until: int
) -> list[Spell]:
    """Try a combination on the trials of the rules it names.

    `places`: for each rule the place of each of its slots. Raises KeyError for a rule that was not tried.
    """
    judge = Judge(rule)
    changes = []
    for name in dict.fromkeys(leaf.rule for leaf in judge.leaves):
        events, where = parts[name].events, places[name]
        rows = zip(events.slot.tolist(), events.t.tolist(), events.level.tolist(), strict=True)
        changes += [Change(name, where[slot], slot, t, level) for slot, t, level in rows]
    began: dict[str, int] = {}
    spells = []
    for turn in judge.step(changes) + judge.tick(until):
        if turn.level:
            began[turn.place] = turn.t
        else:
            spells.append(Spell(turn.place, began.pop(turn.place), turn.t, open=False))
    spells += [Spell(place, t, until, open=True) for place, t in began.items()]
    return sorted(spells, key=lambda s: (s.began, s.place))
