"""The tables of transitions: rotas, shifts, handover notes, calls received; registrations, tasks, groupings."""

from anlan.kernel.lifecycle import Lifecycle, step
from anlan.people.terms import Can, Did
from anlan.people.terms import ChangeState as C
from anlan.people.terms import CheckinState as K
from anlan.people.terms import DutyCallState as D
from anlan.people.terms import MonthState as M
from anlan.people.terms import MusterState as G
from anlan.people.terms import NoteState as N
from anlan.people.terms import TaskState as T

MONTH = Lifecycle("rota month", M.DRAFT, step(Did.ROTA_PUBLISHED, M.DRAFT, M.PUBLISHED, can=Can.ROTA))

CHANGE = Lifecycle(
    "shift change",
    C.ASKED,
    step(Did.SHIFT_CHANGED, C.ASKED, C.DONE),
    step(Did.SHIFT_DECLINED, C.ASKED, C.DECLINED),
    step(Did.SHIFT_WITHDRAWN, C.ASKED, C.WITHDRAWN),
    step(Did.SHIFT_LAPSED, C.ASKED, C.LAPSED),
)

NOTE = Lifecycle(
    "handover note",
    N.DRAFT,
    step(Did.HANDOVER_GIVEN, N.DRAFT, N.GIVEN),
    step(Did.HANDOVER_READ, N.GIVEN, N.READ),
)

DUTY_CALL = Lifecycle("duty call", D.OPEN, step(Did.CALL_CLOSED, D.OPEN, D.CLOSED))

CHECKIN = Lifecycle(
    "checkin",
    K.REGISTERED,
    step(Did.CHECKIN_CONFIRMED, K.REGISTERED, K.LISTED, can=Can.CHECKINS),
    step(Did.CHECKIN_DECLINED, K.REGISTERED, K.DECLINED, can=Can.CHECKINS),
    step(Did.CHECKIN_WITHDRAWN, {K.REGISTERED, K.LISTED}, K.WITHDRAWN),
)
TASK = Lifecycle(
    "task",
    T.OPEN,
    step(Did.TASK_DONE, T.OPEN, T.DONE, can=Can.CHECKINS),
    step(Did.TASK_CLOSED, T.DONE, T.CLOSED, can=Can.CHECKINS),
    step(Did.TASK_CANCELLED, T.OPEN, T.CANCELLED, can=Can.CHECKINS),
)
MUSTER = Lifecycle(
    "muster",
    G.PROPOSED,
    step(Did.MUSTER_CONFIRMED, G.PROPOSED, G.STANDING, can=Can.CHECKINS),
    step(Did.MUSTER_DISBANDED, G.STANDING, G.DISBANDED, can=Can.CHECKINS),
    step(Did.MUSTER_DROPPED, G.PROPOSED, G.DROPPED, can=Can.CHECKINS),
)
