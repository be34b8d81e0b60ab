"""Rules over many streams, against a plain Python loop; the anomaly detector, and its score on NAB where that lies."""

import os
from pathlib import Path

import numpy as np

from anlan.sensing import detector, rules, trial
from anlan.sensing.readings import Batch
from anlan.sensing.tests import nab, slow
from anlan.sensing.watch import Watch

STREAMS, BATCH, EVERY = 2000, 5000, 60_000_000
THRESHOLD = {
    "kind": "threshold", "levels": {"blue": 3, "yellow": 3.3, "orange": 3.6, "red": 4},
    "margin": 0.2, "hold": 120, "rest": 300,
}  # fmt: skip
RATE = {"kind": "rate", "window": 3600, "levels": {"yellow": 6, "red": 8}, "rest": 300}
TOTAL = {
    "kind": "total", "rest": 3600,
    "levels": {"blue": [{"hours": 24, "amount": 900}, {"hours": 12, "amount": 600}],
               "yellow": [{"hours": 6, "amount": 400}], "red": [{"hours": 3, "amount": 300}]},
}  # fmt: skip
SILENCE = {"kind": "silence", "interval": 60, "times": 5}
NEW = {"kind": "anomaly"}


def batches(count):
    """Return batches as they come in: each stream about once a minute, one of fifty up in arms."""
    rng = np.random.default_rng(5)
    made = []
    for b in range(count):
        slot = np.sort(rng.integers(0, STREAMS, BATCH))
        t = b * EVERY * BATCH // STREAMS + rng.integers(0, EVERY * BATCH // STREAMS, BATCH)
        made.append((slot, t, np.abs(rng.normal(0, 1, BATCH)) + np.where(slot % 50 == 0, 2 * (b // 20 % 2), 0)))
    return made


def through(documents, feed):
    """Return an act: every batch through a watch of each document, from an empty state."""
    watches = [Watch.of([rules.read(d)] * STREAMS) for d in documents]

    def act():
        states = [w.fresh() for w in watches]
        for columns in feed:
            batch = Batch.of(*columns)
            for watch, state in zip(watches, states, strict=True):
                watch.step(state, batch)

    return act


def loop(documents, feed):
    """Return the same in plain Python, reading by reading."""
    read = [rules.read(d) for d in documents]

    def act():
        for rule in read:
            machines = [slow.Slow(rule) for _ in range(STREAMS)]
            for slot, t, value in feed:
                for s, at, v in zip(slot.tolist(), t.tolist(), value.tolist(), strict=True):
                    machines[s].take(at, v)

    return act


def run(report):
    feed = batches(20 if report.quick else 200)
    few = feed[:8]
    count, small = len(feed) * BATCH, len(few) * BATCH
    report.rate(
        f"threshold with durations, {STREAMS:,} streams, batches of {BATCH:,}", count, through([THRESHOLD], feed),
        baseline=("a loop over readings", loop([THRESHOLD], few)), baseline_count=small, target=500_000,
    )  # fmt: skip
    report.rate(
        "threshold, rate and 24 h totals on every stream", count, through([THRESHOLD, RATE, TOTAL], feed),
        baseline=("a loop over readings", loop([THRESHOLD, RATE, TOTAL], few)), baseline_count=small, target=200_000,
    )  # fmt: skip
    report.rate("silence", count, through([SILENCE], feed))
    report.rate("anomaly detector", count, through([NEW], feed), target=100_000)
    year = np.arange(525_600, dtype=np.int64) * EVERY
    level = np.random.default_rng(6).normal(0, 1, year.size)
    report.seconds(
        "a year of one stream, a reading a minute, tried on a threshold",
        lambda: trial.run([rules.read(THRESHOLD)], np.zeros(year.size), year, level),
    )
    numenta(report)


def numenta(report):
    folder = Path(os.environ.get("ANLAN_DATA", "../shared/data")) / "nab"
    if not folder.is_dir():
        report.note("NAB", "its folder is absent (ANLAN_DATA)")
        return
    files, weights = nab.read(folder), nab.weights(folder)
    report.rate(f"NAB: {len(files)} files at once", sum(f.value.size for f in files), lambda: nab.alarms(files),
                baseline=("its windowed Gaussian", lambda: [nab.windowed_gaussian(f.value) for f in files]),
                target=100_000)  # fmt: skip
    alarms = nab.alarms(files)
    gaussian = [np.round(nab.windowed_gaussian(f.value), 12) for f in files]
    for profile, weight in weights.items():
        mine, theirs = (nab.best(files, scores, weight)[0] for scores in (alarms, gaussian))
        wanted = ("≥ 60", mine >= 60) if profile == "standard" else ("", None)
        report.note(f"NAB, {profile}", f"{mine:.1f} (windowed Gaussian {theirs:.1f})", target=wanted[0], ok=wanted[1])
    halves = [nab.best(files[h::2], alarms[h::2], weights["standard"])[0] for h in (0, 1)]
    report.note("NAB, standard, the half the constants were chosen on", f"{halves[0]:.1f}")
    report.note("NAB, standard, the other half", f"{halves[1]:.1f}")
    report.note("the detector's memory of a stream", f"{np.dtype(detector.FIELDS).itemsize} bytes")
