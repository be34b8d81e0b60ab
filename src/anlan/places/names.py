"""Names of places for finding them: pinyin initials, and pairs of characters that a GIN index can hold."""

import re
import unicodedata
from functools import cache
from itertools import pairwise

from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

_KEPT = re.compile(r"[^0-9a-z一-鿿㐀-䶿]+")
_FOLDED = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # full-width forms
_GRAMS = 60
_LONGEST = 120


def _letter(reading: str) -> str:
    """Return the first letter of a reading with tone marks."""
    return unicodedata.normalize("NFD", reading[:1])[:1].lower()


@cache
def _letters() -> dict[int, str]:
    """Return every character's usual first letter."""
    return {code: _letter(readings) for code, readings in PINYIN_DICT.items()}


@cache
def _readings() -> dict[str, list[tuple[str, str]]]:
    """Return phrases that are read otherwise than their characters (重庆, 长安), longest first, by first character.

    A longer phrase that begins with such a one is kept too, for it may take the reading back (朝阳区).
    """
    letters = _letters()
    spoken = {p: "".join(_letter(r[0]) for r in said) for p, said in PHRASES_DICT.items() if len(said) == len(p)}
    odd = {p for p, said in spoken.items() if said != "".join(letters.get(ord(c), c) for c in p)}
    kept = odd | {p for p in spoken if any(p[:end] in odd for end in range(2, len(p)))}
    found: dict[str, list[tuple[str, str]]] = {}
    for phrase in sorted(kept, key=len, reverse=True):
        found.setdefault(phrase[0], []).append((phrase, spoken[phrase]))
    return found


def initials(name: str) -> str:
    """Return the first letters: 水井坊社区 → sjfsq. Letters and digits stay, everything else is left out.

    Same as pypinyin's first-letter style but for its segmentation, at 20 times the speed: whole cities are loaded.
    """
    letters, readings = _letters(), _readings()
    folded = name.translate(_FOLDED).lower()
    made: list[str] = []
    at = 0
    while at < len(folded):
        char = folded[at]
        for phrase, said in readings.get(char, ()):
            if folded.startswith(phrase, at):
                made.append(said)
                at += len(phrase)
                break
        else:
            made.append(letters.get(ord(char), char))
            at += 1
    return "".join(c for c in "".join(made) if c.isascii() and c.isalnum())[:_LONGEST]


def plain(text: str) -> str:
    """Return a name as it is compared: lower case, full-width folded, without spaces and marks."""
    return _KEPT.sub("", text.translate(_FOLDED).lower())


def pairs(text: str) -> list[str]:
    """Return the pairs of neighbouring characters of a text, each once, in order; a single character is itself."""
    squeezed = plain(text)
    if len(squeezed) == 1:
        return [squeezed]
    return list(dict.fromkeys(map("".join, pairwise(squeezed))))


def grams(name: str, aliases: list[str] | tuple[str, ...] = ()) -> list[str]:
    """Return all pairs of a name and its aliases: what `places_place.grams` holds."""
    found = pairs(name)
    for alias in aliases:
        found += pairs(alias)
    return list(dict.fromkeys(found))[:_GRAMS] if aliases else found[:_GRAMS]
