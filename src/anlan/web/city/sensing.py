"""The instruments' life: days of history, a few things out of order, and the present beside the storm."""

import datetime as dt
import logging
import threading
import time
from dataclasses import dataclass

from django.db import close_old_connections
from django.utils.translation import override

from anlan.callout.models import Call
from anlan.callout.services import calls
from anlan.kernel import clock
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.people import queries as people
from anlan.places import queries as places
from anlan.sensing.batches import Batch, micros
from anlan.sensing.mapping import Reading
from anlan.sensing.models import Alarm, Datastream, Thing
from anlan.sensing.services import addressing, doors, evaluating, observing, verifying
from anlan.sensing.terms import AlarmState, Can, RuleKind, Verdict
from anlan.web.city import instruments, rainfall, sensors
from anlan.web.city.instruments import SPARKS, Field
from anlan.web.city.sightings import lent

log = logging.getLogger("anlan.demo")
TICK = 10.0  # seconds between two words of the instruments of water while it rains
AFTER, AT_ONCE = 30, 5  # seconds until somebody has looked; so many are looked at in one tick
WET = {  # kind of thing: what whoever looked says where it is so, and where it is not
    "rain": ("雨还在下，已通知低洼处", "雨量筒溅进了冲洗的水"),
    "river": ("水漫到步道，已拦人", "船浪，水位计抖了一下"),
    "waterlog": ("水没过路沿，已拦车", "树叶盖住了探头，路面没有水"),
}


@dataclass(frozen=True, slots=True)
class Past:
    """An alarm of days ago: the n-th of a kind said `value` for an hour, and what whoever looked found."""

    days: float
    kind: str
    nth: int
    key: str
    value: float
    real: bool
    said: str


PAST = (
    Past(2.7, "smoke", 0, "smoke", 1, real=False, said="住户炒菜，油烟机没开，没有火"),
    Past(1.9, "waterlog", 3, "depth", 18, real=False, said="树叶盖住了探头，路面没有水"),
    Past(1.4, "lift", 0, "trapped", 1, real=True, said="困了一位老人，维保二十分钟放出来了"),
    Past(0.6, "smoke", 7, "smoke", 1, real=False, said="装修切砖的灰，没有火"),
)  # fmt: skip


def lay(scale: str, seed: int, *, by: Actor) -> int:
    """Register the instruments, lay their days of history and what is out of order. Returns how many instruments."""
    things = sensors.lay(scale, seed, by=by)
    if not things:
        return 0
    for one in PAST:
        _once(one, by=by)
    field = Field(seed)
    for batch, came in field.past(micros(clock.now())):
        observing.take(batch, came=dt.datetime.fromtimestamp(came / 1e6, dt.UTC))
    evaluating.run_once()
    with evaluating.leading() as evaluator:
        if evaluator is not None:
            evaluator.pass_time()  # who is silent
    tired = next(t for t in things if t.device == "SIM-SMOKE-0002")
    Thing.objects.filter(id=tired.id).update(battery=0.07)
    _strangers(places.roots()[0].path, by=by)
    return len(things)


def _once(one: Past, *, by: Actor) -> None:
    """Let one instrument speak in the past, and whoever is nearest say what it was."""
    stream = Datastream.objects.filter(thing__device=_name(one), key=one.key).first()
    if stream is None:
        return
    with clock.shifted(-dt.timedelta(days=one.days)):
        _say(stream.id, one.value)
        alarm = Alarm.objects.filter(stream=stream).order_by("-raised_at").first()
    if alarm is None:
        return
    with clock.shifted(-dt.timedelta(days=one.days) + dt.timedelta(minutes=9)):
        _judge(alarm, one.said, real=one.real)
        alarm.refresh_from_db()
        if alarm.call and Call.objects.filter(id=alarm.call, ended_at=None).exists():
            calls.end(alarm.call, by=by)
    with clock.shifted(-dt.timedelta(days=one.days) + dt.timedelta(hours=1)):
        _say(stream.id, 0.0)
        if one.real:
            verifying.close(alarm.id, "处理好了，设备恢复正常", by=_nearest(alarm))


