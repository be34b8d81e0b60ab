"""What came of a batch: handed, failed, passed on to the next carrier, or put back to be tried again."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from anlan.callout import counting
from anlan.callout.carriers import NO_ACCOUNT, Handed, discover
from anlan.callout.models import Call
from anlan.callout.services import deaths, following, jobs_by_name, tallies
from anlan.callout.services.undone import begun_again
from anlan.callout.terms import Did
from anlan.kernel import authority
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7s
from anlan.ledger import services as ledger

TRIES = 12  # times that one receipt is offered to a carrier that has no time for it
PAUSE, LONGEST = 4, 120  # seconds before it is offered again, doubled each time


@dataclass(slots=True)
class Sent:
    """A row as handing took it, what the carrier said of it, and what went wrong before it could."""

    row: Sequence[Any]
    handed: Handed | None
    problem: str


@begun_again
@transaction.atomic
def settle(carrier: str, sent: Sequence[Sent]) -> None:
    """Write down a batch. Keys that were settled by somebody else meanwhile (a retried job) are left alone."""
    moment = now()
    good = [s for s in sent if s.handed is not None and s.handed.ok]
    bad = [s for s in sent if s.handed is None or not s.handed.ok]
    leaves = counting.deltas()
    hold({s.row[1] for s in bad} | {s.row[1] for s in good if s.row[0] != s.row[1]})
    if good:
        _handed(good, moment, leaves)
        following.follow(carrier, [(s.row[0], s.handed.ref) for s in good if s.handed is not None])
    following.mark_gone(
        discover()[carrier].needs, [s.row[6] for s in bad if s.handed and s.handed.reason == NO_ACCOUNT]
    )
    lost = _settle_bad(bad, moment, leaves) if bad else 0
    _enter(carrier, good, lost)
    tallies.add(leaves)


def hold(obligations: Collection[UUID]) -> None:
    """Lock obligations, in order, before their receipts are touched: as answers do, so that none waits in a ring."""
    if obligations:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM callout_obligation WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
                [list(obligations)],
            )


def _handed(good: list[Sent], moment: dt.datetime, leaves: counting.Deltas) -> None:
    keys = [s.row[0] for s in good]
    refs = [s.handed.ref for s in good if s.handed is not None]
    source = "unnest(%(keys)s::uuid[], %(refs)s::text[]) AS g (id, ref)"
    if not any(refs):
        source = "(SELECT unnest(%(keys)s::uuid[]) AS id, '' AS ref) AS g"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")  # see handing
        cursor.execute(
            f"""WITH u AS (
                 UPDATE callout_receipt r SET state = 'handed', handed_at = %(now)s, ref = g.ref FROM {source}
                 WHERE r.id = g.id AND r.id >= %(low)s AND r.id <= %(high)s AND r.state IN ('handing', 'queued')
                 RETURNING r.id, r.obligation_id, r.call_id, r.place_path)
               SELECT call_id, place_path, count(*) FILTER (WHERE id = obligation_id),
                 array_agg(obligation_id) FILTER (WHERE id <> obligation_id) FROM u GROUP BY 1, 2""",
            {
                "now": moment, "keys": f"{{{','.join(map(str, keys))}}}", "refs": refs,
                "low": min(keys, key=_order), "high": max(keys, key=_order),
            },
        )  # fmt: skip
        rows = cursor.fetchall()
    others: list[UUID] = []
    for call, path, firsts, later in rows:
        if call is not None:
            leaves[call, path]["handed"] += firsts
        others += later or []
    _reached_by_another(others, moment, leaves)


def _order(identifier: UUID) -> int:
    return identifier.int


def _reached_by_another(obligations: list[UUID], moment: dt.datetime, leaves: counting.Deltas) -> None:
    """Count persons whom a later carrier took after the first had failed: once, under their row's lock."""
    if not obligations:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM callout_obligation WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [sorted(obligations)]
        )
        cursor.execute(
            """UPDATE callout_obligation o SET handed_at = %s FROM callout_receipt f
               WHERE o.id = ANY(%s) AND f.id = o.id AND f.state = 'failed' AND f.handed_at IS NULL
                 AND o.handed_at IS NULL AND o.part = 'self'
                 AND EXISTS (SELECT FROM callout_receipt l WHERE l.obligation_id = o.id AND l.id <> l.obligation_id
                             AND l.handed_at IS NOT NULL)
               RETURNING o.call_id, o.place_path""",
            [moment, obligations],
        )
        for call, path in cursor.fetchall():
            if call is not None:
                leaves[call, path]["handed"] += 1


