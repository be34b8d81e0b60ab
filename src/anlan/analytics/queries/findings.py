"""Findings, as people read them."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from anlan.analytics.models import Finding
from anlan.analytics.queries import names
from anlan.analytics.terms import Can, FindingState, Genre
from anlan.hazards.queries import hints
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import now
from anlan.places import queries as places


def findings(by: Actor, *, state: str = "") -> QuerySet[Finding]:
    """Return the findings that the actor may see, the latest first."""
    found = Finding.objects.filter(places.under(authority.scopes(by, Can.SEE), "place_path"))
    if state:
        found = found.filter(state=state)
    return found.order_by("-began_at", "-id")


def finding(finding_id: UUID, *, by: Actor, locked: bool = False) -> Finding:
    """Return one. Raises Hidden, also where it is absent."""
    rows = Finding.objects.select_for_update() if locked else Finding.objects.all()
    found = rows.filter(id=finding_id).first()
    if found is None or not authority.holds(by, Can.SEE, at=found.place_path):
        raise Hidden(str(finding_id))
    return found


def titles(rows: Iterable[Finding]) -> dict[UUID, str]:
    """Return what each finding says, in one sentence."""
    rows = list(rows)
    where = places.names({row.place_path for row in rows})
    kinds = names.choices("kind")
    return {row.id: _title(row, where.get(row.place_path, row.place_path), kinds) for row in rows}


def _title(row: Finding, where: str, kinds: dict[str, str]) -> str:
    said = {
        Genre.RISE: _("{where}：{kind}近 30 天报了 {count} 条，平时一个月 {usual} 条"),
        Genre.RECURRENCE: _("{where}：{kind}{days} 天里复发 {count} 条"),
        Genre.OVERDUE: _("{where}：{kind}有 {count} 条超期没改"),
        Genre.SILENT: _("{where}：{of} 个网格里有 {count} 个 {days} 天没报过隐患，看看排查质量"),
    }[Genre(row.genre)]
    kind = kinds.get(row.kind, row.kind) or _("没分类的隐患")
    values = {"count": 0, "usual": 0, "days": 0, "of": 0} | row.figures
    return said.format(where=where, kind=f"「{kind}」", **values)


def hinted(by: Actor) -> dict[str, int]:
    """Return how many hints of the last year stand beside the findings (EVL-05): by genre, open, put aside."""
    return hints.tally(authority.scopes(by, Can.SEE), now() - dt.timedelta(days=365))


def alarms(by: Actor) -> tuple[int, int]:
    """Return how many findings of the last year were answered, and how many of those needed nothing."""
    year = findings(by).filter(began_at__gt=now() - dt.timedelta(days=365))
    answered = year.filter(state__in=[FindingState.TASKED, FindingState.DISMISSED]).count()
    return answered, year.filter(state=FindingState.DISMISSED).count()
