"""Robots of group chats: set up, tried, and told of a call's start, of who is still silent, of its end. Each once.

A robot reaches no person: nothing here counts as reached or answered. A drill says nothing in a real group, nor does
the checking of numbers.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from anlan.callout import robots, sealing, wording
from anlan.callout.carriers import tuning
from anlan.callout.models import Call, Robot, RobotPost, Tally
from anlan.callout.queries import robots as queries
from anlan.callout.services import jobs_by_name
from anlan.callout.terms import CallState, Can, Did, Genre
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger

TRIES = 8  # times that one post is tried
PAUSE, LONGEST = 10, 300  # seconds between, doubled each time
LEASE = dt.timedelta(seconds=60)  # for which a post is in one worker's hands
BATCH = 40


def admit(name: str, url: str, secret: str, *, kept: Robot | None = None) -> dict[str, str]:
    """Return name, kind, url, secret (sealed) of what was typed; an empty box keeps what is there. Raises Invalid."""
    wrong: dict[str, str] = {}
    made = {"name": " ".join(name.split())[:60]}
    if not made["name"]:
        wrong["name"] = _("写上是哪个群")
    if not url and kept is None:
        wrong["url"] = _("把群机器人的网址贴进来")
    elif url:
        try:
            made["kind"] = _kind(url.strip())
            made["url"] = sealing.seal(url.strip(), settings.FIELD_KEY)
        except ValueError as no:
            wrong["url"] = str(no)
    if secret.strip():
        made["secret"] = sealing.seal(secret.strip(), settings.FIELD_KEY)
    elif url:
        made["secret"] = ""
    if wrong:
        raise Invalid(wrong)
    return made


def _kind(url: str) -> str:
    if url.startswith(("http://", "https://")):
        tuning.safe_url(url.partition("?")[0])
    kind = robots.kind_of(url)
    if not kind:
        raise ValueError(_("认不出是哪种群机器人。企业微信、钉钉、飞书的整条网址，或 apprise 的地址都行"))
    return kind


@transaction.atomic
def add(place_path: str, name: str, url: str, secret: str = "", *, by: Actor) -> Robot:
    """Put a robot into a place's group. Raises Refused, Invalid (name, url)."""
    authority.require(by, Can.ROBOTS, at=place_path)
    made = Robot.objects.create(place_path=place_path, **admit(name, url, secret))
    ledger.record(Did.ROBOT_SET, made, by=by, name=made.name, kind=made.kind)
    return made


@transaction.atomic
def change(robot_id: UUID, name: str, url: str, secret: str, *, enabled: bool, by: Actor) -> Robot:
    """Change a robot; an empty address keeps the one there. Raises Hidden, Invalid."""
    queries.robot(robot_id, by=by)
    row = Robot.objects.select_for_update().get(id=robot_id)
    for field, value in admit(name, url, secret, kept=row).items():
        setattr(row, field, value)
    row.enabled = enabled
    row.save()
    ledger.record(Did.ROBOT_SET, row, by=by, name=row.name, kind=row.kind, enabled=enabled)
    return row


@transaction.atomic
def remove(robot_id: UUID, *, by: Actor) -> None:
    """Take a robot out, with what it said; the ledger keeps that it was there. Raises Hidden."""
    row = queries.robot(robot_id, by=by)
    ledger.record(Did.ROBOT_REMOVED, row, by=by, name=row.name)
    row.delete()


def test(robot_id: UUID, *, by: Actor) -> str:
    """Really say one sentence in the group, outside any transaction; returns what went wrong, "" for nothing."""
    row = queries.robot(robot_id, by=by)
    wrong = _post(row, *wording.group_test(row.name))
    with transaction.atomic():
        _note(row.id, wrong)
        ledger.record(Did.ROBOT_TESTED, row, by=by, name=row.name, outcome="failed" if wrong else "ok")
    return wrong


_START = """
INSERT INTO callout_robot_post (id, robot_id, call_id, what, state, tries, made_at, next_at, error)
SELECT gen_random_uuid(), r.id, c.id, w.what, 'queued', 0, %(now)s,
  CASE WHEN w.what = 'started' THEN %(now)s
       ELSE c.started_at + make_interval(secs => (c.policy->>'answer_within')::float) END, ''
FROM callout_call c
JOIN callout_tally t ON t.call_id = c.id AND t.owed + t.told > 0
JOIN callout_robot r ON r.place_path = t.place_path AND r.enabled
JOIN (VALUES ('started'), ('silent')) AS w (what) ON w.what = 'started' OR (c.policy->>'needs_answer')::bool
WHERE c.id = ANY(%(calls)s) AND NOT c.drill AND c.genre = %(genre)s
ON CONFLICT (robot_id, call_id, what) DO NOTHING"""
_END = """
INSERT INTO callout_robot_post (id, robot_id, call_id, what, state, tries, made_at, next_at, error)
SELECT gen_random_uuid(), p.robot_id, p.call_id, %(what)s, 'queued', 0, %(now)s, %(now)s, ''
FROM callout_robot_post p JOIN callout_robot r ON r.id = p.robot_id AND r.enabled
JOIN callout_call c ON c.id = p.call_id AND (c.policy->>'needs_answer')::bool
WHERE p.call_id = ANY(%(calls)s) AND p.what = 'started'
ON CONFLICT (robot_id, call_id, what) DO NOTHING"""


