"""Which changes of level are one alarm: an episode begins, rises, falls back, and flaps within a quiet time. Pure.

One thing under one rule has at most one episode that goes on, whatever the number of its streams: it ends when all of
them have fallen back. What comes again within the quiet time is the same episode. Somebody who looked and closed it
has looked at that level: only a graver one asks again. Where a life is at stake a closed one never takes in what comes
after it fell back: that is a new alarm.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from anlan.sensing.events import Happened


class Turn(StrEnum):
    """What an event did to an episode."""

    BEGAN = "began"
    ROSE = "rose"
    ENDED = "ended"


@dataclass(slots=True)
class Episode:
    """An alarm's readings. `level` is the gravest there was, `standing` what each stream says now (only above 0).

    Times are µs since the epoch. `count` events are in it; `flaps` says how often it came again; `closed` that somebody
    closed it, `life` that a life is at stake. `reopened`: it was closed and rose.
    """

    level: int
    began: int
    last: int
    first: Happened
    gravest: Happened
    ended: int | None = None
    count: int = 0
    flaps: int = 0
    value: float | None = None
    peak: float | None = None
    closed: bool = False
    life: bool = False
    reopened: bool = False
    standing: dict[str, int] = field(default_factory=dict)
    turns: list[tuple[Turn, Happened]] = field(default_factory=list)
    key: Any = None


def walk(
    before: Episode | None, events: Sequence[Happened], *, quiet: int, down: bool = False, life: bool = False
) -> list[Episode]:
    """Take the events of one thing and rule, in order; return the episodes they touched, `before` first if it was.

    `quiet` is in µs. `down`: lower is worse. What was calm and stays calm touches nothing.
    """
    touched: list[Episode] = []
    now = before
    for event in events:
        if event.level == 0 and (now is None or now.ended is not None):
            continue
        if now is None or not _same(now, event, quiet):
            now = Episode(event.level, event.at, event.at, event, event, life=life, peak=event.value)
            now.turns.append((Turn.BEGAN, event))
        if now not in touched:
            touched.append(now)
        _take(now, event, down=down)
    return touched


def _same(now: Episode, event: Happened, quiet: int) -> bool:
    if now.ended is None:
        return True
    return event.at - now.ended <= quiet and not (now.closed and now.life)


def _take(now: Episode, event: Happened, *, down: bool) -> None:
    now.count += 1
    now.last = max(now.last, event.at)
    stream = str(event.stream)
    if event.level == 0:
        now.standing.pop(stream, None)
        if not now.standing:
            now.ended = event.at
            if not now.flaps:
                now.turns.append((Turn.ENDED, event))
        return
    now.standing[stream] = event.level
    now.value = event.value
    if now.ended is not None:
        now.ended, now.flaps = None, now.flaps + 1
    if event.level > now.level:
        now.level, now.gravest, now.peak = event.level, event, event.value
        now.turns.append((Turn.ROSE, event))
        now.reopened, now.closed = now.reopened or now.closed, False
    elif event.level == now.level and event.value is not None and _graver(event.value, now.peak, down=down):
        now.peak = event.value


def _graver(value: float, peak: float | None, *, down: bool) -> bool:
    return peak is None or (value < peak if down else value > peak)
