"""A figure that was counted: a share with its interval, a median, and when two may be compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from anlan.kernel.shares import wilson

FEW = 30  # below which a share is shown and neither compared nor ranked (domain-facts B12)


def median(days: Mapping[int, int]) -> float | None:
    """Return the exact median of whole days from how often each came; None where there are none."""
    total = sum(days.values())
    if total <= 0:
        return None
    low, high = (total - 1) // 2, total // 2
    seen = 0
    found: list[int] = []
    for day in sorted(days):
        seen += days[day]
        while len(found) < 2 and seen > (low, high)[len(found)]:
            found.append(day)
    return (found[0] + found[1]) / 2


@dataclass(frozen=True, slots=True)
class Figure:
    """What a measure came to: `part` of `whole`, or a median of `whole` cases in days.

    `applies` is False where the measure cannot be cut that way.
    """

    part: int = 0
    whole: int = 0
    days: float | None = None
    median: bool = False
    applies: bool = True
    histogram: Mapping[int, int] = field(default_factory=dict)

    @property
    def value(self) -> float | None:
        """The share 0 … 1 or the median in days; None where there is nothing to count."""
        if self.median:
            return self.days
        return self.part / self.whole if self.whole > 0 else None

    @property
    def few(self) -> bool:
        """So few cases that it is not to be compared."""
        return self.whole < FEW

    @property
    def interval(self) -> tuple[float, float] | None:
        """The Wilson interval of a share."""
        return None if self.median else wilson(self.part, self.whole)

    def moved(self, before: "Figure") -> float | None:
        """Return how many points (of a share, per cent) or days it moved; None where that says nothing."""
        if self.few or before.few or self.value is None or before.value is None:
            return None
        return (self.value - before.value) * (1 if self.median else 100)

    def differs(self, other: "Figure") -> bool:
        """Say whether two shares differ more than chance lets them (their intervals do not meet)."""
        mine, theirs = self.interval, other.interval
        return bool(mine and theirs and not self.few and not other.few and (mine[0] > theirs[1] or theirs[0] > mine[1]))
