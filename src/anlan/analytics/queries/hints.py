"""Hints beside the figures, which judge nobody (domain-facts B12): whether a place reports the easy kinds alone."""

import math
from dataclasses import dataclass

from anlan.analytics.figures import FEW
from anlan.analytics.queries.definitions import definitions
from anlan.analytics.queries.figures import Asked, counted, cut
from anlan.kernel import paths

SURE = 3.0  # standard errors above the peers that are worth a look
MUCH = 0.15  # and at least so much of a share


@dataclass(frozen=True, slots=True)
class Easy:
    """The share of easy kinds here and among the places beside it, 0 … 1."""

    here: float
    peers: float
    cases: int

    @property
    def here_words(self) -> str:
        """The share here as people read it."""
        return f"{100 * self.here:.0f}%"

    @property
    def peers_words(self) -> str:
        """The peers' share as people read it."""
        return f"{100 * self.peers:.0f}%"


def easy(asked: Asked) -> Easy | None:
    """Return the shares where a place reports far more easy kinds than the places beside it; else None.

    A test of two proportions, so that a few reports more or less say nothing.
    """
    one = next((d for d in definitions() if d.code == "easy"), None)
    if one is None or asked.only or not paths.parent(asked.place):
        return None
    mine = counted(asked, [one])["easy"]
    beside = cut(asked.at(paths.parent(asked.place)), [one], "place")
    part = sum(row["easy"].part for place, row in beside.items() if place != asked.place)
    whole = sum(row["easy"].whole for place, row in beside.items() if place != asked.place)
    if mine.few or whole < FEW:
        return None
    here, peers = mine.part / mine.whole, part / whole
    common = (mine.part + part) / (mine.whole + whole)
    error = math.sqrt(common * (1 - common) * (1 / mine.whole + 1 / whole))
    unusual = error > 0 and (here - peers) / error > SURE and here - peers > MUCH
    return Easy(here, peers, mine.whole) if unusual else None
