"""The proof of one entry inside a bundle of many (HZD-07)."""

from uuid import UUID

from anlan.ledger import services as ledger
from anlan.ledger.models import Block

FAR = 2_000  # blocks up to a common head; an entry further back is proved up to its own block


def files(entry_id: UUID, block: int, last: int) -> tuple[dict[str, bytes], Block]:
    """Return the three files that prove an entry of a sealed block, and the head that its reader compares.

    The head is `last`, so that one comparison serves the whole bundle, unless that is too far away.
    """
    parts, _block, head = ledger.proof_files(entry_id, to=last if last - block <= FAR else block)
    return parts, head
