"""What follows a warning that was received, and a call that was started for it."""

from collections.abc import Sequence

from anlan.alerts.queries.bulletins import Heard
from anlan.alerts.services import bulletins, from_alarms, linkage
from anlan.alerts.terms import Did
from anlan.callout.queries import affair
from anlan.callout.terms import Did as Called
from anlan.kernel import clock
from anlan.kernel.authority import machine
from anlan.ledger import services as ledger
from anlan.sensing.queries import alarms
from anlan.sensing.terms import Did as Sensed


@ledger.reaction("alerts.linkage", kinds=(Did.RECEIVED,), batch=20)
def link(batch: Sequence[ledger.EntryRow]) -> None:
    """Ring the duty officer and prepare the call; at most twenty at once, to keep the transaction short."""
    linkage.respond([entry.subject_id for entry in batch])


@ledger.reaction("alerts.called", kinds=(Called.STARTED,))
def note_call(batch: Sequence[ledger.EntryRow]) -> None:
    """A call for an alert has started: nobody owes a look at that alert any more."""
    found = affair.alerts_of([entry.subject_id for entry in batch])
    linkage.called(found, by=machine("alerts.called"))


ENDS = {Did.CANCELLED, Did.WITHDRAWN}
TOLD = (Did.RECEIVED, Did.CANCELLED, Did.SENT, Did.APPROVED, Did.SENT_URGENT, Did.WITHDRAWN)


@ledger.reaction("alerts.bulletin", kinds=TOLD, batch=50)
def tell_residents(batch: Sequence[ledger.EntryRow]) -> None:
    """Residents' browsers ring: here one bulletin per entry, by jobs the rings."""
    since = clock.now() - bulletins.OLD
    heard = [(e.subject_type, Heard(e.id, e.subject_id, e.did in ENDS)) for e in batch if e.at > since]
    bulletins.make(
        [h for kind, h in heard if kind == "alerts.alert"], [h for kind, h in heard if kind == "alerts.notice"]
    )


@ledger.reaction("alerts.from-alarm", kinds=(Sensed.VERIFIED_REAL,), batch=20)
def propose_notice(batch: Sequence[ledger.EntryRow]) -> None:
    """Propose an 内部风险提示 for what is grave and real; a person decides."""
    for told in alarms.real(entry.subject_id for entry in batch):
        from_alarms.propose(told)
