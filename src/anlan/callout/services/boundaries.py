"""What call-out does when divisions change: what is owed and counted goes along, a running call goes on."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from anlan.callout import counting
from anlan.callout.models import Call
from anlan.callout.services import tallies
from anlan.callout.terms import COUNTERS, TEMPO, CallState
from anlan.kernel.authority import Conflict
from anlan.places.ports import Goes, Move

_LIVE = "SELECT c.id FROM callout_call c WHERE c.state IN ('draft', 'awaiting_approval', 'approved', 'running')"
_POST = "(SELECT o.post FROM callout_obligation o WHERE o.id = t.obligation_id)"
_OWED = "t.call_id IS NULL AND t.state = 'open'"
GOES = (
    Goes("callout_call", gettext_noop("没结束的叫应"), live=f"t.id IN ({_LIVE})"),
    Goes("callout_obligation", gettext_noop("待办"), live=f"(t.call_id IN ({_LIVE})) OR ({_OWED})", by="t.post"),
    Goes(
        "callout_receipt", by=_POST,
        live=f"""(t.call_id IN ({_LIVE})) OR (t.call_id IS NULL AND EXISTS (
                 SELECT FROM callout_obligation o WHERE o.id = t.obligation_id AND o.state = 'open'))""",
    ),
    Goes("callout_report", live=f"t.call_id IN ({_LIVE})", by=_POST),
    Goes("callout_template", live="t.current"),
    Goes("callout_round", live="t.ended_at IS NULL", once="quarter"),
    Goes("callout_filing", live="t.filed_at IS NULL", once="year"),
    Goes(
        "callout_check",
        live="t.round_id IS NULL OR t.round_id IN (SELECT r.id FROM callout_round r WHERE r.ended_at IS NULL)",
    ),
    Goes("callout_policy", live="t.current"),
    Goes("callout_carrier"),
    Goes("callout_robot"),
    Goes("callout_relay"),
    Goes("callout_speaker"),
    Goes("callout_push_device", live="t.gone_at IS NULL"),
    Goes("callout_unmatched", live="t.settled_at IS NULL"),
)  # fmt: skip
_OPEN = (CallState.DRAFT, CallState.AWAITING, CallState.APPROVED)


class Follower:
    """Keeps calls in step with places."""

    def before(self, move: Move) -> None:  # noqa: ARG002 - whatever moves
        """Wait for nothing: a call that is still being spread finds its people by path, so it must be through first."""
        live = (*_OPEN, CallState.RUNNING)
        held = Call.objects.select_for_update().filter(state__in=live).order_by("id").values_list("state", "fanned_at")
        if any(state == CallState.RUNNING and fanned is None for state, fanned in held):
            raise Conflict(_("有一次叫应正在铺开，等一分钟再试"))

    def after(self, move: Move) -> None:
        """Take the counters along, and let calls that have not started mean the same people as before."""
        tallies.add(_counted(move))
        _aim(move)

    def choosable(self, path: str) -> Sequence[tuple[UUID, str]]:  # noqa: ARG002 - what is owed follows its post
        """Return nothing: what is owed follows its post."""
        return ()


def _counted(move: Move) -> counting.Deltas:
    """Return what the rows that went took away from where they stood, and brought where they stand."""
    names = [c for c in (*COUNTERS, *TEMPO) if c != "failed"]
    counts = ", ".join(f"count(*) FILTER (WHERE {counting.OF_PART[c]})" for c in names)
    leaves = counting.deltas()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT o.call_id, w.was, w.now, {counts} FROM {move.rows} w
                JOIN callout_obligation o ON o.id = w.id LEFT JOIN callout_receipt f ON f.id = o.id
                WHERE w.source = 'callout_obligation' AND o.call_id IS NOT NULL GROUP BY 1, 2, 3"""
        )
        for call, was, now, *numbers in cursor.fetchall():
            kept = dict(zip(names, numbers, strict=True))
            counting.moved(leaves, call, was, kept, {})
            counting.moved(leaves, call, now, {}, kept)
        cursor.execute(
            f"""SELECT r.call_id, w.was, w.now, count(*) FROM {move.rows} w JOIN callout_receipt r ON r.id = w.id
                WHERE w.source = 'callout_receipt' AND r.call_id IS NOT NULL AND r.failed_at IS NOT NULL
                  AND r.reason <> 'not_needed' GROUP BY 1, 2, 3"""
        )
        for call, was, now, n in cursor.fetchall():
            leaves[call, was]["failed"] -= n
            leaves[call, now]["failed"] += n
    return leaves


def _aim(move: Move) -> None:
    """Let the targets of calls that have not started name the new paths."""
    went: dict[str, set[str]] = {}
    for was, now in (*move.pairs,):
        went.setdefault(was, set()).add(now)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT was, now FROM {move.rows} w WHERE source = 'people_post' GROUP BY 1, 2")
        for was, now in cursor.fetchall():
            went.setdefault(was, set()).add(now)
    changed = []
    for call in Call.objects.filter(state__in=_OPEN, started_at=None):
        said = dict(call.targeting)
        for key in ("paths", "at"):
            if key in said:
                said[key] = sorted({now for path in said[key] for now in went.get(path, {path})})
        if said != call.targeting:
            call.targeting = said
            changed.append(call)
    Call.objects.bulk_update(changed, ["targeting"])
