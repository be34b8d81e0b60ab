"""What the invented city's instruments say: days of the past laid quickly, then the present, following the storm.

`Field.past` and `Field.now` return batches as any door would take them; the numbers are the same for the same seed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from anlan.kernel import paths
from anlan.sensing.batches import DAY, HOUR, SECOND, Batch, Floats, Ints
from anlan.sensing.models import Datastream
from anlan.web.city import rainfall

DAYS = 3
LIGHT = 0.18  # of the storm's rain fell in a light one before
FINE = DAY  # rain and roads are told every five minutes in the last day, else hourly; rivers always are
PART = 5 * HOUR  # history comes in parts so short that none of it counts as late (SENSING_LATE_HOURS)
WET = ("rain", "river", "waterlog")
QUIET = 9 * HOUR  # quiet ones spoke last so long ago
WORST = ((0.7, 0, 4), (0.88, 6, 20), (1.0, 20, 52))  # of how many roads: how many cm at the worst


@dataclass(frozen=True, slots=True)
class Spark:
    """Something that the storm brings about: the n-th of a kind speaks at a share of it, and is judged so."""

    at: float
    kind: str
    nth: int
    key: str
    value: float
    real: bool
    said: str


SPARKS = (
    Spark(0.2, "smoke", 5, "smoke", 1, real=False, said="炒菜的油烟，没有火"),
    Spark(0.37, "shed", 2, "smoke", 1, real=True, said="雨水进了充电柜，冒烟，已断电"),
    Spark(0.46, "gas", 6, "gas", 26, real=False, said="阀门没关紧，关上以后降下来了，没有泄漏点"),
    Spark(0.55, "lift", 2, "trapped", 1, real=True, said="底坑进水停梯，一个人困着，维保在路上"),
)
LASTS = 0.1  # share of the storm that it goes on for


class Field:
    """All simulated streams, in the order of their ids, with what is peculiar to each."""

    def __init__(self, seed: int) -> None:
        rows = list(
            Datastream.objects.filter(
                thing__properties__simulated=True, thing__stopped_at=None, thing__exercise_id=None, stopped_at=None
            ).order_by("thing__device", "key")
            .values_list("id", "thing__kind", "property__code", "every", "thing__properties", "place_path",
                         "thing__device")
        )  # fmt: skip
        rng = np.random.default_rng(seed + 1)
        self.id = np.array([r[0] for r in rows], np.int32)
        self.kind = np.array([r[1] for r in rows], "U12")
        self.code = np.array([r[2] for r in rows], "U24")
        self.every = np.array([(r[3] or 0) * SECOND for r in rows], np.int64)
        self.quiet = np.array([bool(r[4].get("quiet")) for r in rows], np.bool_)
        self.named = {(str(r[6]), str(r[2])): n for n, r in enumerate(rows)}
        self.place = [str(r[5]) for r in rows]
        under = [path[: 2 * paths.WIDTH] for path in self.place]
        order = {path: n for n, path in enumerate(sorted(set(under)))}
        self.begin = rainfall.begins([order[path] for path in under])
        self.factor = rng.lognormal(-0.15, 0.35, len(rows)).clip(0.3, 1.6)
        self.phase = rng.random(len(rows))
        self.worst = self._worst(rng)
        self.base = rng.uniform(1.1, 1.7, len(rows))
        self.top = rng.uniform(1.2, 3.2, len(rows))
        self.battery = rng.uniform(35, 100, len(rows)).round()
        low = np.flatnonzero(self.code == "battery")[2:3]
        self.battery[low] = 7
        self.sent = np.full(len(rows), np.iinfo(np.int64).min, np.int64)

    def __len__(self) -> int:
        return int(self.id.size)

    def _worst(self, rng: np.random.Generator) -> Floats:
        luck, spread = rng.random(len(self.id)), rng.random(len(self.id))
        found = np.zeros(len(self.id))
        for upto, low, high in reversed(WORST):
            found = np.where(luck < upto, low + spread * (high - low), found)
        first = np.flatnonzero(self.kind == "waterlog")[:1]
        found[first] = 31  # a visitor's own grid has something to see
        return found

    def _values(self, which: Ints, at: Ints, mm: Floats, share: float) -> Floats:
        """Return what streams say at times, `mm` having fallen since their last word, at a share of the storm."""
        code, day = self.code[which], (at % (DAY)) / DAY + 1 / 3  # China's clock
        wobble = np.sin(at / (37 * 60 * SECOND) + 7 * self.phase[which])
        level = self.base[which] + 0.04 * wobble + self.top[which] * rainfall.risen(share) * (share >= 0)
        depth = self.worst[which] * (
            rainfall.standing(share, self.begin[which]) if share >= 0 else np.zeros(which.size)
        )
        warm = 22 - 5 * np.cos(2 * np.pi * day) + 2 * wobble
        made = {
            "rain": mm, "level": level.round(2), "flow": (40 * level**1.6).round(1), "depth": depth.round(1),
            "temperature": warm.round(1), "current": (6 + 5 * np.abs(wobble)).round(1),
            "gas": np.abs(1.2 * wobble).round(1), "battery": self.battery[which],
        }  # fmt: skip
        found = np.zeros(which.size)
        for name, values in made.items():
            found = np.where(code == name, values, found)
        return found

    def past(self, now: int) -> Iterator[tuple[Batch, int]]:
        """Yield the last days in parts, each with the time at which it came (µs)."""
        often = np.flatnonzero((self.every > 0) & (self.every < DAY))
        wet, river = np.isin(self.kind[often], WET), self.kind[often] == "river"
        daily = np.flatnonzero(self.every >= DAY)
        for start in range(now - DAYS * DAY, now, PART):
            end = min(start + PART, now)
            fine = 300 * SECOND if start >= now - FINE else HOUR
            parts = [
                self._stretch(often[river], start, end, 300 * SECOND, now),
                self._stretch(often[wet & ~river], start, end, fine, now),
                self._stretch(often[~wet], start, end, HOUR, now),
                *(self._word(daily, now - n * DAY - 600 * SECOND) for n in range(DAYS)
                  if start <= now - n * DAY - 600 * SECOND < end),
            ]  # fmt: skip
            yield Batch.together(parts), end
        yield self._word(often[~self.quiet[often]], now - 1), now

    def _stretch(self, which: Ints, start: int, end: int, step: int, now: int) -> Batch:
        """Return what streams said from `start` to before `end`, one reading a `step` each."""
        times = np.arange(start, end, step, dtype=np.int64)
        which, at = np.repeat(which, times.size), np.tile(times, which.size)
        at = at + (self.phase[which] * min(step, 240 * SECOND)).astype(np.int64)
        keep = (at < end) & (~self.quiet[which] | (at < now - QUIET))
        which, at = which[keep], at[keep]
        share = (at - (now - 40 * HOUR)) / (6 * HOUR)  # a light rain, the day before yesterday
        fell = rainfall.fallen(share.clip(0, 1)) - rainfall.fallen((share - step / (6 * HOUR)).clip(0, 1))
        mm = np.round(LIGHT * rainfall.MILLIMETRES * fell * self.factor[which], 1)
        return Batch.of(self.id[which], at, self._values(which, at, mm, -1))

    def _word(self, which: Ints, moment: int) -> Batch:
        """Return one reading of each stream at a time."""
        at = np.full(which.size, moment, np.int64)
        return Batch.of(self.id[which], at, self._values(which, at, np.zeros(which.size), -1))

    def now(self, moment: int, share: float = -1, before: float = -1) -> Batch:
        """Return what is said now: each stream when it is due; in a storm (0 … CALM) those of water each time."""
        due = (self.every > 0) & ~self.quiet & (moment - self.sent >= self.every)
        if share >= 0:
            due |= np.isin(self.kind, WET) & ~self.quiet
        which = np.flatnonzero(due)
        fresh = self.sent[which] == np.iinfo(np.int64).min
        self.sent[which] = np.where(fresh, moment - (self.phase[which] * self.every[which]).astype(np.int64), moment)
        at = np.full(which.size, moment, np.int64)
        mm = np.zeros(which.size)
        if share >= 0:
            mm = rainfall.rain(max(before, 0), share, self.factor[which], self.begin[which])
        batch = Batch.of(self.id[which], at, self._values(which, at, mm, share))
        return Batch.together([batch, self._sparks(moment, share, before)]) if share >= 0 else batch

    def _sparks(self, moment: int, share: float, before: float) -> Batch:
        said = []
        for one in SPARKS:
            n = self.named.get((device(one), one.key))
            if n is None:
                continue
            if before < one.at <= share:
                said.append((self.id[n], one.value))
            elif before < one.at + LASTS <= share:
                said.append((self.id[n], 0.0))
        return Batch.of([s for s, _v in said], [moment + 1] * len(said), [v for _s, v in said])


def device(spark: Spark) -> str:
    """Return the name of the device that a spark is at."""
    return f"SIM-{spark.kind.upper()}-{spark.nth:04d}"
