"""Doors in beyond the batch door: one folder each, found by discovery, so that adding one edits no list.

A folder `feeds/<name>/` holds `feed.py` with a class `Feed` that keeps the protocol below, a `README.md` and `tests/`.
The class is made once per process with no arguments; its settings come from the `sensing_feed` row. What is optional:

`check(settings)`: what is wrong with settings that `fields` cannot say, {field: words}.
`run(source, keep, report, stop)`: take in until `stop` is set; called in a thread of the worker that leads this feed.
    `keep(messages)` returns once all of them are committed (or lie in a queue); only then may they be acknowledged.
    `report(state, words)` says how it is: one of STATES.
"""

import pkgutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from anlan.callout.carriers.tuning import Setting

STATES = ("off", "waiting", "ok", "failing")


class Message(NamedTuple):
    """What came in: the topic it came by ("" where there is none), and the bytes."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Source:
    """A feed as its plug-in sees it: settings with defaults filled in and secrets opened."""

    id: UUID
    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Health:
    """What a test found, in one plain sentence."""

    ok: bool
    words: str


Keep = Callable[[Sequence[Message]], None]
Report = Callable[[str, str], None]


class Feed(Protocol):
    """What a feed is. `mapped`: it needs a mapping (sensing/mapping.py). `token`: senders post in with its token."""

    name: str
    label: str
    about: str
    fields: Sequence[Setting]
    mapped: bool
    token: bool

    def test(self, source: Source) -> Health:
        """Try whether what was set works, without taking anything in."""


class Runs(Protocol):
    """A feed that fetches: the worker keeps it running."""

    def run(self, source: Source, keep: Keep, report: Report, stop: threading.Event) -> None:
        """Take in until `stop` is set."""


@cache
def discover() -> Mapping[str, Feed]:
    """Return every feed by name. Raises TypeError for a folder whose Feed lacks part of the protocol."""
    found: dict[str, Feed] = {}
    for folder in pkgutil.iter_modules(__path__):
        if not folder.ispkg:
            continue
        made = import_module(f"{__name__}.{folder.name}.feed").Feed()
        lacking = [a for a in ("name", "label", "about", "fields", "mapped", "token", "test") if not hasattr(made, a)]
        if lacking or made.name != folder.name:
            raise TypeError(f"feeds/{folder.name}: lacks {', '.join(lacking) or 'its own name'}")
        found[made.name] = made
    return found
