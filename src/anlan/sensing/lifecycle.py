"""The tables of transitions of an alarm and of a rule (SEN-04)."""

from anlan.kernel.lifecycle import Lifecycle, step
from anlan.sensing.terms import AlarmState as A
from anlan.sensing.terms import Can, Did
from anlan.sensing.terms import RuleState as R

ALARM = Lifecycle(
    "alarm",
    A.RAISED,
    step(Did.VERIFIED_REAL, {A.RAISED, A.UNSURE}, A.CONFIRMED),
    step(Did.VERIFIED_FALSE, {A.RAISED, A.UNSURE}, A.CLOSED),
    step(Did.VERIFIED_UNSURE, {A.RAISED, A.UNSURE}, A.UNSURE),
    step(Did.ALARM_CLOSED, A.CONFIRMED, A.CLOSED, can=Can.VERIFY),
    step(Did.ALARM_REOPENED, A.CLOSED, A.RAISED, can=Can.VERIFY),
)

RULE = Lifecycle(
    "rule",
    R.DRAFT,
    step(Did.RULE_ON, {R.DRAFT, R.OFF}, R.ON, can=Can.RULES),
    step(Did.RULE_OFF, R.ON, R.OFF, can=Can.RULES),
)
