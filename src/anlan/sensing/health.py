"""How well the sensors themselves are: online, stuck, drifting, low on battery. Pure, NumPy only (SEN-01).

Batch functions over a stretch of time; an answer is an array with one place for each slot, NaN where too little is
known to say. Times are µs, spans are seconds.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anlan.sensing.baseline import medians
from anlan.sensing.readings import SECOND, Batch, Bools, Floats, Ints

DAY = 86400
ENOUGH_DAYS = 7  # of medians, below which no trend is drawn


def online(batch: Batch, every: NDArray[np.float64], since: int, until: int) -> Floats:
    """Return the share of expected intervals in [since, until) in which at least one reading was measured.

    `every`: seconds between readings, by slot; 0 = it speaks only when something happens, so its share is NaN.
    Intervals are counted from `since`; a started one at the end does not count.
    """
    step = np.asarray(every, np.float64) * SECOND
    expected = np.where(step > 0, np.floor((until - since) / np.where(step > 0, step, 1)), 0)
    inside = (batch.t >= since) & (batch.t < until) & (step[batch.slot] > 0)
    slot = batch.slot[inside]
    number = ((batch.t[inside] - since) / step[slot]).astype(np.int64)
    counted = number < expected[slot]
    slot, number = slot[counted], number[counted]
    new = np.ones(slot.size, np.bool_)
    new[1:] = (slot[1:] != slot[:-1]) | (number[1:] != number[:-1])
    heard = np.bincount(slot[new], minlength=step.size)
    return np.where(expected > 0, heard / np.maximum(expected, 1), np.nan)


def stuck(batch: Batch, slots: int) -> tuple[Ints, Floats]:
    """Return for each slot the longest run of equal readings: how many, and how many seconds it lasted."""
    count, lasted = np.zeros(slots, np.int64), np.full(slots, np.nan)
    good = batch.where(np.isfinite(batch.value))
    if not len(good):
        return count, lasted
    begins = np.ones(len(good), np.bool_)
    begins[1:] = (good.slot[1:] != good.slot[:-1]) | (good.value[1:] != good.value[:-1])
    begin = np.flatnonzero(begins)
    end = np.append(begin[1:], len(good)) - 1
    slot, length = good.slot[begin], end - begin + 1
    order = np.lexsort((length, slot))
    last = np.flatnonzero(np.append(np.diff(slot[order]) != 0, True))
    longest = order[last]
    count[slot[longest]] = length[longest]
    lasted[slot[longest]] = (good.t[end] - good.t[begin])[longest] / SECOND
    return count, lasted


@dataclass(frozen=True, slots=True)
class Trend:
    """A robust line through the medians of days, by slot.

    `slope` in units a day; `change` is slope × days between the first and the last; `noise` is the spread of the days
    about the line; `sure` where the change is more than four times the noise; `level` is the line's end.
    """

    slope: Floats
    change: Floats
    noise: Floats
    level: Floats
    sure: Bools


def drift(batch: Batch, slots: int, *, against: Batch | None = None, offset: int = 8 * 3600) -> Trend:
    """Return the trend of each stream, or of its difference to a neighbour's reading of the same slot and day.

    `against`: readings of a reference (a neighbouring station, a check by hand) in the same slots; what both share
    (weather, season) falls out and what is left is the sensor. Without it a season looks like a drift: ask then only
    of what has none. Theil–Sen: the median of the slopes of all pairs of days, so single odd days do not matter.
    """
    days = _daily(batch, offset)
    if against is not None:
        days = _minus(days, _daily(against, offset))
    slope, noise, level = (np.full(slots, np.nan) for _ in range(3))
    change = np.full(slots, np.nan)
    slot, day, value = days
    for begin, end in zip(*_parts(slot), strict=True):  # a pass for each stream: all pairs of its days at once
        x, y = day[begin:end].astype(np.float64), value[begin:end]
        if x.size < ENOUGH_DAYS:
            continue
        i, j = np.triu_indices(x.size, 1)
        m = float(np.median((y[j] - y[i]) / (x[j] - x[i])))
        rest = y - m * x
        s = slot[begin]
        slope[s], change[s] = m, m * (x[-1] - x[0])
        noise[s] = 1.4826 * np.median(np.abs(rest - np.median(rest)))
        level[s] = np.median(rest) + m * x[-1]
    return Trend(slope, change, noise, level, np.abs(change) > 4 * np.maximum(noise, 1e-12))


def days_left(battery: Trend, empty: float) -> Floats:
    """Return in how many days the battery's line meets `empty`: 0 where it has, infinite where it does not fall."""
    falling = battery.slope < 0
    left = (battery.level - empty) / np.where(falling, -battery.slope, 1)
    left = np.where(falling, left, np.inf)
    known = np.where(battery.level <= empty, 0.0, np.maximum(left, 0))
    return np.where(np.isnan(battery.slope), np.nan, known)


Days = tuple[Ints, Ints, Floats]


def _daily(batch: Batch, offset: int) -> Days:
    """Return (slot, day, median) of each day that has readings, in order."""
    good = batch.where(np.isfinite(batch.value))
    if not len(good):
        return good.slot, good.t, good.value
    day = (good.t // SECOND + offset) // DAY
    low = int(day.min())
    width = int(day.max()) - low + 1
    cell, inverse = np.unique(good.slot * width + (day - low), return_inverse=True)
    middle, _ = medians(inverse, good.value, cell.size)
    return cell // width, cell % width + low, middle


def _minus(mine: Days, other: Days) -> Days:
    """Return the differences on the days that both have."""
    span = int(max(mine[1].max(initial=0), other[1].max(initial=0))) + 1
    _, i, j = np.intersect1d(mine[0] * span + mine[1], other[0] * span + other[1], return_indices=True)
    return mine[0][i], mine[1][i], mine[2][i] - other[2][j]


def _parts(slot: Ints) -> tuple[list[int], list[int]]:
    begin = np.flatnonzero(np.append(True, np.diff(slot) != 0)) if slot.size else np.empty(0, np.int64)
    return begin.tolist(), [*begin[1:].tolist(), slot.size] if slot.size else []
