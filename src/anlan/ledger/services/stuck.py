"""What a reaction could not digest: somebody tries again, or says why it may rest."""

from typing import Any
from uuid import UUID

from django.db import transaction

from anlan.kernel import authority, clock
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.ledger import queries
from anlan.ledger.models import Stuck
from anlan.ledger.services.following import registry
from anlan.ledger.services.private import Affair
from anlan.ledger.services.recording import record
from anlan.ledger.terms import Can, Did


class StillFails(RuntimeError):  # noqa: N818 - a sentence: it still fails
    """The reaction raised again; the entry stays set aside."""


def _open(stuck_id: UUID, by: Actor) -> Stuck:
    stuck = Stuck.objects.select_for_update().filter(id=stuck_id).first()
    if stuck is None or not authority.holds(by, Can.READ, at=stuck.place_path):
        raise Hidden
    authority.require(by, Can.VERIFY, at=stuck.place_path)
    if stuck.settled_at is not None:
        raise Conflict("这条记录已经处理过了")
    return stuck


@transaction.atomic
def retry(stuck_id: UUID, *, by: Actor) -> Stuck:
    """Give the entry to its reaction once more, in this transaction. Raises StillFails."""
    stuck = _open(stuck_id, by)
    follower = registry.get(stuck.cursor)
    if follower is None:
        raise Conflict(f"没有名为 {stuck.cursor} 的后续处理")
    try:
        with transaction.atomic():
            follower.effect(queries.entries([stuck.entry]))
    except Exception as cause:
        raise StillFails(f"{type(cause).__name__}: {cause}") from cause
    return _settle(stuck, "retried", Did.STUCK_RETRIED, by=by)


@transaction.atomic
def dismiss(stuck_id: UUID, *, by: Actor, reason: str) -> Stuck:
    """Let the entry rest without its effect. Raises Invalid without a reason."""
    if not reason.strip():
        raise Invalid({"reason": "请写明不再处理的理由"})
    return _settle(_open(stuck_id, by), reason.strip(), Did.STUCK_DISMISSED, by=by, reason=reason.strip())


def _settle(stuck: Stuck, outcome: str, did: Did, *, by: Actor, **values: Any) -> Stuck:
    stuck.settled_at, stuck.outcome = clock.now(), outcome
    stuck.save(update_fields=["settled_at", "outcome"])
    about = Affair(stuck.id, stuck.place_path, stuck.chain, "ledger.stuck")
    record(did, about, by=by, cursor=stuck.cursor, entry=stuck.entry, **values)
    return stuck
