"""Writes: report, confirm, assign, rectify, accept, and everything around an inspection."""

from anlan.hazards.services.accepting import accept, look_back, refuse, reopen
from anlan.hazards.services.assigning import assign, reassign, remind, send_back
from anlan.hazards.services.bulk import assign_many
from anlan.hazards.services.bundle import bundle
from anlan.hazards.services.confirming import confirm, reconsider, regrade, reject
from anlan.hazards.services.merging import merge, part
from anlan.hazards.services.pleas import ask, continue_clock, decide, resume, review
from anlan.hazards.services.programmes import ask_professional, programme, special, stop_programme
from anlan.hazards.services.rectifying import control, lift, plan, rectify, report_settled, settle
from anlan.hazards.services.reporting import add_photos, note, note_export, report, withdraw
from anlan.hazards.services.views import drop_view, pin_view, save_view
from anlan.hazards.services.visits import excuse, visit

__all__ = [
    "accept",
    "add_photos",
    "ask",
    "ask_professional",
    "assign",
    "assign_many",
    "bundle",
    "confirm",
    "continue_clock",
    "control",
    "decide",
    "drop_view",
    "excuse",
    "lift",
    "look_back",
    "merge",
    "note",
    "note_export",
    "part",
    "pin_view",
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
    "save_view",
    "send_back",
    "settle",
    "special",
    "stop_programme",
    "visit",
    "withdraw",
]
