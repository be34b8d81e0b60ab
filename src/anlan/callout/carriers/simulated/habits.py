"""Invented people who answer as real ones do: late at night, on the second ring, with a wrong key, or never.

Everything follows from the seed, the person and the attempt, so that a drill can be run again and compared, and no
table of moods has to be kept. Times are log-normal: most answer soon, a few after an hour. The shares are our own
default (`domain-facts B13` gives none); a measured city's can be given instead.
"""

import datetime as dt
import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

NIGHT = (23, 6)  # from, until: the hours in which people sleep


class Habit(StrEnum):
    """What an invented person does with a message. One person keeps one habit through a call."""

    ANSWERS = "answers"
    READS = "reads"  # reads it and does not answer: read is not answered
    REFUSES = "refuses"
    SLEEPS = "sleeps"  # nothing, whatever rings
    DEAD = "dead"  # the number does not exist or is suspended


@dataclass(frozen=True, slots=True)
class Shares:
    """How many of a thousand have each habit, and how quickly the others answer.

    `median` in seconds by day; at night it is `night` times as long. `spread` is the log-normal's sigma. `hears` is
    the share of attempts that a willing person notices, less at night and far less for a text; `early` hangs up before
    the text is read; `wrong` presses another key first. A higher rank answers quicker, by `senior` for each.
    """

    dead: int = 21
    sleeps: int = 35
    reads: int = 60
    refuses: int = 14
    median: float = 48.0
    spread: float = 0.85
    night: float = 2.6
    senior: float = 0.97
    hears: float = 0.78
    rings_at_night: float = 0.92
    texts_at_night: float = 0.62
    early: float = 0.12
    wrong: float = 0.05


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that the invented telephone reports: `after` seconds from being handed over, with its detail."""

    after: float
    kind: str  # delivered | failed | read | listened | key | reply | link
    detail: dict[str, str | float]


class _Draws:
    """Numbers between 0 and 1 that depend on the words given and nothing else."""

    def __init__(self, *words: object) -> None:
        self._bytes = hashlib.blake2b("\x1f".join(map(str, words)).encode(), digest_size=64).digest()
        self._at = 0

    def next(self) -> float:
        four = self._bytes[self._at : self._at + 4]
        self._at += 4
        return (int.from_bytes(four, "big") + 0.5) / 2**32


_NORMAL = NormalDist()


def is_night(at: dt.datetime) -> bool:
    """Say whether a local time falls in the hours of sleep."""
    return at.hour >= NIGHT[0] or at.hour < NIGHT[1]


def habit(seed: str, person: str, shares: Shares) -> Habit:
    """Return the person's habit under this seed."""
    mark = _Draws(seed, person, "habit").next() * 1000
    for name in (Habit.DEAD, Habit.SLEEPS, Habit.READS, Habit.REFUSES):
        share: int = getattr(shares, name.value)
        if mark < share:
            return name
        mark -= share
    return Habit.ANSWERS


def delay(mark: float, *, rank: int, night: bool, shares: Shares) -> float:
    """Return the seconds until a willing person answers; `mark` between 0 and 1 says where in the distribution."""
    median = shares.median * shares.senior ** max(rank, 0) * (shares.night if night else 1.0)
    return median * math.exp(shares.spread * _NORMAL.inv_cdf(mark))


def moments(
    seed: str, person: str, *, sends: str, attempt: int, rank: int, night: bool, shares: Shares
) -> Iterator[Moment]:
    """Yield what the telephone of an invented person reports on one message, soonest first.

    `sends` is what the message travels on: "voice" rings and listens, anything else is text. `person` is any stable
    word for the person; `attempt` counts from 1; each is noticed or missed anew.
    """
    manner = habit(seed, person, shares)
    draws = _Draws(seed, person, sends, attempt)
    if manner is Habit.DEAD:
        reason = "suspended" if draws.next() < 0.3 else "empty_number"
        yield Moment(1 + 5 * draws.next(), "failed", {"reason": reason})
        return
    speak = _on_voice if sends == "voice" else _on_text
    yield from speak(manner, draws, rank=rank, night=night, shares=shares)


def _on_voice(manner: Habit, draws: _Draws, *, rank: int, night: bool, shares: Shares) -> Iterator[Moment]:
    rings, heard, manners, seconds = draws.next(), draws.next(), draws.next(), draws.next()
    wait = 4 + 26 * rings * shares.senior ** max(rank, 0)
    hears = shares.hears * (shares.rings_at_night if night else 1.0)
    if manner is Habit.SLEEPS or heard > hears or (manner is Habit.READS and heard > hears / 2):
        yield Moment(wait if heard > 0.95 else 35.0, "failed", {"reason": "busy" if heard > 0.95 else "no_answer"})
        return
    yield Moment(wait, "delivered", {})
    if manner is Habit.READS or manners < shares.early:
        listened = round(2 + 16 * seconds, 1)
        yield Moment(wait + listened, "listened", {"seconds": listened})
        return
    listened = round(9 + 26 * seconds, 1)
    if manners < shares.early + shares.wrong:
        yield Moment(wait + listened, "key", {"key": "7", "seconds": min(listened, 15.0)})
        return
    yield Moment(wait + listened, "key", {"key": "2" if manner is Habit.REFUSES else "1", "seconds": listened})


def _on_text(manner: Habit, draws: _Draws, *, rank: int, night: bool, shares: Shares) -> Iterator[Moment]:
    arrives, heard, marks, how = draws.next(), draws.next(), draws.next(), draws.next()
    arrived = 1.5 + 8 * arrives
    yield Moment(arrived, "delivered", {})
    if manner is Habit.SLEEPS or heard > shares.hears * (shares.texts_at_night if night else 1.0):
        return
    took = delay(marks, rank=rank, night=night, shares=shares)
    yield Moment(arrived + took * 0.6, "read", {})
    if manner is Habit.READS:
        return
    answer = "2" if manner is Habit.REFUSES else "1"
    yield Moment(arrived + took, "reply" if how < 0.55 else "link", {"text": answer})


def result(seed: str, person: str, shares: Shares) -> Moment | None:
    """Return what a willing person reports of a task or a command: done within minutes to an hour; now and then cannot.

    None for who never answers.
    """
    if habit(seed, person, shares) is not Habit.ANSWERS:
        return None
    draws = _Draws(seed, person, "result")
    took, luck = draws.next(), draws.next()
    text = "办不了，路断了进不去" if luck > 0.93 else "办好了"
    return Moment(120 + 3000 * took, "reply", {"text": text})
