"""Calls and instructions over HTTP: listed, an instruction drafted and started, the board's numbers, the results."""

import datetime as dt
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from anlan.callout.models import Call
from anlan.callout.queries import board as boards
from anlan.callout.queries import listing
from anlan.callout.queries import results as queries
from anlan.callout.services import calls, instructions
from anlan.callout.terms import INSTRUCTIONS, Can, Directive, Draft
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid, Refused
from anlan.people.terms import Targeting

router = Router()
MOST = 200
FIGURES = (
    "owed", "told", "handed", "reached", "read", "answered", "covered", "proxied", "known", "silent", "lapsed", "dead",
    "failed", "copied", "tasks", "done", "done_in_time", "cannot", "undone", "refused",
)  # fmt: skip


class CallBrief(Schema):
    """A call in a list. `directive` is warning, notice, reminder, task or command; `drill` is true for an exercise."""

    id: UUID
    serial: int | None
    directive: str
    kind: str
    level: str
    hazard: str
    title: str
    state: str
    drill: bool
    place_path: str
    prepared_at: dt.datetime
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    result_due: dt.datetime | None


class CallWhole(CallBrief):
    """A call with its words, whom it means, and how it is called."""

    body: str
    instructions: dict[str, str]
    targeting: dict[str, Any]
    policy_code: str
    copies: bool


class CallPage(Schema):
    """A page of a list; `next` is the number to ask for as `page`, null at the end."""

    items: list[CallBrief]
    next: int | None = Field(default=None)


class Whom(Schema):
    """Whom an instruction means: posts under `paths` whose role and skill fit; empty means any."""

    paths: list[str] = Field(min_length=1, max_length=500)
    roles: list[str] = Field(default_factory=list, max_length=60)
    skills: list[str] = Field(default_factory=list, max_length=60)
    on_duty: bool = False


class New(Schema):
    """An instruction. `result_due` is needed for a task and a command, and refused for the others.

    `instructions` maps a role to its own sentence; roles without one get that of the templates.
    """

    directive: Literal["notice", "reminder", "task", "command"]
    title: str = Field(max_length=500)
    body: str = Field(max_length=10_000)
    whom: Whom
    level: str = ""
    hazard: str = Field(default="", max_length=60)
    result_due: dt.datetime | None = None
    copies: bool = True
    instructions: dict[str, str] = Field(default_factory=dict)


class Start(Schema):
    """`reason` sends without the second person where one is asked for: somebody reviews it afterwards."""

    reason: str = Field(default="", max_length=300)


class Numbers(Schema):
    """A call's counters at a place and everything under it. See docs/reference/callout.md for what each counts."""

    path: str
    name: str
    counts: dict[str, int]


class Board(Schema):
    """The board: the place itself, the places right below, worst first."""

    call: CallBrief
    at: str
    total: Numbers
    below: list[Numbers]


class ResultLine(Schema):
    """One person's result: `standing` is open, done, cannot, refused, passed, lapsed or void."""

    id: UUID
    name: str
    post: str
    place: str
    place_path: str
    standing: str
    words: str
    how: str
    at: dt.datetime | None
    due_at: dt.datetime | None
    late: bool
    by_deputy: bool


class Results(Schema):
    """A page of results; `counts` says how many each view holds."""

    counts: dict[str, int]
    items: list[ResultLine]
    next: int | None = Field(default=None)


def _actor(request: HttpRequest, can: str = Can.SEE) -> Actor:
    by: Actor | None = getattr(request, "actor", None)
    if by is None or not authority.anywhere(by, [can]):
        raise Refused(can, "")
    return by


def _page(page: int) -> int:
    if not 1 <= page <= 10_000:
        raise Invalid({"page": "应是 1 到 10000"})
    return page


