"""Who goes and looks: the thing's post, else the nearest that may verify; a life at stake rings first (SEN-04)."""

import datetime as dt
import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout.services import calls, obligations
from anlan.callout.services.obligations import Graver
from anlan.callout.terms import Draft, Owed
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.people.queries import Target
from anlan.people.terms import Targeting
from anlan.places import queries as places
from anlan.sensing.models import Alarm
from anlan.sensing.terms import COLOUR_NAMES, KIND_NAMES, AlarmState, Can, Did, Level, ThingKind

WANTED = Did.VERIFIED_REAL  # what is owed: a verdict, whichever
ASKED = 3  # persons who owe it at once; the first to act frees the others
TEXT = (("webpush", "sms_http", "email"),)
RING = (("voice_http", "sms_http", "email"), ("webpush",))
LOUD = Level.ORANGE  # from here on it rings instead of sending a text
COLOURS = {Level.BLUE: "blue", Level.YELLOW: "yellow", Level.ORANGE: "orange", Level.RED: "red"}
log = logging.getLogger("anlan.sensing")


def line(alarm: Alarm, **values: Any) -> ledger.Line:
    """Return one entry of a mass about an alarm."""
    return ledger.Line("sensing.alarm", alarm.id, alarm.place_path, alarm.id, alarm.exercise_id, dict(values))


def lay(alarms: Sequence[Alarm], *, by: Actor) -> int:
    """Lay the verifying of alarms on people, in a few statements; where a life is at stake they are rung as well.

    Returns on how many it was laid. An alarm that nobody can verify gets an entry, and stands on the list as such.
    """
    asked = _asked(alarms)
    names = _names(alarms)
    ledger.record_many(Did.UNWATCHED, [line(a) for a in alarms if not asked[a.id]], by=by)
    first = [a for a in alarms if a.life_safety and asked[a.id] and a.call is None]
    rung = _dispatch(first, asked, names)  # by the call: the duty itself lies quietly in the inbox
    laid = [_owed(a, target, names, quietly=a.id in rung) for a in alarms for target in asked[a.id]]
    return len(obligations.owe_many(laid, by=by))


def hasten(alarms: Sequence[Alarm], *, by: Actor) -> None:
    """They rose: whoever owes them hears of it and has less time. One that is being dealt with is told, not asked."""
    names = _names(alarms)
    graver = {
        a.id: Graver(why(a, names), _due(a), ladder(a), carriers(a)) for a in alarms if a.state != AlarmState.CONFIRMED
    }
    owing = obligations.hasten_many(graver, WANTED)
    lay([a for a in alarms if a.id in graver and a.id not in owing], by=by)
    confirmed = [a for a in alarms if a.state == AlarmState.CONFIRMED]
    asked = _asked(confirmed) if confirmed else {}
    obligations.tell_many([_owed(a, t, names) for a in confirmed for t in asked[a.id]])


def _asked(alarms: Sequence[Alarm]) -> dict[UUID, list[Target]]:
    """Return whom to ask for each alarm: nobody who could not tell already; on duty first; [] for nobody at all."""
    posts = {a.thing.post_id for a in alarms if a.thing.post_id}
    own = people.answering(sorted(posts)) if posts else {}
    found: dict[UUID, list[Target]] = {}
    for alarm in alarms:
        target = own.get(alarm.thing.post_id) if alarm.thing.post_id else None
        if target is not None and target.pseudonym not in alarm.doubters:
            found[alarm.id] = [target]
    rest = [a for a in alarms if a.id not in found]
    for on_duty in (True, False):
        rest = [a for a in rest if a.id not in found]
        plain = people.nearest(Can.VERIFY, {a.place_path for a in rest if not a.doubters}, on_duty=on_duty)
        for alarm in rest:
            able = plain.get(alarm.place_path, [])
            if alarm.doubters:  # few: each has somebody of its own who is not asked again
                but: Mapping[str, Collection[UUID | None]] = {alarm.place_path: set(alarm.doubters)}
                able = people.nearest(Can.VERIFY, [alarm.place_path], on_duty=on_duty, but=but).get(
                    alarm.place_path, []
                )
            if able:
                found[alarm.id] = able[:ASKED]
    return {a.id: found.get(a.id, []) for a in alarms}


def _names(alarms: Sequence[Alarm]) -> dict[str, str]:
    paths = {a.place_path for a in alarms}
    return places.names({*paths, *(path[:-4] for path in paths)} - {""})


def why(alarm: Alarm, names: Mapping[str, str]) -> str:
    """Return the line of the inbox, and what is read aloud: what to do, the place, the device, what was measured."""
    path = alarm.place_path
    where = " ".join(filter(None, (names.get(path[:-4], ""), names.get(path, ""))))
    head = _("马上去看") if alarm.life_safety else _("核实报警")
    if alarm.state == AlarmState.UNSURE:
        head = _("复核报警，前一个人说不准")
    return _("{head}：{where}，{name}，{words}").format(
        head=head, where=where, name=alarm.thing.name, words=alarm.words or COLOUR_NAMES[Level(alarm.level)]
    )


