"""Things with streams for tests: real rows, no services of the registry needed."""

import datetime as dt
from types import SimpleNamespace

import numpy as np

from anlan.kernel import clock
from anlan.sensing.batches import Batch, micros
from anlan.sensing.models import Datastream, ObservedProperty, Sensor, Thing


def stand(
    place_path, *, device="dev-1", kind="river", code="level", key="level", every=None, name="兰江桥水位站", **more
):
    """Set a thing with one stream up; returns the stream."""
    Base.at = clock.now().replace(microsecond=0)
    thing, _ = Thing.objects.get_or_create(
        device=device, defaults={"name": name, "kind": kind, "place_path": place_path, **more}
    )
    sensor, _ = Sensor.objects.get_or_create(name="仪器", defaults={"encoding": "text/html", "metadata": ""})
    prop = ObservedProperty.objects.get(code=code)
    return Datastream.objects.create(
        thing=thing, sensor=sensor, property=prop, place_path=place_path, key=key, name=f"{name}{key}", unit=prop.unit,
        every=every,
    )  # fmt: skip


def many(place_path, count, *, code="level", every=None):
    """Set `count` things with a stream each up; returns their ids."""
    Base.at = clock.now().replace(microsecond=0)
    sensor = Sensor.objects.create(name="仪器", metadata="")
    prop = ObservedProperty.objects.get(code=code)
    things = Thing.objects.bulk_create([
        Thing(device=f"d{i}", name=f"站{i}", kind="river", place_path=place_path) for i in range(count)
    ])  # fmt: skip
    made = Datastream.objects.bulk_create([
        Datastream(thing=t, sensor=sensor, property=prop, place_path=place_path, key="level", name=t.name, every=every)
        for t in things
    ])  # fmt: skip
    return [d.id for d in made]


class Base:
    """The moment from which a test counts: that of its first stream, so that two batches speak of the same times."""

    at = None


def minutes_ago(minutes):
    return micros(Base.at - dt.timedelta(minutes=minutes))


def series(stream, values, *, start=60, step=1.0):
    """Return a batch of one stream: a value every `step` minutes from `start` minutes ago."""
    stream = getattr(stream, "id", stream)
    at = minutes_ago(start) + np.arange(len(values)) * int(step * 60_000_000)
    return Batch.of(np.full(len(values), stream), at, values)


def reading(stream, value, *, minutes=1.0):
    return series(stream, [value], start=minutes)


def town(cast):
    """Return the usual two streams, at the grid."""
    path = cast.places.grid.path
    return SimpleNamespace(level=stand(path), rain=stand(path, device="rain-1", kind="rain", code="rain", key="rain"))
