"""Ways of reaching a person besides telephone and mail: an account at a messenger, as whoever speaks to it names it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

FIELD = "address."  # in front of a kind: the name of its column in a roster, of its box in a form


@dataclass(frozen=True, slots=True)
class AddressKind:
    """One kind of address. `kind` is its key (a-z, 0-9, _), `columns` the heads by which rosters call it.

    `pattern` is what an address must match whole; `hint` tells a person what it looks like.
    """

    kind: str
    label: str
    columns: tuple[str, ...] = ()
    pattern: str = r"[\w.@+-]{1,64}"
    hint: str = ""

    @property
    def field(self) -> str:
        """Return the name of its column and of its box."""
        return FIELD + self.kind

    def admits(self, text: str) -> bool:
        """Say whether a text can be such an address."""
        return re.fullmatch(self.pattern, text) is not None


Kinds = Mapping[str, AddressKind]


class Source(StrEnum):
    """Where an address came from."""

    HAND = "hand"
    ROSTER = "roster"
    LOOKUP = "lookup"
