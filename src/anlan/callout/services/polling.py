"""Asking services how their messages fared, and finding persons' accounts by their numbers: every carrier alike."""

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from anlan.callout.carriers import NO_ACCOUNT, Asked, GatewayDown, address_of, discover, tuning
from anlan.callout.models import Carrier, Followed
from anlan.callout.services import channels, following, receipts
from anlan.callout.services.following import POLL_FIRST
from anlan.callout.terms import ReceiptState
from anlan.kernel import authority
from anlan.kernel.clock import now
from anlan.people import queries as people
from anlan.people import services as persons

POLL_LONGEST = 1800  # seconds between two questions about a message, which double from POLL_FIRST on
ASK = 400  # messages in one round of one carrier
LOOK_UP = 200  # numbers in one round of one carrier
LOOK_AGAIN = dt.timedelta(days=30)  # after which a number that nobody had is asked again
ENDS = (ReceiptState.READ, ReceiptState.FAILED)

log = logging.getLogger(__name__)


def poll() -> int:
    """Ask every carrier that can tell about what is due; returns how many reports changed something."""
    on = set(Carrier.objects.filter(enabled=True).values_list("name", flat=True))
    return sum(_poll(name) for name, one in discover().items() if name in on and hasattr(one, "poll"))


def _poll(name: str) -> int:
    carrier: Any = discover()[name]
    asked = _due(name, carrier.needs)
    if not asked:
        return 0
    try:
        reports = carrier.poll(asked, channels.settings_of(name))
    except GatewayDown as down:
        log.warning("%s does not tell how its messages fared: %s", name, down)
        return 0
    changed = receipts.report_many(reports)
    over = [r.receipt for r in reports if r.state in ENDS]
    Followed.objects.filter(id__in=over).delete()
    gone = [r.receipt for r in reports if r.reason == NO_ACCOUNT]
    if gone:
        _gone(carrier.needs, gone)
    return changed


_DUE = """
WITH over AS (
  DELETE FROM callout_followed f USING callout_receipt r
  WHERE f.carrier = %(carrier)s AND f.next_at <= %(now)s AND r.id = f.id
    AND (f.until <= %(now)s OR r.state IN ('read', 'answered', 'failed'))
), due AS (
  SELECT f.id FROM callout_followed f JOIN callout_receipt r ON r.id = f.id
  WHERE f.carrier = %(carrier)s AND f.next_at <= %(now)s AND f.until > %(now)s
    AND r.state NOT IN ('read', 'answered', 'failed')
  ORDER BY f.next_at LIMIT %(limit)s FOR UPDATE OF f SKIP LOCKED
), taken AS (
  UPDATE callout_followed f SET asked = f.asked + 1,
    next_at = %(now)s + make_interval(secs => least(%(first)s * 2 ^ f.asked, %(longest)s))
  FROM due WHERE f.id = due.id RETURNING f.id, f.ref
)
SELECT t.id, t.ref, o.person_id FROM taken t JOIN callout_receipt r ON r.id = t.id
  JOIN callout_obligation o ON o.id = r.obligation_id ORDER BY t.id"""


def _due(name: str, kind: str) -> list[Asked]:
    """Take what is due of a carrier, its next time already set: two rounds at once share nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _DUE,
            {"carrier": name, "now": now(), "limit": ASK, "first": POLL_FIRST * 2, "longest": POLL_LONGEST},
        )
        rows = cursor.fetchall()
    reachable = people.reachable(kind, {row[2] for row in rows}) if rows else {}
    return [Asked(key, ref, reachable[person].address if person in reachable else "") for key, ref, person in rows]


def _gone(kind: str, failed: Sequence[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.person_id FROM callout_receipt r JOIN callout_obligation o ON o.id = r.obligation_id "
            "WHERE r.id = ANY(%s)",
            [list(failed)],
        )
        following.mark_gone(kind, [row[0] for row in cursor.fetchall()])


def find_accounts() -> int:
    """Ask each service whose carrier can for the accounts of post holders without one. Returns how many it found."""
    made = 0
    for row in Carrier.objects.filter(enabled=True):
        carrier: Any = discover().get(row.name)
        kind = address_of(carrier) if carrier is not None else None
        if kind is None or not hasattr(carrier, "find_many") or tuning.lacking(carrier.fields, row.settings):
            continue
        if not tuning.opened(carrier.fields, row.settings).get("lookup", True):
            continue
        made += _find(carrier, kind.kind, row.settings)
    return made


def _find(carrier: Any, kind: str, settings: Any) -> int:
    owners = people.without_address(kind, before=now() - LOOK_AGAIN, limit=LOOK_UP)
    if not owners:
        return 0
    try:
        said = carrier.find_many(list(dict.fromkeys(phone for _person, phone in owners)), settings)
    except GatewayDown as down:
        log.warning("%s does not tell who has which account: %s", carrier.name, down)
        return 0
    found = {person: said[phone] for person, phone in owners if phone in said}
    return persons.keep_found(kind, found, by=authority.machine("callout.find-accounts"))
