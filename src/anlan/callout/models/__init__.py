"""Calls, what each person owes, each attempt to reach them, counters per place, policies, carriers."""

from anlan.callout.models.calls import Call, Policy
from anlan.callout.models.carriers import Carrier, Nonce, SimulatedEvent, Unmatched
from anlan.callout.models.checks import Asking, Check, Round
from anlan.callout.models.columns import path_field
from anlan.callout.models.filings import Filing
from anlan.callout.models.following import Followed
from anlan.callout.models.obligations import Obligation, Receipt, Tally
from anlan.callout.models.push import PushDevice
from anlan.callout.models.relays import Relay, RelayHeard, RelayText
from anlan.callout.models.results import Report, Template
from anlan.callout.models.robots import Robot, RobotPost
from anlan.callout.models.speakers import Broadcast, PlayOrder, PlayReceipt, Speaker
from anlan.callout.models.statistics import Counted, Statistic

__all__ = [
    "Asking",
    "Broadcast",
    "Call",
    "Carrier",
    "Check",
    "Counted",
    "Filing",
    "Followed",
    "Nonce",
    "Obligation",
    "PlayOrder",
    "PlayReceipt",
    "Policy",
    "PushDevice",
    "Receipt",
    "Relay",
    "RelayHeard",
    "RelayText",
    "Report",
    "Robot",
    "RobotPost",
    "Round",
    "SimulatedEvent",
    "Speaker",
    "Statistic",
    "Tally",
    "Template",
    "Unmatched",
    "path_field",
]
