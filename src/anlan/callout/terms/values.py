"""States, what counts as an answer, and the values doors hand in."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from anlan.people.terms import Targeting


class Level(StrEnum):
    """Levels a call may bear; "" is none (an all-clear, a notice without a colour)."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"
    NONE = ""


class Kind(StrEnum):
    """What a call says: first news, a changed one, that it is called off, that the danger is over."""

    FIRST = "first"
    CHANGE = "change"
    CANCEL = "cancel"
    ALL_CLEAR = "all_clear"


class Genre(StrEnum):
    """What a call is for: a warning (or any news), the quarterly check of a number, a test of the line."""

    CALL = ""
    CHECK = "check"
    TEST = "test"


class RoundState(StrEnum):
    """Where a check of numbers stands."""

    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"


class CheckState(StrEnum):
    """What a check knows of one number. `proven`: they answered another call by it this quarter, and are not asked.

    `gone`: they hold no post any more, or have no number to ask at (`none`).
    """

    WAITING = "waiting"
    ASKED = "asked"
    OK = "ok"
    PROVEN = "proven"
    DEAD = "dead"
    WRONG = "wrong"
    SILENT = "silent"
    NONE = "none"
    GONE = "gone"


TROUBLED = (CheckState.DEAD, CheckState.WRONG, CheckState.NONE)  # what a superior is asked to mend


class Directive(StrEnum):
    """What a call asks for: a warning is answered; the other four are instructions (WRN-05 通知、提醒、任务、命令).

    Notice and reminder owe nothing; a task owes a result by a time; a command owes a receipt first, then a result.
    """

    WARNING = "warning"
    NOTICE = "notice"
    REMINDER = "reminder"
    TASK = "task"
    COMMAND = "command"


class CallState(StrEnum):
    """Where a call stands."""

    DRAFT = "draft"
    AWAITING = "awaiting_approval"
    APPROVED = "approved"
    RUNNING = "running"
    SUPERSEDED = "superseded"
    ENDED = "ended"
    CANCELLED = "cancelled"


class ObligationState(StrEnum):
    """Where an obligation stands. `told` owes nothing: the person is only told (an all-clear)."""

    OPEN = "open"
    MET = "met"
    LAPSED = "lapsed"
    VOID = "void"
    TOLD = "told"


class ReceiptState(StrEnum):
    """How far one attempt on one carrier came. Read is not answered."""

    QUEUED = "queued"
    HANDING = "handing"
    HANDED = "handed"
    DELIVERED = "delivered"
    READ = "read"
    ANSWERED = "answered"
    FAILED = "failed"


class Rung(StrEnum):
    """Who is being called now: the person, the B岗, the superior post, or somebody goes to the door."""

    SELF = "self"
    DEPUTY = "deputy"
    SUPERIOR = "superior"
    DOOR = "door"


class Act(StrEnum):
    """What a step of the ladder does; `at` seconds after the obligation began."""

    AGAIN = "again"
    DEPUTY = "deputy"
    SUPERIOR = "superior"
    DOOR = "door"


class Part(StrEnum):
    """As what somebody stands in a call: for themselves, as B岗 of another, as superior of silent ones, by a copy.

    RESULT is the second duty of a task or a command: it stands for the person's own row.
    """

    SELF = "self"
    DEPUTY = "deputy"
    SUPERIOR = "superior"
    RESULT = "result"
    COPY = "copy"


class Finish(StrEnum):
    """What somebody says of a duty's result. Only done and cannot close it; a refusal goes to the sender."""

    DONE = "done"
    CANNOT = "cannot"
    REFUSED = "refused"
    PASSED = "passed"  # handed on to somebody else, who owes the same


class How(StrEnum):
    """By what somebody answers. READ is reported by carriers and never counts (domain-facts B4: 已读≠应)."""

    LISTENED = "listened"
    KEY = "key"
    REPLY = "reply"
    LINK = "link"
    INBOX = "inbox"
    ARRIVED = "arrived"
    PROXY = "proxy"
    READ = "read"


class Result(StrEnum):
    """What became of one answer."""

    FIRST = "first"
    REPEAT = "repeat"
    LATE = "late"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"
    NOT_AN_ANSWER = "not_an_answer"
    REFUSED = "refused"


