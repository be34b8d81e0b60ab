"""What one person owed and when word of it reached them: each step with its own time and its own source (HZD-10).

Laid on somebody, delivered, read and answered are four different things. None is inferred from another: a message that
was delivered was not therefore read, and a duty in a list was not therefore seen.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from anlan.callout.carriers import discover
from anlan.callout.models import Obligation, Receipt
from anlan.callout.terms import REASONS, VALUES, How, ObligationState, Part


class Way(StrEnum):
    """How word of a duty can reach somebody. `FAILED` is kept too: it says that a message did not arrive."""

    LAID = "laid"
    DELIVERED = "delivered"
    READ = "read"
    ANSWERED = "answered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Knowing:
    """One step by which a person came to know, or did not: what, when, and by whose word we know it."""

    way: Way
    at: dt.datetime
    source: str
    subject: UUID


_ANSWERS = {How.LISTENED, How.KEY, How.REPLY, How.LINK, How.INBOX, How.PROXY}


def subjects_owed(person_id: UUID, kind: str, since: dt.datetime, until: dt.datetime) -> set[UUID]:
    """Return the subjects of a kind ("hazards.hazard") on which a person was laid a real duty, or told, in a period."""
    rows = _real(person_id, kind).filter(began_at__gte=since, began_at__lt=until)
    return set(rows.values_list("subject_id", flat=True))


def owed_by(person_id: UUID, kind: str, subjects: Collection[UUID]) -> list[Obligation]:
    """Return all that a person was laid, or told, on these subjects, whenever it was; the first first. No drills."""
    return list(_real(person_id, kind).filter(subject_id__in=subjects).order_by("began_at", "id"))


def owing(kind: str, subject_id: UUID) -> list[Obligation]:
    """Return every duty ever laid on a subject, on whomever; what was only told is left out."""
    rows = Obligation.objects.filter(subject_id=subject_id, subject_type=kind, call_id=None)
    return list(rows.exclude(state=ObligationState.TOLD))


def of_person(ids: Collection[UUID], pseudonym: UUID) -> set[UUID]:
    """Return which of these duties are a person's own."""
    return set(Obligation.objects.filter(id__in=ids, pseudonym=pseudonym, drill=False).values_list("id", flat=True))


def knowing(duties: Sequence[Obligation]) -> list[Knowing]:
    """Return every step by which word of these duties reached the person, the first first; one query for receipts."""
    subjects = {d.id: d.subject_id for d in duties}
    made = [step for d in duties for step in _of_duty(d)]
    for r in Receipt.objects.filter(Q(id__in=list(subjects)) | Q(obligation_id__in=list(subjects))):
        made += _of_receipt(r, subjects[r.obligation_id])
    return sorted(set(made), key=lambda step: (step.at, step.way, step.source))


def _real(person_id: UUID, kind: str) -> QuerySet[Obligation]:
    return Obligation.objects.filter(person_id=person_id, subject_type=kind, call_id=None, drill=False)


def _of_duty(d: Obligation) -> list[Knowing]:
    made = []
    if d.state != ObligationState.TOLD:  # a message owes nothing: it reached them or not, by its receipts
        source = {Part.DEPUTY: _("待办清单，替 A岗"), Part.SUPERIOR: _("待办清单，下级没办升上来")}
        made.append(Knowing(Way.LAID, d.began_at, source.get(Part(d.part), _("待办清单")), d.subject_id))
    if d.known_at:
        made.append(Knowing(Way.ANSWERED, d.known_at, _("本人说知道了"), d.subject_id))
    if d.met_at and d.met_how in _ANSWERS and (d.met_how == How.PROXY or d.met_by == d.pseudonym):
        made.append(Knowing(Way.ANSWERED, d.met_at, str(VALUES["how"][How(d.met_how)]), d.subject_id))
    return made


def _of_receipt(r: Receipt, subject: UUID) -> list[Knowing]:
    found = discover().get(r.carrier)
    source = str(found.label) if found else r.carrier
    times = ((Way.DELIVERED, r.delivered_at), (Way.READ, r.read_at), (Way.ANSWERED, r.answered_at))
    made = [Knowing(way, at, source, subject) for way, at in times if at]
    if r.failed_at and r.delivered_at is None and r.reason != "not_needed":
        reason = str(REASONS.get(r.reason, r.reason))
        made.append(Knowing(Way.FAILED, r.failed_at, f"{source}：{reason}" if reason else source, subject))
    return made
