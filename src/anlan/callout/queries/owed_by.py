"""What one person owed, for whoever may read about them: when it was laid, reached them, was met."""

import datetime as dt
from uuid import UUID

from django.db.models import QuerySet

from anlan.callout.models import Obligation
from anlan.callout.terms import ObligationState


def owed_by(person_id: UUID, kind: str, since: dt.datetime, until: dt.datetime) -> QuerySet[Obligation]:
    """Return a person's real duties on subjects of a kind ("hazards.hazard") laid in a period, newest first."""
    rows = Obligation.objects.filter(person_id=person_id, subject_type=kind, drill=False)
    return (
        rows.exclude(state=ObligationState.TOLD).filter(began_at__gte=since, began_at__lt=until).order_by("-began_at")
    )
