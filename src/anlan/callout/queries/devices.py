"""What the page of one's own devices shows."""

from uuid import UUID

from anlan.callout.models import PushDevice


def of(person: UUID) -> list[PushDevice]:
    """Return a person's devices, the living ones first, then the newest."""
    rows = list(PushDevice.objects.filter(person_id=person).defer("sealed").order_by("-id"))
    return sorted(rows, key=lambda one: one.gone_at is not None)
