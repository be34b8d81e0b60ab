"""What is usual for a stream at each hour of the week: the median and the spread of its past. Pure, NumPy only."""

import numpy as np
from numpy.typing import NDArray

from anlan.sensing.readings import Batch, Ints
from anlan.sensing.watch import WEEK, hour_of_week

ENOUGH = 4  # readings of an hour of the week; with fewer the hour of the day is taken, then all hours
SIGMA = 1.4826  # of a normal distribution, in median absolute deviations


def learn(batch: Batch, slots: int, offset: int = 8 * 3600) -> NDArray[np.float32]:
    """Return slots × 168 × (median, spread), NaN where nothing was ever read; put it into `Unusual.usual`.

    Learned on the past and then fixed until learned again, so a live run equals a run over history with it.
    """
    good = batch.where(np.isfinite(batch.value))
    hour = hour_of_week(good.t, offset)
    usual = np.full((slots, WEEK, 2), np.nan)
    for width in (WEEK, 24, 1):  # from the particular to the general: only what is still unknown is filled
        cells = good.slot * width + hour % width
        middle, count = medians(cells, good.value, slots * width)
        spread, _ = medians(cells, np.abs(good.value - middle[cells]), slots * width)
        found = np.stack((middle, spread * SIGMA), 1).reshape(slots, width, 2)
        found[count.reshape(slots, width) < (ENOUGH if width > 1 else 1)] = np.nan
        usual = np.where(np.isnan(usual), np.tile(found, (1, WEEK // width, 1)), usual)
    return usual.astype(np.float32)


def medians(cells: Ints, values: NDArray[np.float64], size: int) -> tuple[NDArray[np.float64], Ints]:
    """Return by cell (0 … size − 1) the median of its values, NaN where there is none, and how many there are."""
    order = np.lexsort((values, cells))
    count = np.bincount(cells, minlength=size)
    begin = np.cumsum(count) - count
    ranked = np.append(values[order], np.nan)
    lower, upper = begin + np.maximum(count - 1, 0) // 2, begin + count // 2
    end = ranked.size - 1
    middle = (ranked[np.minimum(lower, end)] + ranked[np.minimum(upper, end)]) / 2
    return np.where(count > 0, middle, np.nan), count
