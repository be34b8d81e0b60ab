"""Residents' browsers ring when a warning comes, changes or is called off: once each, in chunks, after any restart.

A reaction makes one bulletin per ledger entry; a job goes through the listeners in order of id and queues one ring each
by INSERT … SELECT; further jobs take chunks of rings in hand, post them and write down what came.
"""

import base64
import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from anlan.alerts import english, guides
from anlan.alerts.models import Bulletin, Listener
from anlan.alerts.queries import bulletins as found
from anlan.callout.services import channels, pushing
from anlan.kernel import clock
from anlan.kernel.authority import Hidden
from anlan.kernel.clock import now

QUEUE = "alerts"
SPREAD = 5_000  # listeners queued in one transaction
CHUNK = 1_000  # rings of one job
TRIES, PAUSE = 6, 15  # how often one ring is tried; seconds before the second time, doubled each time
STALE = dt.timedelta(minutes=3)
KEPT = dt.timedelta(days=7)
FORGET = 20  # failures in a row after which a browser is given up
OLD = dt.timedelta(hours=6)  # news older than this is not rung for any more
_FITS = """(EXISTS (SELECT FROM unnest(%(paths)s::text[]) p
  WHERE starts_with(l.place_path, p) OR starts_with(p, l.place_path)))"""


@transaction.atomic
def make(alerts: Sequence[found.Heard], notices: Sequence[found.Heard]) -> int:
    """Make the bulletins of some entries and defer their spreading; an entry that has one gets no second."""
    if not Listener.objects.exists():
        return 0
    made = found.of_alerts(alerts) + found.of_notices(notices)
    Bulletin.objects.bulk_create(made, ignore_conflicts=True)
    there = Bulletin.objects.filter(entry__in=[b.entry for b in made], spread_at=None).values_list("id", flat=True)
    for identifier in there:
        _defer("alerts.ring-spread", bulletin=str(identifier))
    return len(there)


def _defer(name: str, *, at: dt.datetime | None = None, lock: str | None = None, **args: Any) -> None:
    app.configure_task(name, queue=QUEUE, priority=-10, schedule_at=at, lock=lock).defer(**args)


def spread(bulletin_id: UUID) -> int:
    """Queue a ring for every listener that a bulletin concerns. Returns how many; a run after a dead one goes on."""
    total = 0
    while (made := _spread_some(bulletin_id)) is not None:
        total += made
    return total


