"""The rules that are on, over the streams they hold for, with what they remember between batches.

The memory is written now and then (`save`), with the number of the last bite it has seen; what came after is judged
again from the arrivals that were kept for that (`replay`), without effects: a rule's state is the same as if nobody
had been killed.
"""

import datetime as dt
import io
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
import orjson
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from anlan.kernel import clock
from anlan.sensing import arrays, baseline, rules
from anlan.sensing.batches import Batch, Bools, Ints, instant
from anlan.sensing.combination import Change, Place, Turn
from anlan.sensing.combination import Judge as Combined
from anlan.sensing.events import Happened
from anlan.sensing.models import RuleMemory, RuleVersion
from anlan.sensing.plausibility import Guard
from anlan.sensing.queries import directory
from anlan.sensing.queries.directory import holds_for
from anlan.sensing.readings import Batch as Sorted
from anlan.sensing.services import unplaced
from anlan.sensing.terms import RuleKind, RuleState
from anlan.sensing.watch import Events, Unusual, Watch

log = logging.getLogger("anlan.sensing")
BROKE = gettext_noop("规则算不下去，先跳过这条，其余照常；请改规则")
LEARN_DAYS = 28  # of the past, for what is usual at an hour of the week
LEARN_MOST = 2_000_000  # readings
_PAST = """
    SELECT array_send(array_agg(stream)), array_send(array_agg(at)), array_send(array_agg(value)) FROM (
      SELECT stream, at, value FROM sensing_observation WHERE stream = ANY(%s) AND at > %s AND mark IN (0, 2)
        AND value IS NOT NULL LIMIT %s) AS past
"""


@dataclass(slots=True)
class Judged:
    """What the rules made of a batch: which readings are not believed, what happened, streams' levels where changed."""

    doubted: Bools
    events: list[Happened] = field(default_factory=list)
    levels: dict[int, int] = field(default_factory=dict)


class _Kept:
    """A version at work: its streams, their slots, and the state that is saved."""

    def __init__(self, version: RuleVersion, rule: rules.Rule, streams: Sequence[int], size: int) -> None:
        self.version, self.rule, self.streams = version, rule, np.array(sorted(streams), np.int64)
        self.slots = np.full(size, -1, np.int64)
        self.slots[self.streams] = np.arange(self.streams.size)
        many = [rule] * self.streams.size
        self.worker: Any = Guard(many) if isinstance(rule, rules.Range) else Watch.of(many)  # type: ignore[arg-type]
        self.state = self.worker.fresh()

    def own(self, batch: Sorted) -> Sorted:
        return batch.to(self.slots)

    def load(self, packed: bytes) -> None:
        """Take up what was saved, stream by stream; streams that are new start afresh, another shape does wholly."""
        with np.load(io.BytesIO(packed)) as kept:
            if kept["state"].dtype == self.state.dtype:
                at = self.slots[np.where(kept["streams"] < self.slots.size, kept["streams"], 0)]
                self.state[at[at >= 0]] = kept["state"][at >= 0]
            if isinstance(self.worker, Unusual):
                self.worker.usual[at[at >= 0]] = kept["usual"][at >= 0]

    def save(self, bite: int) -> bytes:
        made = io.BytesIO()
        usual = self.worker.usual if isinstance(self.worker, Unusual) else np.empty(0)
        np.savez(made, bite=np.int64(bite), streams=self.streams, state=self.state, usual=usual)
        return made.getvalue()

    def learn(self) -> None:
        """Learn what is usual at each hour of the week from the believed readings of the last LEARN_DAYS."""
        since = clock.now() - dt.timedelta(days=LEARN_DAYS)
        with arrays.cursor(connection.connection) as cursor:
            cursor.execute(_PAST, [arrays.Integers(self.streams), since, LEARN_MOST])
            stream, at, value = cursor.fetchone() or (None, None, None)
        past = Sorted.of(arrays.items(stream, "i4"), arrays.items(at, "i8"), arrays.items(value, "f8"))
        self.worker.usual = baseline.learn(self.own(past), self.streams.size, self.rule.offset)  # type: ignore[union-attr]


