"""Rules to begin with, by what a stream measures; each is proposed, a person switches it on. Pure.

Hours, jumps and margins are defaults that a city changes. Levels of water come from the stream's own past until the
water office's 警戒水位 and 保证水位 are filled in.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from anlan.sensing.readings import Floats

HOUR = 3600
ENOUGH = 24 * 30  # readings of the past, below which no level is proposed

NEIGHBOURS: dict[str, dict[str, Any]] = {  # by the code of an observed property (starting_properties.csv)
    "level": {"jump": 3, "agree": 3},
    "temperature": {"jump": 15, "agree": 3, "stuck": 288},
    "humidity": {"jump": 60, "agree": 3},
    "displacement": {"jump": 200, "agree": 3},
}


def plausible(code: str, low: float | None, high: float | None) -> dict[str, Any] | None:
    """Return the range rule of a stream: its own or its property's limits, and how far neighbours may lie apart."""
    limits = {name: value for name, value in (("least", low), ("most", high)) if value is not None}
    rule = {"kind": "range", **limits, **NEIGHBOURS.get(code, {})}
    return rule if len(rule) > 1 else None


def water_level(past: ArrayLike) -> dict[str, Any] | None:
    """Return the threshold rule proposed for a river from the plausible levels of its past (m), or None if too few.

    Blue is what only 0.5 % of the past reached, yellow 0.1 %, orange the highest ever seen, red a quarter of the rise
    from the median to orange above that. It ends 6 h after the level fell a tenth of that rise below.
    """
    known = _known(past)
    if known.size < ENOUGH:
        return None
    middle, blue, yellow, orange = (float(v) for v in np.quantile(known, (0.5, 0.995, 0.999, 1)))
    if not middle < blue < yellow < orange:
        return None
    levels = {"blue": blue, "yellow": yellow, "orange": orange, "red": orange + (orange - middle) / 4}
    return {
        "kind": "threshold", "direction": "up", "levels": {k: round(v, 3) for k, v in levels.items()},
        "margin": round((blue - middle) / 10, 3), "hold": 0, "rest": 6 * HOUR,
    }  # fmt: skip


def guard(past: ArrayLike, *, room: float = 3.0) -> dict[str, Any] | None:
    """Return the range rule proposed for a stream of any kind from its past, or None if too few readings.

    The limits lie `room` times the past's own span (its 0.01 % and 99.99 % points) outside; a jump is a whole span.
    """
    known = _known(past)
    if known.size < ENOUGH:
        return None
    low, high = (float(v) for v in np.quantile(known, (0.0001, 0.9999)))
    span = high - low
    if span <= 0:
        return None
    return {"kind": "range", "least": low - room * span, "most": high + room * span, "jump": span, "agree": 3}


def _known(past: ArrayLike) -> Floats:
    values = np.asarray(past, np.float64)
    return values[np.isfinite(values)]