@transaction.atomic
def _spread_some(bulletin_id: UUID) -> int | None:
    bulletin = Bulletin.objects.select_for_update().filter(id=bulletin_id, spread_at=None).first()
    if bulletin is None:
        return None
    values: dict[str, Any] = {
        "bulletin": bulletin.id, "after": bulletin.reached or UUID(int=0), "rank": bulletin.rank or 1, "most": SPREAD,
        "paths": bulletin.paths + bulletin.left, "now": now(), "made": bulletin.made_at,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH asked AS (
                  SELECT l.id FROM alerts_listener l
                  WHERE l.id > %(after)s AND l.least <= %(rank)s AND l.made_at <= %(made)s AND {_FITS}
                  ORDER BY l.id LIMIT %(most)s),
                made AS (
                  INSERT INTO alerts_ring (bulletin_id, listener_id, state, tries, moved_at)
                  SELECT %(bulletin)s, id, 'queued', 0, %(now)s FROM asked ON CONFLICT DO NOTHING)
                SELECT id FROM asked ORDER BY id""",
            values,
        )
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT count(*) FROM alerts_ring WHERE bulletin_id = %s", [bulletin.id])
        before = cursor.fetchone()[0] - len(ids)
    rate = float(pushing.kept().get("residents", 500))
    for at in range(0, len(ids), CHUNK):
        part = ids[at : at + CHUNK]
        wait = (before + at) / rate if rate else 0
        _defer(
            "alerts.ring", at=channels.soon(wait) if wait > 1 else None, lock=f"alerts.ring.{bulletin.id}",
            bulletin=str(bulletin.id), low=str(part[0]), high=str(part[-1]),
        )  # fmt: skip
    if len(ids) < SPREAD:
        bulletin.spread_at = now()
    bulletin.reached = ids[-1] if ids else bulletin.reached
    bulletin.save(update_fields=["spread_at", "reached"])
    return len(ids)


_TAKE = """
WITH taken AS (
  UPDATE alerts_ring r SET state = 'handing', tries = r.tries + 1, moved_at = %(now)s
  FROM (SELECT bulletin_id, listener_id FROM alerts_ring
        WHERE bulletin_id = %(bulletin)s AND listener_id >= %(low)s AND listener_id <= %(high)s
          AND (state = 'queued' OR (state = 'handing' AND %(again)s))
        ORDER BY listener_id LIMIT %(most)s FOR UPDATE SKIP LOCKED) p
  WHERE r.bulletin_id = p.bulletin_id AND r.listener_id = p.listener_id
  RETURNING r.listener_id, r.tries)
SELECT t.listener_id, t.tries, l.place_path, l.english, l.sealed
FROM taken t LEFT JOIN alerts_listener l ON l.id = t.listener_id ORDER BY t.listener_id"""


def ring(bulletin_id: UUID, low: UUID, high: UUID, *, again: bool = False) -> int:
    """Ring the queued listeners with ids low … high. Returns how many were tried.

    `again`: an earlier run of the same job died, and what it had in hand is rung again; the browser shows it once,
    since its topic and its tag are the affair's. One chunk of a bulletin at a time (the job's lock), and at a pace of
    its own: residents must never stand in the way of a call.
    """
    bulletin = Bulletin.objects.filter(id=bulletin_id).first()
    if bulletin is None:
        return 0
    if not pushing.ready():
        return 0
    _overtaken(bulletin, low, high)
    values: dict[str, Any] = {
        "bulletin": bulletin_id, "low": low, "high": high, "now": now(), "again": again, "most": CHUNK,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        rows = cursor.fetchall()
    here = [row for row in rows if row[4] is not None]
    says = _Sayings(bulletin, {row[2] for row in here})
    topic = base64.urlsafe_b64encode(hashlib.sha256(bulletin.chain_id.bytes).digest()[:24]).decode()
    urgency = "high" if bulletin.rank >= 3 else "normal"
    pushes = [
        pushing.Push(key, pushing.unseal(sealed), says.to(path, in_english=spoken), topic, urgency=urgency)
        for key, _tries, path, spoken, sealed in here
    ]
    came = pushing.post_many(pushes)
    gone_before = [row[0] for row in rows if row[4] is None]
    _settle(bulletin_id, {row[0]: row[1] for row in rows}, came, gone_before)
    return len(rows)


def _overtaken(bulletin: Bulletin, low: UUID, high: UUID) -> None:
    """Drop what is still to be rung where something newer is said of the same affair: old news must not come last."""
    newer = Bulletin.objects.filter(chain_id=bulletin.chain_id, id__gt=bulletin.id).values_list("paths", "left")
    paths = sorted({path for pair in newer for part in pair for path in part})
    if not paths:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE alerts_ring r SET state = 'dropped', moved_at = %(now)s FROM alerts_listener l
                WHERE r.bulletin_id = %(bulletin)s AND r.listener_id >= %(low)s AND r.listener_id <= %(high)s
                  AND r.state IN ('queued', 'handing') AND l.id = r.listener_id AND {_FITS}""",
            {"now": now(), "bulletin": bulletin.id, "low": low, "high": high, "paths": paths},
        )


@transaction.atomic
def _settle(
    bulletin: UUID, tries: dict[UUID, int], came: Sequence[pushing.Came], lost: Sequence[UUID]
) -> None:  # fmt: skip
    """Write a chunk down: browsers that are no more are forgotten, busy ones are rung later."""
    moment = now()
    good = [c.key for c in came if c.what == "ok"]
    gone = [c.key for c in came if c.what == "gone"]
    later = [c.key for c in came if c.what in {"later", "down"} and tries[c.key] < TRIES]
    bad = [c.key for c in came if c.key not in {*good, *gone, *later}]
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE alerts_ring r SET state = g.state, moved_at = %s
               FROM unnest(%s::uuid[], %s::text[]) AS g (id, state)
               WHERE r.bulletin_id = %s AND r.listener_id = g.id AND r.state = 'handing'""",
            [
                moment, [*good, *later, *gone, *bad, *lost],
                ["rung"] * len(good) + ["queued"] * len(later) + ["failed"] * (len(gone) + len(bad) + len(lost)),
                bulletin,
            ],
        )  # fmt: skip
        cursor.execute("UPDATE alerts_listener SET last_ok_at = %s, failures = 0 WHERE id = ANY(%s)", [moment, good])
        cursor.execute("UPDATE alerts_listener SET failures = failures + 1 WHERE id = ANY(%s)", [bad])
        cursor.execute(
            "DELETE FROM alerts_listener WHERE id = ANY(%s) OR (id = ANY(%s) AND failures >= %s)", [gone, bad, FORGET]
        )
    if later:
        pause = PAUSE * 2 ** (min(tries[k] for k in later) - 1)
        low, high = str(min(later)), str(max(later))
        _defer("alerts.ring", at=channels.soon(pause), bulletin=str(bulletin), low=low, high=high)


def resume() -> int:
    """Take up again what lost jobs left lying: the net under the jobs. Returns how many jobs were deferred."""
    before, floor = now() - STALE, now() - OLD
    waiting = Bulletin.objects.filter(spread_at=None, made_at__lt=before, made_at__gt=floor)
    for identifier in waiting.values_list("id", flat=True):
        _defer("alerts.ring-spread", bulletin=str(identifier))
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE alerts_ring r SET state = 'queued', moved_at = %s FROM alerts_bulletin b
               WHERE b.id = r.bulletin_id AND b.made_at > %s AND r.state = 'handing' AND r.moved_at < %s""",
            [now(), floor, before],
        )
        cursor.execute(
            """SELECT r.bulletin_id, min(r.listener_id::text), max(r.listener_id::text), count(*)
               FROM alerts_ring r JOIN alerts_bulletin b ON b.id = r.bulletin_id
               WHERE b.made_at > %s AND r.state = 'queued' AND (r.moved_at < %s OR r.tries = 0 AND b.made_at < %s)
               GROUP BY 1""",
            [floor, before - STALE * 4, before],
        )
        rows = cursor.fetchall()
    for bulletin, low, high, count in rows:
        for _again in range(0, count, CHUNK):
            _defer("alerts.ring", bulletin=str(bulletin), low=low, high=high)
    return len(waiting) + len(rows)


