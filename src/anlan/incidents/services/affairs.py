"""An incident as an affair: regraded, renamed, closed when it is over, opened again if it was not."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.incidents import kinds, lifecycle, queries
from anlan.incidents.models import Incident
from anlan.incidents.services import duties
from anlan.incidents.terms import Did, Level
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger


@transaction.atomic
def change(incident_id: UUID, *, title: str, kind: str, level: str, revision: int, by: Actor) -> Incident:
    """Rename, reclassify or grade an incident. Raises Hidden, Refused, Conflict (changed meanwhile), Invalid."""
    found = queries.lock_incident(incident_id, by=by)
    lifecycle.INCIDENT.move(found, Did.CHANGED, by=by)
    if found.revision != revision:
        raise Conflict(_("别人刚改过这个事件，请看过新的再办"))
    name, wrong = title.strip(), {}
    if not 2 <= len(name) <= 120:
        wrong["title"] = _("名字要 2 到 120 个字")
    if kind not in kinds.BY_CODE:
        wrong["kind"] = _("没有这一类，从列出来的里面选")
    if level not in set(Level):
        wrong["level"] = _("级别只有一般、较大、重大、特别重大，也可以先不定")
    if wrong:
        raise Invalid(wrong)
    before = {"title": found.title, "kind": found.kind, "level": found.level}
    found.title, found.kind, found.level, found.revision = name, kind, level, found.revision + 1
    found.save()
    changed = sorted(n for n, v in before.items() if v != getattr(found, n))
    ledger.record(Did.CHANGED, found, by=by, fields=changed, level=level, before=before["level"])
    return found


@transaction.atomic
def close(incident_id: UUID, opinion: str, *, by: Actor) -> Incident:
    """The incident is over; everybody who reported it is told."""
    found = queries.lock_incident(incident_id, by=by)
    lifecycle.INCIDENT.move(found, Did.CLOSED, by=by)
    said = _reason(opinion)
    found.closed_at, found.revision = now(), found.revision + 1
    found.save()
    ledger.record(Did.CLOSED, found, by=by, opinion=said)
    for source in queries.sources_of(found.id):
        duties.tell(source, _("办完了：{said}").format(said=said), by=by)
    return found


@transaction.atomic
def resume(incident_id: UUID, opinion: str, *, by: Actor) -> Incident:
    """It was not over."""
    found = queries.lock_incident(incident_id, by=by)
    lifecycle.INCIDENT.move(found, Did.RESUMED, by=by)
    found.closed_at, found.revision = None, found.revision + 1
    found.save()
    ledger.record(Did.RESUMED, found, by=by, opinion=_reason(opinion))
    return found


def _reason(text: str) -> str:
    if len(text.strip()) < 2:
        raise Invalid({"opinion": _("写一句理由")})
    return text.strip()[:500]
