"""A watch: rules over the readings of many streams at once, the same live and on history. Pure, NumPy only.

One watch holds one rule for each slot, all of one `rules.group`; a slot is one stream under one rule. Its state is a
structured array, a row for each slot, that `save` and `load` turn into bytes. `step` never loops over readings, so
a year of one stream costs as little as a minute of a city.

What holds, whatever the batches (`tests/test_watch.py` proves it against a slow reader): the same readings give the
same events. A reading that is not later than its slot's latest one changes nothing live; a run over history sorts its
readings first, so it includes them. A reading that `plausibility` quarantined must not be given.

A duration is judged at readings: a level is raised by the first reading at which it has held for `hold` seconds. The
passing of time alone is judged by `tick` (silence).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anlan.sensing import detector, rules
from anlan.sensing.readings import (
    NEVER,
    SECOND,
    Batch,
    Bools,
    Floats,
    Ints,
    State,
    bucket,
    in_force,
    latest,
    remember,
    run_begins,
)
from anlan.sensing.rules import LEVELS

VERSION = 1  # of the saved bytes: an older state is not read, the stream starts afresh
FINE = 1_000_000  # totals are whole millionths: a sum is the same in whatever order it is made
MOST = 1e9  # of one reading in a total: what is more would not fit, and is for a range rule to doubt
BASE = [("time", "i8"), ("on", "?", 4), ("high", "i8", 4), ("low", "i8", 4)]
WEEK = 168


@dataclass(frozen=True, slots=True)
class Events:
    """Changes of level, by slot and time: `level` from `was` (0 = calm, 1–4 = blue … red).

    `value` is what was measured: the reading, the change, the sum (over `window` s), the spreads, the silent seconds.
    """

    slot: Ints
    t: Ints
    level: NDArray[np.int8]
    was: NDArray[np.int8]
    value: Floats
    window: Ints

    @classmethod
    def none(cls) -> "Events":
        empty = np.empty(0, np.int64)
        return cls(empty, empty, empty.astype(np.int8), empty.astype(np.int8), empty.astype(np.float64), empty)

    @classmethod
    def together(cls, parts: Sequence["Events"]) -> "Events":
        """Return the events of several steps in the order of slots and time; a slot's own order stays."""
        if not parts:
            return cls.none()
        fields = [np.concatenate([getattr(p, f) for p in parts]) for f in cls.__slots__]
        order = np.lexsort((fields[1], fields[0]))
        return cls(*(f[order] for f in fields))

    def __len__(self) -> int:
        return int(self.slot.size)

    @property
    def raised(self) -> Bools:
        """From calm to any level: what an alarm is."""
        begins: Bools = self.was == 0
        return begins

    @property
    def ended(self) -> Bools:
        ends: Bools = self.level == 0
        return ends


