"""Masses of persons, posts and holdings: for the city generator and a first migration from another system."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from anlan.kernel import paths
from anlan.kernel.authority import Actor, Invalid, Refused
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.people import queries, terms
from anlan.people.models import Role
from anlan.people.services.copying import (
    HoldingSeed,
    PersonSeed,
    PostSeed,
    analyse,
    copy_holdings,
    copy_persons,
    copy_posts,
)


@transaction.atomic
def load_many(
    persons: Sequence[PersonSeed], posts: Sequence[PostSeed], holdings: Iterable[HoldingSeed], *, by: Actor
) -> dict[str, int]:
    """Load by COPY, link superiors, and record once. For machines only: nothing is matched with who is there already.

    Returns {"persons", "posts", "holdings"} counts. Raises Refused for a human, Invalid for an unknown role.
    """
    if not by.machine:
        raise Refused(terms.Can.IMPORT, "")
    strange = {one.role for one in posts} - set(Role.objects.values_list("code", flat=True))
    if strange:
        raise Invalid({"role": f"没有这些岗位：{'、'.join(sorted(strange))}"})
    seats = list(holdings)
    tops = sorted({one.place_path[: paths.WIDTH] for one in posts})
    copy_persons(persons)
    copy_posts(posts)
    copy_holdings(seats)
    analyse()
    counts = {"persons": len(persons), "posts": len(posts), "holdings": len(seats)}
    ledger.record(
        terms.Did.LOADED,
        queries.Rooted(uuid7(), "people.load", tops[0] if tops else ""),
        by=by,
        **dict[str, Any](counts),
    )
    return counts


__all__ = ["HoldingSeed", "PersonSeed", "PostSeed", "load_many"]
