"""A batch of readings, in the order of streams and time; windows that remember what was. Pure, NumPy only.

Times are whole microseconds since 1970 (int64). A slot is a stream's row in a state. Every function works on all the
streams of a batch at once.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
State = NDArray[Any]  # a structured array, one row for each slot
SECOND = 1_000_000
NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Batch:
    """Readings sorted by (slot, time): `segment[i]` is the place of reading i's slot in `owner`, `first` its start."""

    slot: Ints
    t: Ints
    value: Floats
    first: Ints
    last: Ints
    segment: Ints
    owner: Ints

    @classmethod
    def of(cls, slot: ArrayLike, t: ArrayLike, value: ArrayLike) -> "Batch":
        """Sort readings given in any order; of several with one slot and time the first given stays first.

        Raises ValueError where the three differ in length or times are no whole numbers.
        """
        slots, times, values = np.asarray(slot, np.int64), np.asarray(t), np.asarray(value, np.float64)
        if not slots.shape == times.shape == values.shape or slots.ndim != 1:
            raise ValueError(f"slot, t and value must be of one length: {slots.shape}, {times.shape}, {values.shape}")
        if times.size and times.dtype.kind not in "iu":
            raise ValueError("times are whole microseconds")
        times = times.astype(np.int64, copy=False)
        steps = np.diff(slots)
        if not (np.all(steps >= 0) and np.all((np.diff(times) >= 0) | (steps > 0))):
            order = np.lexsort((times, slots))
            slots, times, values = slots[order], times[order], values[order]
        return cls.sorted(slots, times, values)

    @classmethod
    def sorted(cls, slot: Ints, t: Ints, value: Floats) -> "Batch":
        begins = np.ones(slot.size, np.bool_)
        np.not_equal(slot[1:], slot[:-1], out=begins[1:])
        first = np.flatnonzero(begins)
        last = np.append(first[1:], slot.size)[: first.size] - 1
        return cls(slot, t, value, first, last, np.cumsum(begins) - 1, slot[first])

    def where(self, keep: Bools) -> "Batch":
        """Return the batch of the readings kept."""
        return self if keep.all() else Batch.sorted(self.slot[keep], self.t[keep], self.value[keep])

    def to(self, slots: Ints) -> "Batch":
        """Return the batch in the slots of another state: `slots[stream]`, −1 where the stream has none there."""
        moved = slots[self.slot]
        keep = moved >= 0
        return Batch.of(moved[keep], self.t[keep], self.value[keep])

    def newer(self, known: Ints) -> "Batch":
        """Return the finite readings later than `known[slot]` and than their predecessor: late and double ones go."""
        kept = self.where((self.t > known[self.slot]) & np.isfinite(self.value))
        single = np.ones(len(kept), np.bool_)
        single[1:] = (kept.t[1:] != kept.t[:-1]) | (kept.slot[1:] != kept.slot[:-1])
        return kept.where(single)

    def __len__(self) -> int:
        return int(self.slot.size)


def run_begins(holds: Bools, batch: Batch, carried: Ints) -> Ints:
    """Return when the unbroken run of `holds` that reading i stands in began; only where it holds.

    `holds` is levels × readings, `carried` levels × segments: when a run that reaches into the batch began, or `NEVER`.
    """
    before = np.empty_like(holds)
    before[:, 1:] = holds[:, :-1]
    before[:, batch.first] = carried != NEVER
    begins = holds & ~before
    at = latest(begins, batch)
    return np.where(np.take_along_axis(begins, at, 1), batch.t[at], carried[:, batch.segment])


def latest(marks: Bools, batch: Batch) -> Ints:
    """Return for each reading the latest one of its slot, itself included, that is marked; else the slot's first."""
    at = np.where(marks, np.arange(len(batch)), 0)
    at[:, batch.first] = batch.first
    return np.maximum.accumulate(at, axis=1)


def bucket(t: Ints, step: int) -> Ints:
    """Return the step of time that a reading closes or stands in: (k − 1, k] × step seconds."""
    return -(-t // (step * SECOND))


def in_force(batch: Batch, number: Ints, now: NDArray[Any], back: int, state: State) -> NDArray[Any]:
    """Return the remembered value in force `back` steps before each reading's own.

    `now` is the value after each reading, `state` has `bucket`, `held` (the latest value) and `ring` (values at the
    ends of the steps before, `ring[k % size]`; size > back).
    """
    asked = number - back
    size = state["ring"].shape[1]
    owner, segment = batch.owner, batch.segment
    past: NDArray[Any] = np.where(
        asked >= state["bucket"][owner][segment],
        state["held"][owner][segment],
        state["ring"][batch.slot, asked % size],
    )
    recent = np.flatnonzero(asked >= number[batch.first][segment])  # lies inside the batch: long ones only
    if recent.size:
        low = int(number.min())
        span = int(number.max()) - low + 1
        at = np.searchsorted(segment * span + (number - low), segment[recent] * span + (asked[recent] - low), "right")
        past[recent] = now[at - 1]
    return past


def remember(batch: Batch, number: Ints, now: NDArray[Any], state: State) -> None:
    """Write the ends of the steps that the batch closed into the ring, then the latest value."""
    size = state["ring"].shape[1]
    ends = number[batch.last]
    begins = np.maximum(state["bucket"][batch.owner], ends - size)
    count = ends - begins
    total = int(count.sum())
    if total:
        which = np.repeat(np.arange(count.size), count)
        k = np.arange(total) - np.repeat(np.cumsum(count) - count, count) + begins[which]
        low = int(number.min()) - 1
        span = int(number.max()) - low + 1
        key = batch.segment * span + (number - low)
        at = np.searchsorted(key, which * span + np.maximum(k - low, 0), side="right") - 1
        held = np.where(at >= batch.first[which], now[np.maximum(at, 0)], state["held"][batch.owner][which])
        state["ring"][batch.owner[which], k % size] = held
    state["bucket"][batch.owner] = ends
    state["held"][batch.owner] = now[batch.last]
