"""Records from devices: kept first, each of them, then applied by whoever handles its kind.

Many devices' parcels share a transaction. A record's id makes it once: a repeat is answered with what became of it and
reaches no handler. Within a device the order is that of `seq`, held by a lock on the device for the transaction.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any
from uuid import UUID

import orjson
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from anlan.fieldwork import ports
from anlan.fieldwork.models import Upload
from anlan.fieldwork.parcels import Parcel, Read, set_right
from anlan.fieldwork.terms import Did, Outcome, RecordState
from anlan.fieldwork.terms import Record as Said
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.ledger import services as ledger
from anlan.people.ports import permissions

log = logging.getLogger(__name__)
BUDGET = 0.4  # seconds that a transaction should take: the ledger's horizon must not be held long
TELL = 300  # characters kept of a message


@dataclass(frozen=True, slots=True)
class Result:
    """What a record's sender is told."""

    id: UUID
    state: str
    message: str = ""
    subject: UUID | None = None
    href: str = ""
    now: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """One result for each record of a parcel, in order; `upto` is the highest seq kept of the device."""

    results: Sequence[Result]
    upto: int


class _Pace:
    """How many records a transaction may take to stay within its budget, by what the last ones took."""

    def __init__(self) -> None:
        self.records = 100.0

    def measured(self, records: int, seconds: float) -> None:
        """Learn from one transaction."""
        if records:
            able = records / max(seconds, 0.001) * BUDGET
            self.records = min(max((self.records + able) / 2, 20.0), 600.0)


_pace = _Pace()


def take(parcels: Sequence[Parcel]) -> list[Reply | Exception]:
    """Take parcels in, in as few transactions as their work allows; one reply each, in order.

    A parcel whose transaction broke is taken alone; what breaks then is returned for it: nothing of it is kept, and its
    device sends it again.
    """
    replies: list[Reply | Exception] = []
    while len(replies) < len(parcels):
        share = _share(parcels[len(replies) :])
        try:
            replies += _some(share)
        except Exception:  # noqa: BLE001 - one parcel must not take the others along; each is told its own below
            replies += [_alone(parcel) for parcel in share]
    return replies


def _share(parcels: Sequence[Parcel]) -> Sequence[Parcel]:
    count = 0
    for index, parcel in enumerate(parcels):
        count += len(parcel.records)
        if index and count > _pace.records:
            return parcels[:index]
    return parcels


def _alone(parcel: Parcel) -> Reply | Exception:
    try:
        return _some([parcel])[0]
    except Exception as broken:
        log.exception("a parcel of %d records could not be taken; its device sends it again", len(parcel.records))
        return broken


@transaction.atomic
def _some(parcels: Sequence[Parcel]) -> list[Reply]:
    began, batch = time.monotonic(), _Batch(parcels)
    batch.keep()
    for parcel in parcels:
        batch.apply(parcel)
    batch.write()
    _pace.measured(len(batch.made), time.monotonic() - began)
    return [batch.reply(parcel) for parcel in parcels]


