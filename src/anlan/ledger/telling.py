"""How an entry reads to people: one sentence, who by which post, where, and the way to the thing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from anlan.kernel import clock
from anlan.ledger import terms
from anlan.ledger.entry import EntryRow
from anlan.ledger.ports import directory

HIDDEN = "…"  # for a value that the entry does not have
HEADINGS = ("时间", "做了什么", "谁", "岗位", "在哪里", "对象", "事项", "演练", "内容", "记录号")


class _Values(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return HIDDEN


def _plain(name: str, value: Any) -> Any:
    known = directory.values.get(name)
    return known.get(value, value) if known and isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a list of entries needs, asked for once."""

    persons: dict[UUID, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def who(self, entry: EntryRow) -> str:
        """Say who acted: a name, or the short pseudonym of somebody whom the directory does not know."""
        if entry.pseudonym is None:
            return machine_name(entry.actor)
        return self.persons.get(entry.pseudonym) or f"人员 {entry.pseudonym.hex[-6:]}"

    def where(self, entry: EntryRow) -> str:
        """Say where, in the place's own name."""
        return self.places.get(entry.place_path, "")


def machine_name(actor: str) -> str:
    """Say what acted by itself, in the words its context gave; one without words is just the system."""
    kind, colon, rest = actor.partition(":")
    words = directory.machines.get(actor) or (directory.machines.get(f"{kind}:") if colon else None)
    what = str(words).replace("{name}", rest)
    return str(terms.BY_ITSELF).replace("{what}", what) if words else str(terms.SYSTEM)


def names_for(entries: Sequence[EntryRow]) -> Names:
    """Ask for all names of a list, in one question each."""
    persons = {e.pseudonym for e in entries if e.pseudonym}
    paths = {e.place_path for e in entries if e.place_path}
    return Names(dict(directory.persons(persons)) if persons else {}, dict(directory.places(paths)) if paths else {})


def sentence(entry: EntryRow) -> str:
    """Return what was done, in the words its context gave; a kind without words is shown by its code."""
    words = directory.words.get(entry.did)
    if words is None:
        return entry.did
    try:
        return str(words).format_map(_Values({k: _plain(k, v) for k, v in entry.values.items()}))
    except (ValueError, IndexError, AttributeError, TypeError):
        return str(words)  # a brace in the words that means nothing


def kind_name(did: str) -> str:
    """Return a kind's words without their values, for a list of choices."""
    return re.sub(r"\{[^}]*\}", HIDDEN, str(directory.words.get(did, did)).split("：", 1)[0])


def type_name(subject_type: str) -> str:
    """Return what a kind of thing is called."""
    return str(directory.types.get(subject_type, subject_type))


def link(entry: EntryRow) -> str:
    """Return the address of the page of what the entry is about, or nothing."""
    way = directory.links.get(entry.subject_type)
    return way(entry.subject_id) if way else ""


def items(entries: Sequence[EntryRow], *, hrefs: dict[UUID, str] | None = None) -> list[dict[str, Any]]:
    """Return what `{% timeline %}` draws; `hrefs` gives a line's own link, else it leads to the thing."""
    names = names_for(entries)
    return [
        {
            "id": e.id,
            "at": e.at,
            "what": sentence(e),
            "by": " · ".join(filter(None, (names.who(e), e.post_title, names.where(e)))),
            "kind": "key" if e.did in directory.keys else "machine" if e.pseudonym is None else "",
            "href": (hrefs or {}).get(e.id) or link(e),
            "more": "演练" if e.exercise else "",
        }
        for e in entries
    ]


def table(entries: Sequence[EntryRow]) -> list[tuple[str, ...]]:
    """Return the rows of an export, under HEADINGS."""
    names = names_for(entries)
    return [
        (
            f"{clock.local(e.at):%Y-%m-%d %H:%M:%S}",
            sentence(e),
            names.who(e),
            e.post_title,
            names.where(e),
            f"{type_name(e.subject_type)} {e.subject_id}",
            str(e.chain),
            str(e.exercise or ""),
            "；".join(f"{k}={v}" for k, v in e.values.items() if k != "private"),
            str(e.id),
        )
        for e in entries
    ]
