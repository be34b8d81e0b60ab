"""What residents do, in plain words, per hazard and level: read from guides.json and guides_en.json beside this file.

A step holds from one rank to another (4 red … 1 blue); without a level all steps of a yellow warning hold. The English
book holds the same steps in the same order.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from anlan.alerts.hazards import kin
from anlan.alerts.terms import RANK, Level

MOST = 6
_UNKNOWN = 2


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, and why."""

    do: str
    why: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Guide:
    """What to do about one hazard at one level; `also` holds when it is over."""

    hazard: str
    steps: tuple[Step, ...]
    also: str


@cache
def _book(language: str) -> dict[str, tuple[tuple[Step, ...], str]]:
    folder = Path(__file__).parent
    raw = json.loads((folder / "guides.json").read_text(encoding="utf-8"))
    words = json.loads((folder / "guides_en.json").read_text(encoding="utf-8")) if language == "en" else None

    def said(name: str, at: int) -> tuple[str, str]:
        if words is not None:
            do, why = words[name]["steps"][at]
            return do, why
        step = raw[name]["steps"][at]
        return step["do"], step["why"]

    return {
        name: (
            tuple(Step(*said(name, at), s["from"], s.get("to", 4)) for at, s in enumerate(page["steps"])),
            (words or raw)[name]["also"],
        )
        for name, page in raw.items()
    }


def hazards() -> list[str]:
    """Return the hazards that have a guide of their own."""
    return [name for name in _book("zh") if name]


def guide(hazard: str, level: str, language: str = "zh") -> Guide:
    """Return what to do, in Chinese or English ("en"); a hazard without a guide gets the general one."""
    book = _book("en" if language == "en" else "zh")
    name = hazard if hazard in book else kin(hazard)
    steps, also = book.get(name, book[""])
    rank = RANK[Level(level)] if level in set(Level) else _UNKNOWN
    return Guide(name if name in book else "", tuple(s for s in steps if s.low <= rank <= s.high)[:MOST], also)
