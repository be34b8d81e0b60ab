"""Which column of an office's table is which, and which of its rows say the same. Pure."""

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence


def guess(header: Sequence[str], synonyms: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return {field: column}, whole names first, then a known word inside a header; each column once.

    `synonyms` are the words that may head the column of a field.
    """
    fields = {word: name for name, words in synonyms.items() for word in words}
    found: dict[str, int] = {}
    plain = [re.sub(r"[\s*＊:：()（）㎡]|平方米", "", title) for title in header]
    for column, title in enumerate(plain):
        name = fields.get(title)
        if name and name not in found:
            found[name] = column
    for column, title in enumerate(plain):
        if column in found.values():
            continue
        name = next(
            (n for w, n in sorted(fields.items(), key=lambda p: -len(p[0])) if w in title and n not in found), ""
        )
        if name and title:
            found[name] = column
    return found


def doubles(marks: Iterable[tuple[int, Hashable]]) -> dict[int, int]:
    """Return {row: the earlier row of the same table that has the same mark}."""
    seen: dict[Hashable, int] = {}
    found: dict[int, int] = {}
    for number, mark in marks:
        if mark in seen:
            found[number] = seen[mark]
        seen.setdefault(mark, number)
    return found
