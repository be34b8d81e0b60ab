"""What gateways report, read into answers and reports: one list of events for every carrier over HTTP.

An event is `{"event": its own id, "id": the message's key, "type": …, "at": ISO 8601, …}`; the pages of sms_http and
voice_http tell the types. One bad event never loses the others: it becomes a fault that names its field.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from anlan.callout import replies
from anlan.callout.replies import Meaning
from anlan.callout.terms import Answer, How, ReceiptState, Report

LARGEST = 5000  # events in one request
LONG = 500  # characters of a text that are kept
FUTURE = dt.timedelta(minutes=5)  # a gateway's clock may be this far ahead

# What gateways call a number that nobody has, or whose line is stopped. The operators' own codes [known]: MK:0001
# unknown subscriber, MK:0012 and MK:0013 no such or stopped number; a gateway's page may add others.
DEAD = {
    "empty_number": "empty_number", "unknown_subscriber": "empty_number", "invalid_number": "empty_number",
    "空号": "empty_number", "mk:0001": "empty_number", "mk:0013": "empty_number",
    "suspended": "suspended", "out_of_service": "suspended", "停机": "suspended", "mk:0012": "suspended",
}  # fmt: skip
SAME = {
    "power_off": "off", "关机": "off", "rejected": "refused", "hung_up": "refused", "挂断": "refused", "占线": "busy",
    "no_signal": "unreachable", "不在服务区": "unreachable", "无人接听": "no_answer", "timeout": "no_answer",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """A word that came from a number or an account, without a message's key: whose it is must be found."""

    ref: str
    sender: str
    text: str
    means: Meaning
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Fault:
    """An event that could not be read: its place in the list (from 0), what is wrong, and the event as it came."""

    index: int
    wrong: str
    raw: Any


@dataclass(slots=True)
class Parsed:
    """Everything read of one request, in order. `total` counts its events; `raw` finds one again by its ref."""

    total: int = 0
    answers: list[Answer] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    replies: list[Word] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    raw: dict[str, Mapping[str, Any]] = field(default_factory=dict)


class Unreadable(ValueError):  # noqa: N818 - a sentence: the request is unreadable
    """The body as a whole is no list of events."""


def dead_reason(reason: str) -> str:
    """Return empty_number or suspended where the reason says that nobody can ever be reached there, else ""."""
    return DEAD.get(reason.strip().casefold(), "")


def read(carrier: str, payload: Any, *, now: dt.datetime) -> Parsed:
    """Read `{"events": […]}`. Raises Unreadable for another shape or more than LARGEST events."""
    events = payload.get("events") if isinstance(payload, dict) else None
    if not isinstance(events, list):
        raise Unreadable("expected an object with a list «events»")
    if len(events) > LARGEST:
        raise Unreadable(f"{len(events)} events; at most {LARGEST} in one request")
    parsed = Parsed(total=len(events))
    for index, event in enumerate(events):
        try:
            _one(carrier, event, now, parsed)
        except _Wrong as wrong:
            parsed.faults.append(Fault(index, str(wrong), event))
    return parsed


class _Wrong(ValueError):  # noqa: N818 - a sentence: the event is wrong
    pass


def _one(carrier: str, event: Any, now: dt.datetime, parsed: Parsed) -> None:
    if not isinstance(event, dict):
        raise _Wrong("event: expected an object")
    ref = _text(event, "event", longest=64)
    if not ref:
        raise _Wrong("event: its own id is missing")
    kind, at = _text(event, "type"), _when(event, now)
    parsed.raw[ref] = event
    if kind == "reply":
        _reply(carrier, event, ref, at, parsed)
        return
    receipt = _key(event)
    match kind:
        case "delivered" | "read":
            parsed.reports.append(Report(receipt, ReceiptState(kind), at, ref=ref))
        case "failed":
            parsed.reports.append(_failed(receipt, _text(event, "reason") or "failed", at, ref))
        case "ended":
            _ended(carrier, event, receipt, at, ref, parsed)
        case "pressed":  # a button of a card, named as a key of the telephone: 1 heard, 2 cannot go
            said = _text(event, "key", longest=8)
            if (means := replies.key(said)) is Meaning.UNCLEAR:
                raise _Wrong(f"key: «{said}» is neither 1 nor 2")
            parsed.answers.append(_answer(How.KEY, carrier, receipt, at, ref, said=said, means=means))
        case "link":  # the simulated carrier's people press the button of the personal page
            declined = replies.meaning(_text(event, "text")) is Meaning.NO
            parsed.answers.append(Answer(How.LINK, receipt=receipt, at=at, carrier=carrier, ref=ref, declined=declined))
        case _:
            raise _Wrong(f"type: «{kind}» is none of delivered, read, failed, ended, pressed, reply")


