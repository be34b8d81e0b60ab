"""How the invented storm looks to instruments: rain first, then water on the roads, then the river. Pure, NumPy only.

Everything is over the share of the storm that has gone by: 0 its begin, 1 its end; water stands and falls after that.
A night's rain falls within the minutes that the storm is played in.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
BURSTS = ((0.12, 0.03, 0.15), (0.3, 0.04, 0.35), (0.48, 0.04, 0.4), (0.68, 0.05, 0.1))  # when, how sharp, how much
MILLIMETRES = 85.0  # that fall in all where the storm is as strong as usual
REACHES = ((0.0, 2), (0.17, 4), (0.36, 6))  # from which share on how many districts are under it, as the warnings say
BESIDE = 0.12  # share of the rain that falls elsewhere
CALM = 1.8  # share from which on it is as before


def _rise(x: ArrayLike) -> Floats:
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


def fallen(share: ArrayLike) -> Floats:
    """Return which part of all its rain has fallen."""
    s = np.asarray(share, np.float64)
    return sum((part * _rise((s - when) / sharp) for when, sharp, part in BURSTS), np.zeros_like(s))


def rain(before: float, share: float, factor: ArrayLike, begin: ArrayLike) -> Floats:
    """Return the mm that fell between two shares, at stations that the storm reaches at `begin` (inf: never)."""
    under = np.where(np.asarray(begin) <= share, 1.0, BESIDE)
    amount = MILLIMETRES * float(fallen(share) - fallen(before))
    return np.round(np.asarray(factor) * under * max(amount, 0.0), 1)


def standing(share: float, begin: ArrayLike) -> Floats:
    """Return how high water stands on the roads, 0 … 1 of the place's worst: it follows the rain and runs off."""
    ran = np.where(np.asarray(begin) <= share, 1.0, 0.0)
    return ran * fallen(share - 0.08) * float(1 - _rise((share - 0.92) / 0.05))


def risen(share: float) -> float:
    """Return how far the river has risen, 0 … 1 of its worst: later than the roads, and slowly down again."""
    return float(fallen(share - 0.25) * (1 - _rise((share - 1.45) / 0.08)))


def begins(district: ArrayLike) -> Floats:
    """Return from which share on districts (their place in the tree's order, from 0) are under the storm."""
    at = np.full(np.shape(district), np.inf)
    for share, count in reversed(REACHES):
        at[np.asarray(district) < count] = share
    return at