def _name(one: Past) -> str:
    return f"SIM-{one.kind.upper()}-{one.nth:04d}"


def _say(stream: int, value: float) -> None:
    moment = clock.now()
    observing.take(Batch.of([stream], [micros(moment)], [value]), came=moment)
    evaluating.run_once()


def _nearest(alarm: Alarm) -> Actor:
    """Return who looks at alarms nearest to it. Raises Hidden where nobody does."""
    able = people.nearest(Can.VERIFY, [alarm.place_path]).get(alarm.place_path)
    if not able:
        raise Hidden
    return lent(able[0], Can.SEE, Can.VERIFY)


def _judge(alarm: Alarm, said: str, *, real: bool) -> None:
    verifying.verify(alarm.id, Verdict.REAL if real else Verdict.FALSE, said, by=_nearest(alarm))


def _strangers(root: str, *, by: Actor) -> None:
    """Let a device that nobody registered speak through a door, and one whose clock is years ahead, in a wrong unit."""
    feed = doors.add_feed("模拟网关（演示）", place=root, by=by)
    moment = micros(clock.now())
    minute = 60_000_000
    odd = Reading("SIM-WATERLOG-0004", "depth", moment, 12, unit="Cel")
    late = Reading("SIM-RAIN-0002", "rain", moment + 5 * 365 * 1440 * minute, 0.4)
    new = [Reading("NB-86-0117", "depth", moment - n * 5 * minute, 3.0 + n, unit="cm") for n in range(12)]
    addressing.receive([odd, late, *new], feed=feed, door="batch")


class Weather:
    """What goes on outside: a storm that began, and how long it lasts. One writes, one reads."""

    def __init__(self) -> None:
        self.began, self.seconds = 0.0, 0.0

    def begin(self, minutes: float) -> None:
        """Let a storm begin now."""
        self.seconds = minutes * 60
        self.began = time.monotonic()

    def share(self) -> float:
        """Return which share of the storm has gone by, -1 while there is none."""
        gone = (time.monotonic() - self.began) / self.seconds if self.seconds else -1
        return gone if gone < rainfall.CALM else -1


def follow(weather: Weather, seed: int, stop: threading.Event) -> None:
    """Let the instruments speak until told to stop: when they are due, and all of those of water while it rains."""
    field, before = Field(seed), -1.0
    while len(field) and not stop.is_set():
        share = weather.share()
        try:
            with override("zh-hans"):
                observing.take(field.now(micros(clock.now()), share, before))
                look()
        except Exception:
            log.exception("the simulated instruments missed a word; they go on")
        close_old_connections()
        before = share
        stop.wait(TICK)


def look() -> int:
    """Let invented people look at some of what was raised; every third, and the first grid's, is left to a visitor.

    Returns how many were judged.
    """
    own = Thing.objects.filter(properties__simulated=True).order_by("place_path").values_list("place_path", flat=True)
    home = own.first() or ""
    rows = Alarm.objects.filter(
        state=AlarmState.RAISED, thing__properties__simulated=True, exercise_id=None,
        raised_at__lt=clock.now() - dt.timedelta(seconds=AFTER),
    ).exclude(place_path=home).exclude(kind=RuleKind.SILENCE)  # fmt: skip
    done = 0
    for alarm in rows.select_related("thing").order_by("raised_at")[: 8 * AT_ONCE]:
        verdict = _verdict(alarm)
        if verdict is None or done == AT_ONCE:
            continue
        try:
            _judge(alarm, verdict[1], real=verdict[0])
        except (Conflict, Hidden, Invalid, Refused):
            continue  # a visitor was quicker
        done += 1
    return done


def _verdict(alarm: Alarm) -> tuple[bool, str] | None:
    """Return what is found there, None where it is left to a visitor: by the last digits of the alarm's number."""
    for spark in SPARKS:
        if alarm.thing.device == instruments.device(spark):
            return spark.real, spark.said
    nth = int(alarm.number[-4:])
    if nth % 3 == 0 or alarm.thing.kind not in WET:
        return None
    so, not_so = WET[alarm.thing.kind]
    return (False, not_so) if nth % 7 == 1 else (True, so)
