"""Hazards and their five names, the library and its checklists, objects and inspections."""

from anlan.hazards.models.columns import path_field
from anlan.hazards.models.hazard import ControlRow, EvidenceRow, Hazard, NumberYear, PlanRow, PleaRow, RoundRow
from anlan.hazards.models.inspections import Answer, Object, Programme, Task, TaskPart, Visit, VisitVersion
from anlan.hazards.models.library import Checklist, ChecklistVersion, Item, KindRow, LibrarySheet

__all__ = [
    "Answer",
    "Checklist",
    "ChecklistVersion",
    "ControlRow",
    "EvidenceRow",
    "Hazard",
    "Item",
    "KindRow",
    "LibrarySheet",
    "NumberYear",
    "Object",
    "PlanRow",
    "PleaRow",
    "Programme",
    "RoundRow",
    "Task",
    "TaskPart",
    "Visit",
    "VisitVersion",
    "path_field",
]
