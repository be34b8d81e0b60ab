"""Calls that are over, laid down with what became of everybody: an invented city's past, never a running city's."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from anlan.callout.models import Call
from anlan.callout.services import policies, statistics, tallies
from anlan.callout.terms import ANSWER, CallState, Did, Draft
from anlan.kernel.authority import Actor
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.people.terms import Targeting


@dataclass(frozen=True, slots=True)
class Past:
    """One call of the past. `good` is the share of willing people, 0 … 1; `drill` makes it an exercise's."""

    title: str
    body: str
    level: str
    hazard: str
    targeting: Targeting
    at: dt.datetime
    good: float = 0.9
    drill: bool = False


# Each person's luck follows from the call and the person, so that the same city has the same past. `u` says what they
# do, `v` how long they take: exponential, half of them within 70 seconds.
_OWED = f"""
INSERT INTO callout_obligation (id, number, subject_type, subject_id, call_id, did, part, person_id, pseudonym,
  deputy_id, superior_id, post, post_title, role, rank, place_path, began_at, due_at, step, tries, rung, state, dead,
  handed_at, reached_at, met_at, met_how, met_part, chain_id, drill, why, link, weight, declined)
SELECT callout_uuid7(%(ms)s, n::int), nextval('callout_number'), 'callout.call', %(call)s, %(call)s, '{ANSWER}', 'self',
  person_id, pseudonym, deputy_person_id, superior_post_id, post_id, post_title, role_code, rank, place_path, %(began)s,
  %(due)s, 3, CASE WHEN fate = 'own' THEN least(3, 1 + floor(took / 120)) ELSE 3 END,
  CASE fate WHEN 'own' THEN 'self' WHEN 'deputy' THEN 'deputy' ELSE 'door' END,
  CASE WHEN fate IN ('own', 'deputy', 'proxy') THEN 'met' ELSE 'lapsed' END, fate = 'dead',
  CASE WHEN fate <> 'dead' THEN %(began)s::timestamptz END, CASE WHEN fate IN ('own', 'deputy') THEN %(began)s END,
  CASE WHEN fate IN ('own', 'deputy', 'proxy')
    THEN %(began)s
      + make_interval(secs => took + CASE fate WHEN 'deputy' THEN 300 WHEN 'proxy' THEN 900 ELSE 0 END) END,
  CASE fate WHEN 'own' THEN CASE WHEN v < 0.5 THEN 'key' ELSE 'link' END WHEN 'deputy' THEN 'key' WHEN 'proxy'
    THEN 'proxy' ELSE '' END,
  CASE fate WHEN 'own' THEN 'self' WHEN 'deputy' THEN 'deputy' WHEN 'proxy' THEN 'proxy' ELSE '' END,
  %(chain)s, %(drill)s, '', '', 0, false
FROM (
  SELECT t.*, row_number() OVER (ORDER BY t.rank DESC, t.post_id) AS n, least(7000, -100 * ln(1 - v)) AS took,
    CASE WHEN u < 0.02 THEN 'dead' WHEN u < 0.02 + 0.97 * %(good)s THEN 'own' WHEN u < 0.985 - 0.4 * (1 - %(good)s)
      AND deputy_person_id IS NOT NULL THEN 'deputy' WHEN v < 0.5 THEN 'proxy' ELSE 'lapsed' END AS fate
  FROM (SELECT t.*, (('x' || left(h, 8))::bit(32)::bigint & 1048575) / 1048576.0 AS u,
          (('x' || right(h, 8))::bit(32)::bigint & 1048575) / 1048576.0 AS v
        FROM ({{targets}}) t, LATERAL (SELECT md5(%(salt)s || t.post_id::text) AS h) m) t
) t"""


@transaction.atomic
def lay(pasts: Sequence[Past], *, by: Actor) -> int:
    """Lay calls that ended two hours after they began, their counters, sums and entries. Returns how many people."""
    return sum(_one(number, past, by) for number, past in enumerate(pasts, 1))


def _one(number: int, past: Past, by: Actor) -> int:
    policy = policies.choose(Draft(past.title, past.body, past.targeting, level=past.level))
    over = past.at + dt.timedelta(hours=2)
    call = Call.objects.create(
        chain_id=uuid7(), place_path=past.targeting.paths[0], level=past.level, hazard=past.hazard, title=past.title,
        body=past.body, targeting=past.targeting.as_json(), policy_code=policy.code, policy=policy.body,
        state=CallState.ENDED, drill=past.drill, serial=None if past.drill else number, prepared_at=past.at,
        started_at=past.at, fanned_at=past.at, ended_at=over,
    )  # fmt: skip
    targets, params = people.targets(past.targeting, ordered=False)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(
            _OWED.format(targets=targets),
            params | {
                "call": call.id, "chain": call.chain_id, "drill": past.drill, "began": past.at, "good": past.good,
                "due": past.at + dt.timedelta(seconds=policy.body["answer_within"]), "salt": str(number),
                "ms": int(past.at.timestamp() * 1000),
            },
        )  # fmt: skip
        count = int(cursor.rowcount)
    tallies.add(tallies.leaves(call.id))
    statistics.count(call.id)
    for did, at, values in (
        (Did.STARTED, past.at, {"title": past.title}), (Did.FANNED, past.at, {"count": count}),
        (Did.ENDED, over, {"lapsed": tallies.total(call.id)["lapsed"]}),
    ):  # fmt: skip
        ledger.record(did, call, by=by, at=at, **values)
    return count
