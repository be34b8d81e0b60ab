"""Whether two reports tell of one thing: how far apart in metres, how long apart, how alike in words."""

import math
import re
import unicodedata
from dataclasses import dataclass

EARTH = 6_371_008.8  # metres, mean radius
DEGREE = 111_000.0  # metres of one degree of latitude, rounded down
_NOISE = re.compile(r"[\s\W_]+", re.UNICODE)


def metres(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Return the distance on the sphere between two points in degrees."""
    phi, psi = math.radians(lat), math.radians(other_lat)
    half = math.sin((psi - phi) / 2) ** 2
    half += math.cos(phi) * math.cos(psi) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    return 2 * EARTH * math.asin(min(1.0, math.sqrt(half)))


def box(lon: float, lat: float, metres: float) -> tuple[float, float, float, float]:
    """Return west, south, east, north in degrees of a box around a point that holds every point within `metres`."""
    high = metres / DEGREE
    wide = high / max(math.cos(math.radians(lat)), 0.01)
    return lon - wide, lat - high, lon + wide, lat + high


def pairs(text: str) -> frozenset[str]:
    """Return the pairs of neighbouring characters of a text, blanks and punctuation left out, full width made half."""
    plain = _NOISE.sub("", unicodedata.normalize("NFKC", text)).casefold()
    return frozenset(plain[i : i + 2] for i in range(len(plain) - 1)) or frozenset({plain} - {""})


def alike(text: str, other: str) -> float:
    """Return 0 … 1: which share of the shorter text's pairs the other has too (overlap coefficient).

    The shorter decides, since «7栋楼下积水» and a long account of the same water are one thing.
    """
    mine, theirs = pairs(text), pairs(other)
    least = min(len(mine), len(theirs))
    return len(mine & theirs) / least if least else 0.0


@dataclass(frozen=True, slots=True)
class Sight:
    """What of a report is compared. `at` is in Unix seconds; a point is NaN where it has none."""

    text: str
    kind: str
    place: str
    at: float
    lon: float = math.nan
    lat: float = math.nan


@dataclass(frozen=True, slots=True)
class Limits:
    """How near counts: metres, seconds, and the least likeness of words where the kinds differ or agree."""

    metres: float = 500.0
    seconds: float = 3600.0
    words: float = 0.45
    words_same_kind: float = 0.15


def same(one: Sight, other: Sight, limits: Limits) -> float | None:
    """Return how likely (0 … 1) both tell of one thing, None where they do not.

    Near is the same place, or a point within `metres`; points further apart are two things even in one grid.
    """
    if abs(one.at - other.at) > limits.seconds:
        return None
    pointless = any(map(math.isnan, (one.lon, one.lat, other.lon, other.lat)))
    far = math.nan if pointless else metres(one.lon, one.lat, other.lon, other.lat)
    near = one.place == other.place if pointless else far <= limits.metres
    if not near:
        return None
    words = alike(one.text, other.text)
    kin = one.kind == other.kind and one.kind not in {"", "other"}
    if words < (limits.words_same_kind if kin else limits.words):
        return None
    distance = 0.0 if pointless else far / max(limits.metres, 1.0)
    return round(0.55 * words + (0.25 if kin else 0.0) + 0.2 * (1 - min(distance, 1.0)), 4)
