"""Another limit for a rule whose alarms were judged: the furthest that would have kept every real one. Pure.

A rule raises at its lowest level first. Had that limit lain as far out as the calmest real alarm went, every real alarm
would still have been raised, and the false ones that never went so far would not. What it would have missed that
nobody judged is unknown: a person decides, and tries it on the past first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEVELS = ("blue", "yellow", "orange", "red")


@dataclass(frozen=True, slots=True)
class Suggested:
    """`limit` instead of `now` at `level`: of `false` false alarms `spared` fall away, all `real` ones stay."""

    level: str
    now: float
    limit: float
    real: int
    false: int
    spared: int


def suggest(
    levels: Mapping[str, float], cases: Sequence[tuple[float, bool]], *, least: int, down: bool = False
) -> Suggested | None:
    """Return a better limit for the lowest level, or None: too few verdicts, none real, none false would fall away.

    `cases` are (gravest value, was it real); `down`: lower is worse. It stays on the calm side of the next level.
    """
    named = [name for name in LEVELS if isinstance(levels.get(name), int | float)]
    real = [value for value, so in cases if so]
    false = [value for value, so in cases if not so]
    if not named or len(cases) < least or not real or not false:
        return None
    sign = -1.0 if down else 1.0
    now = float(levels[named[0]])
    furthest = min(sign * value for value in real)
    if len(named) > 1:
        furthest = min(furthest, sign * float(levels[named[1]]))
    spared = sum(sign * value < furthest for value in false)
    if furthest <= sign * now or not spared:
        return None
    return Suggested(named[0], now, sign * furthest, len(real), len(false), spared)