def _settle_bad(bad: list[Sent], moment: dt.datetime, leaves: counting.Deltas) -> int:
    """Pass on, put back or give up. Returns how many attempts were given up."""
    again = [s for s in bad if _may_wait(s)]
    again_ids = {id(s) for s in again}
    given_up = [s for s in bad if id(s) not in again_ids]
    if again:
        _put_back(again)
    if not given_up:
        return 0
    dead = {s.row[1] for s in given_up if s.handed is not None and s.handed.dead}
    failed = fail([(s.row[0], _why(s)) for s in given_up], moment, leaves)
    passed = [s for s in given_up if s.row[0] in failed and s.problem != "drill"]
    pass_on([(s.row[1], s.row[3], s.row[4], s.handed is not None and s.handed.dead) for s in passed], moment)
    firsts = [s.row[1] for s in given_up if s.row[0] == s.row[1]]
    _reached_by_another(firsts, moment, leaves)
    deaths.note(dead, moment, leaves)
    return len(failed)


def _why(s: Sent) -> str:
    if s.handed is None:
        return s.problem
    return "dead" if s.handed.dead else (s.handed.reason or "refused")[:200]


def _may_wait(s: Sent) -> bool:
    """Say whether the same carrier is to be asked again: it had no time, and nobody else could take it."""
    if s.problem in {"drill", "no_address"} or (s.handed is not None and s.handed.dead):
        return False
    gateway = s.problem == "gateway"
    throttled = s.handed is not None and s.handed.again
    return throttled or (gateway and not s.row[3])


def _put_back(again: list[Sent]) -> None:
    ids = sorted(s.row[0] for s in again)
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE callout_receipt SET state = CASE WHEN tries < %s THEN 'queued' ELSE 'failed' END,
                 failed_at = CASE WHEN tries < %s THEN NULL ELSE %s END, reason = 'waiting'
               WHERE id = ANY(%s) AND state = 'handing' RETURNING tries""",
            [TRIES, TRIES, now(), ids],
        )
        tries = [row[0] for row in cursor.fetchall()]
    if tries:
        pause = min(PAUSE * 2 ** max(min(tries) - 1, 0), LONGEST)
        at = now() + dt.timedelta(seconds=pause)
        jobs_by_name.later("callout.hand-later", at=at, priority=10, low=str(ids[0]), high=str(ids[-1]))


def fail(given_up: Iterable[tuple[UUID, str]], moment: dt.datetime, leaves: counting.Deltas) -> set[UUID]:
    """Mark attempts failed, with the reason; returns which were still under way."""
    pairs = list(given_up)
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE callout_receipt r SET state = 'failed', failed_at = %s, reason = g.reason
               FROM unnest(%s::uuid[], %s::text[]) AS g (id, reason)
               WHERE r.id = g.id AND r.state IN ('queued', 'handing', 'handed')
               RETURNING r.id, r.call_id, r.place_path""",
            [moment, [p[0] for p in pairs], [p[1] for p in pairs]],
        )
        rows = cursor.fetchall()
    for _, call, path in rows:
        if call is not None:
            leaves[call, path]["failed"] += 1
    return {row[0] for row in rows}


def pass_on(given_up: Iterable[tuple[UUID, str, int, bool]], moment: dt.datetime) -> None:
    """Queue the same attempt with the next carrier of its group, where there is one that can still reach the person.

    Rows are (obligation, carriers left, attempt, whether the number is dead).
    """
    rows = []
    for obligation, left, attempt, dead in given_up:
        rest = [c for c in left.split(",") if c and not (dead and discover()[c].needs == "phone")]
        if rest:
            rows.append((obligation, rest[0], ",".join(rest[1:]), attempt))
    queue(rows, moment)