class _Batch:
    """The records of some parcels within one transaction."""

    def __init__(self, parcels: Sequence[Parcel]) -> None:
        self.parcels = parcels
        self.fresh: set[UUID] = set()
        self.owner: dict[UUID, UUID | None] = {}
        self.old: dict[UUID, tuple[UUID | None, Result]] = {}
        self.made: dict[UUID, Outcome] = {}
        self.upto: dict[UUID, int] = {}

    def keep(self) -> None:
        """Write every record down as waiting; those that were known already are read instead."""
        devices = sorted({str(p.device) for p in self.parcels})
        rows: dict[UUID, tuple[Any, ...]] = {}
        for p in self.parcels:
            for one in p.records:
                if one.id not in rows:
                    rows[one.id], self.owner[one.id] = _row(one, p), p.by.pseudonym
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(k) FROM (SELECT DISTINCT hashtextextended(d, 42) k"
                " FROM unnest(%s::text[]) d ORDER BY k) AS locks",
                [devices],
            )
            if rows:
                ordered = [rows[i] for i in sorted(rows)]
                cursor.execute(_KEEP, [list(column) for column in zip(*ordered, strict=True)])
                self.fresh = {row[0] for row in cursor.fetchall()}
            if known := sorted(rows.keys() - self.fresh):
                cursor.execute(_KNOWN, [known])
                self.old = {r[0]: (r[1], Result(r[0], r[2], r[3], r[4], r[5], _loads(r[6]))) for r in cursor.fetchall()}
        self._await_uploads()

    def _await_uploads(self) -> None:
        """Make room for files that a record names and that have not come: words do not wait for photos."""
        named = {
            u: p.by.pseudonym for p in self.parcels for one in p.records if self._mine(one, p) for u in one.uploads
        }
        Upload.objects.bulk_create(
            [Upload(id=u, owner=named[u], state="awaited", digest=b"") for u in sorted(named)], ignore_conflicts=True
        )

    def apply(self, parcel: Parcel) -> None:
        """Have the fresh records of a parcel applied, in order, by runs of one kind."""
        fresh = [one for one in parcel.records if self._mine(one, parcel) and one.id not in self.made]
        with override(parcel.language):
            for kind, run in groupby(fresh, key=lambda one: _reason(one, parcel.by) or f"+{one.kind}"):
                ones = list(run)
                if kind.startswith("+"):
                    said = [said_of(one, parcel) for one in ones]
                    self.made |= dict(zip((o.id for o in ones), run_handler(said, by=parcel.by), strict=True))
                else:
                    self.made |= {one.id: Outcome(RecordState.WAITING, _unkept(kind)) for one in ones}

    def _mine(self, one: Read, parcel: Parcel) -> bool:
        """Say whether a record is fresh and this sender's: the same id in another's parcel of the batch is not."""
        return one.id in self.fresh and self.owner[one.id] == parcel.by.pseudonym

    def write(self) -> None:
        """Write what became of the fresh ones, and enter the conflicts."""
        made = sorted(self.made.items())
        with connection.cursor() as cursor:
            if made:
                cursor.execute(_RESULT, [list(c) for c in zip(*[_columns(i, o) for i, o in made], strict=True)])
            cursor.execute(
                "SELECT device, max(seq) FROM fieldwork_record WHERE device = ANY(%s) GROUP BY device",
                [[p.device for p in self.parcels]],
            )
            self.upto = dict(cursor.fetchall())
        lines = [
            ledger.Line(
                "fieldwork.record", one.id, place_of(p.by), self.made[one.id].subject or one.id, p.by.exercise,
                {"kind": one.kind}, p.by.pseudonym,
            )
            for p in self.parcels for one in p.records
            if self._mine(one, p) and self.made[one.id].state == RecordState.CONFLICT
        ]  # fmt: skip
        if lines:
            ledger.record_many(Did.CONFLICT_KEPT, lines, by=self.parcels[0].by)

    def reply(self, parcel: Parcel) -> Reply:
        """Return the results of a parcel. Somebody else's record is never told."""
        results = []
        for one in parcel.records:
            if self._mine(one, parcel):
                made = self.made[one.id]
                results.append(Result(one.id, made.state, made.message[:TELL], made.subject, made.href, dict(made.now)))
            elif one.id in self.old and self.old[one.id][0] == parcel.by.pseudonym:
                results.append(self.old[one.id][1])
            else:
                results.append(Result(one.id, RecordState.REFUSED, _("这条记录的编号已经有人用了，请重新记一条")))
        return Reply(results, self.upto.get(parcel.device, 0))


def said_of(one: Read, parcel: Parcel) -> Said:
    """Return a record as its handler gets it."""
    return Said(
        one.id, one.kind, one.body, set_right(one.at, parcel.off, parcel.arrived_at), one.offline, one.base,
        one.uploads, parcel.device, one.seq,
    )  # fmt: skip


def _reason(one: Read, by: Actor) -> str:
    """Return why a record can be kept only: kind, body, time, account; "" where it may be applied."""
    if one.wrong:
        return one.wrong
    if by.person is None or (one.made_by is not None and one.made_by != by.person):
        return "account"
    return "" if one.kind in ports.handlers else "kind"


def _unkept(reason: str) -> str:
    return {
        "kind": _("这台服务器还不认识这种记录，先留着，等管理员看"),
        "body": _("内容读不懂，先留着，等人看"),
        "time": _("时间读不懂，先留着，等人看"),
        "account": _("记的人和现在登录的不是同一个人，先留着，等人看"),
    }[reason]


def run_handler(records: Sequence[Said], *, by: Actor) -> list[Outcome]:
    """Have records of one kind applied in order; where the whole run breaks, each alone. Never raises for a record.

    Raises OperationalError (a deadlock, a lost server): then the transaction itself is gone and is tried again.
    """
    handler = ports.handlers[records[0].kind]
    whole = None if isinstance(handler, ports.OneByOne) or len(records) == 1 else _whole(handler, records, by)
    return whole or [_one(handler, record, by) for record in records]


def _whole(handler: ports.Handler, records: Sequence[Said], by: Actor) -> list[Outcome] | None:
    """Apply a run at once; None, and nothing written, where it cannot be: each is applied alone, and says why there."""
    try:
        with transaction.atomic():
            outcomes = list(handler.apply(records, by=by))
            good = len(outcomes) == len(records) and all(o.state == RecordState.DONE for o in outcomes)
            transaction.set_rollback(not good)
    except OperationalError:
        raise
    except Exception:  # noqa: BLE001 - what is wrong shows, and is logged, where each is applied alone
        return None
    return outcomes if good else None


