"""What gateways report of attempts: delivered, read, failed. They overtake one another and come twice; none undoes."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from anlan.callout import counting
from anlan.callout.services import deaths, jobs_by_name, settling, tallies
from anlan.callout.services.undone import begun_again
from anlan.callout.terms import ReceiptState, Report
from anlan.kernel.clock import now

MOST = 2_000
STALE = 90  # seconds after which an attempt still queued or in hand is nobody's: it is handed over again
GOOD = (ReceiptState.DELIVERED, ReceiptState.READ)


def report_many(reports: Sequence[Report]) -> int:
    """Take in reports; returns how many changed something. Unknown keys are passed over: they count as nothing."""
    changed = 0
    for at in range(0, len(reports), MOST):
        part = reports[at : at + MOST]
        changed += _take(part)
    return changed


@begun_again
@transaction.atomic
def _take(reports: Sequence[Report]) -> int:
    moment = now()
    leaves = counting.deltas()
    last: dict[tuple[UUID, str], Report] = {(r.receipt, r.state): r for r in reports}
    good = [r for r in last.values() if r.state in GOOD]
    bad = [r for r in last.values() if r.state == ReceiptState.FAILED]
    changed = _good(good, moment, leaves) + _bad(bad, moment, leaves)
    tallies.add(leaves)
    return changed


def _good(reports: Sequence[Report], moment: dt.datetime, leaves: counting.Deltas) -> int:
    """Note deliveries; a person counts as reached the first time."""
    if not reports:
        return 0
    seen: dict[UUID, tuple[bool, dt.datetime]] = {}
    for r in reports:
        at = r.at if r.at is not None and r.at <= moment else moment
        read, since = seen.get(r.receipt, (False, at))
        seen[r.receipt] = (read or r.state == ReceiptState.READ, min(since, at))
    keys = sorted(seen)
    with connection.cursor() as cursor:
        cursor.execute("SELECT obligation_id FROM callout_receipt WHERE id = ANY(%s)", [keys])
        owners = sorted({row[0] for row in cursor.fetchall()})
        cursor.execute("SELECT id FROM callout_obligation WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [owners])
        cursor.execute(
            """UPDATE callout_receipt r SET
                 state = CASE WHEN g.read THEN 'read' WHEN r.state = 'read' THEN 'read' ELSE 'delivered' END,
                 handed_at = coalesce(r.handed_at, g.at), delivered_at = coalesce(r.delivered_at, g.at),
                 read_at = CASE WHEN g.read THEN coalesce(r.read_at, g.at) ELSE r.read_at END
               FROM (SELECT f.id, f.read, f.at, c.handed_at AS had
                     FROM unnest(%s::uuid[], %s::bool[], %s::timestamptz[]) AS f (id, read, at)
                     JOIN callout_receipt c ON c.id = f.id
                     ORDER BY c.id FOR UPDATE OF c) g
               WHERE r.id = g.id AND (r.state IN ('handing', 'handed') OR (r.state = 'delivered' AND g.read))
               RETURNING r.obligation_id, r.delivered_at, r.id = r.obligation_id AND g.had IS NULL, r.call_id,
                 r.place_path, r.read_at""",
            [keys, [seen[k][0] for k in keys], [seen[k][1] for k in keys]],
        )
        rows = cursor.fetchall()
        for _, _, newly, call, path, _read in rows:
            if newly and call is not None:
                leaves[call, path]["handed"] += 1
        first: dict[UUID, dt.datetime] = {}
        for obligation, at, *_rest in rows:
            first[obligation] = min(at, first.get(obligation, at))
        cursor.execute(
            """UPDATE callout_obligation o SET reached_at = g.at
               FROM unnest(%s::uuid[], %s::timestamptz[]) AS g (id, at) WHERE o.id = g.id AND o.reached_at IS NULL
               RETURNING o.call_id, o.place_path, o.part, o.state, o.dead""",
            [list(first), list(first.values())],
        )
        for call, path, part, state, dead in cursor.fetchall():
            if call is not None and part == "self":
                leaves[call, path]["reached"] += 1
                leaves[call, path]["silent_reached"] += state == "open" and not dead
        _read_by(cursor, [(row[0], row[5]) for row in rows if row[5] is not None], leaves)
    return len(rows)


def _read_by(cursor: Any, read: Sequence[tuple[UUID, dt.datetime]], leaves: counting.Deltas) -> None:
    """Note who has read it, the first time. Read is never an answer; it is one of the four states (WRN-04)."""
    if not read:
        return
    cursor.execute(
        """UPDATE callout_obligation o SET read_at = g.at
           FROM (SELECT id, min(at) AS at FROM unnest(%s::uuid[], %s::timestamptz[]) AS f (id, at) GROUP BY 1) g
           WHERE o.id = g.id AND o.read_at IS NULL RETURNING o.call_id, o.place_path, o.part""",
        [[r[0] for r in read], [r[1] for r in read]],
    )
    for call, path, part in cursor.fetchall():
        if call is not None and part == "self":
            leaves[call, path]["read"] += 1


def _bad(reports: Sequence[Report], moment: dt.datetime, leaves: counting.Deltas) -> int:
    """Note failures; the next carrier of the group takes over, and a dead number goes up the ladder at once."""
    if not reports:
        return 0
    by_key = {r.receipt: r for r in reports}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, obligation_id, fallback, attempt FROM callout_receipt WHERE id = ANY(%s)", [sorted(by_key)]
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    settling.hold({row[1] for row in rows})
    failed = settling.fail(
        [(row[0], "dead" if by_key[row[0]].dead else (by_key[row[0]].reason or "failed")[:200]) for row in rows],
        moment, leaves,
    )  # fmt: skip
    settling.pass_on([(row[1], row[2], row[3], by_key[row[0]].dead) for row in rows if row[0] in failed], moment)
    deaths.note({row[1] for row in rows if row[0] in failed and by_key[row[0]].dead}, moment, leaves)
    return len(failed)


def sweep_stale(*, older_than: float = STALE, limit: int = 20_000) -> int:
    """Hand over again what lies `queued` or `handing` since `older_than` seconds with the same keys. Returns how many.

    The net under every other net: a job that was lost, a worker that died, a gateway that hung.
    """
    moment = now()
    before = moment - dt.timedelta(seconds=older_than)
    floor = moment - dt.timedelta(days=2)
    low = UUID(f"{int(floor.timestamp() * 1000):012x}" + "0" * 20)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """UPDATE callout_receipt r SET state = 'queued', handing_at = NULL
               FROM (SELECT id FROM callout_receipt WHERE id >= %s AND state = 'handing' AND handing_at < %s
                     ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED) p WHERE r.id = p.id""",
            [low, before, limit],
        )
        cursor.execute(
            """SELECT r.id FROM callout_receipt r LEFT JOIN callout_call c ON c.id = r.call_id
               WHERE r.id >= %s AND r.state = 'queued' AND r.made_at < %s AND (c.id IS NULL OR c.state = 'running')
               ORDER BY r.id LIMIT %s""",
            [low, before, limit],
        )
        ids = [row[0] for row in cursor.fetchall()]
        jobs_by_name.many(
            "callout.hand-later",
            [
                {"low": str(part[0]), "high": str(part[-1])}
                for part in (ids[i : i + 2_500] for i in range(0, len(ids), 2_500))
            ],
        )
    return len(ids)