def queue(rows: Sequence[tuple[UUID, str, str, int]], moment: dt.datetime) -> None:
    """Queue attempts (obligation, carrier, fallback, attempt) and defer their hand-over, in this transaction."""
    if not rows:
        return
    ids = uuid7s(len(rows))
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO callout_receipt (id, obligation_id, call_id, place_path, exercise_id, drill, carrier,
                 fallback, attempt, state, made_at, tries, reason, ref)
               SELECT q.id, o.id, o.call_id, o.place_path, o.exercise_id, o.drill, q.carrier, q.fallback, q.attempt,
                 'queued', %s, 0, '', ''
               FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::int[])
                 AS q (id, obligation, carrier, fallback, attempt) JOIN callout_obligation o ON o.id = q.obligation""",
            [moment, ids, *map(list, zip(*rows, strict=True))],
        )
        cursor.execute(
            """UPDATE callout_obligation o SET receipt_id = q.id
               FROM unnest(%s::uuid[], %s::uuid[]) AS q (id, obligation)
               WHERE o.id = q.obligation""",
            [ids, [r[0] for r in rows]],
        )
    jobs_by_name.later("callout.hand-later", priority=25, low=str(ids[0]), high=str(ids[-1]))


@transaction.atomic
def nobody(
    call: Call, low: UUID, high: UUID, identifier: str, *, reason: str, only_dead: bool = False,
    instead: Sequence[str] = (),
) -> int:  # fmt: skip
    """Leave a failed receipt for persons whom no carrier of the group can reach, so that they are seen; or pass on.

    `only_dead`: those with a dead number; `instead`: the group's other carriers, of which one without a phone may do.
    """
    other = [c for c in instead if discover()[c].needs != "phone"] if only_dead else []
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH made AS (
                  INSERT INTO callout_receipt (id, obligation_id, call_id, place_path, exercise_id, drill, carrier,
                    fallback, attempt, state, made_at, failed_at, tries, reason, ref)
                  SELECT {identifier}, o.id, o.call_id, o.place_path, o.exercise_id, o.drill, 'null', '', 1, 'failed',
                    %s, %s, 0, %s, '' FROM callout_obligation o
                  WHERE o.call_id = %s AND o.id >= %s AND o.id < %s AND o.part = 'self'
                    AND o.state IN ('open', 'told') {"AND o.dead" if only_dead else ""}
                  ON CONFLICT (id) DO NOTHING RETURNING obligation_id, place_path)
                SELECT obligation_id, place_path FROM made""",
            [moment, moment, reason, call.id, low, high],
        )
        rows = cursor.fetchall()
    if other:
        queue([(row[0], other[0], ",".join(other[1:]), 1) for row in rows], moment)
    tallies.add(tallies.leaf_counts(call.id, Counter(row[1] for row in rows).items(), failed=1))
    return len(rows)


def not_needed(receipts: Sequence[UUID]) -> None:
    """Drop attempts whose answer came, or whose call stopped, while they waited; they count as nobody's failure."""
    if receipts:
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE callout_receipt SET state = 'failed', failed_at = %s, reason = 'not_needed'
                   WHERE id = ANY(%s) AND state IN ('queued', 'handing')""",
                [now(), list(receipts)],
            )


def _enter(carrier: str, good: Sequence[Sent], lost: int) -> None:
    """Record a batch once per call: the digest of its keys seals which persons it was, without one entry each."""
    by_call: dict[UUID, list[UUID]] = {}
    for s in good:
        if s.row[13] is not None:
            by_call.setdefault(s.row[13], []).append(s.row[0])
    for call in Call.objects.filter(id__in=by_call):
        keys = sorted(by_call[call.id], key=_order)
        digest = hashlib.sha256(b"".join(k.bytes for k in keys)).hexdigest()
        by = authority.machine("callout.hand", exercise=call.exercise_id)
        ledger.record(
            Did.HANDED,
            call,
            by=by,
            carrier=carrier,
            count=len(keys),
            failed=lost,
            first=keys[0],
            last=keys[-1],
            keys=digest,
        )
