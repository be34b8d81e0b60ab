"""The tables of transitions of a hazard and of a resident's tip; the migrations hold what goes beyond (HZD-01)."""

from anlan.hazards.terms import Can, Did, LeadState, ReferralState, TipState
from anlan.hazards.terms import HazardState as H
from anlan.kernel.lifecycle import Lifecycle, step

HAZARD = Lifecycle(
    "hazard",
    H.REPORTED,
    step(Did.CONFIRMED, H.REPORTED, H.CONFIRMED, can=Can.CONFIRM),
    step(Did.REJECTED, {H.REPORTED, H.CONFIRMED}, H.REJECTED, can=Can.CONFIRM),
    step(Did.RECONSIDERED, {H.REJECTED, H.WITHDRAWN}, H.REPORTED, can=Can.CONFIRM),
    step(Did.MERGED, {H.REPORTED, H.CONFIRMED, H.ASSIGNED}, H.MERGED, can=Can.CONFIRM),
    step(Did.PARTED, H.MERGED, H.REPORTED, can=Can.CONFIRM),
    step(Did.WITHDRAWN, H.REPORTED, H.WITHDRAWN),
    step(Did.ASSIGNED, H.CONFIRMED, H.ASSIGNED, can=Can.ASSIGN),
    step(Did.REASSIGNED, H.ASSIGNED, H.ASSIGNED, can=Can.ASSIGN),
    step(Did.RETURNED, H.ASSIGNED, H.CONFIRMED),
    step(Did.RECTIFIED, H.ASSIGNED, H.RECTIFIED),
    step(Did.NOT_ACCEPTED, H.RECTIFIED, H.ASSIGNED, can=Can.ACCEPT),
    step(Did.ACCEPTED, H.RECTIFIED, H.CLOSED, can=Can.ACCEPT),
    step(Did.LISTED, {H.CONFIRMED, H.ASSIGNED}, H.LISTED, can=Can.APPROVE),
    step(Did.RESUMED, H.LISTED, H.CONFIRMED, can=Can.ASSIGN),
    step(Did.REOPENED, H.CLOSED, H.CONFIRMED, can=Can.CONFIRM),
)

T = TipState
TIP = Lifecycle(
    "tip",
    T.RECEIVED,
    step(Did.TIP_RELEASED, T.HELD, T.RECEIVED, can=Can.TIPS),
    step(Did.TIP_FOLDED, T.RECEIVED, T.FOLDED),
    step(Did.TIP_ACCEPTED, {T.RECEIVED, T.HELD, T.DECLINED}, T.ACCEPTED, can=Can.TIPS),
    step(Did.TIP_MERGED, {T.RECEIVED, T.HELD, T.DECLINED}, T.ACCEPTED, can=Can.TIPS),
    step(Did.TIP_DECLINED, {T.RECEIVED, T.HELD}, T.DECLINED, can=Can.TIPS),
    step(Did.TIP_FORWARDED, {T.RECEIVED, T.HELD}, T.FORWARDED, can=Can.TIPS),
)

R = ReferralState
REFERRAL = Lifecycle(
    "referral",
    R.SENT,
    step(Did.REFERRAL_RECEIVED, R.SENT, R.RECEIVED),
    step(Did.REFERRAL_RESULT, R.RECEIVED, R.RESULT),
    step(Did.REFERRAL_RETURNED, {R.SENT, R.RECEIVED}, R.RETURNED),
)

L = LeadState
LEAD = Lifecycle(
    "lead of neglect",
    L.OPENED,
    step(Did.LEAD_CONFIRMED, L.OPENED, L.CONFIRMED, can=Can.CONDUCT),
    step("unfounded", {L.OPENED, L.CONFIRMED}, L.UNFOUNDED, can=Can.CONDUCT),
    step("exempt", L.CONFIRMED, L.EXEMPT, can=Can.CONDUCT),
    step("passed", L.CONFIRMED, L.PASSED, can=Can.CONDUCT),
)
