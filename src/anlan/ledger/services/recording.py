"""Writing entries: one INSERT, or one COPY for masses, in the caller's transaction. Digests belong to the sealer."""

import datetime as dt
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

import orjson
import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from anlan.kernel import clock
from anlan.kernel.authority import Actor
from anlan.kernel.ids import uuid7, uuid7s
from anlan.ledger.services import vault

WAKE_EVERY = 0.05  # seconds; NOTIFY serialises commits, so it goes out after them, and seldom
_woken_at = 0.0
_last_id = UUID(int=0)


def _next_id() -> UUID:
    """Return an id above this process's last: what one transaction records in one millisecond keeps its order."""
    global _last_id  # noqa: PLW0603 - threads that race are different transactions, whose order the xid gives
    identifier = uuid7()
    if identifier <= _last_id:
        identifier = UUID(int=_last_id.int + 1 + secrets.randbits(32))
    _last_id = identifier
    return identifier


def _next_ids(count: int) -> list[UUID]:
    global _last_id  # noqa: PLW0603
    while (ids := uuid7s(count))[0] <= _last_id:
        time.sleep(0.0002)
    _last_id = ids[-1]
    return ids


class Subject(Protocol):
    """What an entry is about: a row with an id. `place_path`, `chain_id` and `exercise_id` are taken if it has them.

    Its type is `subject._meta.label_lower`, or `subject.ledger_type` for something that is no model.
    """

    @property
    def id(self) -> UUID:
        """The row's id."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a mass. `pseudonym` names who did it where that is not the actor of the whole batch."""

    subject_type: str
    subject_id: UUID
    place_path: str
    chain: UUID
    exercise: UUID | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    pseudonym: UUID | None = None
    post: UUID | None = None
    post_title: str = ""
    at: dt.datetime | None = None


def jsonable(value: object) -> object:
    """Turn what JSON lacks into text: Decimal keeps its digits. Raises TypeError for anything else."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"a value of an entry must be JSON, not {type(value).__name__}: {value!r}")


def text_of(values: Mapping[str, Any]) -> str:
    """Return the JSON of an entry's values: UUID, datetime (kept with its offset), Enum and Decimal become text."""
    return orjson.dumps(values, default=jsonable, option=orjson.OPT_NON_STR_KEYS).decode() if values else "{}"


def type_of(subject: Any) -> str:
    """Return what kind of thing a subject is, as the ledger names it."""
    kind: str = getattr(subject, "ledger_type", None) or subject._meta.label_lower  # noqa: SLF001 - Django's own door
    return kind


_INSERT = """
INSERT INTO ledger_entry (id, at, did, pseudonym, actor, post, post_title, subject_type, subject_id, chain, place_path,
  exercise, values) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def record(
    did: str,
    subject: Subject,
    *,
    by: Actor,
    at: dt.datetime | None = None,
    chain: UUID | None = None,
    place_path: str | None = None,
    exercise: UUID | None = None,
    private: Mapping[str, Any] | None = None,
    **values: Any,
) -> UUID:
    """Write one entry in the caller's transaction and return its id.

    `at` is when it happened (now, if not given). The chain is the subject's `chain_id`, or the subject itself. No
    personal text may stand in `values`; it goes to `private`, encrypted under the chain's key, and the entry keeps a
    salted digest. Raises ValueError where the actor is neither a machine nor a person with a pseudonym.
    """
    if by.pseudonym is None and not by.machine:
        raise ValueError("an entry needs a person's pseudonym or a machine's name")
    identifier = _next_id()
    path = getattr(subject, "place_path", "") if place_path is None else place_path
    chain = chain or getattr(subject, "chain_id", None) or subject.id
    seat = by.acting(path) if by.seats else None
    if private:
        values["private"] = vault.put(private, chain=chain, place_path=path)
    row = (
        identifier,
        at or clock.now(),
        str(did),
        by.pseudonym,
        "" if by.pseudonym else by.name,
        seat.post if seat else None,
        seat.title if seat else "",
        type_of(subject),
        subject.id,
        chain,
        path,
        exercise or getattr(subject, "exercise_id", None) or by.exercise,
        text_of(values),
    )
    db = connections[DEFAULT_DB_ALIAS]  # resolved once: the proxy `connection` asks for the thread's own at every touch
    _insert(db, row)
    wake_after_commit(db)
    return identifier


def _insert(db: BaseDatabaseWrapper, row: tuple[Any, ...]) -> None:
    """Run the INSERT as a prepared statement: planning it anew costs as much as running it.

    Django binds in the client and cannot prepare, so this takes a plain cursor on Django's connection, in Django's
    transaction, with Django's errors.
    """
    if db.connection is None:
        db.ensure_connection()
    if db.needs_rollback:
        db.validate_no_broken_transaction()
    with db.wrap_database_errors:
        psycopg.Cursor(db.connection).execute(_INSERT, row, prepare=True)


_COPY = """
COPY ledger_entry (id, at, did, pseudonym, actor, post, post_title, subject_type, subject_id, chain, place_path,
  exercise, values) FROM STDIN