class Judge:
    """All rules that are on. `step`, `tick` change the memory; `save` writes it."""

    def __init__(self) -> None:
        known = directory.current()
        self.size = known.size
        self.units: list[_Kept] = []
        self.combinations: list[tuple[RuleVersion, Combined]] = []
        self.known = known
        self.touched: dict[tuple[UUID, str], int] = {}  # the stream that turned a combination at a place
        self.broken: set[UUID] = set()
        self.seen: dict[UUID, int] = {}  # the last bite in a version's saved memory
        for version in _on():
            try:
                rule = rules.read(version.spec)
            except rules.RuleError:
                log.exception("a rule that is on cannot be read", extra={"version": str(version.id)})
                continue
            streams = holds_for(version.rule, known)
            if isinstance(rule, rules.Combination):
                self.combinations.append((version, Combined(rule)))
            elif streams:
                self.units.append(_Kept(version, rule, streams, self.size))

    @property
    def remembers(self) -> bool:
        """Whether any rule is on."""
        return bool(self.units or self.combinations)

    # --- judging

    def step(self, batch: Batch, came: Ints, given: Bools) -> Judged:
        """Judge a batch by stream and time; only readings `given` may set something off."""
        judged = Judged(np.zeros(len(batch), np.bool_))
        if not self.remembers or not given.any():
            return judged
        places = np.flatnonzero(given)
        sorted_ = Sorted.sorted(batch.stream[places].astype(np.int64), batch.at[places], batch.value[places])
        doubt = np.zeros(places.size, np.bool_)
        for unit in self.units:
            if isinstance(unit.worker, Guard):
                mine = unit.slots[sorted_.slot] >= 0
                if mine.any():
                    with self._alone(unit.version):
                        doubt[mine] |= unit.worker.step(unit.state, unit.own(sorted_)) != 0
        judged.doubted[places] = doubt
        believed = sorted_.where(~doubt)
        newest = {int(s): int(came[places[i]]) for s, i in zip(sorted_.owner, sorted_.last, strict=True)}
        for unit in self.units:
            if not isinstance(unit.worker, Guard):
                own = unit.own(believed)
                if len(own):
                    with self._alone(unit.version):
                        self._tell(unit, unit.worker.step(unit.state, own), judged, newest)
        self._combine(judged, None)
        return judged

    def tick(self, now: int) -> Judged:
        """Let time pass up to `now` (µs)."""
        judged = Judged(np.zeros(0, np.bool_))
        for unit in self.units:
            if not isinstance(unit.worker, Guard):
                with self._alone(unit.version):
                    self._tell(unit, unit.worker.tick(unit.state, now), judged, {})
        self._combine(judged, now)
        return judged

    @contextmanager
    def _alone(self, version: RuleVersion) -> Iterator[None]:
        """Let a rule that breaks stop nobody else: it is left out from here on, and lies in a queue that people see."""
        try:
            yield
        except Exception as error:
            log.exception("a rule broke and is left out", extra={"version": str(version.id)})
            payload = f"{version.rule.name} {version.id}\n{type(error).__name__}: {error}".encode()
            unplaced.reject([unplaced.Fault(BROKE, payload, "rule", str(version.id))], door="rules")
            self.units = [u for u in self.units if u.version.id != version.id]
            self.combinations = [c for c in self.combinations if c[0].id != version.id]
            self.broken.add(version.id)

    def _tell(self, unit: _Kept, events: Events, judged: Judged, came: dict[int, int]) -> None:
        for slot, at, level, value in zip(
            events.slot.tolist(), events.t.tolist(), events.level.tolist(), events.value.tolist(), strict=True
        ):
            stream = int(unit.streams[slot])
            judged.events.append(self._happened(unit.version, stream, at, came.get(stream, at), level, value))
            judged.levels[stream] = 0
        for stream in {int(unit.streams[slot]) for slot in events.slot.tolist()}:
            judged.levels[stream] = self._level(stream)

    def _happened(
        self, version: RuleVersion, stream: int, at: int, came: int, level: int, value: float | None
    ) -> Happened:
        unit = self.known.streams[stream].unit
        words = (
            version.rule.name if value is None else f"{version.rule.name}：{value:.6g} {unit if unit != '1' else ''}"
        )
        if version.rule.kind == RuleKind.SILENCE and value is not None:  # a time without a word, in seconds
            words = _("{name}：{n} 分钟没有数据").format(name=version.rule.name, n=round(value / 60))
        return Happened(version.rule_id, version.id, stream, at, instant(came), level, value, words.strip())

    def _level(self, stream: int) -> int:
        """Return the gravest level at which a stream stands."""
        gravest = 0
        for unit in self.units:
            slot = int(unit.slots[stream])
            if slot >= 0 and "on" in (unit.state.dtype.names or ()):
                gravest = max(gravest, int((unit.state["on"][slot] * np.arange(1, 5)).max()))
        return gravest

    def _combine(self, judged: Judged, now: int | None) -> None:
        """Let combinations judge what the single rules said. A combination's place is the one it was made for."""
        said = sorted(judged.events, key=lambda e: e.at)
        judged.events = said
        for version, judge in self.combinations:
            under = version.rule.place_path
            changes = [
                Change(str(e.rule_id), under, e.stream, e.at, e.level)
                for e in said if self.known.streams[e.stream].path.startswith(under)
            ]  # fmt: skip
            wanted = {leaf.rule for leaf in judge.leaves}
            changes = [c for c in changes if c.rule in wanted]
            if changes:
                self.touched[version.id, under] = changes[-1].stream
            turns: list[Turn] = []
            with self._alone(version):
                turns = judge.step(changes) + (judge.tick(now) if now is not None else [])
            for turn in turns:
                stream = self.touched.get((version.id, turn.place))
                if stream is not None and stream in self.known.streams:
                    judged.events.append(self._happened(version, stream, turn.t, turn.t, turn.level, None))

    # --- memory

    def load(self) -> None:
        """Take up what was saved; a version that nothing was saved of starts here and now."""
        ids = [u.version.id for u in self.units] + [v.id for v, _judge in self.combinations]
        packed = {m.version_id: bytes(m.packed) for m in RuleMemory.objects.filter(version__in=ids)}
        for unit in self.units:
            with self._alone(unit.version):
                if unit.version.id in packed:
                    self._loaded(unit.version.id, packed[unit.version.id])
                    unit.load(packed[unit.version.id])
                if isinstance(unit.worker, Unusual) and np.isnan(unit.worker.usual).all(axis=(1, 2)).any():
                    unit.learn()
        for version, judge in self.combinations:
            if version.id in packed:
                kept = orjson.loads(packed[version.id])
                self.seen[version.id] = kept["bite"]
                judge.places |= {name: Place.loaded(p) for name, p in kept["places"].items()}
                self.touched |= {(version.id, name): stream for name, stream in kept["touched"].items()}

    def _loaded(self, version: UUID, packed: bytes) -> None:
        with np.load(io.BytesIO(packed)) as kept:
            self.seen[version] = int(kept["bite"])

    def replay(self, bites: Iterable[tuple[int, Batch, Ints, Bools]]) -> None:
        """Judge again, without effects, what came after the memory was written."""
        units, combinations = self.units, self.combinations
        for bite, batch, came, given in bites:
            self.units = [u for u in units if bite > self.seen.get(u.version.id, bite)]
            self.combinations = [c for c in combinations if bite > self.seen.get(c[0].id, bite)]
            self.step(batch, came, given)
        self.units = [u for u in units if u.version.id not in self.broken]
        self.combinations = [c for c in combinations if c[0].id not in self.broken]

    def save(self, bite: int) -> None:
        """Write the memory as of a bite, in the caller's transaction."""
        rows = [(u.version.id, u.save(bite)) for u in self.units]
        for version, judge in self.combinations:
            touched = {name: stream for (v, name), stream in self.touched.items() if v == version.id}
            places = {name: place.saved() for name, place in judge.places.items()}
            rows.append((version.id, orjson.dumps({"bite": bite, "places": places, "touched": touched})))
        with arrays.cursor(connection.connection) as cursor:
            for version_id, packed in rows:
                cursor.execute(
                    "INSERT INTO sensing_rulememory (version_id, packed, upto) VALUES (%s, %b, now())"
                    " ON CONFLICT (version_id) DO UPDATE SET packed = excluded.packed, upto = excluded.upto",
                    [version_id, packed],
                )


def _on() -> list[RuleVersion]:
    """Return the versions that are on, the newest of each rule, in a fixed order."""
    found = RuleVersion.objects.select_related("rule").filter(
        rule__state=RuleState.ON, on_at__isnull=False, off_at__isnull=True
    )
    return list({v.rule_id: v for v in found.order_by("rule_id", "number")}.values())
