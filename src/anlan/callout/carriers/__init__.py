"""Carriers: one folder each, found by discovery, so that adding one edits no list.

A folder `carriers/<name>/` holds `carrier.py` with a class `Carrier` that keeps the protocol below, a `README.md` and
`tests/`. The class is made once per process with no arguments; its settings come with every batch, from the
`callout_carrier` row, so that a change in the page is obeyed by the next batch of every worker.
"""

import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Message:
    """One attempt to reach one person. `key` is the receipt's id: a gateway must treat a repeated key as one message.

    `address` is what the carrier's `needs` asks for ("" where it needs none). `link` is the personal answer link, ""
    where nothing need be answered. `person` lets a simulated carrier look up habits.
    """

    key: UUID
    address: str
    title: str
    body: str
    link: str
    level: str = ""
    hazard: str = ""
    name: str = ""
    post_title: str = ""
    role: str = ""
    place_path: str = ""
    person: UUID | None = None
    obligation: UUID | None = None
    call: UUID | None = None
    kind: str = "first"
    attempt: int = 1
    needs_answer: bool = True
    listen_seconds: int = 20
    drill: bool = False


@dataclass(frozen=True, slots=True)
class Handed:
    """What came of one hand-over, in any order. `ok` False is a refusal of this message (not of the gateway).

    `dead`: the number can never be reached. `again`: worth trying by the same carrier later (throttled).
    """

    key: UUID
    ok: bool
    ref: str = ""
    reason: str = ""
    dead: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """What a test or a look at the gateway found. `words` is one plain sentence for the settings page."""

    ok: bool
    words: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


class GatewayDown(ConnectionError):  # noqa: N818 - a sentence: the gateway is down
    """The gateway took nothing of this batch, or nobody knows what it took: it is bypassed, the keys are kept."""


class Carrier(Protocol):
    """What a carrier is.

    `needs`: "phone", "email" or "" (no address). `answers`: the terms.How values it can bring back. `safe`: it reaches
    no real person, so a drill may use it (only names in terms.SAFE_CARRIERS are believed). `chunk`: most messages a
    `send_many` takes at once. A carrier that keeps addresses of its own may have `asks`, the label of the test's box.
    """

    name: str
    label: str
    needs: str
    answers: frozenset[str]
    safe: bool
    chunk: int

    def send_many(self, batch: Sequence[Message], settings: Mapping[str, Any]) -> Sequence[Handed]:
        """Hand a batch over; one Handed per message. Raises GatewayDown when the gateway as a whole failed."""

    def test(self, settings: Mapping[str, Any], address: str) -> Health:
        """Send one test to an address given by an administrator, or only log in where that cannot reach anybody."""

    def health(self, settings: Mapping[str, Any]) -> Health:
        """Look whether the gateway answers, without sending anything; "not set up" is not ok."""


@cache
def discover() -> Mapping[str, Carrier]:
    """Return every carrier by name. Raises TypeError for a folder whose Carrier lacks part of the protocol."""
    found: dict[str, Carrier] = {}
    for folder in pkgutil.iter_modules(__path__):
        if not folder.ispkg:
            continue
        made = import_module(f"{__name__}.{folder.name}.carrier").Carrier()
        lacking = [
            a
            for a in ("name", "label", "needs", "answers", "safe", "chunk", "send_many", "test", "health")
            if not hasattr(made, a)
        ]
        if lacking or made.name != folder.name:
            raise TypeError(f"carriers/{folder.name}: lacks {', '.join(lacking) or 'its own name'}")
        found[made.name] = made
    return found
