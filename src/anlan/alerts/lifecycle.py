"""The tables of transitions: alerts that others issue, notices of our own, raw intake."""

from anlan.alerts.terms import AlertState as A
from anlan.alerts.terms import Can, Did
from anlan.alerts.terms import IntakeState as I
from anlan.alerts.terms import NoticeState as N
from anlan.kernel.lifecycle import Lifecycle, step

ALERT = Lifecycle(
    "alert",
    A.ACTIVE,
    step(Did.SUPERSEDED, A.ACTIVE, A.SUPERSEDED),
    step(Did.CANCELLED, A.ACTIVE, A.CANCELLED),
    step(Did.EXPIRED, A.ACTIVE, A.EXPIRED),
)

NOTICE = Lifecycle(
    "notice",
    N.DRAFT,
    step(Did.EDITED, N.DRAFT, N.DRAFT, can=Can.DRAFT),
    step(Did.SUBMITTED, N.DRAFT, N.WAITING, can=Can.DRAFT),
    step(Did.APPROVED, N.WAITING, N.SENT, can=Can.APPROVE),
    step(Did.RETURNED, N.WAITING, N.DRAFT, can=Can.APPROVE),
    step(Did.SENT, N.DRAFT, N.SENT, can=Can.DRAFT),
    step(Did.SENT_URGENT, {N.DRAFT, N.WAITING}, N.REVIEW, can=Can.SEND_URGENT),
    step(Did.REVIEWED, N.REVIEW, N.SENT, can=Can.APPROVE),
    step(Did.REVIEWED, N.WITHDRAWN, N.WITHDRAWN, can=Can.APPROVE),
    step(Did.REVIEWED, N.EXPIRED, N.EXPIRED, can=Can.APPROVE),
    step(Did.WITHDRAWN, {N.SENT, N.REVIEW}, N.WITHDRAWN, can=Can.DRAFT),
    step(Did.LAPSED, {N.SENT, N.REVIEW}, N.EXPIRED),
    step(Did.DROPPED, {N.DRAFT, N.WAITING}, N.DROPPED, can=Can.DRAFT),
)

INTAKE = Lifecycle(
    "intake",
    I.UNREADABLE,
    step(Did.INTAKE_READ, I.UNREADABLE, I.READ),
    step(Did.INTAKE_FAILED, I.UNREADABLE, I.UNREADABLE),
    step(Did.INTAKE_DISMISSED, I.UNREADABLE, I.DISMISSED, can=Can.RECEIVE),
)
