"""The tables of transitions: calls, obligations, receipts."""

from anlan.callout.terms import CallState as C
from anlan.callout.terms import Can, Did
from anlan.callout.terms import ObligationState as O
from anlan.callout.terms import ReceiptState as R
from anlan.kernel.lifecycle import Lifecycle, step

SEND_NOW = "send-now"  # start without the second person; a reason is kept and somebody reviews it

CALL = Lifecycle(
    "call",
    C.DRAFT,
    step(Did.SUBMITTED, C.DRAFT, C.AWAITING, can=Can.PREPARE),
    step(Did.APPROVED, C.AWAITING, C.APPROVED, can=Can.APPROVE),
    step(Did.RETURNED, {C.AWAITING, C.APPROVED}, C.DRAFT, can=Can.APPROVE),
    step(Did.STARTED, {C.DRAFT, C.APPROVED}, C.RUNNING, can=Can.START),
    step(SEND_NOW, {C.DRAFT, C.AWAITING, C.APPROVED}, C.RUNNING, can=Can.START),
    step(Did.TAKEN_OVER, C.RUNNING, C.SUPERSEDED),
    step(Did.ENDED, C.RUNNING, C.ENDED, can=Can.END),
    step(Did.CANCELLED, {C.DRAFT, C.AWAITING, C.APPROVED, C.RUNNING}, C.CANCELLED, can=Can.END),
)

OBLIGATION = Lifecycle(
    "obligation",
    O.OPEN,
    step(Did.MET, O.OPEN, O.MET),
    step(Did.LAPSED, O.OPEN, O.LAPSED),
    step(Did.VOIDED, {O.OPEN, O.LAPSED, O.TOLD}, O.VOID),
)

# A gateway's reports overtake one another: an answer may come before "delivered", never a step back.
RECEIPT = Lifecycle(
    "receipt",
    R.QUEUED,
    step("take", {R.QUEUED}, R.HANDING),
    step("put back", R.HANDING, R.QUEUED),
    step("hand", {R.QUEUED, R.HANDING}, R.HANDED),
    step("deliver", {R.HANDING, R.HANDED}, R.DELIVERED),
    step("read", {R.HANDING, R.HANDED, R.DELIVERED}, R.READ),
    step("answer", {R.QUEUED, R.HANDING, R.HANDED, R.DELIVERED, R.READ, R.FAILED}, R.ANSWERED),
    step("fail", {R.QUEUED, R.HANDING, R.HANDED}, R.FAILED),
)
