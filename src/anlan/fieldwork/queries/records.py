"""Records that devices sent: what lies in the queue, and one's own."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from anlan.fieldwork import ports
from anlan.fieldwork.models import Record, Upload
from anlan.fieldwork.terms import OPEN, Can, RecordState
from anlan.fieldwork.terms import Record as Said
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.places import queries as places

VIEWS = {
    "open": OPEN, "conflict": (RecordState.CONFLICT,), "refused": (RecordState.REFUSED,),
    "waiting": (RecordState.WAITING,), "settled": (RecordState.SETTLED,),
}  # fmt: skip


def queue(by: Actor, view: str = "open", *, text: str = "", kind: str = "") -> QuerySet[Record]:
    """Return what could not be applied, from senders whose post lies where the actor minds the queue; newest first."""
    rows = Record.objects.filter(places.under(authority.scopes(by, Can.QUEUE), "place_path"), state__in=VIEWS[view])
    rows = rows.filter(kind=kind) if kind else rows
    if text:
        rows = rows.filter(Q(sender__icontains=text) | Q(message__icontains=text) | Q(post_title__icontains=text))
    return rows.order_by("-arrived_at", "-id").defer("body")


def counts(by: Actor) -> dict[str, int]:
    """Return how many lie in each view of the queue."""
    states = list(queue(by).order_by().values_list("state", flat=True))
    return {view: sum(s in of for s in states) for view, of in VIEWS.items() if view != "settled"}


def mine(by: Actor, *, only_open: bool = False) -> QuerySet[Record]:
    """Return what the actor sent, the newest first; nothing for an account without a person."""
    if by.pseudonym is None:
        return Record.objects.none()
    rows = Record.objects.filter(pseudonym=by.pseudonym)
    return (rows.filter(state__in=OPEN) if only_open else rows).order_by("-arrived_at", "-id").defer("body")


def record(record_id: UUID, *, by: Actor, locked: bool = False) -> Record:
    """Return a record that the actor sent or whose queue they mind. Raises Hidden."""
    whose = places.under(authority.scopes(by, Can.QUEUE), "place_path")
    if by.pseudonym is not None:
        whose |= Q(pseudonym=by.pseudonym)
    rows = Record.objects.select_for_update() if locked else Record.objects
    found = rows.filter(whose, id=record_id).first()
    if found is None:
        raise Hidden(str(record_id))
    return found


def said(row: Record) -> Said:
    """Return a record as a handler gets it."""
    return Said(
        row.id, row.kind, row.body, row.at, row.offline, row.base, tuple(UUID(u) for u in row.uploads), row.device,
        row.seq,
    )  # fmt: skip


def told(row: Record) -> dict[str, str]:
    """Return in plain words what the phone says: as kept, else as the handler of its kind tells it, else its values."""
    if row.mine:
        return dict(row.mine)
    handler = ports.handlers.get(row.kind)
    if isinstance(handler, ports.Tells):
        return {str(k): str(v) for k, v in handler.tell(said(row)).items()}
    return {k: str(v)[:500] for k, v in row.body.items() if not isinstance(v, dict | list)}


def sides(row: Record) -> list[tuple[str, str, str]]:
    """Return (label, what stands, what the phone says) of both versions."""
    phone = told(row)
    return [(label, str(row.now.get(label, "")), phone.get(label, "")) for label in [*phone, *(
        k for k in row.now if k not in phone)]]  # fmt: skip


def files(row: Record) -> list[dict[str, Any]]:
    """Return the state of each file of a record: {"id", "state", "reason"}."""
    found = Upload.objects.filter(id__in=row.uploads).only("id", "state", "reason")
    return [{"id": f.id, "state": f.state, "reason": f.reason} for f in found]
