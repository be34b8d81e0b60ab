"""What higher contexts fill: who applies a kind of record, what a phone keeps offline, what looks at a new form.

A handler is put in by the context that owns the deed, in its `apps.ready()`:

    handlers["hazards.report"] = one_by_one(hazards.report_from_phone)

An error of authority that a handler raises becomes the outcome of the record it was raised for: Refused, Hidden and
Invalid → refused, Conflict → conflict; anything else leaves the record waiting, for somebody to look. Nothing of a
record that was not done stays written. A repeat never reaches a handler.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from anlan.fieldwork.terms.records import Outcome, Record
from anlan.kernel.authority import Actor

__all__ = [
    "Finding",
    "Gate",
    "Handler",
    "Notes",
    "OneByOne",
    "Outcome",
    "Pack",
    "Record",
    "Tells",
    "gates",
    "handlers",
    "one_by_one",
    "packs",
]


class Handler(Protocol):
    """Applies records of one kind."""

    def apply(self, records: Sequence[Record], *, by: Actor) -> Sequence[Outcome]:
        """Apply records of one sender in the order in which they were made; return one outcome each.

        Runs in the batch's transaction, inside a savepoint. Where it raises, the records are given again one by one.
        """
        ...


@runtime_checkable
class Tells(Protocol):
    """A handler that can say in plain words what a record holds."""

    def tell(self, record: Record) -> Mapping[str, str]:
        """Return {plain label: plain value}, for the page that shows both versions."""
        ...


@runtime_checkable
class Notes(Protocol):
    """A handler that can write what a phone said into a note of the thing, instead of applying it."""

    def note(self, record: Record, words: str, *, by: Actor) -> None:
        """Write the note. Raises what services raise."""
        ...


@dataclass(frozen=True, slots=True)
class OneByOne:
    """A handler made of a function that applies one record; each has a savepoint of its own."""

    one: Callable[..., Outcome]
    words: Callable[[Record], Mapping[str, str]] | None = None

    def apply(self, records: Sequence[Record], *, by: Actor) -> Sequence[Outcome]:
        """Apply them in order."""
        return [self.one(record, by=by) for record in records]

    def tell(self, record: Record) -> Mapping[str, str]:
        """Return what `words` says; without it the body's plain values under their own names."""
        if self.words is not None:
            return self.words(record)
        return {k: str(v) for k, v in record.body.items() if isinstance(v, str | int | float) and v != ""}


def one_by_one(one: Callable[..., Outcome], words: Callable[[Record], Mapping[str, str]] | None = None) -> OneByOne:
    """Return a handler that calls `one(record, by=actor) -> Outcome` for each record."""
    return OneByOne(one, words)


class Pack(Protocol):
    """What a phone keeps of one context to work without a network."""

    def of(self, by: Actor, since: dt.datetime | None) -> Mapping[str, Any]:
        """Return JSON: everything the actor needs, or with `since` what changed after it."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What a gate says of a form that is about to be published. `stops`: it must be mended or answered first."""

    field: str
    message: str
    stops: bool = False


Gate = Callable[..., Sequence[Finding]]
"""gate(form: anlan.fieldwork.xlsform.Form, *, by: Actor) -> what it has to say (EVL-03)."""

handlers: dict[str, Handler] = {}
packs: dict[str, Pack] = {}
gates: list[Gate] = []
