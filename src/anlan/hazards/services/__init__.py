"""Writes: report, confirm, assign, rectify, accept, and everything around an inspection."""

from anlan.hazards.services.accepting import accept, look_back, refuse, reopen
from anlan.hazards.services.assigning import assign, reassign, remind, send_back
from anlan.hazards.services.confirming import confirm, reconsider, regrade, reject
from anlan.hazards.services.merging import merge, part
from anlan.hazards.services.pleas import ask, continue_clock, decide, resume, review
from anlan.hazards.services.programmes import ask_professional, programme, special, stop_programme
from anlan.hazards.services.rectifying import control, lift, plan, rectify, report_settled, settle
from anlan.hazards.services.reporting import add_photos, note, note_export, report, withdraw
from anlan.hazards.services.visits import excuse, visit

__all__ = [
    "accept",
    "add_photos",
    "ask",
    "ask_professional",
    "assign",
    "confirm",
    "continue_clock",
    "control",
    "decide",
    "excuse",
    "lift",
    "look_back",
    "merge",
    "note",
    "note_export",
    "part",
    "plan",
    "programme",
    "reassign",
    "reconsider",
    "rectify",
    "refuse",
    "regrade",
    "reject",
    "remind",
    "reopen",
    "report",
    "report_settled",
    "resume",
    "review",
    "send_back",
    "settle",
    "special",
    "stop_programme",
    "visit",
    "withdraw",
]
