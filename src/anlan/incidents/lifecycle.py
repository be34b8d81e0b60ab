"""The tables of transitions: a report from below, and the incident it becomes or joins."""

from anlan.incidents.terms import OPEN, Can, Did
from anlan.incidents.terms import IncidentState as I
from anlan.incidents.terms import ReportState as R
from anlan.kernel.lifecycle import Lifecycle, step

REPORT = Lifecycle(
    "report",
    R.RECEIVED,
    step(Did.TAKEN, {R.RECEIVED}, R.VERIFYING, can=Can.VERIFY),
    step(Did.VERIFIED, OPEN, R.VERIFIED, can=Can.VERIFY),
    step(Did.JOINED, OPEN, R.VERIFIED, can=Can.VERIFY),
    step(Did.NOT_SO, OPEN, R.NOT_SO, can=Can.VERIFY),
    step(Did.ASKED, OPEN, R.UNSURE, can=Can.VERIFY),
    step(Did.REPLIED, R.UNSURE, R.VERIFYING),
    step(Did.PASSED_ON, OPEN, R.PASSED_ON, can=Can.VERIFY),
    step(Did.FOLDED, OPEN, R.FOLDED, can=Can.VERIFY),
    step(Did.FOLDED_OWN, OPEN, R.FOLDED),
    step(Did.VERIFIED_TOO, {*OPEN, R.FOLDED}, R.VERIFIED),
    step(Did.NOT_SO_TOO, R.FOLDED, R.NOT_SO),
    step(Did.PASSED_ON_TOO, R.FOLDED, R.PASSED_ON),
    step(Did.UNFOLDED, {R.FOLDED, R.VERIFIED}, R.VERIFYING, can=Can.VERIFY),
    step(Did.REOPENED, {R.NOT_SO, R.PASSED_ON, R.WITHDRAWN}, R.VERIFYING, can=Can.VERIFY),
    step(Did.WITHDRAWN, R.RECEIVED, R.WITHDRAWN),
)

INCIDENT = Lifecycle(
    "incident",
    I.OPEN,
    step(Did.CHANGED, I.OPEN, I.OPEN, can=Can.VERIFY),
    step(Did.CLOSED, I.OPEN, I.CLOSED, can=Can.VERIFY),
    step(Did.RESUMED, I.CLOSED, I.OPEN, can=Can.VERIFY),
)
