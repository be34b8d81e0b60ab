"""The live board of a call: everything from counters, as fast for ten people as for ten million.

Persons come a page at a time. 已应 = answered by oneself + by one's B岗 + brought by somebody (代应).
应叫 = owed − void (taken over by a newer call, or called off). What is left: 送到没应 (reached), 没回音,
空号停机 (dead), and after the end 到结束没应 (lapsed).
"""

import datetime as dt
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from anlan.callout import counting
from anlan.callout.models import Call
from anlan.callout.terms import COUNTERS, TEMPO, TEMPO_BOUNDS, Act, Can, Genre, Rung
from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import now
from anlan.people import queries as people
from anlan.places import queries as places

WHYS = ("dead", "silent", "reached")
RUNGS = tuple(Rung)
SMALL = 3  # deeper than the third level of a tree, a name alone ("第一网格") says nothing
FRESH = 2.0  # seconds for which live screens share a list of silent persons
KEPT = 256  # lists
AFTER = "["  # behind Z: every path below a prefix sorts before prefix + AFTER (COLLATE "C")


@dataclass(frozen=True, slots=True)
class Row:
    """The counters of a call at one place and everything under it."""

    path: str
    name: str
    counts: dict[str, int]

    def of(self, counter: str) -> int:
        """Return one of terms.COUNTERS. (Not `[]`: a template would ask it before any property.)"""
        return self.counts.get(counter, 0)

    @property
    def due(self) -> int:
        """How many must answer: called, less those a newer call took over or who were called off."""
        return self.of("owed") - self.of("void")

    @property
    def yes(self) -> int:
        return self.of("answered") + self.of("covered") + self.of("proxied")

    @property
    def left(self) -> int:
        """How many have not answered, waiting or given up at the end."""
        return self.of("silent") + self.of("lapsed")

    @property
    def reached(self) -> int:
        return self.of("silent_reached")

    @property
    def dead(self) -> int:
        return self.of("silent_dead")

    @property
    def quiet(self) -> int:
        """No echo at all; after the end, everybody who did not answer."""
        return self.left - self.reached - self.dead

    @property
    def persons(self) -> int:
        """How many were told or called directly, copies apart."""
        return self.of("owed") + self.of("told")

    @property
    def confirmed(self) -> int:
        """How many have said that they know: answered, or 知道了 where nothing is owed."""
        return self.yes + self.of("known")

    @property
    def reported(self) -> int:
        """How many results have come in."""
        return self.of("done") + self.of("cannot")

    @property
    def lapsed_results(self) -> int:
        """How many results had not come in when the call ended."""
        return self.of("tasks") - self.reported - self.of("undone")

    @property
    def done_share(self) -> float:
        """Which share of the results is in, 0 … 1; 1 where none is owed."""
        return self.reported / self.of("tasks") if self.of("tasks") else 1.0

    @property
    def share(self) -> float:
        """Which share has answered, 0 … 1; 1 where nobody must."""
        return self.yes / self.due if self.due else 1.0

    @property
    def median(self) -> float | None:
        return counting.quantile(counting.tempo(self.counts), 0.5, self.due)

    @property
    def p90(self) -> float | None:
        return counting.quantile(counting.tempo(self.counts), 0.9, self.due)


@dataclass(frozen=True, slots=True)
class Board:
    """What the board shows at a place: its own row, the rows of the places right below, worst first."""

    call: Call
    at: str
    top: str
    total: Row
    rows: list[Row]
    asked_at: dt.datetime
    crumbs: list[tuple[str, str]] = field(default_factory=list)

    @property
    def elapsed(self) -> float:
        """Seconds since the call started, or until it ended."""
        if not self.call.started_at:
            return 0.0
        return ((self.call.ended_at or self.asked_at) - self.call.started_at).total_seconds()

    @property
    def rung(self) -> int:
        """How far the ladder has climbed, 0 (the person) … 3 (the door), by the frozen policy and the time gone by."""
        order = {Act.AGAIN: 0, Act.DEPUTY: 1, Act.SUPERIOR: 2, Act.DOOR: 3}
        gone = [s for s in self.call.policy.get("ladder", ()) if s["at"] <= self.elapsed]
        return max((order[Act(s["act"])] for s in gone), default=0)


def visible(call_id: UUID, by: Actor) -> tuple[Call, str]:
    """Return a call and the topmost place of it that the actor sees. Raises Hidden, also where it is absent.

    Who holds `callout.see` above the call's place sees all of it, and those called above that place as far up as they
    see; who holds it below sees their own part.
    """
    call = Call.objects.filter(id=call_id, genre=Genre.CALL).first()
    seen = None if call is None else top(call, by)
    if call is None or seen is None:
        raise Hidden(str(call_id))
    return call, seen


def top(call: Call, by: Actor) -> str | None:
    """Return the topmost place of a call that the actor sees; None where they see nothing of it."""
    scopes = authority.scopes(by, Can.SEE)
    above = [scope for scope in scopes if paths.contains(scope, call.place_path)]
    if above:
        return max(reach(call), min(above, key=len), key=len)
    return next((scope for scope in scopes if paths.contains(call.place_path, scope)), None)


