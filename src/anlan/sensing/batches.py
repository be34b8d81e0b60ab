"""Readings in masses: a batch is four columns, not a list of objects. Pure, NumPy only.

Times are whole microseconds since 1970 UTC (int64), as PostgreSQL keeps them but for the epoch. No number is NaN.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anlan.sensing.arrays import EPOCH

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Streams = NDArray[np.int32]
SECOND = 1_000_000
HOUR, DAY = 3_600 * SECOND, 86_400 * SECOND
EAST = 8 * HOUR  # days are those of Beijing time (GB/T 7408), whatever the machine's zone
SIZE = 20  # bytes that a packed reading takes
_ZERO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_ROW = np.dtype([
    ("fields", ">i2"), ("a", ">i4"), ("stream", ">i4"), ("b", ">i4"), ("at", ">i8"), ("c", ">i4"), ("value", ">f8"),
    ("d", ">i4"), ("mark", ">i2"),
])  # fmt: skip
_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL = b"\xff\xff"


@dataclass(frozen=True, slots=True)
class Batch:
    """Readings: stream (int32), at (int64, µs), value (float64, NaN = no number), other by place in the batch."""

    stream: Streams
    at: Ints
    value: Floats
    other: Mapping[int, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, stream: ArrayLike, at: ArrayLike, value: ArrayLike, other: Mapping[int, dict[str, Any]] | None = None
    ) -> "Batch":
        """Return a batch of columns in any order. Raises ValueError where their lengths differ."""
        made = cls(np.asarray(stream, np.int32), np.asarray(at, np.int64), np.asarray(value, np.float64), other or {})
        if not made.stream.shape == made.at.shape == made.value.shape or made.stream.ndim != 1:
            raise ValueError(f"columns of one length: {made.stream.shape}, {made.at.shape}, {made.value.shape}")
        return made

    @classmethod
    def together(cls, parts: Sequence["Batch"]) -> "Batch":
        """Return several batches as one, in their order."""
        if len(parts) == 1:
            return parts[0]
        starts = np.cumsum([0, *(len(p) for p in parts)]).tolist()
        other = {start + i: said for start, p in zip(starts, parts, strict=False) for i, said in p.other.items()}
        if not parts:
            return cls.of([], [], [])
        return cls(
            np.concatenate([p.stream for p in parts]), np.concatenate([p.at for p in parts]),
            np.concatenate([p.value for p in parts]), other,
        )  # fmt: skip

    def __len__(self) -> int:
        return int(self.stream.size)

    def where(self, keep: NDArray[Any]) -> "Batch":
        """Return the readings kept: a mask, or places in the wanted order."""
        places = np.flatnonzero(keep) if keep.dtype == np.bool_ else keep
        other = {}
        if self.other:
            other = {new: self.other[old] for new, old in enumerate(places.tolist()) if old in self.other}
        return Batch(self.stream[places], self.at[places], self.value[places], other)

    def sorted(self) -> "Batch":
        """Return the readings by stream and time; those of one stream and time in the order given."""
        steps = np.diff(self.stream)
        if np.all((steps > 0) | ((steps == 0) & (np.diff(self.at) >= 0))):
            return self
        return self.where(np.lexsort((self.at, self.stream)))

    def single(self) -> tuple["Batch", int, "Batch"]:
        """Return (one reading for each stream and time, how many repeat it, those that say another value).

        The batch must be sorted. The first given stays.
        """
        double = np.zeros(len(self), np.bool_)
        double[1:] = (self.stream[1:] == self.stream[:-1]) & (self.at[1:] == self.at[:-1])
        if not double.any():
            return self, 0, self.where(double)
        first = np.maximum.accumulate(np.where(double, 0, np.arange(len(self))))
        equal = (self.value == self.value[first]) | (np.isnan(self.value) & np.isnan(self.value[first]))
        for i, said in self.other.items():
            equal[i] &= said == self.other.get(int(first[i]))
        changed = double & ~equal
        return self.where(~double), int(double.sum() - changed.sum()), self.where(changed)

    def pack(self) -> bytes:
        """Return stream, at and value one after the other, little-endian: 20 bytes a reading, `other` left out."""
        return (
            self.stream.astype("<i4", copy=False).tobytes()
            + self.at.astype("<i8", copy=False).tobytes()
            + self.value.astype("<f8", copy=False).tobytes()
        )

    @classmethod
    def unpack(cls, raw: bytes | memoryview) -> "Batch":
        """Return a packed batch. Raises ValueError for bytes that are none."""
        count, rest = divmod(len(raw), SIZE)
        if rest:
            raise ValueError(f"{len(raw)} bytes are no packed batch")
        return cls(
            np.frombuffer(raw, "<i4", count),
            np.frombuffer(raw, "<i8", count, 4 * count),
            np.frombuffer(raw, "<f8", count, 12 * count),
        )

    def rows(self, mark: NDArray[np.int16]) -> bytes:
        """Return the readings as PostgreSQL's binary COPY of (integer, timestamptz, double precision, smallint)."""
        made = np.empty(len(self), _ROW)
        made["fields"], made["a"], made["b"], made["c"], made["d"] = 4, 4, 8, 8, 2
        made["stream"], made["at"], made["value"], made["mark"] = self.stream, self.at - EPOCH, self.value, mark
        return _HEAD + made.tobytes() + _TAIL


def instant(at: int) -> dt.datetime:
    """Return a time in µs as a datetime in UTC."""
    return _ZERO + dt.timedelta(microseconds=int(at))


def micros(at: dt.datetime) -> int:
    """Return an aware datetime as µs since 1970."""
    return (at - _ZERO) // dt.timedelta(microseconds=1)


def among(stream: NDArray[Any], at: Ints, batch: Batch) -> Bools:
    """Return which readings of a sorted batch without doubles stand among the given streams and times."""
    found = np.zeros(len(batch), np.bool_)
    order = np.lexsort((at, stream))
    both = np.concatenate([batch.stream, stream[order].astype(np.int32)])
    times = np.concatenate([batch.at, at[order]])
    which = np.concatenate([np.arange(len(batch)), np.full(order.size, -1)])
    merged = np.lexsort((which < 0, times, both))
    twin = (both[merged][1:] == both[merged][:-1]) & (times[merged][1:] == times[merged][:-1])
    found[which[merged][:-1][twin]] = True
    return found


@dataclass(frozen=True, slots=True)
class Sums:
    """Count, least, most and total by stream and step of time (`step` counts hours or days since 1970)."""

    stream: Streams
    step: Ints
    count: Ints
    low: Floats
    high: Floats
    total: Floats


def sums(batch: Batch, step: int, shift: int = 0) -> Sums:
    """Sum a sorted batch up by stream and step (µs); `shift` µs east of UTC."""
    number = (batch.at + shift) // step
    begins = np.ones(len(batch), np.bool_)
    begins[1:] = (batch.stream[1:] != batch.stream[:-1]) | (number[1:] != number[:-1])
    first = np.flatnonzero(begins)
    if not first.size:
        return Sums(batch.stream, number, number, batch.value, batch.value, batch.value)
    return Sums(
        batch.stream[first], number[first], np.diff(np.append(first, len(batch))),
        np.minimum.reduceat(batch.value, first), np.maximum.reduceat(batch.value, first),
        np.add.reduceat(batch.value, first),
    )  # fmt: skip