@router.get("/calls", response=CallPage, summary="List calls")
def listed(
    request: HttpRequest, view: str = "all", directive: str = "", level: str = "", place: str = "", page: int = 1
) -> dict[str, Any]:
    """List the calls that reach where you stand, newest first; `view` is all, running, waiting, over or drill."""
    by = _actor(request)
    if view not in {"all", *listing.VIEWS}:
        raise Invalid({"view": "应是 all、running、waiting、over、drill 之一"})
    if directive and directive not in set(Directive):
        raise Invalid({"directive": "应是 warning、notice、reminder、task、command 之一"})
    what = listing.Filter(view=view, directive=directive, level=level[:10], place=place[:40])
    start = (_page(page) - 1) * MOST
    found = list(listing.calls(by, what)[start : start + MOST + 1])
    return {"items": found[:MOST], "next": page + 1 if len(found) > MOST else None}


@router.post("/calls", response={201: CallWhole}, summary="Draft an instruction")
def create(request: HttpRequest, new: New) -> Status[Call]:
    """Keep an instruction as a draft: nobody is told anything before it is started. 422 says which field is wrong."""
    by = _actor(request, Can.PREPARE)
    due = new.result_due
    if due is not None and due.tzinfo is None:
        raise Invalid({"result_due": "要带时区，如 2026-07-18T02:05:00+08:00"})
    whom = Targeting(tuple(new.whom.paths), tuple(new.whom.roles), tuple(new.whom.skills), on_duty=new.whom.on_duty)
    draft = Draft(
        title=new.title, body=new.body, targeting=whom, level=new.level, hazard=new.hazard, directive=new.directive,
        result_due=due, copies=new.copies, instructions=new.instructions, by_role=True,
    )  # fmt: skip
    return Status(201, instructions.prepare(draft, by=by))


@router.get("/calls/{call_id}", response=CallWhole, summary="Read a call")
def one(request: HttpRequest, call_id: UUID) -> Call:
    """Read one call. 404 also where it is not yours to see."""
    return boards.visible(call_id, _actor(request))[0]


@router.post("/calls/{call_id}/start", response=CallWhole, summary="Start an instruction")
def start(request: HttpRequest, call_id: UUID, how: Start) -> Call:
    """Start an instruction that was drafted. 409 where it runs already, or waits for a second person.

    With a reason it is sent without the second person, and somebody owes its review.
    """
    by = _actor(request, Can.START)
    call, _top = boards.visible(call_id, by)
    if call.directive not in INSTRUCTIONS:
        raise Invalid({"call_id": "预警叫应要在确认页上发"})
    return calls.start(call_id, by=by, now=bool(how.reason.strip()), reason=how.reason)


@router.get("/calls/{call_id}/board", response=Board, summary="Numbers of a call")
def numbers(request: HttpRequest, call_id: UUID, at: str = "") -> dict[str, Any]:
    """Say how far a call has come at a place (its top if not given) and at the places right below."""
    board = boards.board(call_id, by=_actor(request), at=at[:40])
    return {
        "call": board.call, "at": board.at, "total": _numbers(board.total), "below": [_numbers(r) for r in board.rows],
    }  # fmt: skip


def _numbers(row: boards.Row) -> dict[str, Any]:
    return {"path": row.path, "name": row.name, "counts": {name: row.of(name) for name in FIGURES}}


@router.get("/calls/{call_id}/results", response=Results, summary="Results of a task or a command")
def results(request: HttpRequest, call_id: UUID, at: str = "", view: str = "all", page: int = 1) -> dict[str, Any]:
    """List what came of a task or a command; `view` is all, open, done, cannot, refused or passed. 200 a page."""
    board = boards.board(call_id, by=_actor(request), at=at[:40])
    if view not in queries.VIEWS:
        raise Invalid({"view": f"应是 {'、'.join(queries.VIEWS)} 之一"})
    start_at = (_page(page) - 1) * MOST
    found = list(queries.owed(board.call, board.at, view)[start_at : start_at + MOST + 1])
    items = queries.lines(found[:MOST])
    following = page + 1 if len(found) > MOST else None
    return {"counts": queries.counts(board.call, board.at), "items": items, "next": following}
