"""The words of people: permissions, things done, seats, and how a mass of posts is named (Targeting)."""

from anlan.people.terms.values import ImportState, OrganisationKind, Reach, RowState, Seat, Standing, Targeting
from anlan.people.terms.words import CAN_NAMES, MACHINES, WORDS, Can, Did

__all__ = [
    "CAN_NAMES",
    "MACHINES",
    "WORDS",
    "Can",
    "Did",
    "ImportState",
    "OrganisationKind",
    "Reach",
    "RowState",
    "Seat",
    "Standing",
    "Targeting",
]
