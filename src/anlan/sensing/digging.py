"""Paths into payloads: `data.0.z`, `^.id` (what encloses the item), `$.gateway` (the whole payload). Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DEEPEST = 12
MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class Path:
    """`up`: how many items above; −1 is the whole payload. `said` is how the mapping wrote it."""

    said: str
    up: int
    steps: tuple[str, ...]

    @classmethod
    def of(cls, said: Any) -> "Path":
        """Read a path, text or a list of names (for names with dots in them). Raises ValueError."""
        if isinstance(said, list) and said and all(isinstance(s, str) and s for s in said):
            return cls(".".join(said), 0, tuple(said))
        if not isinstance(said, str) or not said.strip() or len(said) > 200:
            raise ValueError(said)
        parts = said.strip().split(".")
        up = 0
        if parts[0] == "$":
            up, parts = -1, parts[1:]
        while parts and set(parts[0]) == {"^"}:
            up, parts = up + len(parts[0]), parts[1:]
        if any(not part for part in parts) or len(parts) > DEEPEST:
            raise ValueError(said)
        return cls(said.strip(), up, tuple(parts))

    def get(self, chain: Sequence[Any]) -> Any:
        """Return what lies there, MISSING where nothing does. `chain` is the payload, …, the item."""
        if self.up >= len(chain):
            return MISSING
        found = chain[0] if self.up < 0 else chain[-1 - self.up]
        for step in self.steps:
            found = _into(found, step)
            if found is MISSING:
                return MISSING
        return found


def _into(found: Any, step: str) -> Any:
    if isinstance(found, Mapping):
        return found.get(step, MISSING)
    if isinstance(found, list) and step.isascii() and step.isdigit() and len(step) < 9 and int(step) < len(found):
        return found[int(step)]
    return MISSING


def items(root: Any, steps: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the chain (payload, …, item) of every item that `each` names; `*` goes into a list's items.

    Raises LookupError with the path where nothing, or no list, lies.
    """

    def walk(chain: tuple[Any, ...], found: Any, n: int) -> Iterator[tuple[Any, ...]]:
        while n < len(steps) and steps[n] != "*":
            found = _into(found, steps[n])
            if found is MISSING:
                raise LookupError(".".join(steps[: n + 1]))
            n += 1
        if n == len(steps):
            yield chain if found is chain[-1] else (*chain, found)
            return
        if not isinstance(found, list):
            raise LookupError(".".join(steps[: n + 1]))  # noqa: TRY004 - the path is what is wrong
        for item in found:
            yield from walk((*chain, item), item, n + 1)

    yield from walk((root,), root, 0)
