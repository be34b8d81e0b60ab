"""Which typical hazard some words speak of: by its name and by what people call it. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

_MARKS = re.compile(r"[\s\W_]+")
LEAST = 2  # characters of a word that count
LOOSE, GAP = 4, 4  # characters of a word that may stand apart (楼道里堆了纸箱 for 楼道纸箱), and how far in all


class Named(Protocol):
    """What `scores` looks at."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def aliases(self) -> Sequence[str]:
        """What people call it."""


Kind = TypeVar("Kind", bound=Named)


def plain(text: str) -> str:
    """Return a text without spaces and marks, in one form of letters."""
    return _MARKS.sub("", unicodedata.normalize("NFKC", text)).casefold()


def score(text: str, one: Named) -> int:
    """Return how well a kind fits a plain text: the lengths of its words found in it, the longest counted double.

    A kind that only lends a part of its name (飞线 for 飞线充电) counts less than one whose word stands there whole.
    """
    words = [plain(word) for word in (one.name, *one.aliases)]
    inside = [len(word) for word in words if len(word) >= LEAST and word in text]
    if inside:
        return 10 * (max(inside) * 2 + sum(inside))
    if len(text) >= LEAST and any(text in word for word in words):
        return 5 * len(text)
    return max((4 * len(word) for word in words if len(word) >= LOOSE and _scattered(word, text)), default=0)


def _scattered(word: str, text: str) -> bool:
    """Say whether a word's characters stand in a text in their order, with few others between."""
    for start in (i for i, c in enumerate(text) if c == word[0]):
        at = start
        for char in word[1:]:
            at = text.find(char, at + 1)
            if at < 0:
                break
        else:
            if at - start < len(word) + GAP:
                return True
    return False


def best(text: str, among: Iterable[Kind]) -> list[Kind]:
    """Return the kinds that fit some words, the best first, else in the order they came in."""
    bare = plain(text)
    if not bare:
        return []
    scored = [(score(bare, one), one) for one in among]
    return [one for points, one in sorted(scored, key=lambda pair: -pair[0]) if points]
