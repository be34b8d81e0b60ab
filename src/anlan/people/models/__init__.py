"""Persons, posts and who holds them; accounts; rosters; the duty list; double check-in. A post outlives its holders."""

from anlan.people.models.addresses import Address
from anlan.people.models.calendar import CalendarDay, CalendarYear
from anlan.people.models.checkins import Checkin, Claim, Muster, Squad, SquadMember, Task
from anlan.people.models.columns import path_field
from anlan.people.models.handovers import DutyCall, DutyItem, HandoverNote
from anlan.people.models.imports import Import, ImportRow
from anlan.people.models.matters import DutyList, Matter, Ownerless, Stopped
from anlan.people.models.persons import Account, AccountManager, Organisation, Person
from anlan.people.models.posts import Holding, Post, Role
from anlan.people.models.shifts import (
    CalendarFeed,
    Rota,
    RotaMember,
    RotaMonth,
    RotaVersion,
    Shift,
    ShiftChange,
    ShiftGap,
    ShiftSeat,
    ShiftSheet,
)

__all__ = [
    "Account",
    "AccountManager",
    "Address",
    "CalendarDay",
    "CalendarFeed",
    "CalendarYear",
    "Checkin",
    "Claim",
    "DutyCall",
    "DutyItem",
    "DutyList",
    "HandoverNote",
    "Holding",
    "Import",
    "ImportRow",
    "Matter",
    "Muster",
    "Organisation",
    "Ownerless",
    "Person",
    "Post",
    "Role",
    "Rota",
    "RotaMember",
    "RotaMonth",
    "RotaVersion",
    "Shift",
    "ShiftChange",
    "ShiftGap",
    "ShiftSeat",
    "ShiftSheet",
    "Squad",
    "SquadMember",
    "Stopped",
    "Task",
    "path_field",
]
