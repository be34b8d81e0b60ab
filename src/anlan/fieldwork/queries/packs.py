"""What a phone knows of whoever holds it."""

from typing import Any

from anlan.kernel.authority import Actor
from anlan.places import queries as places

NEIGHBOURS = 60  # places of each post that can be chosen without a network


def me(by: Actor) -> dict[str, Any]:
    """Return {"id", "name", "posts": [{"id", "title", "role", "place", "place_name", "seat"}], "places", "can"}.

    `places`: [{"path", "name"}] of the posts, what lies right below them and beside them; `can`: permissions held
    anywhere, for which buttons to show (never for access).
    """
    near: dict[str, None] = {}
    for path in sorted({s.path for s in by.seats}, key=len, reverse=True)[:3]:
        below = places.children(path).values_list("path", flat=True)[:NEIGHBOURS]
        beside = places.children(path[:-4]).values_list("path", flat=True)[:NEIGHBOURS] if len(path) > 4 else ()
        near |= dict.fromkeys([path, *below, *beside])
    names = places.names({*near, *(s.path for s in by.seats)})
    return {
        "id": str(by.person),
        "name": by.name,
        "posts": [
            {"id": str(s.post), "title": s.title, "role": s.role, "place": s.path, "place_name": names.get(s.path, ""),
             "seat": s.seat}
            for s in by.seats
        ],
        "places": [{"path": p, "name": names[p]} for p in near if p in names],
        "can": sorted({g.can for g in by.grants}),
    }  # fmt: skip