"""
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
CHUNK = 500  # lines sent to the server at a time


def record_many(did: str, lines: Sequence[Line], *, by: Actor) -> list[UUID]:
    """Write a mass of entries by one COPY in the caller's transaction; return their ids, in the order of the lines.

    `by` stands for the lines that name nobody. Raises ValueError where such a line has neither.
    """
    if not lines:
        return []
    if by.pseudonym is None and not by.machine and any(line.pseudonym is None for line in lines):
        raise ValueError("an entry needs a person's pseudonym or a machine's name")
    ids = _next_ids(len(lines))
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        part: list[str] = []
        for text in _copied(str(did), lines, ids, by):
            part.append(text)
            if len(part) == CHUNK:
                copy.write("".join(part))
                part.clear()
        copy.write("".join(part))
    wake_after_commit(connections[DEFAULT_DB_ALIAS])
    return ids


def _copied(did: str, lines: Sequence[Line], ids: Sequence[UUID], by: Actor) -> Iterator[str]:
    """Yield each line in COPY's text form. Ids repeat in a mass, so their text is made once."""
    known: dict[UUID | None, str] = {None: r"\N"}
    machine = by.name.translate(_ESCAPES)
    now = clock.now().isoformat()

    def text(identifier: UUID | None) -> str:
        found = known.get(identifier)
        if found is None:
            found = known[identifier] = str(identifier)
        return found

    for identifier, line in zip(ids, lines, strict=True):
        person = line.pseudonym or by.pseudonym
        values = text_of(line.values)
        yield (
            f"{identifier}\t{line.at.isoformat() if line.at else now}\t{did}\t{text(person)}\t"
            f"{'' if person else machine}\t{text(line.post)}\t{line.post_title.translate(_ESCAPES)}\t"
            f"{line.subject_type}\t{line.subject_id}\t{text(line.chain)}\t{line.place_path}\t"
            f"{text(line.exercise or by.exercise)}\t{values.translate(_ESCAPES) if values != '{}' else values}\n"
        )


def record_from(did: str, select: str, params: Sequence[Any] = (), *, by: Actor) -> int:
    """Write one entry per row of a SELECT, wholly in the database; return how many.

    The SELECT yields (subject_type text, subject_id uuid, place_path text, chain uuid, exercise uuid, values jsonb), in
    the order in which the entries shall stand. It is SQL of the caller's own code; input goes to `params` only.
    """
    if by.pseudonym is None and not by.machine:
        raise ValueError("an entry needs a person's pseudonym or a machine's name")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO ledger_entry (id, at, did, pseudonym, actor, subject_type, subject_id, place_path, chain,
              exercise, values)
            SELECT anlan_uuid7(), %s, %s, %s, %s, s.* FROM ({select}) AS s
            """,
            [clock.now(), str(did), by.pseudonym, "" if by.pseudonym else by.name, *params],
        )
        count: int = cursor.rowcount
    wake_after_commit(connections[DEFAULT_DB_ALIAS])
    return count


def wake_after_commit(db: BaseDatabaseWrapper) -> None:
    """Wake the followers once this transaction is committed; at most twenty times a second per process.

    A NOTIFY inside the transaction would take a lock of the whole server at commit. Whoever misses it polls.
    """
    waiting = db.run_on_commit
    if not (waiting and waiting[-1][1] is _wake) and time.monotonic() - _woken_at >= WAKE_EVERY:
        db.on_commit(_wake)


def _wake() -> None:
    global _woken_at  # noqa: PLW0603 - one throttle per process; a race costs one more NOTIFY
    if time.monotonic() - _woken_at < WAKE_EVERY:
        return
    _woken_at = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY anlan_ledger")
