"""What a higher context fills in: names behind pseudonyms and paths, links to things, sentences for entries."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID


class Persons(Protocol):
    """Says who stands behind pseudonyms; people fills it."""

    def __call__(self, pseudonyms: Iterable[UUID]) -> Mapping[UUID, str]:
        """Return names by pseudonym; one that is unknown is left out."""
        ...


class Places(Protocol):
    """Says how places are called; places fills it."""

    def __call__(self, paths: Iterable[str]) -> Mapping[str, str]:
        """Return names by path; one that is unknown is left out."""
        ...


def _nobody(pseudonyms: Iterable[UUID]) -> Mapping[UUID, str]:  # noqa: ARG001
    return {}


def _nowhere(paths: Iterable[str]) -> Mapping[str, str]:  # noqa: ARG001
    return {}


@dataclass(slots=True)
class Directory:
    """Where the ledger's pages look things up. A higher context fills it in its AppConfig.ready.

    `links` maps a subject's type ("callout.call") to a function of its id that gives the address of its page, and
    `types` to its plain name. `machines` maps what acted by itself ("alerts.linkage"), or its beginning with a colon
    ("source:"; `{name}` is the rest), to plain words. `words` maps what was done to a sentence; `{name}` in it stands
    for a value of the entry, in the words that `values` has for it: {"rung": {"deputy": "B岗"}}.
    """

    persons: Persons = _nobody
    places: Places = _nowhere
    links: dict[str, Callable[[UUID], str]] = field(default_factory=dict)
    types: dict[str, Any] = field(default_factory=dict)
    words: dict[str, Any] = field(default_factory=dict)
    machines: dict[str, Any] = field(default_factory=dict)
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)


directory = Directory()
