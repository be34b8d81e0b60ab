"""What is new for a stream, without a number to choose: an anomaly detector for streams that nobody set limits for.

Pure, NumPy only. Online: a score depends on nothing later than its reading. Three measures are kept of each reading:
how far it lies from the stream's own mean, how far the last readings together do, and how far the last readings lie
from what the same time of day usually brings. Each measure is held against its own record, which fades with the
readings that pass. A reading that beats a record `LIMIT` times is new; more of the same is not, since it is then the
record. The constants are the same for every stream; docs/explanation/rules.md says how they were chosen.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anlan.sensing.readings import Batch, Bools, Floats, Ints, State

DAY = 86_400_000_000  # µs
BUCKETS = 96  # of the day, for what is usual at a time of day
USUAL = 0.33  # how fast that follows
MEAN = 6000  # readings that the stream's own mean looks back on
FAR, ODD = 20, 40  # readings that count together
HALF = 8000  # readings after which a record has faded to its half
LIMIT = 1.04  # times the record
QUIET = 30  # readings after an alarm in which no other is raised
LEARN = 150  # readings before the first alarm
MEASURES = 3
SMALLEST = 1e-6  # of the mean: what is less is rounding, no deviation

FIELDS: list[Any] = [
    ("count", "i4"), ("quiet", "i4"), ("mean", "f8"), ("far", "f8"), ("odd", "f8"),
    ("record", "f8", MEASURES), ("usual", "f4", BUCKETS),
]  # fmt: skip
NAMES = tuple(field[0] for field in FIELDS)
FADE = 0.5 ** (1 / HALF)


def begin(state: State) -> None:
    """Make the detector's fields of a state those of streams that nothing is known of."""
    for name in ("count", "quiet", "mean", "far", "odd", "record"):
        state[name] = 0
    state["usual"] = np.nan


def step(state: State, batch: Batch) -> tuple[Floats, Bools]:
    """Return for each reading its score (1 and more is new) and whether it raises an alarm; change the state in place.

    The batch is sorted, finite and later than what the state has seen (`Batch.newer`). The loop is over the k-th
    readings of all the streams of the batch, so many streams at once are quick and one alone is slow.
    """
    length = batch.last - batch.first + 1
    rank = np.argsort(-length, kind="stable")  # the streams that are still there are always the first ones
    at, first, length = batch.owner[rank], batch.first[rank], length[rank]
    own = {name: np.ascontiguousarray(state[name][at]) for name in NAMES}
    score, alarm = np.zeros(len(batch)), np.zeros(len(batch), np.bool_)
    bucket = batch.t % DAY * BUCKETS // DAY
    there = np.searchsorted(-length, -np.arange(length.max(initial=0)), side="left").tolist()
    index = np.arange(at.size)
    for k, many in enumerate(there):
        some = own if many == at.size else {name: column[:many] for name, column in own.items()}
        i = first[:many] + k
        score[i] = ratio = _advance(some, batch.value[i], index[:many], bucket[i])
        quiet = some["quiet"]
        np.maximum(quiet - 1, 0, out=quiet)
        new = (ratio >= 1) & (some["count"] > LEARN) & (quiet == 0)
        quiet[new] = QUIET
        alarm[i] = new
    for name, column in own.items():
        state[name][at] = column
    return score, alarm


def _advance(own: dict[str, NDArray[Any]], value: Floats, index: Ints, bucket: Ints) -> Floats:
    """Take one reading of each stream; return how it compares with the records."""
    count, mean, far, odd, record = (own[name] for name in ("count", "mean", "far", "odd", "record"))
    np.copyto(mean, value, where=count == 0)
    count += 1
    away = value - mean
    usual = own["usual"][index, bucket]
    unknown = np.isnan(usual)
    surprise = np.where(unknown, 0, value - usual)
    own["usual"][index, bucket] = np.where(unknown, value, usual + USUAL * surprise)
    far += (away - far) * (2 / (FAR + 1))
    odd += (np.abs(surprise) - odd) * (2 / (ODD + 1))
    least = np.abs(mean) * SMALLEST + 1e-12
    mean += away / np.minimum(count, MEAN)
    best = np.zeros(value.size)
    for k, measure in enumerate((np.abs(away), np.abs(far), odd)):
        kept = record[:, k]
        true = np.where(measure < least, 0, measure)
        np.maximum(best, true / np.maximum(kept, least), out=best)
        np.maximum(kept * FADE, true, out=kept)
    best /= LIMIT
    return best
