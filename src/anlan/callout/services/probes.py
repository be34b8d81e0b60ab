"""Test calls (抽查): a random sample of those who should be reachable is rung; nobody checks in, nobody is ranked."""

import datetime as dt

from django.db import connection, transaction
from django.utils.translation import gettext as _

from anlan.callout import asking
from anlan.callout.models import Call
from anlan.callout.services import asked, calls, checking
from anlan.callout.services.checks import not_in_a_drill
from anlan.callout.terms import Can, Did, Draft, Genre
from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.people.terms import Targeting

MOST = 2_000  # persons in one sample


def crowd(where: Targeting) -> int:
    """Return how many persons a test may draw from."""
    sql, params = people.targets(where, ordered=False)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({sql}) t", params)
        return int(cursor.fetchone()[0])


@transaction.atomic
def start(where: Targeting, size: int, *, by: Actor) -> Call:
    """Ring a random sample of those meant. Raises Refused, Invalid (size), Conflict (a red call there, an exercise)."""
    for path in where.paths:
        authority.require(by, Can.CHECK, at=path)
    not_in_a_drill(by)
    hot = checking.hot_paths(asked.settings()["pause_levels"])
    if any(paths.contains(h, p) or paths.contains(p, h) for h in hot for p in where.paths):
        raise Conflict(_("这里正在叫应，先不抽查"))
    if not 1 <= size <= MOST:
        raise Invalid({"size": _("抽 1 到 %d 人") % MOST})
    sql, params = people.targets(where, ordered=False)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT person_id FROM ({sql}) t ORDER BY random() LIMIT %(size)s", params | {"size": size})
        sample = tuple(row[0] for row in cursor.fetchall())
    if not sample:
        raise Invalid({"size": _("这样选，一个人也没有")})
    chosen = Targeting(where.paths, where.roles, on_duty=where.on_duty, persons=sample)
    words = _("这是联络测试，不是预警。")
    draft = Draft(title=_("这是联络测试"), body=words, targeting=chosen, genre=Genre.TEST, policy=asking.TEST)
    machine = authority.machine("callout.check")
    call = calls.prepare(draft, by=machine)
    call.prepared_by = by.pseudonym
    call.valid_until = now() + dt.timedelta(seconds=asking.STILL_COUNTS)
    call.save(update_fields=["prepared_by", "valid_until"])
    ledger.record(Did.TEST_STARTED, call, by=by, count=len(sample), roles=list(where.roles), on_duty=where.on_duty)
    return calls.start(call.id, by=machine)