def reach(call: Call) -> str:
    """Return the topmost place where somebody is called: a warning for a district also calls who leads above it."""
    led = [path for path in call.targeting.get("at", ()) if paths.contains(path, call.place_path)]
    if call.copies and paths.contains(call.sender_path, call.place_path):  # copies begin right below the sender
        led.append(call.place_path[: len(call.sender_path) + paths.WIDTH])
    top: str = min([call.place_path, *led], key=len)
    return top


def within(call: Call, path: str, by: Actor) -> str:
    """Return the path if the actor sees this part of the call. Raises Hidden."""
    if not _sees(call, path, by):
        raise Hidden(path)
    return path


def _sees(call: Call, path: str, by: Actor) -> bool:
    return paths.contains(reach(call), path) and any(
        paths.contains(scope, path) for scope in authority.scopes(by, Can.SEE)
    )


def board(call_id: UUID, *, by: Actor, at: str = "") -> Board:
    """Return the board of a call at a place (its top if not given). Raises Hidden."""
    call, top = visible(call_id, by)
    at = within(call, at, by) if at else top
    rows, total = _below(call, at)
    crumbs = places.breadcrumb(at)
    name = dict(crumbs).get(at, "")
    return Board(
        call,
        at,
        top,
        Row(at, name, total),
        rows,
        now(),
        [(path, word) for path, word in crumbs if len(path) >= len(top)],
    )


def below(call: Call, parents: Iterable[str], *, by: Actor) -> dict[str, list[Row]]:
    """Return the rows of the places right below each of these, worst first; a parent out of sight is left out."""
    seen = [path for path in parents if _sees(call, path, by)]
    found: dict[str, list[Row]] = {path: [] for path in seen}
    children = list(places.visible(by).filter(parent__path__in=seen).values_list("path", "name"))
    for row in _rows(children, _tallies(call.id, [path for path, _ in children])):
        found[paths.parent(row.path)].append(row)
    return found


def _below(call: Call, at: str) -> tuple[list[Row], dict[str, int]]:
    children = list(places.children(at).values_list("path", "name"))
    tallies = _tallies(call.id, [at, *(path for path, _ in children)])
    return _rows(children, tallies), tallies.get(at, {})


def _rows(children: Iterable[tuple[str, str]], tallies: dict[str, dict[str, int]]) -> list[Row]:
    rows = [Row(path, name, tallies[path]) for path, name in children if _concerns(tallies.get(path, {}))]
    return sorted(rows, key=lambda r: (min(r.share, r.done_share), -r.due - r.of("tasks"), r.path))


def _concerns(counts: dict[str, int]) -> bool:
    return any(counts.get(name) for name in ("owed", "told", "tasks"))


def curve(row: Row, elapsed: float) -> list[tuple[float, float]]:
    """Return how the share of own answers rose: (seconds, percent of all who must) up to now, from (0, 0)."""
    points, seen = [(0.0, 0.0)], 0
    for bound, n in zip(TEMPO_BOUNDS, counting.tempo(row.counts), strict=False):
        seen += n
        if bound >= elapsed:
            break
        points.append((float(bound), 100 * seen / row.due if row.due else 0.0))
    points.append((elapsed, 100 * row.of("answered") / row.due if row.due else 0.0))
    return points


def _tallies(call: UUID, wanted: Sequence[str]) -> dict[str, dict[str, int]]:
    names = (*COUNTERS, *TEMPO)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT place_path, {', '.join(names)} FROM callout_tally WHERE call_id = %s AND place_path = ANY(%s)",
            [call, list(wanted)],
        )
        return {path: dict(zip(names, numbers, strict=True)) for path, *numbers in cursor.fetchall()}


# --- persons, a page at a time


@dataclass(frozen=True, slots=True)
class Silent:
    """One person who has not answered: who, where, why not, how far the ladder went."""

    id: UUID
    person: UUID
    name: str
    phone: str
    post: str
    place_path: str
    place: str
    dead: bool
    reached: bool
    rung: int
    tries: int
    next_at: dt.datetime | None
    receipt: dict[str, Any]
    deputy: UUID | None
    deputy_name: str


_SILENT = """
SELECT o.id, o.person_id, o.post_title, o.place_path, o.dead, o.reached_at, o.rung, o.tries, o.next_at, o.deputy_id,
       o.receipt_id
FROM callout_obligation o
WHERE o.call_id = %(call)s AND o.part = 'self' AND o.state = ANY(%(states)s)
  AND o.place_path >= %(low)s AND o.place_path < %(high)s {more}
ORDER BY o.dead DESC, o.rank DESC, o.began_at, o.id
LIMIT %(limit)s OFFSET %(offset)s"""

_WHY = {
    "dead": "AND o.dead",
    "reached": "AND o.reached_at IS NOT NULL AND NOT o.dead",
    "silent": "AND o.reached_at IS NULL AND NOT o.dead",
}


