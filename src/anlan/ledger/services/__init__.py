"""What others call: record, react, drill, keep private, seal, verify, prove."""

from anlan.ledger.entry import EntryRow
from anlan.ledger.services.exercises import close_exercise, open_exercise
from anlan.ledger.services.following import drain, reaction
from anlan.ledger.services.grants import grant
from anlan.ledger.services.private import destroy_key, take
from anlan.ledger.services.proofs import proof, proof_files, verifier
from anlan.ledger.services.recording import Line, record, record_from, record_many
from anlan.ledger.services.runner import run_followers
from anlan.ledger.services.sealing import seal, seal_all
from anlan.ledger.services.upkeep import open_era, settle
from anlan.ledger.services.verifying import Whole, inspect, inspect_later, verify

__all__ = [
    "EntryRow",
    "Line",
    "Whole",
    "close_exercise",
    "destroy_key",
    "drain",
    "grant",
    "inspect",
    "inspect_later",
    "open_era",
    "open_exercise",
    "proof",
    "proof_files",
    "reaction",
    "record",
    "record_from",
    "record_many",
    "run_followers",
    "seal",
    "seal_all",
    "settle",
    "take",
    "verifier",
    "verify",
]
