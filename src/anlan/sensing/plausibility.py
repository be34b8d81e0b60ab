"""Whether a reading can be true. One that cannot is quarantined: kept, shown, and given to no rule. Pure, NumPy only.

Physical limits, a jump between neighbours, a value that does not move. A jump that the next readings agree with is
believed in the end (`agree`): a sensor that was moved, a wave that came. What is quarantined never raises an alarm,
and never ends one.
"""

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from anlan.sensing.readings import NEVER, Batch, Bools, State
from anlan.sensing.rules import Range

STATE = np.dtype([
    ("time", "i8"), ("last", "f8"), ("odd", "f8"), ("odds", "i4"), ("same", "f8"), ("sames", "i4"),
])  # fmt: skip


class Doubt(IntEnum):
    """Why a reading is quarantined; 0 is none."""

    NONE = 0
    NO_NUMBER = 1
    TOO_LOW = 2
    TOO_HIGH = 3
    JUMP = 4
    STUCK = 5


class Guard:
    """One range rule for each slot."""

    def __init__(self, given: Sequence[Range]) -> None:
        self.size = len(given)
        self.least = np.array([-np.inf if r.least is None else r.least for r in given])
        self.most = np.array([np.inf if r.most is None else r.most for r in given])
        self.jump = np.array([np.inf if r.jump is None else r.jump for r in given])
        self.agree = np.array([r.agree for r in given], np.int64)
        self.stuck = np.array([r.stuck or 0 for r in given], np.int64)

    def fresh(self) -> State:
        state = np.zeros(self.size, STATE)
        state["time"] = NEVER
        for name in ("last", "odd", "same"):
            state[name] = np.nan
        return state

    def step(self, state: State, batch: Batch) -> NDArray[np.int8]:
        """Return a `Doubt` for each reading of the batch (sorted), and change the state in place.

        A late reading is held against the limits alone and changes no state.
        """
        doubt = np.zeros(len(batch), np.int8)
        doubt[batch.value < self.least[batch.slot]] = Doubt.TOO_LOW
        doubt[batch.value > self.most[batch.slot]] = Doubt.TOO_HIGH
        doubt[~np.isfinite(batch.value)] = Doubt.NO_NUMBER
        timely = batch.t > state["time"][batch.slot]
        timely[1:] &= (batch.t[1:] != batch.t[:-1]) | (batch.slot[1:] != batch.slot[:-1])
        for check in (self._jumps, self._stuck):
            asked = np.flatnonzero(timely & (doubt == Doubt.NONE))
            if asked.size:
                doubt[asked] = check(state, batch.where(timely & (doubt == Doubt.NONE)))
        newest = np.maximum(state["time"][batch.owner], batch.t[batch.last])
        state["time"][batch.owner] = newest
        return doubt

    def _jumps(self, state: State, batch: Batch) -> NDArray[np.int8]:
        value, slot = batch.value, batch.slot
        before = np.empty_like(value)
        before[1:] = value[:-1]
        before[batch.first] = state["last"][batch.owner]
        leaps = np.abs(value - before) > self.jump[slot]  # NaN: the first of a stream leaps from nowhere
        leaps[batch.first] |= state["odds"][batch.owner] > 0
        odd = np.zeros(len(batch), np.bool_)
        stop = 0
        for i in np.flatnonzero(leaps).tolist():  # only where something leapt, until it is calm again
            if i >= stop:
                stop = self._follow(state, batch, before, odd, i)
        good = np.where(odd, -1, np.arange(len(batch)))
        newest = np.maximum.reduceat(good, batch.first)
        some = newest >= 0
        state["last"][batch.owner[some]] = value[newest[some]]
        return np.where(odd, Doubt.JUMP, Doubt.NONE).astype(np.int8)

    def _follow(self, state: State, batch: Batch, before: NDArray[np.float64], odd: Bools, i: int) -> int:
        """Go from reading to reading until one is believed; return where the calm begins again."""
        part = int(batch.segment[i])
        slot, end = int(batch.owner[part]), int(batch.last[part]) + 1
        limit, agree, mine = float(self.jump[slot]), int(self.agree[slot]), state[slot]
        last, other, count = float(before[i]), float(mine["odd"]), int(mine["odds"]) if i == batch.first[part] else 0
        for k in range(i, end):
            v = float(batch.value[k])
            if not abs(v - last) > limit:
                mine["odds"] = 0
                return k + 1
            count = count + 1 if count and abs(v - other) <= limit else 1
            other = v
            if count >= agree:
                mine["odds"] = 0
                return k + 1
            odd[k] = True
        mine["odd"], mine["odds"] = other, count
        return end

    def _stuck(self, state: State, batch: Batch) -> NDArray[np.int8]:
        value = batch.value
        begins = np.ones(len(batch), np.bool_)
        begins[1:] = value[1:] != value[:-1]
        begins[batch.first] = value[batch.first] != state["same"][batch.owner]
        index = np.arange(len(batch))
        at = np.where(begins, index, 0)
        at[batch.first] = batch.first
        at = np.maximum.accumulate(at)
        count = index - at + 1 + np.where(begins[at], 0, state["sames"][batch.slot])
        state["same"][batch.owner], state["sames"][batch.owner] = value[batch.last], count[batch.last]
        most = self.stuck[batch.slot]
        return np.where((most > 0) & (count >= most), Doubt.STUCK, Doubt.NONE).astype(np.int8)
