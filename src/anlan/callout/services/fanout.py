"""From a started call to one obligation per person: set-based, highest posts first, in chunks that commit quickly.

Ids are UUIDv7 of the call's start with the person's number in the call inside, so that a chunk is a range of the
primary key and the order of ids is the order of calling. A fan-out that dies is begun again and finds whom it has.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction

from anlan.callout import counting, ladder
from anlan.callout.models import Call
from anlan.callout.services import closing, copies, jobs_by_name, tallies
from anlan.callout.services.undone import begun_again
from anlan.callout.terms import ANSWER, RESULT, WORK, CallState, Did, ObligationState
from anlan.kernel import authority
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.people.terms import Targeting

FIRST = 500  # persons called in the transaction of the start itself: the most senior
CHUNK = 10_000  # persons per transaction
HAND = 2_500  # persons per hand-over job
LOST = 60  # seconds after the start when a call without jobs is looked through
PATIENCE = 0.4  # seconds for finding the first persons before another plan is tried
QUERY_CANCELED = "57014"
NUMBERS = 1 << 24  # persons that one call's ids can tell apart

_COLUMNS = """id, subject_type, subject_id, call_id, did, part, person_id, pseudonym, deputy_id, superior_id, post,
 post_title, role, rank, place_path, began_at, due_at, next_at, step, tries, state, dead, receipt_id, chain_id,
 exercise_id, drill"""
_PICKED = """n - %(low)s AS n, person_id, pseudonym, deputy_person_id, superior_post_id, post_id, post_title, role_code,
 rank, place_path, reach"""
# A question asks a dead number too: it may be alive again.
_INSERT = f"""
WITH people AS MATERIALIZED ({{source}}), made AS (
  INSERT INTO callout_obligation ({_COLUMNS}, rung, why, link, weight, met_how, met_part, declined, directive)
  SELECT i.id, 'callout.call', %(call)s, %(call)s, '{ANSWER}', 'self', p.person_id, p.pseudonym, p.deputy_person_id,
    p.superior_post_id, p.post_id, p.post_title, p.role_code, p.rank, p.place_path, %(began)s, %(due)s,
    CASE WHEN {{dead}} AND %(next)s::timestamptz IS NOT NULL THEN %(began)s ELSE %(next)s END,
    CASE WHEN {{dead}} THEN %(dead_step)s ELSE 0 END,
    1, %(state)s, {{dead}}, i.id, %(chain)s, %(exercise)s, %(drill)s, 'self', '', '', 0, '', '', false,
    %(directive)s
  FROM people p, LATERAL (SELECT callout_uuid7(%(ms)s, (%(base)s + p.n)::int) AS id) i
  ORDER BY p.n
  RETURNING *
){{results}}
SELECT place_path, count(*), count(*) FILTER (WHERE dead) FROM made GROUP BY 1"""

# What a task or a command owes besides: one more row for each person, beside the one just made.
_RESULTS = """, results AS (
  INSERT INTO callout_obligation (id, subject_type, subject_id, call_id, did, part, stands_for, person_id, pseudonym,
    deputy_id, superior_id, post, post_title, role, rank, place_path, why, began_at, due_at, next_at, step, tries,
    state, dead, chain_id, exercise_id, drill, rung, link, weight, met_how, met_part, declined, directive)
  SELECT callout_uuid7(%(ms)s, (%(base)s + p.n)::int), m.subject_type, m.subject_id, m.call_id, %(result)s, 'result',
    m.id, m.person_id, m.pseudonym, m.deputy_id, m.superior_id, m.post, m.post_title, m.role, m.rank, m.place_path, '',
    m.began_at, %(result_due)s, %(result_next)s, %(result_step)s, 1, 'open', m.dead, m.chain_id, m.exercise_id, m.drill,
    'self', '', 0, '', '', false, m.directive
  FROM made m JOIN people p ON p.person_id = m.person_id)"""


def bound(call: Call, number: int) -> UUID:
    """Return the smallest id that person `number` of a call can have."""
    assert call.started_at is not None  # noqa: S101 - only running calls come here
    ms = int(call.started_at.timestamp() * 1000)
    return UUID(f"{ms:012x}7{number >> 12:03x}8{number & 4095:03x}{0:012x}")


def begin(call: Call) -> int:
    """Lay the first obligations, in the transaction of the start, and leave the rest to a job. Returns how many."""
    sql, params = people.targets(Targeting.from_json(call.targeting), limit=FIRST)
    source = f"SELECT t.*, row_number() OVER (ORDER BY t.rank DESC, t.place_path) - 1 AS n FROM ({sql}) t"
    try:
        with transaction.atomic(), _patience(PATIENCE):
            count = _insert(call, source, params)
    except OperationalError as slow:
        if getattr(slow.__cause__, "sqlstate", "") != QUERY_CANCELED:
            raise
        call.refresh_from_db(fields=["fanned"])
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_nestloop = off")  # see _gather
        count = _insert(call, source, params)
    jobs_by_name.later("callout.fan", priority=50, call=str(call.id))
    return count


@contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """Let no statement of the block take longer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        before = cursor.fetchone()[0]
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{seconds * 1000:.0f}ms"])
        yield
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])


