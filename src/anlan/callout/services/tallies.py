"""Counters of calls: kept by differences in the transaction that changes what they count, last before its commit."""

import datetime as dt
import json
import time
from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction

from anlan.callout import counting
from anlan.callout.terms import COUNTERS, TEMPO
from anlan.kernel.clock import now

CHANNEL = "anlan_live"
PULSE = 0.5  # seconds between two signals of one call from one process; the tick sends what was held back
_signalled: dict[UUID, float] = {}


def add(leaves: counting.Deltas) -> None:
    """Add differences to every place above each leaf, in one statement, in the order of call and path.

    Call it last in a transaction: the rows of the upper places are everybody's.
    """
    rows = counting.upward(leaves)
    if not rows:
        return
    used = [c for c in (*COUNTERS, *TEMPO) if any(c in row for row in rows.values())]
    keys = sorted(rows)
    arrays = [[rows[key].get(c, 0) for key in keys] for c in used]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO callout_tally AS t (call_id, place_path, touched_at, {", ".join(used)})
                SELECT call_id, place_path, %s, {", ".join(used)}
                FROM unnest(%s::uuid[], %s::varchar[] {", %s::int[]" * len(used)})
                  AS d (call_id, place_path, {", ".join(used)}) ORDER BY call_id, place_path COLLATE "C"
                ON CONFLICT (call_id, place_path) DO UPDATE SET touched_at = excluded.touched_at,
                  {", ".join(f"{c} = t.{c} + excluded.{c}" for c in used)}""",
            [now(), [k[0] for k in keys], [k[1] for k in keys], *arrays],
        )
    for call in {key[0] for key in keys}:
        signal(call)


def leaf_counts(call: UUID, rows: Iterable[tuple[str, int]], **per_one: int) -> counting.Deltas:
    """Return differences from (place path, number of persons) rows: `per_one` says what each person changes."""
    made = counting.deltas()
    for path, n in rows:
        for name, each in per_one.items():
            made[call, path][name] += n * each
    return made


def merge(*accounts: counting.Deltas) -> counting.Deltas:
    """Add accounts up."""
    made = counting.deltas()
    for account in accounts:
        for key, row in account.items():
            for name, n in row.items():
                made[key][name] += n
    return made


def signal(call: UUID, *, force: bool = False) -> None:
    """Tell live screens that a call's numbers moved, at most twice a second from this process."""
    moment = time.monotonic()
    if not force and moment - _signalled.get(call, -PULSE) < PULSE:
        return
    _signalled[call] = moment
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps({"call": str(call)})])


def pulse(*, within: float = 1.5) -> int:
    """Send the signals that were held back: one for each call whose numbers moved just now. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT t.call_id FROM callout_call c JOIN callout_tally t ON t.call_id = c.id
               WHERE c.state = 'running' AND length(t.place_path) = 4 AND t.touched_at > %s""",
            [now() - dt.timedelta(seconds=within)],
        )
        moved = [row[0] for row in cursor.fetchall()]
    for call in moved:
        signal(call, force=True)
    return len(moved)


def recount(call: UUID) -> dict[str, dict[str, int]]:
    """Count a call's obligations and receipts anew: place path → counter → number, every place on the way up.

    Reads everything: for the nightly check and for tests, never for a screen.
    """
    counted = counting.upward(leaves(call))
    return {path: {c: n for c, n in row.items() if n} for (_, path), row in counted.items()}


def leaves(call: UUID) -> counting.Deltas:
    """Count a call's obligations and receipts anew, at the places where its people are. Reads everything."""
    columns = [f"count(*) FILTER (WHERE {counting.OF_PART[c]})" for c in (*COUNTERS, *TEMPO) if c != "failed"]
    names = [c for c in (*COUNTERS, *TEMPO) if c != "failed"]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT o.place_path, {", ".join(columns)} FROM callout_obligation o
                LEFT JOIN callout_receipt f ON f.id = o.id WHERE o.call_id = %s GROUP BY 1""",
            [call],
        )
        made = counting.deltas()
        for path, *numbers in cursor.fetchall():
            made[call, path].update(zip(names, numbers, strict=True))
        cursor.execute(
            """SELECT place_path, count(*) FROM callout_receipt
               WHERE call_id = %s AND failed_at IS NOT NULL AND reason <> 'not_needed' GROUP BY 1""",
            [call],
        )
        for path, n in cursor.fetchall():
            made[call, path]["failed"] += n
    return made


@transaction.atomic
def check(call: UUID, *, mend: bool = False) -> dict[str, dict[str, tuple[int, int]]]:
    """Compare a quiet call's counters with a recount: place path → counter → (kept, counted); `mend` corrects."""
    names = (*COUNTERS, *TEMPO)
    true = recount(call)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT place_path, {', '.join(names)} FROM callout_tally WHERE call_id = %s "
            "ORDER BY place_path FOR UPDATE",
            [call],
        )
        kept = {path: dict(zip(names, numbers, strict=True)) for path, *numbers in cursor.fetchall()}
    wrong: dict[str, dict[str, tuple[int, int]]] = {}
    for path in {*kept, *true}:
        for name in names:
            have, want = kept.get(path, {}).get(name, 0), true.get(path, {}).get(name, 0)
            if have != want:
                wrong.setdefault(path, {})[name] = (have, want)
    if mend and wrong:
        with connection.cursor() as cursor:
            for path, row in wrong.items():
                sets = ", ".join(f"{name} = %s" for name in row)
                cursor.execute(
                    f"UPDATE callout_tally SET {sets} WHERE call_id = %s AND place_path = %s",
                    [*(want for _, want in row.values()), call, path],
                )
    return wrong


def total(call: UUID) -> dict[str, int]:
    """Return a call's counters over all its places."""
    names = (*COUNTERS, *TEMPO)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(f'coalesce(sum({n}), 0)' for n in names)} FROM callout_tally "
            "WHERE call_id = %s AND length(place_path) = 4",
            [call],
        )
        return {n: int(v) for n, v in zip(names, cursor.fetchone(), strict=True)}