HANDED_STATES = (ReceiptState.HANDED, ReceiptState.DELIVERED, ReceiptState.READ, ReceiptState.ANSWERED)
SAFE_CARRIERS = ("simulated", "null")  # reach no real person: the only ones a drill may use
ANSWER = "callout.answer"  # what a call wants done
RESULT = "callout.result"  # what a task or a command wants done besides
TOLD = (Directive.NOTICE, Directive.REMINDER)  # nobody owes anything
WORK = (Directive.TASK, Directive.COMMAND)  # a result is owed
INSTRUCTIONS = (*TOLD, *WORK)
TEMPO_BOUNDS = (
    5,
    10,
    15,
    20,
    30,
    45,
    60,
    90,
    120,
    180,
    240,
    300,
    420,
    600,
    900,
    1800,
    3600,
)  # seconds, upper, exclusive
TEMPO = tuple(f"h{i:02}" for i in range(len(TEMPO_BOUNDS) + 1))  # one counter per stretch of answer time, the last open
COUNTERS = (  # per place: persons in their own right; but `failed` counts attempts, `copied` copies, `tasks` … results
    "owed", "told", "handed", "reached", "answered", "in_time", "first_try", "covered", "proxied", "dead",
    "lapsed", "void", "at_deputy", "at_superior", "at_door", "silent", "silent_reached", "silent_dead", "failed",
    "read", "known", "copied", "tasks", "done", "done_in_time", "cannot", "undone", "refused",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """A call not yet made. `instructions` maps a role code to its own words; `status` is CAP's: actual, exercise, test.

    `auto`: may send itself when nobody approves in time (if the policy allows). `policy` names a policy, or None for
    the level's own. `place_path` is the place the call belongs to; None takes what the targeting's paths share.
    `genre` is a Genre.
    `result_due`: when the result of a task or command is due. `copies` tells the leading posts between `sender_path`
    and the targets. `by_role` adds the templates' sentence for each role that has no own words. `hold` keeps it a
    draft even where somebody must approve.
    """

    title: str
    body: str
    targeting: Targeting
    level: str = ""
    hazard: str = ""
    policy: str | None = None
    kind: str = Kind.FIRST
    chain: UUID | None = None
    exercise: UUID | None = None
    status: str = "actual"
    alert_id: UUID | None = None
    valid_until: dt.datetime | None = None
    instructions: Mapping[str, str] = field(default_factory=dict)
    place_path: str | None = None
    supersedes: UUID | None = None
    auto: bool = False
    genre: str = ""
    directive: str = Directive.WARNING
    result_due: dt.datetime | None = None
    sender_path: str | None = None
    copies: bool = False
    by_role: bool = False
    hold: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it came in. Exactly one of `token`, `obligation`, `receipt` names what is answered.

    `seconds` is how long they listened; `said` the key or word; `declined` means "heard, cannot go, call my deputy".
    `at` is when it happened at the carrier (None: now). `person` is set where the door knows who it is (the inbox), and
    must then be who owes. `ref` is the gateway's own id of the answer. `finish` (done, cannot, refused) makes it a
    result, with `words` of what came of it.
    """

    how: str
    token: str | None = None
    obligation: UUID | None = None
    receipt: UUID | None = None
    at: dt.datetime | None = None
    seconds: float | None = None
    said: str = ""
    declined: bool = False
    person: UUID | None = None
    carrier: str = ""
    ref: str = ""
    finish: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an answer: `words` is one sentence for the person. `met_at` is the first answer's time."""

    result: Result
    words: str = ""
    obligation: UUID | None = None
    call: UUID | None = None
    title: str = ""
    met_at: dt.datetime | None = None
    met_how: str = ""
    place_path: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a gateway says of one attempt: `state` is delivered, read or failed; `receipt` is the idempotency key.

    `dead` marks a number that can never be reached (empty, stopped): it is counted apart and not tried again.
    """

    receipt: UUID
    state: str
    at: dt.datetime | None = None
    reason: str = ""
    dead: bool = False
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Owed:
    """A duty to be laid on one person, by any context. `ladder` is a list of steps as in a policy, or None for none.

    `carriers` are the groups by which the person is told (each group by its first usable carrier); () keeps it to the
    inbox. `subject_type`/`subject_id` name what it is about; `did` is the entry's kind that would meet it.
    """

    subject_type: str
    subject_id: UUID
    did: str
    person: UUID
    pseudonym: UUID
    place_path: str
    why: str
    due_at: dt.datetime | None = None
    post: UUID | None = None
    post_title: str = ""
    role: str = ""
    rank: int = 0
    deputy: UUID | None = None
    superior: UUID | None = None
    chain: UUID | None = None
    exercise: UUID | None = None
    drill: bool = False
    ladder: tuple[Mapping[str, Any], ...] = ()
    carriers: tuple[tuple[str, ...], ...] = ()
    link: str = ""
