"""Carriers: one folder each, found by discovery, so that adding one edits no list.

A folder `carriers/<name>/` holds `carrier.py` with a class `Carrier` that keeps the protocol below, a `README.md` and
`tests/`. The class is made once per process with no arguments; its settings come with every batch, from the
`callout_carrier` row, so that a change in the page is obeyed by the next batch of every worker.

What a carrier may have besides the protocol; whoever lacks it goes without:

`fields`: its settings (tuning.Setting), asked on its page. One named "secret" opens the door /gateway/<name>/events for
    events in our own signed form (signing.py, events.py).
`address`: a people.terms.AddressKind where `needs` is neither "phone" nor "email" but an account at the service. It
    appears on the person's page, among the columns of a roster and in the API; only persons who have one are asked for.
`find_many(phones, settings)`: say which account belongs to each number, {phone: account, "" for nobody}; a phone left
    out is asked again. Called every few minutes for post holders without an account, while the setting "lookup" is on.
`poll(asked, settings)`: ask the service how messages fared that were handed over in the last day: Reports for what is
    new. Called in growing pauses (20 s at first) until a message is read, answered or failed. Raises
    GatewayDown.
`page`: the name of the address where what it works through (phones with a SIM, loudspeakers) is looked after.
`broadcast`: True where it speaks to places (loudspeakers): no person is ever handed to it.
`take(payload)`: take in what its gateway reports in our signed form, where that is not about persons: returns how many
    events changed something, how many did not, and the faults.
`hear(callback, settings)`: verify a callback in the service's own form and translate it into events of our own
    (events.py), where `ref` may stand for `id`. The door is then this one alone, by GET too. Raises Forged.
"""

import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any, Protocol
from uuid import UUID

from anlan.people.terms import AddressKind


@dataclass(frozen=True, slots=True)
class Message:
    """One attempt to reach one person. `key` is the receipt's id: a gateway must treat a repeated key as one message.

    `address` is what the carrier's `needs` asks for ("" where it needs none). `link` is the personal answer link, ""
    where nothing need be answered. `asks_result`: what came of it is to be reported. `person` lets a simulated carrier
    look up habits. `genre` is the call's: a check asks "is it still you", a test only for a key; wording.py has the
    words.
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
    genre: str = ""
    asks_result: bool = False


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


NO_ACCOUNT = "no_account"  # the reason of a Handed or a Report: the service knows no such account (any more)


@dataclass(frozen=True, slots=True)
class Asked:
    """A message whose fate is to be asked: its key, the service's own id of it, and to whom it went."""

    key: UUID
    ref: str
    address: str


@dataclass(frozen=True, slots=True)
class Callback:
    """A request that a service made at our door, as it came. `at` is the Unix time now."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    at: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What the door answers with."""

    body: bytes
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a callback says: events in our own form, and how the service wants to be answered.

    `reply` is given the sentence for the person who pressed or wrote ("" where nobody did). Services try again when we
    are slow, so an event must name what it is about: one that comes again is answered again and changes nothing.
    """

    events: Sequence[Mapping[str, Any]]
    reply: Callable[[str], Reply]


class Forged(PermissionError):  # noqa: N818 - a sentence: the callback is forged
    """The callback does not prove that the service sent it: `reason` is one word for its log, never a secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class GatewayDown(ConnectionError):  # noqa: N818 - a sentence: the gateway is down
    """The gateway took nothing of this batch, or nobody knows what it took: it is bypassed, the keys are kept."""


class Carrier(Protocol):
    """What a carrier is.

    `needs`: "phone", "email", "" (no address), or the kind of its own `address`. `answers`: the terms.How values
    it can bring back. `safe`: it reaches no real person, so a drill may use it (only names in terms.SAFE_CARRIERS are
    believed). `chunk`: most messages a `send_many` takes at once. A carrier that keeps addresses of its own may
    have `asks`, the label of the box of its test.
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


def address_of(carrier: Carrier) -> AddressKind | None:
    """Return the kind of account that a carrier declares, if it does."""
    kind: AddressKind | None = getattr(carrier, "address", None)
    return kind


def address_kinds() -> list[AddressKind]:
    """Return the kinds of account that the carriers declare; two may share one."""
    return [kind for one in discover().values() if (kind := address_of(one)) is not None]


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
        kind = address_of(made)
        if made.needs not in {"", "phone", "email"} and (kind is None or kind.kind != made.needs):
            raise TypeError(f"carriers/{folder.name}: needs «{made.needs}», of which it declares no address")
        found[made.name] = made
    return found
