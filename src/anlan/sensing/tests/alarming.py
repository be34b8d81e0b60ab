"""Things, rules and what the rules found, for tests of alarms."""

import datetime as dt

from anlan.kernel import clock
from anlan.kernel.authority import machine
from anlan.sensing.events import Happened
from anlan.sensing.models import Alarm, Datastream, ObservedProperty, Rule, RuleVersion, Sensor, Thing
from anlan.sensing.services import alarms

BY = machine("sensing.evaluate")
MINUTE = 60_000_000


def thing(place, kind="river", *, name="竹苑河水位站", measures="level", streams=1, **values):
    """Return the streams of a new thing at a place."""
    made = Thing.objects.create(place_path=place.path, kind=kind, name=name, **values)
    sensor, _new = Sensor.objects.get_or_create(name="压力式水位计")
    measured = ObservedProperty.objects.get(code=measures)
    return [
        Datastream.objects.create(
            thing=made, sensor=sensor, property=measured, place_path=place.path, key=f"{measures}{i}",
            name=f"{name}{i}", unit=measured.unit,
        )
        for i in range(streams)
    ]  # fmt: skip


def rule(place, kind="threshold", *, name="水位超警", spec=None, **values):
    """Return the version in force of a new rule."""
    spec = spec or {"kind": kind, "levels": {"blue": 3.0, "yellow": 3.5, "orange": 4.0, "red": 4.5}, "direction": "up"}
    made = Rule.objects.create(place_path=place.path, name=name, kind=kind, state="on", **values)
    return RuleVersion.objects.create(rule=made, number=1, spec=spec, on_at=clock.now())


def micros(at=None):
    """Return an instant as µs since the epoch."""
    return round((at or clock.now()).timestamp() * 1_000_000)


def event(version, stream, level, *, after=0, value=None, at=None):
    """Return that a rule found a level on a stream, `after` minutes from now (or from `at`, µs)."""
    value = 2.5 + level / 2 if value is None else value
    when = (micros() if at is None else at) + round(after * MINUTE)
    return Happened(version.rule_id, version.id, stream.id, when, clock.now() + dt.timedelta(seconds=3), level, value,
                    f"水位 {value} m")  # fmt: skip


def settle(*events):
    """Settle events and return the alarms that they raised."""
    settled = alarms.settle(events, by=BY)
    return list(Alarm.objects.filter(id__in=settled.raised).order_by("number"))


def raised(place, level=2, kind="river", **values):
    """Return an alarm that was raised at a place."""
    (stream,) = thing(place, kind, **values)
    return settle(event(rule(place), stream, level))[0]
