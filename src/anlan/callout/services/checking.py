"""What a check of numbers does by itself: lays its list, asks in batches, notes what came, bundles it for superiors.

Every step is one transaction over locked rows, and what is left to do is read from the rows: a worker that is killed in
the middle asks nobody twice and leaves nobody out.
"""

import datetime as dt
import math
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from anlan.callout import asking, hours
from anlan.callout.carriers import discover
from anlan.callout.models import Call, Check, Policy, Round
from anlan.callout.services import asked, calls, found_out
from anlan.callout.terms import CallState, Did, Draft, Genre, RoundState
from anlan.kernel import authority, paths
from anlan.kernel.clock import CHINA, local, now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.people import services as people_services
from anlan.people.terms import Targeting

LAY = 10_000  # persons laid in one transaction
SLOT = 15  # minutes between two batches of a round
LEAST, MOST = 50, 5_000  # persons in a batch
MACHINE = "callout.check"

_LAY = """
WITH t AS MATERIALIZED ({targets}),
made AS (
  INSERT INTO callout_check (id, round_id, quarter, person_id, place_path, superior_id, state, tries, hurry, at)
  SELECT callout_uuid7(%(ms)s, (row_number() OVER (ORDER BY t.rank DESC, t.post_id))::int), %(round)s, %(quarter)s,
    t.person_id, t.place_path, t.superior_post_id,
    CASE WHEN NOT n.has THEN 'none' WHEN n.reach = 'ok' AND n.reach_at >= %(since)s THEN 'proven' ELSE 'waiting' END,
    0, false, %(now)s
  FROM t JOIN ({numbers}) n ON n.person_id = t.person_id
  ON CONFLICT (person_id, quarter) DO UPDATE SET round_id = excluded.round_id
    WHERE callout_check.round_id IS NULL OR callout_check.round_id IN (
      SELECT id FROM callout_round WHERE state = 'stopped')
  RETURNING 1)
SELECT (SELECT count(*) FROM made), l.rank, l.post_id
FROM (SELECT rank, post_id FROM t ORDER BY rank, post_id DESC LIMIT 1) l"""
# Whoever answered a call by the number they have now is proven: not asked (B13: 静默核验).
_PROVEN = """
UPDATE callout_check c SET state = 'proven', at = %(now)s
FROM (SELECT o.person_id, max(o.met_at) AS met_at FROM callout_obligation o JOIN callout_call k ON k.id = o.call_id
      LEFT JOIN callout_receipt r ON r.id = o.receipt_id
      WHERE o.id >= %(low)s AND o.state = 'met' AND o.part = 'self' AND o.met_part = 'self' AND NOT o.drill
        AND o.met_how IN ('listened', 'key', 'reply', 'link') AND r.carrier = ANY(%(phones)s)
        AND NOT (k.genre = 'check' AND o.declined)
      GROUP BY 1) a JOIN ({numbers}) n ON n.person_id = a.person_id
WHERE c.round_id = %(round)s AND c.state = 'waiting' AND NOT c.hurry AND c.person_id = a.person_id
  AND (n.phone_at IS NULL OR n.phone_at < a.met_at)
RETURNING c.person_id"""


def lay(round_id: UUID) -> int:
    """Put everybody of a round's place on its list, chunk by chunk; safe to run again. Returns how many are on it."""
    after: tuple[int, UUID] | None = None
    while True:
        with transaction.atomic():
            found = Round.objects.select_for_update().filter(id=round_id, state=RoundState.RUNNING).first()
            if found is None or found.laid_at is not None:
                return 0
            after = _lay_chunk(found, after)
            if after is None:
                _prove(found, since=_quarter_began(found))
                found.laid_at, found.next_at = now(), now()
                found.total = Check.objects.filter(round=found).count()
                found.save(update_fields=["laid_at", "next_at", "total"])
                return found.total


def _lay_chunk(found: Round, after: tuple[int, UUID] | None) -> tuple[int, UUID] | None:
    """Lay one chunk; returns where the next one begins, None after the last."""
    sql, params = people.targets(Targeting((found.place_path,)), after=after, limit=LAY)
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute(
            _LAY.format(targets=sql, numbers=people.numbers()),
            params
            | {
                "ms": int(moment.timestamp() * 1000), "round": found.id, "quarter": found.quarter, "now": moment,
                "since": _quarter_began(found),
            },
        )  # fmt: skip
        row = cursor.fetchone()
    return (row[1], row[2]) if row else None


def _quarter_began(found: Round) -> dt.datetime:
    first = hours.quarter_began(local(found.started_at).date())
    return dt.datetime.combine(first, dt.time(), CHINA)


