"""Full pinyin typed by somebody who knows how a place sounds: zhuyuan, zhu yuan, ZhuyuanShequ."""

import re
from functools import cache

from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PINYIN_DICT
from pypinyin.contrib.tone_convert import to_normal

_MOST = 12  # ways to read one word
_LONGEST = 40


@cache
def _syllables() -> frozenset[str]:
    heard = {to_normal(one) for sounds in PINYIN_DICT.values() for one in sounds.split(",")}
    return frozenset(one.replace("ü", "v") for one in heard if one.isascii())


def initials(typed: str) -> list[str]:
    """Return the initials that full pinyin may stand for, the likeliest first; none where it is no pinyin."""
    plain = letters(typed)
    if not 2 <= len(plain) <= _LONGEST:
        return []
    return list(dict.fromkeys("".join(part[0] for part in way) for way in _ways(plain)))[:_MOST]


def letters(typed: str) -> str:
    """Return what was typed as bare letters."""
    return re.sub(r"[\s'’-]+", "", typed.lower()) if re.fullmatch(r"[A-Za-z\s'’-]+", typed) else ""


def _ways(text: str) -> list[list[str]]:
    """Split a word into syllables, longest first; the last may be half-typed. At most a dozen ways."""
    found: list[list[str]] = []

    def go(rest: str, taken: list[str]) -> None:
        if len(found) >= _MOST:
            return
        if not rest:
            found.append(taken)
            return
        for size in range(min(6, len(rest)), 0, -1):
            part = rest[:size]
            last = size == len(rest)
            if part in _syllables() or (last and taken and any(s.startswith(part) for s in _syllables())):
                go(rest[size:], [*taken, part])

    go(text, [])
    return found


def sounds(name: str) -> str:
    """Return a name's full pinyin as bare letters."""
    return "".join(lazy_pinyin(name, style=Style.NORMAL))
