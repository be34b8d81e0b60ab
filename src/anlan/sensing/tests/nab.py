"""The Numenta Anomaly Benchmark's scoring, from its description: windows, sigmoid, one threshold for all files.

A detection inside a labelled window counts once, by how early its first one is; one outside costs, by how far behind
the last window it is. The first 15 % of a file (at most 750 rows) are for learning. The threshold that scores best
over all files is taken, as NAB does for every detector. 0 = a detector that says nothing, 100 = a perfect one.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from anlan.sensing import detector
from anlan.sensing.readings import Batch


@dataclass(frozen=True)
class File:
    """One series: `t` in µs, `value`, `windows` as (first, last) row."""

    name: str
    t: np.ndarray
    value: np.ndarray
    windows: list[tuple[int, int]]

    @property
    def probation(self):
        return min(math.floor(0.15 * self.value.size), 750)


def read(folder: Path) -> list[File]:
    windows = json.loads((folder / "labels" / "combined_windows.json").read_text())
    files = []
    for name in sorted(windows):
        rows = np.loadtxt(folder / "data" / name, [("t", "U19"), ("value", "f8")], delimiter=",", skiprows=1)
        stamps = rows["t"].tolist()
        limits = [tuple(stamps.index(edge[:19]) for edge in pair) for pair in windows[name]]
        t = rows["t"].astype("datetime64[us]").astype(np.int64)
        files.append(File(name, t, np.ascontiguousarray(rows["value"]), limits))
    return files


def weights(folder: Path) -> dict[str, dict[str, float]]:
    return {k: v["CostMatrix"] for k, v in json.loads((folder / "config" / "profiles.json").read_text()).items()}


def sigmoid(position):
    return 2 / (1 + np.exp(5 * np.minimum(position, 3.0))) - 1


def changes(file: File, score, weight):
    """Return (score level, what the total gains once the threshold is that low) of one file."""
    n, start = file.value.size, file.probation
    index = np.arange(n)
    outside = np.ones(n, bool)
    position = np.full(n, 3.0)
    levels, gains = [], []
    for first, last in file.windows:
        width = last - first + 1
        outside[first : last + 1] = False
        position[last + 1 :] = (index[last + 1 :] - last) / (width - 1)
        rows = np.arange(max(first, start), last + 1)
        if not rows.size:
            continue
        worth = sigmoid(-(last - rows + 1) / width) * weight["tpWeight"] / sigmoid(-1.0)
        order = np.argsort(-score[rows], kind="stable")
        best = np.maximum.accumulate(np.append(-weight["fnWeight"], worth[order]))
        levels.append(score[rows][order])
        gains.append(np.diff(best))
    rows = np.flatnonzero(outside & (index >= start))
    worth = np.where(position[rows] >= 3.0, -1.0, sigmoid(position[rows])) * weight["fpWeight"]
    return np.concatenate([*levels, score[rows]]), np.concatenate([*gains, worth])


def best(files, scores, weight):
    """Return (normalised score, threshold) of the best threshold over all files."""
    parts = [changes(f, np.asarray(s, float), weight) for f, s in zip(files, scores, strict=True)]
    level, gain = (np.concatenate(c) for c in zip(*parts, strict=True))
    order = np.argsort(-level, kind="stable")
    level, total = level[order], np.cumsum(gain[order])
    ends = np.append(level[1:] != level[:-1], True)
    top = int(np.argmax(np.where(ends, total, -np.inf)))
    count = sum(len(f.windows) for f in files)
    gained, limit = (total[top], level[top]) if total[top] > 0 else (0.0, math.inf)
    return 100 * float(gained) / (count * (weight["tpWeight"] + weight["fnWeight"])), float(limit)


def at(files, scores, weight, threshold):
    """Return the normalised score at a given threshold."""
    total = 0.0
    for f, s in zip(files, scores, strict=True):
        level, gain = changes(f, np.asarray(s, float), weight)
        total += gain[level >= threshold].sum()
    return 100 * total / (sum(len(f.windows) for f in files) * (weight["tpWeight"] + weight["fnWeight"]))


def windowed_gaussian(value, window=6400, step=100):
    """NAB's own baseline: the tail of a normal distribution over a sliding window."""
    x = value - value.mean()
    one, two = np.append(0, np.cumsum(x)), np.append(0, np.cumsum(x * x))
    index = np.arange(value.size)
    end = np.where(index <= window, index, window + (index - window) // step * step)
    begin = np.maximum(end - window, 0)
    count = np.maximum(end - begin, 1)
    mean = (one[end] - one[begin]) / count
    std = np.sqrt(np.maximum((two[end] - two[begin]) / count - mean**2, 0))
    std[std < 1e-9] = 1e-6
    score = np.array([1 - 0.5 * math.erfc(z / math.sqrt(2)) for z in np.abs(x - mean) / std])
    score[0] = 0
    return score


def alarms(files):
    """Return our detector's alarms: all the files at once, as streams."""
    state = np.zeros(len(files), detector.FIELDS)
    detector.begin(state)
    slot = np.repeat(np.arange(len(files)), [f.value.size for f in files])
    batch = Batch.sorted(slot, np.concatenate([f.t for f in files]), np.concatenate([f.value for f in files]))
    _, alarm = detector.step(state, batch)
    return np.split(alarm.astype(float), batch.first[1:])
