"""A river that rises and falls, a rule that watches it, for tests that look at pages."""

import datetime as dt

import numpy as np

from anlan.kernel import clock
from anlan.sensing.batches import Batch, micros
from anlan.sensing.models import Datastream
from anlan.sensing.services import evaluating, observing, rulebook, trying
from anlan.sensing.terms.rulebook import RuleDraft
from anlan.sensing.tests.streams import stand

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


def pages(cast):
    """Return the addresses of the pages about them."""
    stream, rule = watched(cast)
    return [
        f"/sensing/streams/{stream.id}?range=7d", "/sensing/rules", "/sensing/rules/new",
        "/sensing/rules/new?template=rain", f"/sensing/rules/{rule.id}",
    ]  # fmt: skip
