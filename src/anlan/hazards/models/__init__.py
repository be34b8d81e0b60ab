"""Hazards and their five names, the library and its checklists, objects and inspections."""

from anlan.hazards.models.columns import path_field
from anlan.hazards.models.hazard import ControlRow, EvidenceRow, Hazard, NumberYear, PlanRow, PleaRow, RoundRow
from anlan.hazards.models.inspections import (
    Answer,
    Object,
    ObjectImport,
    Programme,
    RiskPoint,
    Rounds,
    Task,
    TaskPart,
    Visit,
    VisitVersion,
)
from anlan.hazards.models.library import Checklist, ChecklistVersion, Item, KindRow, LibrarySheet
from anlan.hazards.models.tips import Informant, Muted, RewardRow, Tip
from anlan.hazards.models.views import SavedView

__all__ = [
    "Answer",
    "Checklist",
    "ChecklistVersion",
    "ControlRow",
    "EvidenceRow",
    "Hazard",
    "Informant",
    "Item",
    "KindRow",
    "LibrarySheet",
    "Muted",
    "NumberYear",
    "Object",
    "ObjectImport",
    "PlanRow",
    "PleaRow",
    "Programme",
    "RewardRow",
    "RiskPoint",
    "RoundRow",
    "Rounds",
    "SavedView",
    "Task",
    "TaskPart",
    "Tip",
    "Visit",
    "VisitVersion",
    "path_field",
]
