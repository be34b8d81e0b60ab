"""Which handed-over messages are asked about later, by which id a service knows them, and whose accounts are gone."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from anlan.callout.carriers import address_of, discover
from anlan.callout.models import Followed
from anlan.kernel import authority
from anlan.kernel.clock import now
from anlan.people import services as persons

POLL_FIRST = 20  # seconds before a message is asked about
FOLLOW = dt.timedelta(hours=24)  # how long


def follow(carrier: str, handed: Sequence[tuple[UUID, str]]) -> None:
    """Note (receipt, the service's id) of messages just handed over, in the caller's transaction."""
    if not handed or not hasattr(discover()[carrier], "poll"):
        return
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO callout_followed (id, carrier, ref, asked, next_at, until)
               SELECT f.id, %s, f.ref, 0, %s, %s FROM unnest(%s::uuid[], %s::varchar[]) AS f (id, ref)
               WHERE f.ref <> '' ON CONFLICT (id) DO NOTHING""",
            [
                carrier, moment + dt.timedelta(seconds=POLL_FIRST), moment + FOLLOW, [key for key, _ref in handed],
                [ref[:80] for _key, ref in handed],
            ],
        )  # fmt: skip


def mark_gone(kind: str, found: Sequence[UUID]) -> None:
    """Note whose accounts a service knows no more. The kinds that people keep themselves are none of this."""
    if found and any(address.kind == kind for address in map(address_of, discover().values()) if address):
        persons.mark_gone(kind, found, by=authority.machine("callout.hand"))


def resolve(carrier: str, refs: Sequence[str]) -> dict[str, UUID]:
    """Return the receipt of each message that a service calls by its own id; of one that went to many, none."""
    found: dict[str, list[UUID]] = {}
    for ref, key in Followed.objects.filter(carrier=carrier, ref__in=refs).values_list("ref", "id"):
        found.setdefault(ref, []).append(key)
    return {ref: keys[0] for ref, keys in found.items() if len(keys) == 1}
