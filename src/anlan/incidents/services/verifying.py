"""The duty desk looks into a report: it is so, it is not, it is somebody else's, or the reporter is asked back."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.incidents import lifecycle, queries
from anlan.incidents.models import Incident, Report
from anlan.incidents.services import duties
from anlan.incidents.terms import KIND_NAMES, Did, IncidentState, Level, ReportState
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger


@transaction.atomic
def take_up(report_id: UUID, *, by: Actor) -> Report:
    """Say that one is looking into it: the others see that, and it climbs no further."""
    found = _lock(report_id, by)
    _move(found, Did.TAKEN, by)
    found.save()
    ledger.record(Did.TAKEN, found, by=by)
    duties.keep(found, by=by)
    return found


@transaction.atomic
def verify(
    report_id: UUID, *, by: Actor, opinion: str = "", title: str = "", level: str = "", into: UUID | None = None
) -> Incident:
    """It is so: the report opens an incident, or joins the one given by `into`. Everybody who reported it is told.

    Raises Hidden, Refused, Conflict (decided already, or one's own report), Invalid (title, level).
    """
    found = _lock(report_id, by)
    incident = queries.lock_incident(into, by=by) if into else None
    if incident is not None:
        _fits(found, incident)
    elif level not in set(Level):
        raise Invalid({"level": _("级别只有一般、较大、重大、特别重大，也可以先不定")})
    _move(found, Did.JOINED if incident else Did.VERIFIED, by, opinion)
    fresh = incident is None
    if incident is None:
        incident = _open(found, title, level, by=by)
    else:
        found.lead = next((one for one in queries.sources_of(incident.id) if one.lead_id is None), None)
    belong([found], incident)
    found.save()
    if fresh:
        ledger.record(Did.VERIFIED, found, by=by, opinion=found.opinion)
        ledger.record(Did.OPENED, incident, by=by, title=incident.title, of=found.id, level=level)
    else:
        ledger.record(Did.JOINED, found, by=by, title=incident.title, opinion=found.opinion)
    duties.met(found, by=by)
    duties.answered_back(found, by=by)
    words = _("核实了，属实，已经转成事件「{title}」在处置。").format(title=incident.title)
    duties.tell(found, words, by=by)
    follow(found, Did.VERIFIED_TOO, words, by=by, incident=incident)
    return incident


def _fits(found: Report, incident: Incident) -> None:
    if incident.exercise_id != found.exercise_id:
        raise Invalid({"into": _("演练的和真的不能并在一起")})
    if incident.state != IncidentState.OPEN:
        raise Conflict(_("那个事件已经了结，先把它重新打开，或者另开一个事件"))


def _open(found: Report, title: str, level: str, *, by: Actor) -> Incident:
    identifier = uuid7()
    where = queries.where_of({found.place_path}).get(found.place_path, "")
    said = title.strip() or f"{where}{KIND_NAMES[found.kind]}"
    if len(said) > 120:
        raise Invalid({"title": _("最多 120 个字")})
    return Incident.objects.create(
        id=identifier, chain_id=found.chain_id, exercise_id=found.exercise_id, place_path=found.place_path,
        lon=found.lon, lat=found.lat, kind=found.kind, title=said, level=level, sensed_at=found.arrived_at,
        happened_at=found.happened_at, made_by=by.pseudonym, made_by_name=by.name[:60],
    )  # fmt: skip


def belong(found: Iterable[Report], incident: Incident) -> None:
    """Let reports belong to an incident; its beginning is the earliest of what they tell."""
    for one in found:
        one.incident, one.chain_id = incident, incident.chain_id
        if one.arrived_at < incident.sensed_at or one.happened_at < incident.happened_at:
            incident.sensed_at = min(incident.sensed_at, one.arrived_at)
            incident.happened_at = min(incident.happened_at, one.happened_at)
            incident.save(update_fields=["sensed_at", "happened_at"])


@transaction.atomic
def not_so(report_id: UUID, opinion: str, *, by: Actor) -> Report:
    """It is not so; the reason is kept and told. A false alarm in good faith is nobody's fault: the words say so."""
    said = _reason(opinion)
    words = _("去看了，不属实：{said}。谢谢你先报，看错了不要紧。").format(said=said.rstrip("。"))
    return _end(report_id, Did.NOT_SO, Did.NOT_SO_TOO, said, words, by=by)


@transaction.atomic
def pass_on(report_id: UUID, whom: str, opinion: str, *, by: Actor) -> Report:
    """It is somebody else's to deal with: `whom` is an office in plain words."""
    name = whom.strip()[:80]
    if len(name) < 2:
        raise Invalid({"whom": _("写明转给谁，比如「区水务局」")})
    said = opinion.strip()[:500]
    words = _("已经转给{whom}办。{said}").format(whom=name, said=said)
    return _end(report_id, Did.PASSED_ON, Did.PASSED_ON_TOO, said, words, by=by, whom=name)


def _end(report_id: UUID, did: Did, too: Did, opinion: str, words: str, *, by: Actor, whom: str = "") -> Report:
    found = _lock(report_id, by)
    _move(found, did, by, opinion)
    found.passed_to = whom
    found.save()
    ledger.record(did, found, by=by, opinion=opinion, whom=whom)
    duties.met(found, by=by)
    duties.answered_back(found, by=by)
    duties.tell(found, words, by=by)
    follow(found, too, words, by=by)
    return found


@transaction.atomic
def ask_back(report_id: UUID, question: str, *, by: Actor) -> Report:
    """Ask the reporter back; they owe a word. Raises Conflict where there is nobody whom the system can ask."""
    said = _reason(question, "question")[:200]
    found = _lock(report_id, by)
    _move(found, Did.ASKED, by, said)
    found.save()
    ledger.record(Did.ASKED, found, by=by, question=said)
    duties.keep(found, by=by)
    if not duties.ask_back(found, said, by=by):
        raise Conflict(_("这条是外面打来的电话，系统里问不到他；请直接打回去，再把问到的补上"))
    return found


@transaction.atomic
def reopen(report_id: UUID, reason: str, *, by: Actor) -> Report:
    """Look into it once more: the desk erred, or something new came."""
    said = _reason(reason)
    found = _lock(report_id, by)
    _move(found, Did.REOPENED, by, said)
    found.passed_to, found.lead = "", None
    found.save()
    ledger.record(Did.REOPENED, found, by=by, opinion=said)
    duties.keep(found, by=by)
    duties.tell(found, _("值班员在重新核实。"), by=by)
    return found


def follow(lead: Report, did: Did, words: str, *, by: Actor, incident: Incident | None = None) -> int:
    """Let the reports folded into one end as it does, and tell each reporter. Returns how many."""
    waiting = list(
        Report.objects.select_for_update(of=("self",)).filter(lead=lead, state=ReportState.FOLDED).order_by("id")
    )
    for one in waiting:
        lifecycle.REPORT.move(one, did, by=by)
        one.state_at, one.verifier, one.verifier_name = now(), by.pseudonym, by.name[:60]
        one.opinion, one.passed_to = lead.opinion, lead.passed_to
    if incident is not None:
        belong(waiting, incident)
    fields = ["state", "state_at", "verifier", "verifier_name", "opinion", "passed_to", "incident", "chain_id"]
    Report.objects.bulk_update(waiting, fields)
    lines = [ledger.Line("incidents.report", r.id, r.place_path, r.chain_id, r.exercise_id, {}) for r in waiting]
    ledger.record_many(did, lines, by=by)
    for one in waiting:
        duties.tell(one, words, by=by)
    return len(waiting)


def _lock(report_id: UUID, by: Actor) -> Report:
    """Lock a report of the desk. Raises Hidden, Conflict where it is one's own."""
    found = queries.lock_desk(report_id, by=by)
    if found.reporter is not None and found.reporter == by.pseudonym:
        raise Conflict(_("这是你自己报的，请别的值班员核实"))
    return found


def _move(found: Report, did: Did, by: Actor, opinion: str | None = None) -> None:
    lifecycle.REPORT.move(found, did, by=by)
    found.state_at, found.verifier, found.verifier_name = now(), by.pseudonym, by.name[:60]
    if opinion is not None:
        found.opinion = opinion.strip()[:500]


def _reason(text: str, field: str = "opinion") -> str:
    if len(text.strip()) < 2:
        raise Invalid({field: _("写一句理由")})
    return text.strip()[:500]