def minutes(alarm: Alarm) -> float:
    """Return after how many minutes it climbs: those of red where a life is at stake."""
    return settings.ALARM_MINUTES[Level.RED if alarm.life_safety else Level(alarm.level)]


def ladder(alarm: Alarm) -> tuple[dict[str, Any], ...]:
    """Return the steps by which an alarm that nobody verifies climbs: again, the B岗, one desk up, two desks up."""
    first = round(60 * minutes(alarm))
    send = [list(group) for group in RING[:1]]
    return (
        {"at": max(first * 2 // 5, 1), "act": "again", "send": send},
        {"at": max(first * 3 // 5, 2), "act": "deputy"},
        {"at": max(first, 3), "act": "superior"},
        {"at": max(first * 2, 4), "act": "superior"},
    )


def carriers(alarm: Alarm) -> tuple[tuple[str, ...], ...]:
    """Return by what they are told: a text, a ring from orange on or where a life is at stake."""
    return RING if alarm.level >= LOUD or alarm.life_safety else TEXT


def _due(alarm: Alarm) -> dt.datetime:
    return now() + dt.timedelta(minutes=minutes(alarm))


def _owed(alarm: Alarm, target: Target, names: Mapping[str, str], *, quietly: bool = False) -> Owed:
    return Owed(
        subject_type="sensing.alarm", subject_id=alarm.id, did=WANTED, person=target.person_id,
        pseudonym=target.pseudonym, place_path=alarm.place_path, why=why(alarm, names), due_at=_due(alarm),
        post=target.post_id, post_title=target.post_title, role=target.role_code, rank=target.rank,
        deputy=target.deputy_person_id, superior=target.superior_post_id, chain=alarm.id, exercise=alarm.exercise_id,
        drill=alarm.exercise_id is not None, ladder=ladder(alarm), carriers=() if quietly else carriers(alarm),
        link=f"/sensing/alarms/{alarm.id}",
    )  # fmt: skip


def _dispatch(alarms: Sequence[Alarm], asked: Mapping[UUID, Sequence[Target]], names: Mapping[str, str]) -> set[UUID]:
    """Ring whoever is to verify before anybody has: one call for the alarms of one place to the same posts.

    Returns the alarms that a call rings for. Where no call can be made the duty rings itself, and no alarm is lost.
    """
    together: dict[tuple[Any, ...], list[Alarm]] = {}
    for alarm in alarms:
        posts = tuple(sorted(t.post_id for t in asked[alarm.id]))
        together.setdefault((alarm.exercise_id, alarm.place_path, posts), []).append(alarm)
    moment = now()
    for (exercise, _place, posts), group in together.items():
        by = authority.machine("sensing.alarms", exercise=exercise)
        try:
            with transaction.atomic():
                call = calls.prepare(_draft(group, posts, asked[group[0].id], names), by=by)
                calls.start(call.id, by=by, now=True, reason=_("设备报警可能有人命危险，先派人去再核实"))
        except (Invalid, Conflict, Refused, Hidden):
            log.exception("no call for an alarm where a life is at stake", extra={"chain": str(group[0].id)})
            continue
        for alarm in group:
            alarm.call, alarm.dispatched_at = call.id, moment
        whom = "、".join(dict.fromkeys(t.post_title for t in asked[group[0].id]))
        ledger.record_many(Did.ALARM_DISPATCHED, [line(a, whom=whom, call=call.id) for a in group], by=by)
    Alarm.objects.bulk_update(alarms, ["call", "dispatched_at"])
    return {a.id for a in alarms if a.call is not None}


def _draft(
    group: Sequence[Alarm], posts: tuple[UUID, ...], targets: Sequence[Target], names: Mapping[str, str]
) -> Draft:
    first = max(group, key=lambda a: a.level)
    where = names.get(first.place_path, "")
    kind = KIND_NAMES[ThingKind(first.thing.kind)]
    title = _("{where}{kind}报警，马上去看").format(where=where, kind=kind)
    if len(group) > 1:
        title = _("{where} {count} 个设备报警，马上去看").format(where=where, count=len(group))
    body = _("设备报警，还没有人核实过。先到现场看人、救人，再到系统里说是真是假。")
    said = "；".join(f"{a.thing.name}：{a.words}" if a.words else a.thing.name for a in group)
    return Draft(
        title=title[:120], body=f"{said[:1500]}。{body}",
        targeting=Targeting(tuple(sorted({t.place_path for t in targets})), posts=posts),
        level=COLOURS[max(Level(first.level), LOUD)], chain=first.id, exercise=first.exercise_id,
        status="exercise" if first.exercise_id else "actual", place_path=first.place_path,
    )  # fmt: skip


def met(alarm: Alarm, *, by: Actor) -> None:
    """Somebody judged it: nobody owes that any more."""
    obligations.meet_all(alarm.id, WANTED, by=by)
