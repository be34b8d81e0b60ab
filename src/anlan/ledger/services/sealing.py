"""Closing blocks, off the hot path: what is settled is read in order, hashed, and chained to the block before."""

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.db import connection, transaction

from anlan.kernel import clock
from anlan.ledger import merkle, queries
from anlan.ledger.entry import Position
from anlan.ledger.models import Block

SIZE = 1000  # entries a block holds at most
BLOCKS = 50  # blocks closed in one transaction at most, so that it stays short
_LOCK = 0x616E6C61  # one sealer at a time


def microseconds(at: dt.datetime) -> int:
    """Return an instant as whole microseconds since 1970, without the rounding of floats."""
    return (at - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def fields_of(block: Block) -> list[object]:
    """Return what a block's hash covers, in order."""
    return [
        "anlan-block-1",
        block.number,
        block.algorithm,
        microseconds(block.closed_at),
        block.count,
        [block.first_era, str(block.first_xid), str(block.first_id)],
        [block.last_era, str(block.last_xid), str(block.last_id)],
        bytes(block.root).hex(),
        bytes(block.previous).hex(),
    ]


def last_of(block: Block | None) -> Position:
    """Return the position at which a block ends; before the first block, the beginning."""
    return (block.last_era, block.last_xid, block.last_id) if block else queries.START


@transaction.atomic
def seal(*, blocks: int = BLOCKS) -> int:
    """Close blocks over what is settled and not yet sealed; return how many entries that took in.

    0 means that there was nothing, or that another sealer is at work. Call again while a full round comes back.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    previous = Block.objects.defer("ids", "digests").order_by("-number").first()
    below, total = queries.horizon(), 0
    closed: list[Block] = []
    while len(closed) < blocks and (texts := queries.texts_below(last_of(previous), below, limit=SIZE)):
        previous = _close(texts, previous)
        closed.append(previous)
        total += len(texts)
        if len(texts) < SIZE:
            break
    Block.objects.bulk_create(closed)
    return total


def _close(texts: Sequence[bytes], previous: Block | None) -> Block:
    h = merkle.hashing(settings.SEAL_HASH)
    first, last = queries.position_of(texts[0]), queries.position_of(texts[-1])
    digests = [merkle.leaf(text, h) for text in texts]
    block = Block(
        number=previous.number + 1 if previous else 1,
        first_era=first[0],
        first_xid=first[1],
        first_id=first[2],
        last_era=last[0],
        last_xid=last[1],
        last_id=last[2],
        count=len(texts),
        algorithm=settings.SEAL_HASH,
        root=merkle.root(digests, h),
        previous=bytes(previous.hash) if previous else merkle.GENESIS,
        closed_at=clock.now(),
        ids=queries.id_bytes(texts),
        digests=b"".join(digests),
    )
    block.hash = h(merkle.header(fields_of(block)))
    return block


def seal_all() -> int:
    """Close blocks until nothing settled is left; return how many entries that took in."""
    total = 0
    while taken := seal():
        total += taken
    return total
