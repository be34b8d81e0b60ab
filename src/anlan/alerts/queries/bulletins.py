"""What a bulletin is made from, and whom it concerns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from anlan.alerts import terms
from anlan.alerts.models import Alert, AlertPlace, Bulletin, Notice
from anlan.alerts.queries.alerts import title_of
from anlan.kernel.clock import now
from anlan.places import queries as places


@dataclass(frozen=True, slots=True)
class Heard:
    """One ledger entry that may call for a bulletin: which entry, which thing, and whether it ends that thing."""

    entry: UUID
    subject: UUID
    over: bool


def of_alerts(heard: Iterable[Heard]) -> list[Bulletin]:
    """Return the bulletins of alerts that residents may know: real, public, in force or just called off."""
    asked = {h.subject: h for h in heard}
    rows = Alert.objects.filter(
        id__in=asked, drill=False, exercise_id=None, scope__in=["Public", ""], msg_type__in=["Alert", "Update"]
    ).select_related("supersedes")
    found = {row.id: row for row in rows.defer("infos", "findings")}
    former = {row.supersedes_id for row in found.values() if row.supersedes_id}
    covers: dict[UUID, list[str]] = {}
    for alert, path in AlertPlace.objects.filter(alert__in=[*found, *former]).values_list("alert_id", "place_path"):
        covers.setdefault(alert, []).append(path)
    made = []
    for identifier, h in asked.items():
        one = found.get(identifier)
        if one is None or (not h.over and (one.state != terms.AlertState.ACTIVE or one.expires_at <= now())):
            continue
        paths, old = covers.get(one.id, []), one.supersedes
        left = [p for p in covers.get(old.id, []) if not _held(p, paths)] if old and not h.over else []
        if paths or left:
            made.append(
                Bulletin(
                    entry=h.entry, chain_id=one.chain_id, subject_id=one.id,
                    kind="over" if h.over else "changed" if old else "news",
                    level=one.level, rank=max(one.rank, old.rank if old and not h.over else 0), hazard=one.hazard,
                    title=title_of(one)[:200], until=one.expires_at, paths=paths, left=left,
                )
            )  # fmt: skip
    return made


def of_notices(heard: Iterable[Heard]) -> list[Bulletin]:
    """Return the bulletins of own notices that residents may see."""
    asked = {h.subject: h for h in heard}
    rows = Notice.objects.filter(id__in=asked, public=True, exercise_id=None).defer("document")
    made = []
    for one in rows:
        h = asked[one.id]
        out = one.state in {terms.NoticeState.SENT, terms.NoticeState.REVIEW}
        if not h.over and (not out or one.expires_at is None or one.expires_at <= now()):
            continue
        rank = terms.RANK[terms.Level(one.level)] if one.level else 0
        made.append(
            Bulletin(
                entry=h.entry, chain_id=one.chain_id, subject_id=one.id, kind="over" if h.over else "news", notice=True,
                level=one.level, rank=rank, hazard=one.hazard, title=one.title[:200], until=one.expires_at,
                paths=list(one.covers),
            )
        )  # fmt: skip
    return made


def _held(path: str, by: Iterable[str]) -> bool:
    return any(path.startswith(p) or p.startswith(path) for p in by)


def concerns(bulletin: Bulletin, path: str) -> str:
    """Return what the bulletin is to a place: its kind, or over where the warning no longer holds it."""
    return bulletin.kind if _held(path, bulletin.paths) else "over"


def names_of(paths: Iterable[str]) -> Mapping[str, str]:
    """Return the names of places by path."""
    return places.names(set(paths))
