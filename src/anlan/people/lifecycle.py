"""The tables of transitions: a month of a rota, a substitution or swap, a handover note, a call received."""

from anlan.kernel.lifecycle import Lifecycle, step
from anlan.people.terms import Can, Did
from anlan.people.terms import ChangeState as C
from anlan.people.terms import DutyCallState as D
from anlan.people.terms import MonthState as M
from anlan.people.terms import NoteState as N

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
