"""Names of places for finding them: pinyin initials, and pairs of characters that a GIN index can hold."""

import re
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

_KEPT = re.compile(r"[^0-9a-z一-鿿㐀-䶿]+")
_GRAMS = 60


@lru_cache(maxsize=65_536)
def initials(name: str) -> str:
    """Return the first letters: 水井坊社区 → sjfsq. Letters and digits stay, everything else is left out."""
    letters = lazy_pinyin(name, style=Style.FIRST_LETTER, errors=lambda rest: list(rest.lower()))
    return "".join(c for c in letters if c.isascii() and c.isalnum())[:120]


def plain(text: str) -> str:
    """Return a name as it is compared: lower case, full-width folded, without spaces and marks."""
    folded = "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in text)
    return _KEPT.sub("", folded.lower())


def pairs(text: str) -> list[str]:
    """Return the pairs of neighbouring characters of a text, each once, in order; a single character is itself."""
    squeezed = plain(text)
    if len(squeezed) == 1:
        return [squeezed]
    return list(dict.fromkeys(squeezed[i : i + 2] for i in range(len(squeezed) - 1)))


def grams(name: str, aliases: list[str] | tuple[str, ...] = ()) -> list[str]:
    """Return all pairs of a name and its aliases: what `places_place.grams` holds."""
    found = pairs(name)
    for alias in aliases:
        found += pairs(alias)
    return list(dict.fromkeys(found))[:_GRAMS]
