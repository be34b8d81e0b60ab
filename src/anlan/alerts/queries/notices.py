"""Own notices."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from anlan.alerts import terms
from anlan.alerts.models import Notice
from anlan.alerts.queries.scope import below
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden


def live_notices() -> QuerySet[Notice]:
    """Return the notices that are out now."""
    states = [terms.NoticeState.SENT, terms.NoticeState.REVIEW]
    return Notice.objects.filter(state__in=states).order_by("-sent_at")


def notices(by: Actor, *, view: str = "open") -> QuerySet[Notice]:
    """Return notices within the actor's scope: those that still need somebody ("open"), or all."""
    rows = Notice.objects.filter(below(authority.scopes(by, terms.Can.SEE))).defer("document")
    if by.exercise:
        rows = rows.filter(exercise_id=by.exercise)
    if view == "open":
        rows = rows.filter(state__in=["draft", "waiting", "sent", "review"])
    return rows.order_by("-id")


def notice(notice_id: UUID, *, by: Actor, lock: bool = False) -> Notice:
    """Return a notice within the actor's scope. Raises Hidden."""
    rows = Notice.objects.filter(below(authority.scopes(by, terms.Can.SEE)), pk=notice_id)
    found = (rows.select_for_update() if lock else rows).first()
    if found is None:
        raise Hidden(_("没有这条内部风险提示"))
    return found
