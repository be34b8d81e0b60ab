"""What places ask of the contexts above: whether anything still stands on a place that is about to be removed."""

from collections.abc import Callable, Mapping, Sequence

Standing = Callable[[Sequence[str]], Mapping[str, str]]
"""Given paths, return {path: what stands there, in plain words} for those that are in use."""

standing: list[Standing] = []


def in_use(paths: Sequence[str]) -> dict[str, str]:
    """Ask every context above."""
    found: dict[str, str] = {}
    for ask in standing:
        found |= ask(paths)
    return found
