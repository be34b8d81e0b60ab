"""What the rules found becomes alarms: raised, risen, folded, ended; set-based, a storm costs as one (SEN-04)."""

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from anlan.kernel.authority import Actor
from anlan.kernel.clock import local, now
from anlan.kernel.ids import uuid7s
from anlan.ledger import services as ledger
from anlan.sensing.episodes import Episode, Turn, walk
from anlan.sensing.events import Happened
from anlan.sensing.models import Alarm, Datastream, RuleVersion, Thing
from anlan.sensing.services import alarm_duties as duties
from anlan.sensing.terms import LIFE_SAFETY, AlarmState, Did, RuleKind, ThingKind, Verdict

Key = tuple[UUID, UUID]  # thing, rule
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
OF_THE_DEVICE = frozenset({RuleKind.SILENCE, RuleKind.RANGE})  # say that a device fails, not that something burns
log = logging.getLogger("anlan.sensing")


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the events: ids of alarms."""

    raised: tuple[UUID, ...] = ()
    rose: tuple[UUID, ...] = ()
    ended: tuple[UUID, ...] = ()


@transaction.atomic
def settle(events: Sequence[Happened], *, by: Actor) -> Settled:
    """Take changes of level in order; one alarm per thing, rule and episode, whoever else settles at the same moment.

    A new alarm is laid on whoever verifies it, or somebody is sent first where a life is at stake; one that rose goes
    out again to whoever owes it. Events of a stream or a version that is not there are logged and left.
    """
    if not events:
        return Settled()
    with connection.cursor() as cursor:  # one at a time: the partial unique index would only refuse the second
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('sensing.settle'))")
    known = _Known.of(events)
    groups: dict[Key, list[Happened]] = {}
    for event in events:
        key = known.key(event)
        if key is None:
            log.error("an event of no stream or rule", extra={"stream": event.stream, "rule": str(event.rule_id)})
            continue
        groups.setdefault(key, []).append(event)
    before = _standing(groups)
    quiet = round(settings.ALARM_QUIET_MINUTES * 60_000_000)
    changed: list[tuple[Alarm, Episode]] = []
    fresh: list[tuple[Key, Episode]] = []
    for key, said in groups.items():
        alarm = before.get(key)
        life, down = known.life(said[0]), known.down(said[-1])
        for episode in walk(_episode(alarm) if alarm else None, said, quiet=quiet, down=down, life=life):
            if alarm is not None and episode.key == alarm.id:
                changed.append((alarm, episode))
            else:
                fresh.append((key, episode))
    _change(changed)
    made = _make(fresh, known)
    return _record([*changed, *made], {alarm.id for alarm, _episode in made}, by=by)


@dataclass(frozen=True, slots=True)
class _Known:
    """The things, rules and versions that a batch speaks of: two queries."""

    things: Mapping[int, Thing]
    versions: Mapping[UUID, RuleVersion]

    @classmethod
    def of(cls, events: Sequence[Happened]) -> "_Known":
        streams = Datastream.objects.select_related("thing").filter(id__in={e.stream for e in events})
        versions = RuleVersion.objects.select_related("rule").filter(id__in={e.version_id for e in events})
        return cls({s.id: s.thing for s in streams}, {v.id: v for v in versions})

    def key(self, event: Happened) -> Key | None:
        thing, version = self.things.get(event.stream), self.versions.get(event.version_id)
        return (thing.id, version.rule_id) if thing and version else None

    def life(self, event: Happened) -> bool:
        """Say whether a life is at stake: by the rule, or by the thing unless the rule only says that it fails."""
        thing, rule = self.things[event.stream], self.versions[event.version_id].rule
        stands = thing.life_safety or ThingKind(thing.kind) in LIFE_SAFETY
        return rule.life_safety or (stands and rule.kind not in OF_THE_DEVICE)

    def down(self, event: Happened) -> bool:
        spec: Mapping[str, Any] = self.versions[event.version_id].spec
        return spec.get("direction") == "down"


_LATEST = """
SELECT DISTINCT ON (a.thing_id, a.rule_id) a.id
FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) AS q (thing_id, rule_id, since)
JOIN sensing_alarm a ON a.thing_id = q.thing_id AND a.rule_id = q.rule_id
WHERE a.ended_at IS NULL OR a.ended_at >= q.since
ORDER BY a.thing_id, a.rule_id, (a.ended_at IS NULL) DESC, a.ended_at DESC, a.id DESC"""


def _standing(groups: Mapping[Key, Sequence[Happened]]) -> dict[Key, Alarm]:
    """Return the alarm of each thing and rule that goes on, or ended within the quiet time; locked."""
    quiet = dt.timedelta(minutes=settings.ALARM_QUIET_MINUTES)
    since = [_at(min(e.at for e in said)) - quiet for said in groups.values()]
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, [[k[0] for k in groups], [k[1] for k in groups], since])
        ids = [row[0] for row in cursor.fetchall()]
    rows = Alarm.objects.select_for_update(of=("self",)).select_related("thing").filter(id__in=ids).order_by("id")
    return {(a.thing_id, a.rule_id): a for a in rows if a.rule_id}


def _at(micros: int) -> dt.datetime:
    return EPOCH + dt.timedelta(microseconds=micros)


def _micros(at: dt.datetime) -> int:
    return (at - EPOCH) // dt.timedelta(microseconds=1)


def _episode(alarm: Alarm) -> Episode:
    said = Happened(
        alarm.rule_id or alarm.id, alarm.version_id or alarm.id, alarm.stream_id or 0, _micros(alarm.began_at),
        alarm.came_at, alarm.level, alarm.value, alarm.words,
    )  # fmt: skip
    return Episode(
        alarm.level, said.at, _micros(alarm.last_at), said, said,
        ended=_micros(alarm.ended_at) if alarm.ended_at else None, count=alarm.count, flaps=alarm.flaps,
        value=alarm.value, peak=alarm.peak, closed=alarm.state == AlarmState.CLOSED, life=alarm.life_safety,
        standing=dict(alarm.standing), key=alarm.id,
    )  # fmt: skip


def _fill(alarm: Alarm, episode: Episode) -> Alarm:
    alarm.level, alarm.last_at = episode.level, _at(episode.last)
    alarm.count, alarm.flaps = episode.count, episode.flaps
    alarm.ended_at = _at(episode.ended) if episode.ended is not None else None
    alarm.value, alarm.peak, alarm.standing = episode.value, episode.peak, episode.standing
    alarm.words, alarm.stream_id = episode.gravest.words[:300], episode.gravest.stream
    alarm.version_id = episode.gravest.version_id
    if episode.reopened:
        alarm.state, alarm.verdict, alarm.closed_at = AlarmState.RAISED, Verdict.NONE, None
        alarm.revision += 1
    return alarm


_CHANGED = (
    "level", "last_at", "count", "flaps", "ended_at", "value", "peak", "standing", "words", "stream", "version",
    "state", "verdict", "closed_at", "revision",
)  # fmt: skip


def _change(changed: Sequence[tuple[Alarm, Episode]]) -> None:
    """Write what changed of alarms that there were."""
    Alarm.objects.bulk_update([_fill(alarm, episode) for alarm, episode in changed], _CHANGED)


def _make(fresh: Sequence[tuple[Key, Episode]], known: _Known) -> list[tuple[Alarm, Episode]]:
    """Insert new alarms."""
    moment = now()
    made = []
    numbers = _numbers(local(moment).year, len(fresh))
    for (key, episode), identifier, number in zip(fresh, uuid7s(len(fresh)), numbers, strict=True):
        first = episode.first
        thing, version = known.things[first.stream], known.versions[first.version_id]
        alarm = Alarm(
            id=identifier, number=number, exercise_id=thing.exercise_id, place_path=thing.place_path, thing=thing,
            rule_id=key[1], kind=version.rule.kind, life_safety=episode.life, began_at=_at(episode.began),
            came_at=first.came, raised_at=moment,
        )  # fmt: skip
        made.append((_fill(alarm, episode), episode))
    Alarm.objects.bulk_create([alarm for alarm, _episode in made])
    return made


def _numbers(year: int, count: int) -> list[str]:
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sensing_alarm_year AS y (year, last) VALUES (%s, %s) "
            "ON CONFLICT (year) DO UPDATE SET last = y.last + EXCLUDED.last RETURNING last",
            [year, count],
        )
        last: int = cursor.fetchone()[0]
    return [f"BJ-{year}-{n:05d}" for n in range(last - count + 1, last + 1)]


def _record(settled: Sequence[tuple[Alarm, Episode]], new: set[UUID], *, by: Actor) -> Settled:
    """Write the entries, and lay on people what follows."""
    lines: dict[Did, list[ledger.Line]] = {Did.ALARM_RAISED: [], Did.ALARM_ROSE: [], Did.ALARM_ENDED: []}
    for alarm, episode in settled:
        for turn, event in episode.turns:
            said = {"sensing_level": event.level, "what": event.words, "value": event.value}
            said["measured_at"] = _at(event.at)
            if turn == Turn.BEGAN:
                said |= {"name": alarm.thing.name, "came_at": event.came, "rule": alarm.rule_id}
            did = {Turn.BEGAN: Did.ALARM_RAISED, Turn.ROSE: Did.ALARM_ROSE, Turn.ENDED: Did.ALARM_ENDED}[turn]
            lines[did].append(duties.line(alarm, **said))
    for did, rows in lines.items():
        ledger.record_many(did, rows, by=by)
    raised = [alarm for alarm, _episode in settled if alarm.id in new]
    again = [a for a, e in settled if e.reopened and a.id not in new]
    rose = [a for a, e in settled if a.id not in new and not e.reopened and _did(e, Turn.ROSE)]
    ended = [a for a, e in settled if _did(e, Turn.ENDED)]
    lines_again = [duties.line(a, opinion=_("读数比了结的时候更高了")) for a in again]
    ledger.record_many(Did.ALARM_REOPENED, lines_again, by=by)
    if raised or again:
        duties.lay([*raised, *again], by=by)
    if rose:
        duties.hasten(rose, by=by)
    return Settled(tuple(a.id for a in raised), tuple(a.id for a in [*rose, *again]), tuple(a.id for a in ended))


def _did(episode: Episode, turn: Turn) -> bool:
    return any(one == turn for one, _event in episode.turns)
