"""Conditions on place paths: below a scope, or touching it."""

from collections.abc import Iterable, Sequence

from django.db.models import Q

from anlan.kernel import paths

AFTER = "["  # the character behind Z: all below a prefix sorts before prefix + AFTER (COLLATE "C")


def below(prefixes: Iterable[str], field: str = "place_path") -> Q:
    found = Q(pk__in=[])
    for prefix in prefixes:
        if not prefix:
            return Q()
        found |= Q(**{f"{field}__gte": prefix, f"{field}__lt": prefix + AFTER})
    return found


def touching(prefixes: Sequence[str]) -> Q:
    """Return the condition "covers something below one of these, or one of these lies inside it"."""
    above = {path for prefix in prefixes for path in paths.ancestors(prefix)}
    return below(prefixes) | Q(place_path__in=above)