class Watch:
    """One rule for each slot: `Watch.of(rules)` picks the kind; then `fresh`, `step`, `tick`, `save`, `load`."""

    def __init__(self, given: Sequence[Any]) -> None:
        self.size = len(given)
        self.dtype = np.dtype(BASE)
        self.arrange(given)

    @staticmethod
    def of(given: Sequence[rules.Rule]) -> "Watch":
        """Return the watch of one rule for each slot. Raises ValueError where they are not of one `rules.group`."""
        if len({id(r) for r in given}) > 1 and len({rules.group(r) for r in given}) > 1:
            raise ValueError("the rules of a watch are of one kind, with the same windows and step (rules.group)")
        kinds = {
            rules.Threshold: Level, rules.Rate: Change, rules.Total: Sum, rules.Silence: Quiet, rules.Baseline: Unusual,
            rules.Anomaly: New,
        }  # fmt: skip
        kind = kinds.get(type(given[0])) if given else None
        if kind is None:
            raise ValueError("a watch takes threshold, rate, total, silence, baseline and anomaly rules")
        return kind(given)

    def arrange(self, given: Sequence[Any]) -> None:
        """Lay the rules' numbers out by level and slot."""
        raise NotImplementedError

    def judge(self, batch: Batch, state: State) -> tuple[Bools, Bools, Floats, Ints | None]:
        """Return by level and reading: is it high, is it clear; by reading: what was measured, over which window."""
        raise NotImplementedError

    def fresh(self) -> State:
        """Return the state of streams that nothing is known of."""
        state = np.zeros(self.size, self.dtype)
        state["time"], state["high"], state["low"] = NEVER, NEVER, NEVER
        return state

    def step(self, state: State, batch: Batch) -> Events:
        """Judge a batch, change the state in place, return what changed."""
        batch = batch.newer(state["time"])
        if not len(batch):
            return Events.none()
        high, low, measured, window = self.judge(batch, state)
        events = self.latch(batch, state, high, low, measured, window)
        state["time"][batch.owner] = batch.t[batch.last]
        return events

    def tick(self, state: State, now: int) -> Events:  # noqa: ARG002 — time alone changes nothing but silence
        """Judge the passing of time up to `now` (µs)."""
        return Events.none()

    def latch(
        self, batch: Batch, state: State, high: Bools, low: Bools, measured: Floats, window: Ints | None
    ) -> Events:
        """Raise a level that has been high for `hold`, end it after it has been clear for `rest`."""
        at = batch.owner
        busy = state["on"][at].any(axis=1) | (state["high"][at] != NEVER).any(axis=1)
        busy |= np.logical_or.reduceat(high.any(axis=0), batch.first)
        if not busy.all():  # a calm stream stays calm: most of a city on most days
            keep = busy[batch.segment]
            if not keep.any():
                return Events.none()
            batch, high, low, measured = batch.where(keep), high[:, keep], low[:, keep], measured[keep]
            window = None if window is None else window[keep]
            at = batch.owner
        segment, slot = batch.segment, batch.slot
        since_high = run_begins(high, batch, state["high"][at].T)
        since_low = run_begins(low, batch, state["low"][at].T)
        up = high & (batch.t - since_high >= self.hold[slot])
        settled = up | (low & (batch.t - since_low >= self.rest[slot]))
        then = latest(settled, batch)
        on = np.where(
            np.take_along_axis(settled, then, 1), np.take_along_axis(up, then, 1), state["on"][at].T[:, segment]
        )
        rank = np.arange(1, 5, dtype=np.int8)[:, None]
        level = (on * rank).max(axis=0)
        was = np.empty_like(level)
        was[1:] = level[:-1]
        was[batch.first] = (state["on"][at].T * rank).max(axis=0)
        changed = np.flatnonzero(level != was)
        last = batch.last
        state["on"][at] = on[:, last].T
        state["high"][at] = np.where(high[:, last], since_high[:, last], NEVER).T
        state["low"][at] = np.where(
            low[:, last] & on[:, last], since_low[:, last], NEVER
        ).T  # calm has no end to wait for
        over = np.zeros(changed.size, np.int64) if window is None else window[changed]
        return Events(slot[changed], batch.t[changed], level[changed], was[changed], measured[changed], over)

    def save(self, state: State) -> list[bytes]:
        """Return each slot's state as the bytes of a row."""
        size = state.dtype.itemsize
        head, raw = bytes([VERSION]), np.ascontiguousarray(state).tobytes()
        return [head + raw[i : i + size] for i in range(0, len(raw), size)]

    def load(self, rows: Sequence[bytes | memoryview | None]) -> State:
        """Return the state of saved rows; one that is missing, or of another shape or version, starts afresh."""
        state = self.fresh()
        size = self.dtype.itemsize
        for i, row in enumerate(rows):
            if row is not None and len(row) == size + 1 and row[0] == VERSION:
                state[i] = np.frombuffer(bytes(row), self.dtype, 1, 1)[0]
        return state

    def wait(self, given: Sequence[Any]) -> None:
        """Lay out hold and rest, in µs."""
        self.hold = np.array([r.hold * SECOND for r in given], np.int64)
        self.rest = np.array([r.rest * SECOND for r in given], np.int64)


