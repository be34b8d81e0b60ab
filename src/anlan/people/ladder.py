"""Who stands above whom: the nearest leading post, at the same place or above, that is more senior."""

from collections.abc import Iterable
from uuid import UUID

from anlan.kernel import paths

Spot = tuple[str, int]


def nearest(spots: Iterable[Spot], leaders: Iterable[tuple[str, int, UUID]]) -> dict[Spot, UUID | None]:
    """Return the superior of each spot (a place path and a rank), None where nobody leads above it.

    `leaders` are (place path, rank, post) of the posts that lead. At the same place a superior is more senior; above,
    at least as senior; among several at one place the least senior, which is the next one up.
    """
    at: dict[str, list[tuple[int, UUID]]] = {}
    for path, rank, post in leaders:
        at.setdefault(path, []).append((rank, post))
    for line in at.values():
        line.sort()
    found: dict[Spot, UUID | None] = {}
    for path, rank in spots:
        found[path, rank] = None
        for above in reversed(paths.ancestors(path)):
            least = rank + 1 if above == path else rank
            nearby: UUID | None = next((one for senior, one in at.get(above, ()) if senior >= least), None)
            if nearby is not None:
                found[path, rank] = nearby
                break
    return found