def _prove(found: Round, *, since: dt.datetime) -> int:
    """Skip whoever answered some call by their number since then. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            _PROVEN.format(numbers=people.numbers()),
            {
                "now": now(), "round": found.id, "low": UUID(f"{int(since.timestamp() * 1000):012x}" + "0" * 20),
                "phones": [n for n, c in discover().items() if c.needs == "phone" or n == "simulated"],
            },
        )  # fmt: skip
        persons = [row[0] for row in cursor.fetchall()]
    people_services.mark_reach(persons, reach="ok", by=authority.machine(MACHINE))
    return len(persons)


def tick() -> int:
    """What happens every minute: note answers, hang up under a red call, ask the next ones. Returns how many asked."""
    hush()
    found_out.settle()
    finish()
    count = ask_hurried()
    due = Round.objects.filter(state=RoundState.RUNNING, laid_at__isnull=False, next_at__lte=now())
    for identifier in due.values_list("id", flat=True):
        count += ask(identifier)
    return count


def hot_paths(levels: Collection[str] = ("red", "orange")) -> list[str]:
    """Return the places that a running red or orange call reaches: nobody there is asked about a number meanwhile."""
    running = Call.objects.filter(state=CallState.RUNNING, genre=Genre.CALL, drill=False, level__in=list(levels))
    return sorted({path for targeting in running.values_list("targeting", flat=True) for path in targeting["paths"]})


def hush() -> int:
    """Hang up the questions that ring where a red or orange call runs; they are asked another day. Returns how many."""
    hot = hot_paths(asked.settings()["pause_levels"])
    if not hot:
        return 0
    ringing = Call.objects.filter(genre__in=[Genre.CHECK, Genre.TEST], state=CallState.RUNNING)
    touched = [
        identifier
        for identifier, targeting in ringing.values_list("id", "targeting")
        if any(paths.contains(h, p) or paths.contains(p, h) for h in hot for p in targeting["paths"])
    ]
    for identifier in touched:
        calls.cancel(identifier, _("正在叫应，核号码让路"), by=authority.machine(MACHINE), tell=False)
    return len(touched)


@transaction.atomic
def ask(round_id: UUID) -> int:
    """Ask the next batch of a round, if the hour is right. Returns how many persons."""
    found = (
        Round.objects.select_for_update(skip_locked=True)
        .filter(id=round_id, state=RoundState.RUNNING, laid_at__isnull=False, next_at__lte=now()).first()
    )  # fmt: skip
    if found is None:
        return 0
    here, windows = local(now()), hours.read(found.settings["windows"])
    closes = hours.closes(here, windows)
    if closes is None or closes - here < dt.timedelta(seconds=_lead()):
        found.next_at = max(hours.opens(closes or here, windows), here + dt.timedelta(minutes=1))
        found.save(update_fields=["next_at"])
        return 0
    _prove(found, since=found.started_at)
    count = _batch(_picked(found, _quota(found, here, windows)), chain=found.id)
    found.next_at = now() + dt.timedelta(minutes=SLOT)
    found.save(update_fields=["next_at"])
    return count


def _lead() -> int:
    """Return how long before the end of a window a batch must begin, so that its last try still falls inside."""
    body = Policy.objects.filter(code=asking.CHECK, current=True).values_list("body", flat=True).first() or {}
    return max((step["at"] for step in body.get("ladder", ())), default=0)


def _quota(found: Round, here: dt.datetime, windows: Sequence[hours.Window]) -> int:
    """Return how many to ask now, so that the round ends on its last day at an even pace within its rate."""
    left = Check.objects.filter(round=found, state="waiting").count()
    slots = max(hours.seconds_left(here, found.last_day, windows, _lead()) / (SLOT * 60), 1)
    most = min(found.settings["a_minute"] * SLOT, MOST)
    return int(min(max(math.ceil(left / slots), LEAST), most))


_OPEN = """NOT EXISTS (SELECT FROM callout_obligation o JOIN callout_call k ON k.id = o.call_id
  WHERE o.person_id = c.person_id AND o.state = 'open' AND NOT o.drill AND k.state = 'running' AND k.genre = '')"""


def _cool(params: dict[str, Any], levels: Collection[str]) -> str:
    """Return the SQL that a check (c) does not lie where a red or orange call runs."""
    parts = ["true"]
    for i, path in enumerate(hot_paths(levels)):
        parts.append(f"NOT (c.place_path >= %(hot{i})s AND c.place_path < %(cold{i})s)")
        params |= {f"hot{i}": path, f"cold{i}": path + "\x7f"}
    return " AND ".join(parts)


def _picked(found: Round, most: int) -> list[tuple[UUID, UUID, str]]:
    params: dict[str, Any] = {"round": found.id, "now": now(), "most": most}
    cool = _cool(params, found.settings["pause_levels"])
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT c.id, c.person_id, c.place_path FROM callout_check c
                WHERE c.round_id = %(round)s AND (c.state = 'waiting' OR (c.state = 'silent' AND c.tries = 1))
                  AND (c.not_before IS NULL OR c.not_before <= %(now)s) AND {cool} AND {_OPEN}
                ORDER BY c.id LIMIT %(most)s FOR UPDATE OF c SKIP LOCKED""",
            params,
        )
        rows: list[tuple[UUID, UUID, str]] = cursor.fetchall()
    return rows