def unreached(
    call: Call, *, at: str, by: Actor, why: str = "", role: str = "", rung: str = "", offset: int = 0, limit: int = 20,
    live: bool = False,
) -> list[Silent]:  # fmt: skip
    """Return who has not answered at a place and below: dead numbers first, then the highest posts, then the longest.

    With `live` the rows may be FRESH seconds old. `why` is one of WHYS, `rung` one of terms.Rung; "" takes all;
    how many there are stands in the counters.
    """
    within(call, at, by)
    found = _silent_rows(call.id, at, why, role, rung, offset, limit, live=live)
    known = _persons([row[1] for row in found] + [row[9] for row in found if row[9]], by)
    where = places.names({path for row in found for path in (row[3], paths.parent(row[3]))})
    receipts = _receipts([row[10] or row[0] for row in found])
    return [
        Silent(
            id=row[0], person=row[1], name=known.get(row[1], ("", ""))[0], phone=known.get(row[1], ("", ""))[1],
            post=_bare(row[2], where.get(row[3], "")), place_path=row[3], place=_spoken(row[3], where), dead=row[4],
            reached=row[5] is not None, rung=RUNGS.index(Rung(row[6])) + 1, tries=row[7], next_at=row[8],
            receipt=receipts.get(row[10] or row[0], {}), deputy=row[9], deputy_name=known.get(row[9], ("", ""))[0],
        )
        for row in found
    ]  # fmt: skip


_kept: OrderedDict[tuple[Any, ...], tuple[float, list[tuple[Any, ...]]]] = OrderedDict()


def _silent_rows(*asked: Any, live: bool) -> list[tuple[Any, ...]]:
    """Ask anew for a page; for live screens once in FRESH seconds, however many watch.

    Over 176,000 silent people the question takes 0.14 s on two cores.
    """
    held = _kept.get(asked)
    if live and held and time.monotonic() - held[0] < FRESH:
        return held[1]
    rows = _silent_now(*asked)
    _kept[asked] = (time.monotonic(), rows)
    while len(_kept) > KEPT:
        _kept.popitem(last=False)
    return rows


def _silent_now(call: UUID, at: str, why: str, role: str, rung: str, offset: int, limit: int) -> list[tuple[Any, ...]]:
    more = [_WHY.get(why, ""), "AND o.role = %(role)s" if role else "", "AND o.rung = %(rung)s" if rung else ""]
    with connection.cursor() as cursor:
        cursor.execute(
            _SILENT.format(more=" ".join(filter(None, more))),
            {"call": call, "states": ["open", "lapsed"], "low": at, "high": at + AFTER, "role": role, "rung": rung,
             "limit": limit, "offset": offset},
        )  # fmt: skip
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _spoken(path: str, names: dict[str, str]) -> str:
    """Return 竹苑社区第一网格: small places are known by the one above them."""
    above = names.get(paths.parent(path), "") if paths.depth(path) > SMALL else ""
    return above + names.get(path, "")


def _bare(title: str, place: str) -> str:
    """Return a post's title without its place's name, where it begins with it."""
    return title.removeprefix(place) or title


def _persons(ids: Iterable[UUID], by: Actor) -> dict[UUID, tuple[str, str]]:
    return {p.id: (p.name, people.masked(p)) for p in people.persons(by).filter(id__in=set(ids)).distinct()}


def _receipts(ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id, carrier, state, reason, handed_at, delivered_at, read_at, failed_at FROM callout_receipt
               WHERE id = ANY(%s)""",
            [list(ids)],
        )
        names = ("carrier", "state", "reason", "handed_at", "delivered_at", "read_at", "failed_at")
        return {ident: dict(zip(names, values, strict=True)) for ident, *values in cursor.fetchall()}


def every(call: Call, *, at: str, by: Actor, only_left: bool = False) -> Iterable[tuple[Any, ...]]:
    """Yield everybody of a call at a place: the columns of the SELECT below, person and place by name.

    For an export. Read by a server-side cursor in pages of 5,000, so that 176,000 rows need no memory.
    """
    within(call, at, by)
    sql = f"""SELECT o.person_id, o.post_title, o.place_path, o.state, o.rung, o.dead, o.reached_at, o.met_at,
                o.met_how, o.met_part, o.began_at, coalesce(r.handed_at, o.handed_at), o.read_at, o.known_at
              FROM callout_obligation o LEFT JOIN callout_receipt r ON r.id = o.id
              WHERE o.call_id = %s AND o.part = 'self' AND o.place_path >= %s AND o.place_path < %s
              {"AND o.state IN ('open', 'lapsed')" if only_left else ""} ORDER BY o.place_path, o.id"""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, [call.id, at, at + AFTER])
        while rows := cursor.fetchmany(5_000):
            known = {p.id: p.name for p in people.persons(by).filter(id__in={r[0] for r in rows}).distinct()}
            where = places.names({r[2] for r in rows})
            for row in rows:
                yield (known.get(row[0], ""), row[1], where.get(row[2], ""), *row[3:])
