"""Materialised paths of the place tree: fixed-width segments, so that authority and roll-up are prefix tests.

A path is "0001" for a root, "00010003" for its third child, and so on; segments are base 36, upper case. Compared
byte by byte (COLLATE "C" in the database).
"""

from collections.abc import Iterable

WIDTH = 4
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LARGEST = 36**WIDTH - 1


def segment(number: int) -> str:
    """Return the segment for a child's number. Raises ValueError outside 1 … 1,679,615."""
    if not 1 <= number <= LARGEST:
        raise ValueError(f"child number {number} is not between 1 and {LARGEST}")
    text = ""
    for _ in range(WIDTH):
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text


def child(parent: str, number: int) -> str:
    """Return the path of a parent's numbered child; an empty parent makes a root."""
    return parent + segment(number)


def number(path: str) -> int:
    """Return the number of a path's last segment."""
    return int(path[-WIDTH:], 36)


def depth(path: str) -> int:
    """Return 1 for a root, 2 for its children, and so on."""
    return len(path) // WIDTH


def parent(path: str) -> str:
    """Return the parent's path, empty for a root."""
    return path[:-WIDTH]


def ancestors(path: str) -> list[str]:
    """Return the path's ancestors and itself, root first."""
    return [path[:end] for end in range(WIDTH, len(path) + 1, WIDTH)]


def contains(prefix: str, path: str) -> bool:
    """Say whether a place lies within another (itself included)."""
    return path.startswith(prefix)


def minimal(prefixes: Iterable[str]) -> tuple[str, ...]:
    """Return the fewest prefixes that cover the same subtrees, in order."""
    kept: list[str] = []
    for path in sorted(set(prefixes)):
        if not kept or not path.startswith(kept[-1]):
            kept.append(path)
    return tuple(kept)
