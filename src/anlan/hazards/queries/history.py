"""What was done to a hazard, entry by entry, with the block that seals each; and everything that hangs on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from anlan.hazards.models import ControlRow, EvidenceRow, Hazard, PlanRow, PleaRow, RoundRow
from anlan.hazards.terms import HazardState
from anlan.kernel.authority import machine
from anlan.ledger import queries as ledger
from anlan.ledger.entry import EntryRow

MOST = 500


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry; `block` is the number of the sealed block that holds it, None while it is not sealed (seconds)."""

    entry: EntryRow
    block: int | None


def timeline(hazard: Hazard) -> list[Moment]:
    """Return what was done to the hazard itself, the newest first: for whoever may see it (HZD-07).

    Duties and receipts of its chain are left out; the ledger's own page has them.
    """
    rows = [
        row for row in ledger.trail(by=machine("hazards.timeline"), subject_id=hazard.id, limit=MOST)
        if row.did.startswith("hazards.")
    ]  # fmt: skip
    blocks = ledger.blocks_of([(row.era, row.xid, row.id) for row in rows])
    return [Moment(row, blocks.get(row.id)) for row in rows]


def merged(hazard: Hazard) -> list[Hazard]:
    """Return what was merged into it, the first to arrive first: each keeps its own reporter."""
    return list(Hazard.objects.filter(lead=hazard, state=HazardState.MERGED).order_by("id"))


def rounds_of(hazard: Hazard) -> list[RoundRow]:
    """Return its rounds of rectification, the first first."""
    return list(hazard.attempts.order_by("number"))


def plans_of(hazard: Hazard) -> list[PlanRow]:
    """Return its plans, the one in force first."""
    return list(hazard.plans.order_by("-version"))


def controls_of(hazard: Hazard) -> list[ControlRow]:
    """Return its interim control, what is in force first."""
    return sorted(hazard.controls.order_by("at"), key=lambda row: row.lifted_at is not None)


def pleas_of(hazard: Hazard) -> list[PleaRow]:
    """Return what was asked for, the newest first."""
    return list(hazard.pleas.order_by("-asked_at"))


def evidence_of(ids: Iterable[UUID]) -> list[EvidenceRow]:
    """Return the photos of hazards, in the order in which they came."""
    return list(EvidenceRow.objects.filter(hazard__in=list(ids)).order_by("added_at", "id"))


def evidence(evidence_id: UUID) -> EvidenceRow | None:
    """Return one photo's row with its hazard: the caller asks whether the actor may see that."""
    return EvidenceRow.objects.select_related("hazard").filter(id=evidence_id).first()
