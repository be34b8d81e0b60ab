"""What the counters count: each is a function of one obligation, so that they can be kept by differences and recounted.

`counts` says what one obligation counts for; `OF_PART` says the same to the database. Obligations of persons in their
own right (part self) count; a B岗 and a superior are counted on the obligation of whoever they stand for. Results and
copies have counters of their own.
"""

import datetime as dt
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from anlan.callout.terms import TEMPO, TEMPO_BOUNDS, Finish, ObligationState, Part, Rung
from anlan.kernel import paths

PROXY = "proxy"  # met_part of an answer that somebody else brought


@dataclass(slots=True)
class Facts:
    """What of an obligation is counted."""

    part: str
    state: str
    rung: str
    dead: bool
    tries: int
    began_at: dt.datetime
    due_at: dt.datetime | None
    reached_at: dt.datetime | None
    met_at: dt.datetime | None
    met_part: str
    read_at: dt.datetime | None = None
    known_at: dt.datetime | None = None
    finish: str = ""


def stretch(seconds: float) -> str:
    """Return the counter of the stretch of answer time in which so many seconds fall."""
    return TEMPO[bisect_right(TEMPO_BOUNDS, seconds)]


def counts(o: Facts) -> dict[str, int]:
    """Return the counters to which one obligation adds 1."""
    if o.part == Part.RESULT:
        return _results(o)
    if o.part != Part.SELF:
        return {"copied": 1} if o.part == Part.COPY else {}
    is_open, met = o.state == ObligationState.OPEN, o.state == ObligationState.MET
    own = met and o.met_part == Part.SELF
    marks = {
        "owed": o.state != ObligationState.TOLD,
        "told": o.state == ObligationState.TOLD,
        "reached": o.reached_at is not None,
        "answered": own,
        "in_time": own and (o.due_at is None or (o.met_at is not None and o.met_at <= o.due_at)),
        "first_try": own and o.tries <= 1,
        "covered": met and o.met_part == Part.DEPUTY,
        "proxied": met and o.met_part == PROXY,
        "dead": o.dead,
        "lapsed": o.state == ObligationState.LAPSED,
        "void": o.state == ObligationState.VOID,
        "at_deputy": is_open and o.rung == Rung.DEPUTY,
        "at_superior": is_open and o.rung == Rung.SUPERIOR,
        "at_door": is_open and o.rung == Rung.DOOR,
        "silent": is_open,
        "silent_reached": is_open and o.reached_at is not None and not o.dead,
        "silent_dead": is_open and o.dead,
        "read": o.read_at is not None,
        "known": o.known_at is not None,
    }
    made = {name: 1 for name, yes in marks.items() if yes}
    if own and o.met_at is not None:
        made[stretch((o.met_at - o.began_at).total_seconds())] = 1
    return made


def _results(o: Facts) -> dict[str, int]:
    met, is_open = o.state == ObligationState.MET, o.state == ObligationState.OPEN
    done = met and o.finish == Finish.DONE
    marks = {
        "tasks": o.state != ObligationState.VOID,
        "done": done,
        "done_in_time": done and (o.due_at is None or (o.met_at is not None and o.met_at <= o.due_at)),
        "cannot": met and o.finish == Finish.CANNOT,
        "undone": is_open,
        "refused": is_open and o.finish == Finish.REFUSED,
    }
    return {name: 1 for name, yes in marks.items() if yes}


