"""Figures follow what is done to hazards, visits and tasks (HZD-08)."""

from collections.abc import Sequence

from anlan.analytics.services import rollup
from anlan.hazards.terms import Did
from anlan.ledger import services as ledger

SORTS = {"hazards.hazard": "hazard", "hazards.object": "object", "hazards.task": "task"}

LAID = {Did.TASKS_LAID, Did.PROGRAMME_STOPPED}  # entries about many tasks, which name none


@ledger.reaction("analytics.rollup", kinds=tuple(Did), batch=rollup.BATCH)
def count(batch: Sequence[ledger.EntryRow]) -> None:
    """Count anew whatever a batch of entries is about."""
    for subject_type, what in SORTS.items():
        rollup.refresh(what, {entry.subject_id for entry in batch if entry.subject_type == subject_type})
    rollup.of_visits(sorted({entry.subject_id for entry in batch if entry.subject_type == "hazards.visit"}))
    if any(entry.did in LAID for entry in batch):
        rollup.note_tasks()