def apply_one(record: Said, *, by: Actor) -> Outcome:
    """Have one record applied; never raises for what authority or input is wrong with it."""
    return _one(ports.handlers[record.kind], record, by)


def _one(handler: ports.Handler, record: Said, by: Actor) -> Outcome:
    try:
        with transaction.atomic():
            (outcome,) = handler.apply([record], by=by)
            transaction.set_rollback(outcome.state != RecordState.DONE)
    except OperationalError:
        raise
    except (Refused, Hidden, Conflict, Invalid) as error:
        outcome = outcome_of(error)
    except Exception:
        log.exception("a record of kind %s could not be applied; it waits in the queue", record.kind)
        return Outcome(RecordState.WAITING, _("没能收进来，已经留着，等管理员看"))
    if outcome.state != RecordState.DONE and not outcome.mine and isinstance(handler, ports.Tells):
        outcome = replace(outcome, mine=dict(handler.tell(record)))
    return outcome


def outcome_of(error: Exception) -> Outcome:
    """Return what an error of authority means for a record, in plain words."""
    match error:
        case Refused():
            can = str(permissions.all().get(error.can, error.can))
            return Outcome(RecordState.REFUSED, _("你的岗位不能做这件事，要有「{can}」这项权限").format(can=can))
        case Hidden():
            return Outcome(RecordState.REFUSED, _("找不到这件事，或者已经不归你管"))
        case Conflict():
            return Outcome(RecordState.CONFLICT, str(error) or _("这件事已经有人先办了"))
        case Invalid():
            return Outcome(RecordState.REFUSED, "；".join(error.errors.values()))
    raise TypeError(type(error).__name__)


def place_of(by: Actor) -> str:
    """Return the place of the sender's nearest post: whoever minds the queue there sees what was not applied."""
    return max((s.path for s in by.seats), key=len, default="")


def _row(one: Read, p: Parcel) -> tuple[Any, ...]:
    path = place_of(p.by)
    title = next((s.title for s in p.by.seats if s.path == path), "")
    at = set_right(one.at, p.off, p.arrived_at)
    return (
        one.id, p.device, one.seq, one.kind, orjson.dumps(one.body).decode(),
        orjson.dumps([str(u) for u in one.uploads]).decode(), one.base, one.offline, one.at, at,
        p.off.total_seconds(), p.arrived_at, p.by.person, p.by.pseudonym, one.made_by, p.by.name[:60], title[:80],
        path, p.by.exercise,
    )  # fmt: skip


def _columns(identifier: UUID, made: Outcome) -> tuple[Any, ...]:
    return (
        identifier, str(made.state), made.message[:TELL], made.subject, made.href[:120], _dumps(made.now),
        _dumps(made.mine),
    )  # fmt: skip


def _dumps(words: Any) -> str:
    return orjson.dumps(dict(words), default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _loads(kept: Any) -> dict[str, str]:
    found: dict[str, str] = kept if isinstance(kept, dict) else orjson.loads(kept)
    return found


_COLUMNS = (
    ("id", "uuid"), ("device", "uuid"), ("seq", "bigint"), ("kind", "text"), ("body", "jsonb"), ("uploads", "jsonb"),
    ("base", "int"), ("offline", "bool"), ("said_at", "timestamptz"), ("at", "timestamptz"), ("ahead", "float8"),
    ("arrived_at", "timestamptz"), ("person", "uuid"), ("pseudonym", "uuid"), ("made_by", "uuid"), ("sender", "text"),
    ("post_title", "text"), ("place_path", "text"), ("exercise", "uuid"),
)  # fmt: skip
_KEEP = f"""
INSERT INTO fieldwork_record ({", ".join(n for n, _t in _COLUMNS)}, state, message, href, now, mine, settled,
  settled_by, opinion)
SELECT *, 'waiting', '', '', '{{}}'::jsonb, '{{}}'::jsonb, '', '', ''
FROM unnest({", ".join(f"%s::{t}[]" for _n, t in _COLUMNS)})
ON CONFLICT (id) DO NOTHING RETURNING id
"""
_KNOWN = "SELECT id, pseudonym, state, message, subject, href, now FROM fieldwork_record WHERE id = ANY(%s)"
_RESULT = """
UPDATE fieldwork_record r SET state = q.state, message = q.message, subject = q.subject, href = q.href, now = q.now,
  mine = q.mine
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::text[], %s::jsonb[], %s::jsonb[])
  AS q (id, state, message, subject, href, now, mine)
WHERE r.id = q.id
"""
