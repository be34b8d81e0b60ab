"""What recording costs beside a bare insert, and how fast seals are made and walked."""

import json
import statistics
from uuid import uuid4

from django.db import connection, transaction

from anlan.kernel import clock
from anlan.kernel.authority import Actor, Seat, machine
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.ledger.queries import CANONICAL

SINGLE = 5_000
MASS = 5_000
MASSES = 20

_BARE = """
INSERT INTO ledger_entry (id, at, did, pseudonym, actor, post, post_title, subject_type, subject_id, chain, place_path,
  exercise, values) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


class Thing:
    """What is recorded about."""

    ledger_type = "bench.thing"
    place_path = "000100020003"
    exercise_id = None

    def __init__(self):
        self.id = self.chain_id = uuid4()


def someone():
    seat = Seat(uuid4(), "网格员", "grid_worker", "000100020003")
    return Actor(name="王敏", person=uuid4(), pseudonym=uuid4(), seats=(seat,))


def singly(count):
    """Record one by one, in one transaction, so that the commit hides nothing."""
    by = someone()
    things = [Thing() for _ in range(count)]

    def ours():
        with transaction.atomic():
            for thing in things:
                ledger.record("bench.done", thing, by=by, answer="key", rung=2, seconds=31)

    def bare():
        """The same table and indexes and values, by hand, without the service."""
        with transaction.atomic(), connection.cursor() as cursor:
            for thing in things:
                cursor.execute(
                    _BARE,
                    [uuid7(), clock.now(), "bench.done", by.pseudonym, "", by.seats[0].post, "网格员", "bench.thing",
                     thing.id, thing.id, "000100020003", None, json.dumps({"answer": "key", "rung": 2, "seconds": 31})],
                )  # fmt: skip

    return ours, bare


def massed(count):
    chain, by = uuid4(), machine("bench")
    lines = [
        ledger.Line(
            "bench.thing",
            uuid4(),
            "000100020003",
            chain,
            values={"answer": "key", "rung": 2, "seconds": n},
            pseudonym=uuid4(),
        )
        for n in range(count)
    ]

    def ours():
        ledger.record_many("bench.done", lines, by=by)

    def bare():
        """PostgreSQL's own limit: INSERT … SELECT with everything made in the server."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO ledger_entry (id, at, did, pseudonym, subject_type, subject_id, chain, place_path, "
                "values) SELECT anlan_uuid7(), now(), 'bench.done', gen_random_uuid(), 'bench.thing', "
                "gen_random_uuid(), "
                "%s, '000100020003', jsonb_build_object('answer', 'key', 'rung', 2, 'seconds', n) "
                "FROM generate_series(1, %s) AS n",
                [chain, count],
            )

    return ours, bare


def run(report):
    few, few_bare = singly(150)
    few(), few_bare()  # the first run makes plans and files
    pairs = [(report.timed(few, 1)[0], report.timed(few_bare, 1)[0]) for _ in range(20 if report.quick else 60)]
    cost = statistics.median(mine for mine, _ in pairs) / statistics.median(theirs for _, theirs in pairs)
    ours, bare = singly(SINGLE)
    report.rate("record, one by one", SINGLE, ours, baseline=("the same INSERT by hand", bare))
    report.note(
        "cost of record over the bare insert (60 turns of 150 each)", f"{cost:.2f} ×", target="≤ 1.3 ×", ok=cost <= 1.3
    )

    many, select = massed(MASS)
    report.rate("record_many, 5,000 at once", MASS, many, baseline=("INSERT … SELECT in the server", select))
    ledger.seal_all()
    for each in [many] * MASSES:
        each()
    report.rate("seal", MASS * MASSES, ledger.seal_all, repeat=1)
    entries = ledger.verify().entries
    report.rate(
        f"verify, {entries:,} entries, the whole pipeline", entries, ledger.verify, target=100_000,
        baseline=("the server making the texts alone", texts),
    )  # fmt: skip


def texts():
    """Do what no verifier can do without: every entry's canonical text, made and dropped in the server."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT sum(length(line)) FROM (SELECT {CANONICAL} AS line FROM ledger_entry ORDER BY era, xid, id) AS s"
        )