_OWN = "(o.state = 'met' AND o.met_part = 'self')"
_TOOK = "extract(epoch FROM o.met_at - o.began_at)"
SQL: dict[str, str] = {
    "owed": "o.state <> 'told'",
    "told": "o.state = 'told'",
    "handed": "o.handed_at IS NOT NULL OR f.handed_at IS NOT NULL",
    "reached": "o.reached_at IS NOT NULL",
    "answered": _OWN,
    "in_time": f"{_OWN} AND (o.due_at IS NULL OR o.met_at <= o.due_at)",
    "first_try": f"{_OWN} AND o.tries <= 1",
    "covered": "o.state = 'met' AND o.met_part = 'deputy'",
    "proxied": "o.state = 'met' AND o.met_part = 'proxy'",
    "dead": "o.dead",
    "lapsed": "o.state = 'lapsed'",
    "void": "o.state = 'void'",
    "at_deputy": "o.state = 'open' AND o.rung = 'deputy'",
    "at_superior": "o.state = 'open' AND o.rung = 'superior'",
    "at_door": "o.state = 'open' AND o.rung = 'door'",
    "silent": "o.state = 'open'",
    "silent_reached": "o.state = 'open' AND o.reached_at IS NOT NULL AND NOT o.dead",
    "silent_dead": "o.state = 'open' AND o.dead",
    "read": "o.read_at IS NOT NULL",
    "known": "o.known_at IS NOT NULL",
}
COPIES = {"copied": "true"}  # of part copy
RESULTS = {  # of part result
    "tasks": "o.state <> 'void'",
    "done": "o.state = 'met' AND o.finish = 'done'",
    "done_in_time": "o.state = 'met' AND o.finish = 'done' AND (o.due_at IS NULL OR o.met_at <= o.due_at)",
    "cannot": "o.state = 'met' AND o.finish = 'cannot'",
    "undone": "o.state = 'open'",
    "refused": "o.state = 'open' AND o.finish = 'refused'",
}
for _i, _name in enumerate(TEMPO):
    _low = f"{_TOOK} >= {TEMPO_BOUNDS[_i - 1]}" if _i else "true"
    _high = f"{_TOOK} < {TEMPO_BOUNDS[_i]}" if _i < len(TEMPO_BOUNDS) else "true"
    SQL[_name] = f"{_OWN} AND {_low} AND {_high}"
OF_PART = {
    **{name: f"o.part = 'self' AND ({sql})" for name, sql in SQL.items()},
    **{name: f"o.part = 'copy' AND ({sql})" for name, sql in COPIES.items()},
    **{name: f"o.part = 'result' AND ({sql})" for name, sql in RESULTS.items()},
}

Key = tuple[UUID, str]
Deltas = dict[Key, dict[str, int]]


def deltas() -> Deltas:
    """Return an empty account of differences: (call, place path) → counter → how many more."""
    return defaultdict(lambda: defaultdict(int))


def moved(into: Deltas, call: UUID | None, path: str, before: Mapping[str, int], after: Mapping[str, int]) -> None:
    """Note that an obligation at a place counted as `before` and now counts as `after`."""
    if call is None:
        return
    row = into[call, path]
    for name, n in before.items():
        row[name] -= n
    for name, n in after.items():
        row[name] += n


def upward(leaves: Deltas) -> Deltas:
    """Add every place's differences to all places above it; rows that come to nothing are left out."""
    summed = deltas()
    for (call, path), row in leaves.items():
        changed = [(name, n) for name, n in row.items() if n]
        for above in paths.ancestors(path) if changed else ():
            target = summed[call, above]
            for name, n in changed:
                target[name] += n
    return summed


def tempo(row: Mapping[str, int]) -> list[int]:
    """Return a tally's answers per stretch of time, soonest first."""
    return [row.get(name, 0) for name in TEMPO]


def quantile(stretches: Iterable[int], share: float, of: int | None = None) -> float | None:
    """Return about how many seconds it took `share` of the people to answer; None where not so many have.

    Linear within a stretch (terms.TEMPO_BOUNDS). `of` is the number of people the share is of: silent ones count as
    waiting longer than anybody (没应的按还在等计, as the board says); None takes those who answered.
    """
    held = list(stretches)
    total = sum(held) if of is None else of
    wanted = share * total
    low, seen = 0.0, 0
    if not total:
        return None
    for i, n in enumerate(held):
        high = float(TEMPO_BOUNDS[i]) if i < len(TEMPO_BOUNDS) else low * 2
        if n and seen + n >= wanted:
            return low + (high - low) * max(wanted - seen, 0) / n
        seen, low = seen + n, high
    return None
