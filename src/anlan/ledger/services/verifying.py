"""Walking the sealed ledger again from its rows, and naming the first thing that was altered, removed or inserted."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Refused
from anlan.ledger import merkle, queries
from anlan.ledger.models import Block
from anlan.ledger.queries import LEDGER
from anlan.ledger.services.recording import record
from anlan.ledger.services.sealing import fields_of, last_of
from anlan.ledger.terms import Can, Did, Finding

ENOUGH = 20  # findings after which the walk stops: the first is what matters


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing found wrong: in which block, which entry (None: the block itself), and what was expected."""

    finding: Finding
    block: int
    entry: UUID | None
    detail: str


@dataclass(slots=True)
class Verdict:
    """What a walk found. `ok` says that nothing is wrong; `head` is the last block's hash, to compare with others'."""

    blocks: int = 0
    entries: int = 0
    unsealed: int = 0
    seconds: float = 0.0
    head_number: int = 0
    head: str = ""
    faults: list[Fault] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every sealed entry is as it was sealed."""
        return not self.faults

    @property
    def rate(self) -> float:
        """Entries a second."""
        return self.entries / self.seconds if self.seconds else 0.0


def verify(*, heads: Sequence[tuple[int, str]] = (), start: int = 1) -> Verdict:
    """Recompute every block from the rows themselves, in one snapshot, and compare.

    `heads` are published (block number, hash in hex) that the chain must contain: without one, somebody who may
    rewrite the whole database could rewrite the chain too. `start` begins at a later block, trusting those before it.
    """
    began = time.perf_counter()
    verdict = Verdict()
    with transaction.atomic():
        if connection.savepoint_ids == []:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        previous = Block.objects.filter(number=start - 1).first() if start > 1 else None
        published = {number: digest.lower() for number, digest in heads}
        for block, texts in queries.walk(start):
            verdict.blocks += 1
            verdict.entries += len(texts)
            _check_rows(block, texts, verdict)
            _check_link(block, previous, verdict)
            stated = published.pop(block.number, None)
            if stated is not None and stated != bytes(block.hash).hex():
                verdict.faults.append(Fault(Finding.HEAD, block.number, None, f"published as {stated}"))
            previous = block
            if len(verdict.faults) >= ENOUGH:
                break
        else:
            verdict.faults += [Fault(Finding.HEAD, n, None, f"published as {d}, absent") for n, d in published.items()]
        verdict.unsealed = queries.count_after(last_of(previous))
    if previous:
        verdict.head_number, verdict.head = previous.number, bytes(previous.hash).hex()
    verdict.seconds = time.perf_counter() - began
    return verdict


def _check_rows(block: Block, texts: Sequence[bytes], verdict: Verdict) -> None:
    """Compare a block's rows with what was sealed; look closely only where the whole differs."""
    h = merkle.hashing(block.algorithm)
    found = [h(b"\x00" + text) for text in texts]
    if b"".join(found) == bytes(block.digests) and queries.id_bytes(texts) == bytes(block.ids):
        return
    _look_closely(block, [(queries.position_of(text)[2], d) for text, d in zip(texts, found, strict=True)], verdict)


def _look_closely(block: Block, found: Sequence[tuple[UUID, bytes]], verdict: Verdict) -> None:
    """Name every row of one block that differs from what was sealed, in order."""
    ids, digests = bytes(block.ids), bytes(block.digests)
    sealed = {UUID(bytes=ids[n : n + 16]): digests[2 * n : 2 * n + 32] for n in range(0, len(ids), 16)}
    present = dict(found)
    missing = [i for i in sealed if i not in present]
    elsewhere = queries.positions(missing)

    def blame(finding: Finding, entry: UUID, detail: str) -> None:
        verdict.faults.append(Fault(finding, block.number, entry, detail))

    for entry in missing:
        if entry in elsewhere:
            blame(Finding.REORDERED, entry, f"sealed in this block, now at {elsewhere[entry][:2]}")
        else:
            blame(Finding.REMOVED, entry, "sealed in this block, now absent")
    order = [i for i in sealed if i in present]
    moved = {f.entry for f in verdict.faults if f.finding is Finding.REORDERED}
    kept = [i for i, _ in found if i in sealed]
    for entry, digest in found:
        if entry not in sealed:
            if entry not in moved:
                blame(Finding.INSERTED, entry, "stands within this block, and was not sealed in it")
        elif digest != sealed[entry]:
            out = order.index(entry) != kept.index(entry)
            blame(
                Finding.REORDERED if out else Finding.ALTERED,
                entry,
                f"digest {digest.hex()}, sealed as {sealed[entry].hex()}",
            )


def _check_link(block: Block, previous: Block | None, verdict: Verdict) -> None:
    """Check what a block says of itself: its number, its length, its root, its hash, and the block before."""
    h = merkle.hashing(block.algorithm)
    digests = bytes(block.digests)
    leaves = [digests[n : n + merkle.SIZE] for n in range(0, len(digests), merkle.SIZE)]
    before = bytes(previous.hash) if previous else merkle.GENESIS
    wrong = [
        text
        for bad, text in (
            (block.number != (previous.number if previous else 0) + 1, "the block before it is missing"),
            (block.count != len(leaves) or len(bytes(block.ids)) != 16 * block.count, "its count is wrong"),
            (merkle.root(leaves, h) != bytes(block.root) if leaves else True, "its root is not that of its digests"),
            (h(merkle.header(fields_of(block))) != bytes(block.hash), "its hash is not that of its header"),
            (bytes(block.previous) != before, "it does not follow the block before it"),
        )
        if bad
    ]
    verdict.faults += [Fault(Finding.BLOCK, block.number, None, text) for text in wrong]


@dataclass(frozen=True, slots=True)
class Whole:
    """The ledger itself, as the subject of an entry."""

    id: UUID = LEDGER
    place_path: str = ""
    ledger_type: str = "ledger.ledger"


def inspect(*, by: Actor) -> Verdict:
    """Verify the whole ledger and leave an entry with the outcome, so that a walk that found something stays found."""
    if not authority.anywhere(by, (Can.VERIFY,)):
        raise Refused(Can.VERIFY, "")
    verdict = verify()
    record(
        Did.VERIFIED,
        Whole(),
        by=by,
        ok=verdict.ok,
        blocks=verdict.blocks,
        sealed=verdict.entries,
        unsealed=verdict.unsealed,
        seconds=round(verdict.seconds, 3),
        head_number=verdict.head_number,
        head=verdict.head,
        faults=[{"finding": f.finding, "block": f.block, "entry": f.entry, "detail": f.detail} for f in verdict.faults],
    )
    return verdict


def inspect_later(by: Actor) -> None:
    """Have a job verify the whole ledger in the name of whoever asked; a second asking joins the first."""
    with contextlib.suppress(AlreadyEnqueued):
        app.configure_task("ledger.verify", queueing_lock="ledger.verify").defer(
            name=by.name, pseudonym=str(by.pseudonym) if by.pseudonym else None
        )
