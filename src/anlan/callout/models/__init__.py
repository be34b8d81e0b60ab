"""Calls, what each person owes, each attempt to reach them, counters per place, policies, carriers."""

from anlan.callout.models.calls import Call, Policy
from anlan.callout.models.carriers import Carrier, Nonce, SimulatedEvent, Unmatched
from anlan.callout.models.columns import path_field
from anlan.callout.models.obligations import Obligation, Receipt, Tally
from anlan.callout.models.push import PushDevice

__all__ = [
    "Call",
    "Carrier",
    "Nonce",
    "Obligation",
    "Policy",
    "PushDevice",
    "Receipt",
    "SimulatedEvent",
    "Tally",
    "Unmatched",
    "path_field",
]
