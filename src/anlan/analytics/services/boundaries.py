"""What measures do when divisions change: what went along is counted where it stands now, by the next job."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from anlan.analytics.projections import TABLES
from anlan.places.ports import Goes, Move

GOES = (Goes("analytics_finding", live="t.ended_at IS NULL"), Goes("analytics_form", live="t.ended_at IS NULL"))


class Follower:
    """Keeps the sums in step with places."""

    def before(self, move: Move) -> None:
        """Wait for nothing."""

    def after(self, move: Move) -> None:
        """Note whatever went along, to be counted anew."""
        with connection.cursor() as cursor:
            for what, table in TABLES.items():
                cursor.execute(
                    f"""INSERT INTO analytics_stale (what, subject, at)
                        SELECT DISTINCT %s, w.id, now() FROM {move.rows} w WHERE w.source = %s
                        ON CONFLICT DO NOTHING""",
                    [what, table],
                )

    def choosable(self, path: str) -> Sequence[tuple[UUID, str]]:  # noqa: ARG002 - what is counted follows its subject
        """Return nothing: what is counted follows its subject."""
        return ()
