"""Reads of analytics, narrowed to the actor's scope."""

from anlan.analytics.queries.definitions import Definition, definition, definitions, versions
from anlan.analytics.queries.figures import Asked, counted, cut, figure, home, months, several, within

__all__ = [
    "Asked",
    "Definition",
    "counted",
    "cut",
    "definition",
    "definitions",
    "figure",
    "home",
    "months",
    "several",
    "versions",
    "within",
]
