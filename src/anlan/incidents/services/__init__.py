"""Writes: report, complete, look into, fold, open and close an incident."""

from anlan.incidents.services.affairs import change, close, resume
from anlan.incidents.services.coming import expect
from anlan.incidents.services.completing import add_photos, answer_back, complete, move
from anlan.incidents.services.folding import fold, fold_own, unfold
from anlan.incidents.services.replies import from_reply
from anlan.incidents.services.reporting import note_export, report, withdraw
from anlan.incidents.services.verifying import ask_back, not_so, pass_on, reopen, take_up, verify

__all__ = [
    "add_photos",
    "answer_back",
    "ask_back",
    "change",
    "close",
    "complete",
    "expect",
    "fold",
    "fold_own",
    "from_reply",
    "move",
    "not_so",
    "note_export",
    "pass_on",
    "reopen",
    "report",
    "resume",
    "take_up",
    "unfold",
    "verify",
    "withdraw",
]