def forget() -> int:
    """Drop what was rung a week ago. Returns how many bulletins."""
    old = list(Bulletin.objects.filter(made_at__lt=now() - KEPT).values_list("id", flat=True)[:200])
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM alerts_ring WHERE bulletin_id = ANY(%s)", [old])
    return Bulletin.objects.filter(id__in=old).delete()[0]


class _Sayings:
    """The words of one bulletin for each place and language, made once each."""

    def __init__(self, bulletin: Bulletin, paths: set[str]) -> None:
        self.bulletin, self.names = bulletin, found.names_of(paths)
        self.made: dict[tuple[str, bool], bytes] = {}

    def to(self, path: str, *, in_english: bool) -> bytes:
        """Return the payload for a listener."""
        key = (path, in_english)
        if key not in self.made:
            with translation.override("en" if in_english else "zh-hans"):
                self.made[key] = orjson.dumps(self._say(path, in_english=in_english))
        return self.made[key]

    def _say(self, path: str, *, in_english: bool) -> dict[str, str]:
        b, name = self.bulletin, self.names.get(path, "")
        kind = found.concerns(b, path)
        title = english.title(b.hazard, b.level, notice=b.notice) if in_english else b.title
        steps = guides.guide(b.hazard, b.level, "en" if in_english else "zh").steps
        until = f"{clock.local(b.until):%m-%d %H:%M}" if b.until else ""
        heads = {"news": "{title}", "changed": _("预警有变：{title}"), "over": _("解除了：{title}")}
        text = "\n".join(step.do for step in steps[:3])
        if kind == "over":
            text = _("这里不再受这条预警影响。积水、危险的地方先别去。")
        where = english.place(name) if in_english else name
        if until and kind != "over":
            text = _("{where}，到 {until}").format(where=where, until=until) + "\n" + text
        elif where:
            text = f"{where}\n{text}"
        return {
            "t": heads[kind].format(title=title)[:120], "b": text[:600],
            "u": f"/r/{path}" + ("?lang=en" if in_english else ""), "g": str(b.chain_id),
            "l": "en" if in_english else "zh-CN",
        }  # fmt: skip


# --- who listens


@transaction.atomic
def listen(path: str, given: dict[str, Any], *, least: int, in_english: bool) -> Listener:
    """Let a browser ring for a place; again changes what it wants. Raises Invalid, Hidden (no such place)."""
    if path not in found.names_of([path]):
        raise Hidden(path)
    to = pushing.admit(given)
    digest = pushing.digest(to.endpoint)
    wanted = {"least": min(max(least, 1), 4), "english": in_english, "sealed": pushing.seal(to), "failures": 0}
    return Listener.objects.update_or_create(digest=digest, place_path=path, defaults=wanted)[0]


def stop_listening(path: str, endpoint: str) -> int:
    """Forget a browser's wish for a place; whoever knows the browser's address may. Returns how many."""
    return Listener.objects.filter(digest=pushing.digest(endpoint), place_path=path).delete()[0]
