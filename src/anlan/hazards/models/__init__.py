"""Hazards and their five names, the library and its checklists, objects and inspections."""

from anlan.hazards.models.columns import path_field
from anlan.hazards.models.conduct import LeadAnswer, NeglectLead, ObstacleRow
from anlan.hazards.models.hazard import ControlRow, EvidenceRow, Hazard, NumberYear, PlanRow, PleaRow, RoundRow
from anlan.hazards.models.hints import Hint, Shot
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
from anlan.hazards.models.oversight import FollowUp, MajorReport, Referral, Supervision
from anlan.hazards.models.publishing import Posting, Remark
from anlan.hazards.models.tips import Informant, Muted, RewardRow, Tip
from anlan.hazards.models.views import SavedView

__all__ = [
    "Answer",
    "Checklist",
    "ChecklistVersion",
    "ControlRow",
    "EvidenceRow",
    "FollowUp",
    "Hazard",
    "Hint",
    "Informant",
    "Item",
    "KindRow",
    "LeadAnswer",
    "LibrarySheet",
    "MajorReport",
    "Muted",
    "NeglectLead",
    "NumberYear",
    "Object",
    "ObjectImport",
    "ObstacleRow",
    "PlanRow",
    "PleaRow",
    "Posting",
    "Programme",
    "Referral",
    "Remark",
    "RewardRow",
    "RiskPoint",
    "RoundRow",
    "Rounds",
    "SavedView",
    "Shot",
    "Supervision",
    "Task",
    "TaskPart",
    "Tip",
    "Visit",
    "VisitVersion",
    "path_field",
]