class Level(Watch):
    """The reading itself against a ladder; `measure` is what other kinds put in its place."""

    def arrange(self, given: Sequence[Any]) -> None:
        ladders = [r.ladder for r in given]
        none = np.inf
        self.sign = np.array([x.sign for x in ladders], np.float64)
        shape = (len(ladders), 4)
        self.raises = np.array([x.sign * x.raises.get(n, x.sign * none) for x in ladders for n in LEVELS]).reshape(
            shape
        )
        self.clears = np.array([x.sign * x.clears.get(n, x.sign * none) for x in ladders for n in LEVELS]).reshape(
            shape
        )
        self.wait(ladders)

    def judge(self, batch: Batch, state: State) -> tuple[Bools, Bools, Floats, Ints | None]:
        measured = self.measure(batch, state)
        x = measured * self.sign[batch.slot]
        # clear is the value itself where there is no margin: a level clears below what raises it, never at it
        clears, raises = self.clears[batch.slot].T, self.raises[batch.slot].T
        high = x >= raises
        return high, ((x < clears) | ((x == clears) & (clears < raises))) & ~high, measured, None

    def measure(self, batch: Batch, state: State) -> Floats:  # noqa: ARG002 — the others need the state
        return batch.value


class Change(Level):
    """Now less what was in force a window ago; before a window has passed there is none."""

    def arrange(self, given: Sequence[Any]) -> None:
        super().arrange(given)
        self.length, self.every = int(given[0].window), int(given[0].step)
        size = self.length // self.every + 1
        self.dtype = np.dtype([*BASE, ("bucket", "i8"), ("held", "f8"), ("ring", "f8", size)])

    def fresh(self) -> State:
        state = super().fresh()
        state["bucket"], state["held"], state["ring"] = NEVER, np.nan, np.nan
        return state

    def measure(self, batch: Batch, state: State) -> Floats:
        number = bucket(batch.t, self.every)
        before = in_force(batch, number, batch.value, self.length // self.every, state)
        remember(batch, number, batch.value, state)
        change: Floats = batch.value - before
        return change


class Sum(Watch):
    """Sums over sliding windows, each against its own table."""

    def arrange(self, given: Sequence[Any]) -> None:
        self.every = given[0].step
        hours = sorted({h for rows in given[0].levels.values() for h, _ in rows})
        self.back = [round(h * 3600) // self.every for h in hours]
        self.amounts = np.full((len(hours), 4, len(given)), np.inf)
        for i, rule in enumerate(given):
            for level, rows in rule.levels.items():
                for h, amount in rows:
                    self.amounts[hours.index(h), LEVELS.index(level), i] = amount
        self.margin = np.array([r.margin for r in given], np.float64)
        self.dtype = np.dtype([*BASE, ("bucket", "i8"), ("held", "i8"), ("ring", "i8", max(self.back) + 1)])
        self.wait(given)

    def fresh(self) -> State:
        state = super().fresh()
        state["bucket"] = NEVER
        return state

    def judge(self, batch: Batch, state: State) -> tuple[Bools, Bools, Floats, Ints | None]:
        parts = np.rint(np.clip(batch.value, -MOST, MOST) * FINE).astype(np.int64)
        running = np.cumsum(parts)
        running += (state["held"][batch.owner] - running[batch.first] + parts[batch.first])[batch.segment]
        number = bucket(batch.t, self.every)
        high = np.zeros((4, len(batch)), np.bool_)
        low = np.ones((4, len(batch)), np.bool_)
        best = np.full(len(batch), -1)
        measured, window = np.zeros(len(batch)), np.zeros(len(batch), np.int64)
        margin = self.margin[batch.slot]
        for back, amounts in zip(self.back, self.amounts, strict=True):
            total = (running - in_force(batch, number, running, back, state)) / FINE
            reached = np.zeros(len(batch), np.int64)
            for level in np.flatnonzero(np.isfinite(amounts).any(axis=1)).tolist():
                limit = amounts[level][batch.slot]
                over, least = total >= limit, limit - margin
                high[level] |= over
                low[level] &= (total < least) | ((margin > 0) & (total == least))
                reached += over
            better = reached > best
            best = np.maximum(best, reached)
            measured, window = np.where(better, total, measured), np.where(better, back * self.every, window)
        remember(batch, number, running, state)
        return high, low & ~high, measured, window


class Quiet(Watch):
    """No reading for longer than `interval × times`: raised at that moment, ended by the next reading.

    A stream that never spoke is silent since the time that was put into its state (`state["time"]`).
    """

    def arrange(self, given: Sequence[Any]) -> None:
        self.limit = np.array([r.interval * r.times * SECOND for r in given], np.int64)
        self.level = np.array([LEVELS.index(r.level) for r in given], np.int64)

    def step(self, state: State, batch: Batch) -> Events:
        batch = batch.newer(state["time"])
        if not len(batch):
            return Events.none()
        before = np.empty_like(batch.t)
        before[1:] = batch.t[:-1]
        before[batch.first] = state["time"][batch.owner]
        was_on = np.zeros(len(batch), np.bool_)
        was_on[batch.first] = state["on"][batch.owner].any(axis=1)
        limit = self.limit[batch.slot]
        known = before != NEVER
        late = known & (np.where(known, batch.t - before, 0) > limit)
        raised, ended = np.flatnonzero(late & ~was_on), np.flatnonzero(late | was_on)
        state["time"][batch.owner] = batch.t[batch.last]
        state["on"][batch.owner] = False
        begun = self._events(batch.slot[raised], before[raised] + limit[raised], limit[raised], rising=True)
        # a reading that was on its way while the clock was looked at ends the silence when that had begun
        until = np.where(was_on, np.maximum(batch.t, before + limit), batch.t)[ended]
        over = self._events(batch.slot[ended], until, (batch.t - before)[ended], rising=False)
        return Events.together([begun, over])

    def tick(self, state: State, now: int) -> Events:
        known = state["time"] != NEVER
        late = known & ~state["on"].any(axis=1) & (now - np.where(known, state["time"], now) > self.limit)
        slot = np.flatnonzero(late)
        state["on"][slot, self.level[slot]] = True
        return self._events(slot, state["time"][slot] + self.limit[slot], self.limit[slot], rising=True)

    def _events(self, slot: Ints, t: Ints, silent: Ints, *, rising: bool) -> Events:
        level = (self.level[slot] + 1).astype(np.int8)
        calm, none = np.zeros_like(level), np.zeros(slot.size, np.int64)
        return Events(slot, t, level if rising else calm, calm if rising else level, silent / SECOND, none)


class Unusual(Level):
    """Deviations, in spreads, from the usual of that hour of the week; `usual` is `baseline.learn`'s table by slot."""

    usual: NDArray[np.float32]

    def arrange(self, given: Sequence[Any]) -> None:
        super().arrange(given)
        self.offset = int(given[0].offset)
        self.both = np.array([r.both for r in given], np.bool_)
        self.floor = np.array([r.floor for r in given], np.float64)
        self.usual = np.full((len(given), WEEK, 2), np.nan, np.float32)

    def measure(self, batch: Batch, state: State) -> Floats:  # noqa: ARG002 — what is usual is not in the state
        usual = self.usual[batch.slot, hour_of_week(batch.t, self.offset)].astype(np.float64)
        far = (batch.value - usual[:, 0]) / np.maximum(usual[:, 1], np.maximum(self.floor[batch.slot], 1e-12))
        return np.where(self.both[batch.slot], np.abs(far), far)


class New(Watch):
    """What the stream has not done before (`sensing.detector`); the value is how many times its record it was."""

    def arrange(self, given: Sequence[Any]) -> None:
        self.level = np.array([LEVELS.index(r.level) for r in given], np.int64)
        self.hold = np.zeros(len(given), np.int64)
        self.rest = np.array([r.rest * SECOND for r in given], np.int64)
        self.dtype = np.dtype(BASE + detector.FIELDS)

    def fresh(self) -> State:
        state = super().fresh()
        detector.begin(state)
        return state

    def judge(self, batch: Batch, state: State) -> tuple[Bools, Bools, Floats, Ints | None]:
        score, alarm = detector.step(state, batch)
        high = alarm & (np.arange(4)[:, None] == self.level[batch.slot])
        return high, np.broadcast_to(score < 1, high.shape), score * detector.LIMIT, None


def hour_of_week(t: Ints, offset: int) -> Ints:
    """Return 0–167 from Monday 00:00 of local time, `offset` seconds east of Greenwich."""
    return ((t // SECOND + offset) // 3600 + 72) % WEEK  # 1970-01-01 was a Thursday
