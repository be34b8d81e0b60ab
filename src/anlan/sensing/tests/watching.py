"""A river that rises and falls, a rule that watches it, for tests that look at pages."""

import datetime as dt

import numpy as np

from anlan.kernel import clock
from anlan.sensing.batches import Batch, micros
from anlan.sensing.models import Datastream, Latest
from anlan.sensing.services import evaluating, observing, rulebook, trying, verifying
from anlan.sensing.terms.rulebook import RuleDraft
from anlan.sensing.tests.alarming import raised
from anlan.sensing.tests.streams import series, stand

RIVER = {
    "kind": "threshold", "direction": "up", "levels": {"blue": 1.8, "yellow": 2.1, "orange": 2.6}, "margin": 0.2,
    "hold": 600, "rest": 1800,
}  # fmt: skip


def flood(stream, *, days=30, minutes=30):
    """Let a stream tell `days` of levels, with a flood every nine days, the last one now, and one absurd reading."""
    until = clock.now().replace(microsecond=0)
    at = np.arange(micros(until - dt.timedelta(days=days)), micros(until), minutes * 60_000_000)
    hours = (at - at[-1]) / 3.6e9
    level = 1.2 + 0.15 * np.sin(hours / 12.4 * 2 * np.pi)
    for peak in range(0, days, 9):
        level += 1.3 * np.exp(-(((hours + 6 + 24 * peak) / 10) ** 2))
    level[-5] = 11.5
    observing.take(Batch.of(np.full(at.size, stream.id), at, np.round(level, 2)))
    while evaluating.run_once():
        pass


def watched(cast):
    """Return (stream, rule): a month of readings, the rule drafted, tried on them, on, and raised by the last flood."""
    stream = stand(cast.places.grid.path, name="竹苑河水位站", every=1800)
    Datastream.objects.filter(id=stream.id).update(low=-1, high=8)
    rule = rulebook.draft(
        RuleDraft(cast.places.community.path, "竹苑河超警", RIVER, "river", "level", advice="到河边看，别靠近水边"),
        by=cast.community.actor,
    )  # fmt: skip
    flood(stream)
    trying.try_on_past(rule.id, 1, by=cast.community.actor)
    rulebook.switch_on(rule.id, 1, by=cast.community.actor)
    return stream, rule


def apart(cast, say):
    """Let people and devices contradict each other at a grid: water at a dry gauge, smoke that was none.

    `say(member, text)` reports as a higher context does.
    """
    dry = stand(cast.places.grid.path, kind="waterlog", code="depth", key="depth", name="竹苑路下穿", device="d-2",
                lon=113.2, lat=23.1)  # fmt: skip
    silent = stand(cast.places.grid.path, name="南渠水位站", device="d-3", lon=113.206, lat=23.103)
    for stream, minutes in ((dry, 5), (silent, 90)):
        observing.take(series(stream, np.full(4, 0.0), start=minutes))
    while evaluating.run_once():
        pass
    Latest.objects.filter(stream=silent).update(silent_since=clock.now() - dt.timedelta(minutes=40))
    said = say(cast.grid, "竹苑路下穿积水，车过不去")
    said.lon, said.lat = 113.2006, 23.1009
    said.save()
    false = raised(cast.places.grid, kind="smoke", measures="smoke", name="3 栋烟感", level=4, lon=113.195, lat=23.102)
    verifying.verify(false.id, "false", "有人炒菜，没有火", by=cast.grid.actor)
    raised(cast.places.grid, name="竹苑河上游", lon=113.198, lat=23.106)
    return dry, said, false


def pages(cast):
    """Return the addresses of the pages about them."""
    stream, rule = watched(cast)
    return [
        f"/sensing/streams/{stream.id}?range=7d", "/sensing/rules", "/sensing/rules/new",
        "/sensing/rules/new?template=rain", f"/sensing/rules/{rule.id}", "/sensing/net",
    ]  # fmt: skip
