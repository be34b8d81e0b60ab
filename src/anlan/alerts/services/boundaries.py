"""What warnings do when divisions change: those in force and notices in the making name the new places."""

from collections.abc import Sequence
from uuid import UUID

from anlan.alerts.models import Notice
from anlan.alerts.terms import NoticeState
from anlan.places.ports import Goes, Move

GOES = (
    Goes("alerts_source"),
    Goes("alerts_rule"),
    Goes("alerts_intake", live="t.state = 'unreadable'"),
    Goes("alerts_alert", live="t.state = 'active'"),
    Goes(
        "alerts_alert_place", once="alert_id",
        live="EXISTS (SELECT FROM alerts_alert a WHERE a.id = t.alert_id AND a.state = 'active')",
    ),
    Goes("alerts_notice", live="t.ended_at IS NULL"),
    Goes("alerts_listener", once="digest"),
)  # fmt: skip


class Follower:
    """Keeps notices in step with places. What was sent keeps its document, byte for byte."""

    def before(self, move: Move) -> None:
        """Refuse nothing."""

    def after(self, move: Move) -> None:
        """Let notices that have not left name the new places, in their ticks and in what they cover."""
        went: dict[str, list[str]] = {}
        for was, now in move.pairs:
            if was != now:
                went.setdefault(was, []).append(now)
        changed = []
        for notice in Notice.objects.filter(state__in=(NoticeState.DRAFT, NoticeState.WAITING)):
            if {*notice.paths, *notice.covers} & went.keys():
                notice.paths = sorted({now for path in notice.paths for now in went.get(path, [path])})
                covers: dict[str, float] = {}
                for path, share in notice.covers.items():
                    for now in went.get(path, [path]):
                        covers[now] = max(covers.get(now, 0.0), share)
                notice.covers = covers
                changed.append(notice)
        Notice.objects.bulk_update(changed, ["paths", "covers"])

    def choosable(self, path: str) -> Sequence[tuple[UUID, str]]:  # noqa: ARG002 - a warning follows its place
        """Return nothing: a warning follows its place."""
        return ()