def told(calls: Sequence[UUID], what: str) -> None:
    """Have the robots of every place that is called say that calls have started, were cancelled or have ended.

    In the caller's transaction; the same call twice is once.
    """
    statement = _START if what == "started" else _END
    with connection.cursor() as cursor:
        cursor.execute(statement, {"calls": list(calls), "now": now(), "what": what, "genre": Genre.CALL})
        if cursor.rowcount:
            jobs_by_name.later("callout.robots", priority=15)


_TAKE = """
UPDATE callout_robot_post p SET state = 'sending', tries = p.tries + 1, next_at = %(until)s
FROM (SELECT id FROM callout_robot_post WHERE state IN ('queued', 'sending') AND next_at <= %(now)s
      ORDER BY next_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED) d
WHERE p.id = d.id RETURNING p.id"""


def say_due() -> int:
    """Say what is due, each in its own time; returns how many were said. What fails is tried again, then shown."""
    said = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TAKE, {"now": now(), "until": now() + LEASE, "limit": BATCH})
        ids = [row[0] for row in cursor.fetchall()]
    waiting = list(RobotPost.objects.filter(id__in=ids).select_related("robot").order_by("made_at", "id"))
    calls = Call.objects.in_bulk({one.call_id for one in waiting})
    counted = _counted(waiting)
    for one in waiting:
        call = calls.get(one.call_id)
        text = None if call is None else _words(one, call, counted.get((one.call_id, one.robot.place_path)))
        said += _say(one, call, text)
    return said


def _counted(waiting: Sequence[RobotPost]) -> dict[tuple[UUID, str], Any]:
    """Return (owed, told, silent) of each call at each robot's place, in one query."""
    rows = Tally.objects.filter(
        call_id__in={one.call_id for one in waiting}, place_path__in={one.robot.place_path for one in waiting}
    )
    return {(r[0], r[1]): r[2:] for r in rows.values_list("call_id", "place_path", "owed", "told", "silent")}


def _words(one: RobotPost, call: Call, counted: Any) -> tuple[str, str] | None:
    """Return title and text; None where there is nothing to say any more."""
    owed, only_told, silent = counted or (0, 0, 0)
    link = f"{settings.PUBLIC_URL}/calls/{call.id}"
    if one.what == "silent":
        if call.state != CallState.RUNNING or not silent:
            return None
        return wording.group_silent(call.title, owed, silent, link)
    if one.what == "started":
        return wording.group_started(call.title, call.body, owed or only_told, silent if owed else None, link)
    return wording.group_over(call.title, owed, silent, cancelled=one.what == "cancelled", link=link)


def _say(one: RobotPost, call: Call | None, text: tuple[str, str] | None) -> bool:
    if text is None or call is None or not one.robot.enabled:
        RobotPost.objects.filter(id=one.id).update(state="idle")
        return False
    wrong = _post(one.robot, *text)
    with transaction.atomic():
        _note(one.robot_id, wrong)
        mine = RobotPost.objects.filter(id=one.id)
        if not wrong:
            mine.update(state="sent", sent_at=now(), error="")
        elif one.tries >= TRIES:
            mine.update(state="failed", error=wrong)
        else:
            pause = min(PAUSE * 2 ** (one.tries - 1), LONGEST)
            mine.update(state="queued", error=wrong, next_at=now() + dt.timedelta(seconds=pause))
        if not wrong or one.tries >= TRIES:
            by = authority.machine("callout.robots", exercise=call.exercise_id)
            ledger.record(
                Did.ROBOT_SAID if not wrong else Did.ROBOT_FAILED, call, by=by, name=one.robot.name, what=one.what,
                robot=one.robot_id, reason=wrong,
            )  # fmt: skip
    return not wrong


def _note(robot_id: UUID, wrong: str) -> None:
    changed = {"last_error": wrong} if wrong else {"last_error": "", "last_ok_at": now()}
    Robot.objects.filter(id=robot_id).update(**changed)


def _post(row: Robot, title: str, text: str) -> str:
    """Post a text; returns what went wrong, "" for nothing."""
    try:
        url = sealing.unseal(row.url, settings.FIELD_KEY)
        secret = sealing.unseal(row.secret, settings.FIELD_KEY) if row.secret else ""
        robots.post(row.kind, url, secret, title, text)
    except sealing.Sealed:
        return _("网址是别的安装加密的，打不开，请重新贴一次")
    except robots.Unposted as no:
        return no.reason
    return ""
