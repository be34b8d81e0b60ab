"""Invented people who take part in drills and demonstrations. README.md beside this file tells more."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from anlan.callout.carriers import Handed, Health, Message, tuning
from anlan.callout.carriers.simulated import habits
from anlan.callout.carriers.simulated.habits import Moment, Shares
from anlan.callout.carriers.tuning import Setting
from anlan.callout.terms import How
from anlan.kernel import clock, paths

USUAL = Shares()
SENDS = {"mixed": ("sms", "voice"), "sms": ("sms",), "voice": ("voice",)}
RESULT = 0x51  # the mark of a result's id; see MARKS
MARKS = {kind: 0x9E3779B97F4A7C15 * (i + 1) % 2**40 for i, kind in enumerate(("delivered", "failed", "read", "end"))}
STORE = """
INSERT INTO callout_simulated_event (id, due_at, event)
SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::jsonb[]) ON CONFLICT (id) DO NOTHING
"""


class Carrier:
    """Hands over to nobody real: what each invented person will do is worked out at once and kept until it is due."""

    name = "simulated"
    label = "模拟的人"
    needs = ""
    answers = frozenset({How.LISTENED, How.KEY, How.REPLY, How.LINK})
    safe = True
    chunk = 5000
    fields = (
        Setting("seed", "种子", "同一个种子，同一群人做同样的事", default="anlan"),
        Setting(
            "sends",
            "当成什么",
            "",
            "choice",
            default="mixed",
            choices=(("mixed", "第一次短信，之后轮着打电话"), ("sms", "都当短信"), ("voice", "都当电话")),
        ),
        Setting("speed", "快几倍", "演示时可以快放；1 是真实快慢", "number", default=1, least=0.1, most=100),
        Setting("dead", "空号停机（千分之几）", "", "number", default=USUAL.dead, most=1000),
        Setting("sleeps", "怎么叫都不醒（千分之几）", "", "number", default=USUAL.sleeps, most=1000),
        Setting("reads", "只看不应（千分之几）", "", "number", default=USUAL.reads, most=1000),
        Setting("refuses", "应了但去不了（千分之几）", "", "number", default=USUAL.refuses, most=1000),
        Setting("median", "白天一半人几秒内应", "", "number", default=USUAL.median, least=1, most=3600),
    )

    def send_many(self, batch: Sequence[Message], settings: Mapping[str, Any]) -> Sequence[Handed]:
        """Work out what everybody in the batch will do; keep it in one statement. A repeated key changes nothing."""
        tuned = tuning.opened(self.fields, settings)
        now = clock.now()
        crowd = shares(tuned)
        rows = [row for m in batch for row in plan(m, tuned, crowd, now)]
        if rows:
            ids, dues, events = zip(*rows, strict=True)
            with connection.cursor() as cursor:
                cursor.execute(STORE, [list(ids), list(dues), list(events)])
        return [Handed(m.key, ok=True, ref="simulated") for m in batch]

    def test(self, settings: Mapping[str, Any], address: str) -> Health:  # noqa: ARG002
        """Nobody is rung: say what the people would do."""
        return self.health(settings)

    def health(self, settings: Mapping[str, Any]) -> Health:
        """Always there; the words tell the habits."""
        s = shares(tuning.opened(self.fields, settings))
        return Health(ok=True, words=f"每千人 {s.dead} 个空号停机、{s.sleeps} 个叫不醒、{s.reads} 个只看不应")


def shares(tuned: Mapping[str, Any]) -> Shares:
    """Return the shares that the settings give."""
    names = ("dead", "sleeps", "reads", "refuses", "median")
    return Shares(**{name: tuned[name] for name in names})


def plan(
    m: Message, tuned: Mapping[str, Any], crowd: Shares, now: dt.datetime
) -> Iterator[tuple[UUID, dt.datetime, str]]:
    """Yield (id, due, event as JSON) for what one person will do about one message.

    Who only is told (an all-clear) reads and answers nothing. The id follows from the key, so that a repeat is one.
    """
    modes = SENDS[tuned["sends"]]
    sends = modes[(m.attempt - 1) % len(modes)]
    said = habits.moments(
        str(tuned["seed"]),
        str(m.person or m.key),
        sends=sends,
        attempt=m.attempt,
        rank=max(0, 6 - paths.depth(m.place_path)),
        night=habits.is_night(clock.local(now)),
        shares=crowd,
    )
    for moment in said:
        event = told(m.key, moment)
        if not m.needs_answer and event["type"] in {"reply", "link", "ended"}:
            continue
        due = now + dt.timedelta(seconds=moment.after / float(tuned["speed"]))
        mark = MARKS.get(moment.kind, MARKS["end"])
        event |= {"event": f"{m.key.hex}-{moment.kind}", "at": due.isoformat()}
        yield UUID(int=m.key.int ^ mark), due, orjson.dumps(event).decode()
    came = habits.result(str(tuned["seed"]), str(m.person or m.key), crowd) if m.asks_result else None
    if came is not None:
        due = now + dt.timedelta(seconds=came.after / float(tuned["speed"]))
        event = told(m.key, came) | {"event": f"{m.key.hex}-result", "at": due.isoformat()}
        yield UUID(int=m.key.int ^ RESULT), due, orjson.dumps(event).decode()


def told(key: UUID, moment: Moment) -> dict[str, Any]:
    """Return a moment as a gateway would report it."""
    match moment.kind:
        case "listened" | "key":
            return {"id": str(key), "type": "ended", "outcome": "answered", **moment.detail}
        case "reply":
            return {"id": str(key), "type": "reply", "from": "", **moment.detail}
        case _:
            return {"id": str(key), "type": moment.kind, **moment.detail}
