"""Lays a month by turns: nobody twice at once, rest kept, nobody on leave, each kind of day shared out evenly. Pure."""

import datetime as dt
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

TRIES = 8  # orders of the pool that are tried until nobody has two more of a kind than another
ROUNDS = 400  # moves of the evening-out; a month of 62 shifts and 5 seats needs a few dozen


@dataclass(frozen=True, slots=True)
class Slot:
    """A seat to fill. `pool` names who takes turns in it (a position); `kind` is balanced apart from other kinds.

    `light`: keeps the rule "not twice at once", but neither needs rest nor breaks it (备班 at home).
    """

    key: UUID
    starts_at: dt.datetime
    ends_at: dt.datetime
    kind: str
    pool: str
    light: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Busy:
    """A time at which a person cannot take a shift: another shift (rest around it), or leave (`rest` False)."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    rest: bool = True


def clash(one: Busy, other: Busy, rest: dt.timedelta) -> bool:
    """Say whether two times of one person stand too close: they overlap, or lie nearer than the rest between shifts."""
    gap = rest if one.rest and other.rest else dt.timedelta()
    return one.starts_at < other.ends_at + gap and other.starts_at < one.ends_at + gap


class Planner:
    """Fills slots from pools. `load` is what each did before: {pool: {kind: {person: count}}}."""

    def __init__(
        self,
        pools: Mapping[str, Sequence[UUID]],
        *,
        rest: dt.timedelta,
        busy: Mapping[UUID, Iterable[Busy]] | None = None,
        load: Mapping[str, Mapping[str, Mapping[UUID, int]]] | None = None,
    ) -> None:
        self._pools, self._rest = pools, rest
        self._times: dict[UUID, list[Busy]] = defaultdict(list)
        for person, times in (busy or {}).items():
            self._times[person] = sorted(times)
        self._counts: dict[tuple[str, str], Counter[UUID]] = defaultdict(Counter)
        self._totals: dict[str, Counter[UUID]] = defaultdict(Counter)
        for pool, kinds in (load or {}).items():
            for kind, persons in kinds.items():
                self._counts[pool, kind].update(persons)
                self._totals[pool].update(persons)
        self._last: dict[UUID, dt.datetime] = {}
        self._longest = max(
            (one.ends_at - one.starts_at for times in self._times.values() for one in times), default=dt.timedelta()
        )

    def plan(self, slots: Sequence[Slot]) -> dict[UUID, UUID | None]:
        """Return who sits where; None where nobody of the pool may: the gap is said, never filled against a rule."""
        ordered = sorted(slots, key=lambda s: (s.starts_at, s.light, s.pool, s.key))
        self._longest = max([self._longest, *(s.ends_at - s.starts_at for s in ordered)])
        best: dict[UUID, UUID | None] = {}
        least = (len(slots) + 1, 0)
        for turn in range(TRIES):
            made = self._fill(ordered, turn)
            found = (sum(1 for one in made.values() if one is None), self._unevenness())
            if found < least:
                least, best = found, made
            for slot in ordered:
                if (taker := made[slot.key]) is not None:
                    self._take(slot, taker, -1)
            if least == (0, 0):
                break
        return best

    def _fill(self, slots: Sequence[Slot], turn: int) -> dict[UUID, UUID | None]:
        made: dict[UUID, UUID | None] = {}
        self._last.clear()
        for slot in slots:
            made[slot.key] = chosen = self._choose(slot, turn)
            if chosen is not None:
                self._take(slot, chosen)
        self._even(slots, made)
        return made

    def _unevenness(self) -> int:
        """Return how much more than one apart those of a pool are, over all kinds of day."""
        total = 0
        for (pool, _kind), counts in self._counts.items():
            there = [counts[p] for p in self._pools.get(pool, ())]
            total += max(max(there) - min(there) - 1, 0) if there else 0
        return total

    def _choose(self, slot: Slot, turn: int) -> UUID | None:
        pool = self._pools.get(slot.pool, ())
        counts, totals = self._counts[slot.pool, slot.kind], self._totals[slot.pool]
        able = [(counts[p], *self._rank(p, order, turn, len(pool), totals), p)
                for order, p in enumerate(pool) if self._free(p, slot)]  # fmt: skip
        return min(able)[-1] if able else None

    def _rank(
        self, person: UUID, order: int, turn: int, size: int, totals: Mapping[UUID, int]
    ) -> tuple[int, dt.datetime, int]:
        """Return who goes first of those with as many: fewest in all, longest at rest; in later tries another order."""
        early = dt.datetime.min.replace(tzinfo=dt.UTC)
        if turn == 0:
            return totals[person], self._last.get(person, early), order
        return 0, self._last.get(person, early) if turn % 2 else early, (order * (turn + 1) + turn) % size

    def _free(self, person: UUID, slot: Slot, *, without: Slot | None = None) -> bool:
        """Say whether a person may take a slot, as if they did not have `without`."""
        mine, times = _busy(slot), self._times[person]
        gone = _busy(without) if without else None
        first = bisect_left(times, slot.starts_at - self._rest - self._longest, key=lambda one: one.starts_at)
        for one in times[first:]:
            if one.starts_at >= slot.ends_at + self._rest:
                break
            if one != gone and clash(mine, one, self._rest):
                return False
        return True

    def _take(self, slot: Slot, person: UUID, sign: int = 1) -> None:
        self._counts[slot.pool, slot.kind][person] += sign
        self._totals[slot.pool][person] += sign
        if sign > 0:
            insort(self._times[person], _busy(slot))
            self._last[person] = slot.ends_at
        else:
            self._times[person].remove(_busy(slot))

    def _even(self, slots: Sequence[Slot], made: dict[UUID, UUID | None]) -> None:
        """Hand shifts from who has most to who has fewest, alone or by way of a third, while it brings them closer."""
        for _round in range(ROUNDS):
            if not any(self._move(slot, made) for slot in slots) and not any(
                self._chain(slot, slots, made) for slot in slots
            ):
                return

    def _move(self, slot: Slot, made: dict[UUID, UUID | None]) -> bool:
        holder = made[slot.key]
        if holder is None:
            return False
        counts, totals = self._counts[slot.pool, slot.kind], self._totals[slot.pool]
        for person in sorted(self._pools[slot.pool], key=lambda p: (counts[p], totals[p])):
            more = counts[holder] - counts[person]
            better = more > 1 or (more == 1 and totals[holder] - totals[person] > 1)
            if not better:
                if more < 1:
                    return False
                continue
            if self._free(person, slot):
                self._take(slot, holder, -1)
                self._take(slot, person)
                made[slot.key] = person
                return True
        return False

    def _chain(self, slot: Slot, slots: Sequence[Slot], made: dict[UUID, UUID | None]) -> bool:
        """Where rest forbids the single move: a third takes the slot and gives one to who has fewest, or the two who
        are furthest apart exchange it for a slot of another kind of which the one with fewest has more.
        """
        holder, counts = made[slot.key], self._counts[slot.pool, slot.kind]
        least = min((counts[p] for p in self._pools.get(slot.pool, ())), default=0)
        if holder is None or counts[holder] - least <= 1:
            return False
        few = [p for p in self._pools[slot.pool] if counts[p] == least]
        for other in slots:
            third = made[other.key]
            if other.pool != slot.pool or third in {None, holder} or third is None:
                continue
            if not self._free(third, slot, without=other):
                continue
            if other.kind == slot.kind:
                last = next((p for p in few if p != third and self._free(p, other)), None)
            else:
                more = self._counts[other.pool, other.kind]
                fits = third in few and more[third] > more[holder] and self._free(holder, other, without=slot)
                last = holder if fits else None
            if last is not None:
                for given, person, sign in ((slot, holder, -1), (other, third, -1), (slot, third, 1), (other, last, 1)):
                    self._take(given, person, sign)
                made[slot.key], made[other.key] = third, last
                return True
        return False


def _busy(slot: Slot) -> Busy:
    return Busy(slot.starts_at, slot.ends_at, rest=not slot.light)