def spread(call_id: UUID) -> int:
    """Lay the obligations of everybody not yet in the call; safe to run again, and twice at once. Returns how many.

    Raises nothing for a call that was stopped meanwhile: it stops too.
    """
    run = uuid7()
    if not Call.objects.filter(id=call_id, state=CallState.RUNNING, fanned_at=None).update(fan_run=run):
        return 0
    call = Call.objects.get(id=call_id)
    table = f"callout_fan_{run.hex}"
    try:
        rows = _gather(call, table)
        total, chunk = 0, 0
        while chunk * CHUNK < rows:
            made = _chunk(call_id, run, table, chunk, last=(chunk + 1) * CHUNK >= rows)
            if made is None:
                break
            total, chunk = total + made, chunk + 1
            if chunk == 1:
                _tell_planner()
        if not rows:
            _chunk(call_id, run, table, 0, last=True)
        copies.lay(call_id)
        return total
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {table}")


def _tell_planner() -> None:
    """Have the tables analysed that were empty a moment ago."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT callout_analyze()")


def _gather(call: Call, table: str) -> int:
    """Put whom the call still lacks into a table of this session, numbered in the order of calling."""
    sql, params = people.targets(Targeting.from_json(call.targeting), ordered=False)
    with transaction.atomic(), connection.cursor() as cursor:
        # After a roster's import the planner may believe that nobody is there; nested loops over 176,000 would then
        # take hours. Hash joins take a second whatever it believes.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(
            f"""CREATE TEMP TABLE {table} AS
                SELECT row_number() OVER (ORDER BY t.rank DESC, t.place_path) - 1 AS n, t.person_id, t.pseudonym,
                  t.deputy_person_id, t.superior_post_id, t.post_id, t.post_title, t.role_code, t.rank, t.place_path,
                  t.reach FROM ({sql}) t
                WHERE NOT EXISTS (SELECT FROM callout_obligation o WHERE o.call_id = %(call)s AND o.part = 'self'
                                  AND o.person_id = t.person_id)
                ORDER BY 1""",
            params | {"call": call.id},
        )
        cursor.execute(f"CREATE INDEX ON {table} (n)")
        cursor.execute(f"ANALYZE {table}")
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


@begun_again
@transaction.atomic
def _chunk(call_id: UUID, run: UUID, table: str, chunk: int, *, last: bool) -> int | None:
    """Lay one chunk; None if another run has taken over or the call was stopped."""
    call = Call.objects.select_for_update().get(id=call_id)
    if call.fan_run != run or call.state != CallState.RUNNING:
        return None
    low = chunk * CHUNK
    count = _insert(
        call, f"SELECT {_PICKED} FROM {table} t WHERE n >= %(low)s AND n < %(high)s", {"low": low, "high": low + CHUNK}
    )
    if last:
        call.fanned_at = now()
        call.save(update_fields=["fanned_at"])
        ledger.record(
            Did.FANNED, call, by=authority.machine("callout.fan", exercise=call.exercise_id), count=call.fanned
        )
        if call.supersedes is not None:
            jobs_by_name.later("callout.sweep", priority=20, call=str(call.supersedes))
    return count


def _insert(call: Call, source: str, params: dict[str, Any]) -> int:
    """Insert obligations from a SELECT that numbers its rows from 0 in `n`; defer their hand-over; count them."""
    steps = ladder.steps(call.policy["ladder"])
    answer, work = bool(call.policy["needs_answer"]), owes_result(call)
    began = call.started_at
    assert began is not None  # noqa: S101 - only running calls come here
    base = call.fanned
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT.format(
                source=source, dead="p.reach = 'dead'" if not call.genre else "false", results=_RESULTS if work else ""
            ),
            params
            | (_result_params(call, began) if work else {})
            | {
                "call": call.id,
                "began": began,
                "due": began + dt.timedelta(seconds=call.policy["answer_within"]) if answer else None,
                "next": ladder.due(steps, 0, began) if answer else None,
                "dead_step": next((i for i, s in enumerate(steps) if s.act != "again"), 0),
                "state": ObligationState.OPEN if answer else ObligationState.TOLD,
                "chain": call.chain_id,
                "exercise": call.exercise_id,
                "drill": call.drill,
                "ms": int(began.timestamp() * 1000),
                "base": base,
                "directive": call.directive,
            },
        )
        leaves = cursor.fetchall()
    count = int(sum(row[1] for row in leaves))
    if base + count >= NUMBERS:
        raise authority.Invalid(f"one call reaches at most {NUMBERS} persons")
    call.fanned = base + count
    call.save(update_fields=["fanned"])
    changes = _counted(call, leaves, answer=answer, work=work)
    if count and call.supersedes is not None:
        changes = tallies.merge(changes, closing.taken_over(call, bound(call, base), bound(call, base + count)))
    _defer(call, base, base + count)
    tallies.add(changes)
    return int(count)


def resume(*, older_than: float = LOST, newer_than: float = 7200) -> int:
    """Defer again the fan-out and the hand-overs that no job is left for. Returns how many jobs were deferred.

    Jobs are the quick way and not the record: whoever owes an answer and has no receipt is found from the rows.
    """
    moment = now()
    started = (moment - dt.timedelta(seconds=newer_than), moment - dt.timedelta(seconds=older_than))
    deferred = 0
    for call in Call.objects.filter(state=CallState.RUNNING, started_at__range=started).order_by("id"):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_JOBS, [str(call.id)])
            alive = {row[0] for row in cursor.fetchall()}
            if call.fanned_at is None and "callout.fan" not in alive:
                jobs_by_name.later("callout.fan", priority=50, call=str(call.id))
                deferred += 1
            if "callout.hand" not in alive:
                cursor.execute(_LEFT_OUT, [call.id])
                for n in sorted({number_of(row[0]) // HAND for row in cursor.fetchall()}):
                    _defer(call, n * HAND, min((n + 1) * HAND, call.fanned), again=True)
                    deferred += 1
    return deferred


_JOBS = """SELECT DISTINCT task_name FROM procrastinate_jobs
  WHERE queue_name = 'callout' AND status IN ('todo', 'doing')
  AND task_name IN ('callout.fan', 'callout.hand') AND args->>'call' = %s"""
_LEFT_OUT = """SELECT o.id FROM callout_obligation o LEFT JOIN callout_receipt r ON r.id = o.id
  WHERE o.call_id = %s AND o.part = 'self' AND o.state IN ('open', 'told') AND r.id IS NULL ORDER BY o.id"""


def number_of(identifier: UUID) -> int:
    """Return the person's number in the call that an obligation's id holds."""
    return (identifier.int >> 64 & 0xFFF) << 12 | (identifier.int >> 48 & 0xFFF)


def owes_result(call: Call) -> bool:
    """Say whether everybody of a call owes a result: a task or a command that is not called off."""
    return call.directive in WORK and call.result_due is not None


def _result_params(call: Call, began: dt.datetime) -> dict[str, Any]:
    assert call.result_due is not None  # noqa: S101 - owes_result said so
    step, at = ladder.begin_at(ladder.steps(call.policy.get("result_ladder")), call.result_due, began)
    return {"result": RESULT, "result_due": call.result_due, "result_step": step, "result_next": at}


def _counted(call: Call, leaves: list[tuple[str, int, int]], *, answer: bool, work: bool) -> counting.Deltas:
    made = counting.deltas()
    for path, n, dead in leaves:
        row = made[call.id, path]
        row["dead"] += dead
        if work:
            row["tasks"] += n
            row["undone"] += n
        if answer:
            row["owed"] += n
            row["silent"] += n
            row["silent_dead"] += dead
        else:
            row["told"] += n
    return made


def _defer(call: Call, low: int, high: int, *, again: bool = False) -> None:
    """Defer the hand-over of persons low … high-1, a job for each HAND of them and each group of carriers."""
    groups = len(ladder.groups(call.policy["send"]))
    jobs_by_name.many(
        "callout.hand",
        [
            {
                "call": str(call.id),
                "low": str(bound(call, at)),
                "high": str(bound(call, min(at + HAND, high))),
                "group": g,
                **({"again": True} if again else {}),
            }
            for at in range(low, high, HAND)
            for g in range(groups)
        ],
        priority=40 if low == 0 else 30,
    )