@transaction.atomic
def ask_hurried() -> int:
    """Ask at once for the numbers that were just mended, outside the quiet hours. Returns how many."""
    settings = asked.settings()
    here = local(now())
    if any(asking.is_quiet(t.time(), settings) for t in (here, here + dt.timedelta(seconds=_lead()))):
        return 0
    params: dict[str, Any] = {"most": MOST}
    cool = _cool(params, settings["pause_levels"])
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT c.id, c.person_id, c.place_path FROM callout_check c
                WHERE c.hurry AND c.state = 'waiting' AND {cool} AND {_OPEN}
                ORDER BY c.id LIMIT %(most)s FOR UPDATE OF c SKIP LOCKED""",
            params,
        )
        picked = cursor.fetchall()
    return _batch(picked, chain=uuid7())


def _batch(picked: Sequence[tuple[UUID, UUID, str]], *, chain: UUID) -> int:
    """Ask these: one call of the genre, and the note that they were asked, in the caller's transaction."""
    if not picked:
        return 0
    by = authority.machine(MACHINE)
    where = paths.minimal(p[2] for p in picked)
    words = _("号码核验")
    draft = Draft(
        title=words, body=words, targeting=Targeting(where, persons=tuple(p[1] for p in picked)), genre=Genre.CHECK,
        policy=asking.CHECK, chain=chain,
    )  # fmt: skip
    call = calls.prepare(draft, by=by)
    call.valid_until = now() + dt.timedelta(seconds=call.policy["answer_within"])
    call.save(update_fields=["valid_until"])
    calls.start(call.id, by=by)
    Check.objects.filter(id__in=[p[0] for p in picked]).update(
        state="asked", call_id=call.id, hurry=False, not_before=None, at=now(), tries=F("tries") + 1
    )
    return len(picked)


def note_mended(persons: Collection[UUID]) -> int:
    """Put numbers that were changed to the front of the queue; one on no list gets a check of its own.

    Returns how many will be asked.
    """
    if not persons:
        return 0
    moment = now()
    quarter = hours.quarter(local(moment).date())
    sql, params = people.targets(Targeting(("",), persons=tuple(persons)))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO callout_check (id, quarter, person_id, place_path, superior_id, state, tries, hurry, at)
                SELECT callout_uuid7(%(ms)s, (row_number() OVER ())::int), %(quarter)s, t.person_id, t.place_path,
                  t.superior_post_id, CASE WHEN n.has THEN 'waiting' ELSE 'none' END, 0, n.has, %(now)s
                FROM ({sql}) t JOIN ({people.numbers()}) n ON n.person_id = t.person_id
                ON CONFLICT (person_id, quarter) DO UPDATE SET state = excluded.state, tries = 0, not_before = NULL,
                  hurry = excluded.hurry, at = excluded.at, call_id = NULL""",
            params | {"ms": int(moment.timestamp() * 1000), "quarter": quarter, "now": moment},
        )
        return int(cursor.rowcount)


def finish() -> int:
    """Close the rounds in which nobody is left to be asked. Returns how many."""
    over = []
    for found in Round.objects.filter(state=RoundState.RUNNING, laid_at__isnull=False):
        with transaction.atomic():
            locked = Round.objects.select_for_update(skip_locked=True).filter(id=found.id, state="running").first()
            mine = Check.objects.filter(round=found)
            left = mine.filter(state__in=["waiting", "asked"]) | mine.filter(state="silent", tries__lte=1)
            if locked is None or left.exists():
                continue
            locked.state, locked.ended_at = RoundState.DONE, now()
            locked.save(update_fields=["state", "ended_at"])
            good = mine.filter(state__in=["ok", "proven"]).count()
            bad = mine.filter(state__in=["dead", "wrong", "none"]).count()
            by = authority.machine(MACHINE)
            ledger.record(Did.ROUND_DONE, locked, by=by, ok=good, bad=bad, quarter=locked.quarter)
            over.append(locked)
    return len(over)