def _reply(carrier: str, event: Mapping[str, Any], ref: str, at: dt.datetime, parsed: Parsed) -> None:
    text = _text(event, "text", longest=LONG)
    means = replies.meaning(text)
    if event.get("id") and means is not Meaning.UNCLEAR:
        parsed.answers.append(_answer(How.REPLY, carrier, _key(event), at, ref, said=text, means=means))
        return
    sender = _text(event, "from", longest=128)
    if not sender:
        raise _Wrong("from: the number is missing")
    parsed.replies.append(Word(ref, sender, text, means, at))


def _ended(carrier: str, event: Mapping[str, Any], receipt: UUID, at: dt.datetime, ref: str, parsed: Parsed) -> None:
    """A call is over: heard (with a key or only the seconds), or it came to nothing."""
    outcome = _text(event, "outcome")
    if outcome in {"busy", "no_answer", "rejected", "failed"}:
        parsed.reports.append(_failed(receipt, _text(event, "reason") or outcome, at, ref))
        return
    if outcome != "answered":
        raise _Wrong(f"outcome: «{outcome}» is none of answered, busy, no_answer, rejected, failed")
    seconds, pressed = _seconds(event), _text(event, "key", longest=8)
    means = replies.key(pressed)
    how = How.LISTENED if means is Meaning.UNCLEAR else How.KEY
    parsed.reports.append(Report(receipt, ReceiptState.DELIVERED, at, ref=ref))
    parsed.answers.append(_answer(how, carrier, receipt, at, ref, said=pressed, means=means, seconds=seconds))


def _answer(
    how: How, carrier: str, receipt: UUID, at: dt.datetime, ref: str, *, said: str, means: Meaning,
    seconds: float | None = None,
) -> Answer:  # fmt: skip
    return Answer(
        how, receipt=receipt, at=at, seconds=seconds, said=said[:120], declined=means is Meaning.NO, carrier=carrier,
        ref=ref, finish=finish(means), words=said if finish(means) else "",
    )  # fmt: skip


def finish(means: Meaning) -> str:
    """Return the result that a word reports, "" for one that reports none."""
    return means.value if means in {Meaning.DONE, Meaning.CANNOT} else ""


def _failed(receipt: UUID, reason: str, at: dt.datetime, ref: str) -> Report:
    dead = dead_reason(reason)
    said = SAME.get(reason.casefold(), reason[:80])
    return Report(receipt, ReceiptState.FAILED, at, reason=dead or said, dead=bool(dead), ref=ref)


def _text(event: Mapping[str, Any], name: str, *, longest: int = 120) -> str:
    value = event.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Wrong(f"{name}: expected a text")
    if "\x00" in value:
        raise _Wrong(f"{name}: holds a zero byte")
    return value.strip()[:longest]


def _key(event: Mapping[str, Any]) -> UUID:
    try:
        return UUID(_text(event, "id"))
    except ValueError:
        raise _Wrong("id: expected the key of the message, as it was handed over") from None


def _seconds(event: Mapping[str, Any]) -> float:
    value = event.get("seconds", 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 86_400:
        raise _Wrong("seconds: expected a number from 0")
    return float(value)


def _when(event: Mapping[str, Any], now: dt.datetime) -> dt.datetime:
    """Return the event's time; now where it has none, and never later than now."""
    said = _text(event, "at")
    if not said:
        return now
    try:
        at = dt.datetime.fromisoformat(said)
    except ValueError:
        raise _Wrong("at: expected ISO 8601, such as 2026-07-18T02:10:05+08:00") from None
    if at.tzinfo is None:
        raise _Wrong("at: the offset from UTC is missing")
    if at > now + FUTURE:
        raise _Wrong("at: lies in the future")
    return min(at, now)
