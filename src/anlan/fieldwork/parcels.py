"""What a device sends, read from JSON: nothing is judged here, and nothing that has an id is thrown away.

The wire is described in docs/reference/field-sync.md.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from anlan.kernel.authority import Actor

EDGE = dt.timedelta(minutes=2)  # a phone set by the network stands nearer than this; what is less is the line's delay
LONGEST = 2**63 - 1
DEEPEST = 40


class Unreadable(ValueError):  # noqa: N818 - a sentence: the request is unreadable
    """The request cannot be read; `record` is the index of the record at fault, None where it is the envelope."""

    def __init__(self, why: str, *, record: int | None = None, status: int = 422) -> None:
        super().__init__(why)
        self.why, self.record, self.status = why, record, status


@dataclass(frozen=True, slots=True)
class Read:
    """One record as it was read; `wrong` is a code where it can be kept only: kind, time, body."""

    id: UUID
    seq: int
    kind: str
    body: Mapping[str, Any]
    at: dt.datetime | None
    offline: bool
    base: int | None
    uploads: tuple[UUID, ...]
    made_by: UUID | None
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one request brought: `off` is how far the device's clock stands before ours."""

    device: UUID
    records: Sequence[Read]
    by: Actor
    arrived_at: dt.datetime
    off: dt.timedelta = dt.timedelta()
    language: str = "zh-hans"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request may bring: records, bytes of one record's body, files of one record."""

    records: int = 200
    body: int = 65_536
    uploads: int = 12


def read(raw: bytes, limits: Limits) -> tuple[UUID, dt.datetime, list[Read]]:
    """Return the device, when it says it sent this, and its records in the order of their seq. Raises Unreadable."""
    try:
        said = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Unreadable("expected JSON") from error
    if not isinstance(said, dict):
        raise Unreadable("expected a JSON object")
    device, sent_at, rows = identifier(said.get("device")), instant(said.get("sent_at")), said.get("records", [])
    if device is None:
        raise Unreadable("device: expected a UUID")
    if sent_at is None:
        raise Unreadable("sent_at: expected a time with its offset, as 2026-11-25T14:10:00+08:00")
    if not isinstance(rows, list):
        raise Unreadable("records: expected a list")
    if len(rows) > limits.records:
        raise Unreadable(f"at most {limits.records} records at a time, here are {len(rows)}", status=413)
    records = [_record(index, row, limits) for index, row in enumerate(rows)]
    return device, sent_at, sorted(records, key=lambda one: one.seq)


def _record(index: int, row: Any, limits: Limits) -> Read:
    if not isinstance(row, dict):
        raise Unreadable("expected an object", record=index)
    known, seq = identifier(row.get("id")), row.get("seq")
    if known is None:
        raise Unreadable("id: expected a UUID", record=index)
    if not isinstance(seq, int) or isinstance(seq, bool) or not 0 <= seq <= LONGEST:
        raise Unreadable("seq: expected a number from 0 up", record=index)
    body, kind, base = row.get("body", {}), row.get("kind"), row.get("base")
    if len(orjson.dumps(body)) > limits.body:
        raise Unreadable(f"body: at most {limits.body} bytes", record=index, status=413)
    try:
        body = clean(body)
    except Unreadable as error:
        raise Unreadable(error.why, record=index) from error
    files = row.get("uploads") or []
    if not isinstance(files, list) or len(files) > limits.uploads:
        raise Unreadable(f"uploads: expected at most {limits.uploads} UUIDs", record=index)
    uploads = tuple(dict.fromkeys(u for u in map(identifier, files) if u is not None))
    at = instant(row.get("at"))
    good = isinstance(kind, str) and 0 < len(kind) <= 40 and "\0" not in kind
    wrong = "" if good else "kind"
    wrong = wrong or ("" if isinstance(body, dict) else "body") or ("" if at is not None else "time")
    if wrong:  # kept as it came, so that somebody can read what it said
        body = body if isinstance(body, dict) else {"body": body}
        body |= {} if good and at is not None else {"_kind": str(kind)[:200], "_at": str(row.get("at"))[:200]}
    usable = isinstance(base, int) and not isinstance(base, bool) and 0 <= base < 2**31
    return Read(
        known, seq, str(kind) if good else "", body, at, row.get("offline") is True, base if usable else None,
        uploads, identifier(row.get("made_by")), wrong,
    )  # fmt: skip


def identifier(value: Any) -> UUID | None:
    """Return a UUID from its text, None for anything else."""
    if not isinstance(value, str) or not 32 <= len(value) <= 45:
        return None
    try:
        return UUID(value)
    except ValueError:
        return None


def instant(value: Any) -> dt.datetime | None:
    """Return an instant in UTC from ISO 8601 with an offset, None for anything else."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        at = dt.datetime.fromisoformat(value)
        return at.astimezone(dt.UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def ahead(sent_at: dt.datetime, arrived_at: dt.datetime) -> dt.timedelta:
    """Return how far the device's clock stands before ours; what a bad line's delay may explain counts as nothing."""
    off = sent_at - arrived_at
    return off if abs(off) > EDGE else dt.timedelta()


def set_right(at: dt.datetime | None, off: dt.timedelta, arrived_at: dt.datetime) -> dt.datetime | None:
    """Return when something happened by our clock: never after it arrived."""
    if at is None:
        return None
    try:
        return min(at - off, arrived_at)
    except OverflowError:
        return arrived_at


def clean(value: Any, depth: int = 0) -> Any:
    """Return JSON without NUL, which PostgreSQL's text cannot hold. Raises Unreadable where it is nested too deeply."""
    if depth > DEEPEST:
        raise Unreadable(f"body: at most {DEEPEST} levels")
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {clean(k, depth): clean(v, depth + 1) for k, v in value.items()}
    if isinstance(value, Sequence):
        return [clean(v, depth + 1) for v in value]
    return value
