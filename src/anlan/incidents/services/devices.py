"""A device's alarm that somebody found real becomes an event, together with what people reported near it (SEN-03)."""

from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.incidents import queries
from anlan.incidents.models import Incident, Report
from anlan.incidents.services import folding, verifying
from anlan.incidents.terms import OPEN, Did, How, IncidentState, Located
from anlan.kernel import authority
from anlan.kernel.authority import Actor
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.sensing.queries.alarms import Told
from anlan.sensing.services import verifying as sensing
from anlan.sensing.terms import ThingKind

KINDS = {
    ThingKind.RAIN: "flooding", ThingKind.RIVER: "river", ThingKind.WATERLOG: "flooding", ThingKind.SMOKE: "fire",
    ThingKind.GAS: "gas", ThingKind.SHED: "fire", ThingKind.LIFT: "trapped", ThingKind.SLOPE: "landslide",
    ThingKind.WEATHER: "wind", ThingKind.GATE: "crowd", ThingKind.VIDEO: "crowd",
}  # fmt: skip
MOST = 20  # human reports that are folded in by themselves


@transaction.atomic
def take(told: Told) -> Incident | None:
    """Open an incident for a real alarm, or let it join the one near by; fold in what people reported of it.

    It was verified already, so nobody verifies it again. Twice is once; None where it was taken before. What people
    said is folded only where place, time, kind and words agree, and can be unfolded at the desk.
    """
    by = authority.machine("incidents.device", exercise=told.exercise_id)
    if Report.objects.filter(client_id=told.id, how=How.DEVICE).exists():
        return None
    report = _report(told, by=by)
    incident = verifying.verify(
        report.id, by=by, opinion=told.opinion, title=_title(report, told), into=_into(report)
    )  # fmt: skip
    Report.objects.filter(id=report.id).update(verifier=told.verifier, verifier_name=told.verifier_name)
    for one in queries.like(report, limit=MOST):
        if one.report.state in OPEN and one.report.kind == report.kind:
            folding.fold(one.report.id, report.id, by=by)
    incident.refresh_from_db()  # what was folded in may have begun earlier
    sensing.became(told.id, f"incidents.incident:{incident.id}", incident.title, by=by)
    return incident


def _report(told: Told, *, by: Actor) -> Report:
    text = "，".join(filter(None, (_("{name}报警").format(name=told.name), told.words, told.opinion)))
    report = Report.objects.create(
        id=uuid7(), client_id=told.id, chain_id=told.id, exercise_id=told.exercise_id, place_path=told.place_path,
        located=Located.DEVICE if told.lon is not None else Located.CHOSEN, lon=told.lon, lat=told.lat,
        text=text[:1000],
        how=How.DEVICE, kind=KINDS.get(ThingKind(told.kind), "other"), urgent=told.life_safety,
        happened_at=min(told.began_at, told.raised_at), arrived_at=told.raised_at,
        reporter_name=told.name[:60], reporter_title=told.number,
    )  # fmt: skip
    ledger.record(
        Did.RECEIVED, report, by=by, at=report.arrived_at, private={"text": report.text}, what_kind=report.kind,
        came=report.how, urgent=report.urgent, located=report.located, happened_at=report.happened_at, photos=0,
    )  # fmt: skip
    return report


def _title(report: Report, told: Told) -> str:
    where = queries.where_of({report.place_path}).get(report.place_path, "")
    return _("{where} {name}报警").format(where=where, name=told.name).strip()[:120]


def _into(report: Report) -> UUID | None:
    """Return the open incident that the same kind of thing near in place and time has become already."""
    bounds = replace(queries.limits(), words_same_kind=0.0)
    for one in queries.like(report, bounds=bounds):
        incident = one.report.incident
        if one.report.kind == report.kind and incident is not None and incident.state == IncidentState.OPEN:
            return incident.id
    return None
