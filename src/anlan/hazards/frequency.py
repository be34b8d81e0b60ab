"""How often an object is inspected: risk sets the days, its record shortens or stretches them. Pure.

The numbers are settings (domain-facts B13 leaves them to the city). A reason is a code with its numbers; the page says
it in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass

LONGEST = 3650


@dataclass(frozen=True, slots=True)
class Rule:
    """The table: days by risk, after how many clean visits they double, that trouble halves them."""

    days: Mapping[int, int]
    clean: int


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of an object.

    `clean`: visits in a row, counted back from the last, at which nothing failed. `credible`: a self-check of late that
    nothing contradicts. `major`, `recurred`: such a hazard of late.
    """

    risk: int
    by_hand: int | None = None
    clean: int = 0
    credible: bool = False
    major: bool = False
    recurred: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """Every so many days, and why: "hand", "risk", "less" (减频联动) or "more", after `major` or a recurrence."""

    days: int
    why: str
    usual: int


def pace(of: Record, rule: Rule) -> Pace:
    """Return how often. Days set by hand stand; trouble beats a clean record."""
    usual = rule.days[min(max(of.risk, 1), 4)]
    if of.by_hand:
        return Pace(min(of.by_hand, LONGEST), "hand", usual)
    if of.major or of.recurred:
        return Pace(max(usual // 2, 1), "more", usual)
    if of.clean >= rule.clean and of.credible:
        return Pace(min(usual * 2, LONGEST), "less", usual)
    return Pace(usual, "risk", usual)


def agreement(first: Mapping[str, str], second: Mapping[str, str]) -> tuple[int, int]:
    """Return (questions answered alike, questions both answered) of two checks of one object, by item."""
    both = [item for item in first if item in second and "na" not in (first[item], second[item])]
    return sum(first[item] == second[item] for item in both), len(both)
