"""The rules once more, reading by reading in plain Python, as a reader of the documentation would write them."""

import math

from anlan.sensing import rules

S = 1_000_000


class Latch:
    """Levels of one stream: raised after holding, ended after resting."""

    def __init__(self, hold, rest):
        self.hold, self.rest = hold * S, rest * S
        self.on, self.high, self.low = [False] * 4, [None] * 4, [None] * 4
        self.level = 0

    def take(self, t, highs, lows):
        for i in range(4):
            self.high[i] = (t if self.high[i] is None else self.high[i]) if highs[i] else None
            self.low[i] = (t if self.low[i] is None else self.low[i]) if lows[i] else None
            if self.high[i] is not None and t - self.high[i] >= self.hold:
                self.on[i] = True
            elif self.low[i] is not None and t - self.low[i] >= self.rest:
                self.on[i] = False
        was, self.level = self.level, max((i + 1 for i in range(4) if self.on[i]), default=0)
        return was, self.level


class Slow:
    """One rule on one stream; `take` returns an event (t, level, was) or None."""

    def __init__(self, rule):
        self.rule, self.time, self.past = rule, None, []
        patience = rule if isinstance(rule, rules.Total) else rule.ladder
        self.latch = Latch(patience.hold, patience.rest)

    def take(self, t, value):
        if not math.isfinite(value) or (self.time is not None and t <= self.time):
            return None
        self.time = t
        if isinstance(self.rule, rules.Total):
            highs, lows = self.totals(t, value)
        else:
            highs, lows = self.ladder(self.rate(t, value) if isinstance(self.rule, rules.Rate) else value)
        was, level = self.latch.take(t, highs, lows)
        return (t, level, was) if was != level else None

    def ladder(self, x):
        ladder = self.rule.ladder
        highs, lows = [], []
        for name in rules.LEVELS:
            raises, clears = ladder.raises.get(name), ladder.clears.get(name)
            if raises is None or math.isnan(x):
                highs.append(False)
                lows.append(raises is None)
                continue
            far, start, end = ladder.sign * x, ladder.sign * raises, ladder.sign * clears
            highs.append(far >= start)
            lows.append(far < start and (far < end or (far == end and end < start)))
        return highs, lows

    def rate(self, t, value):
        step = self.rule.step * S
        start = math.ceil(t / step) * step - self.rule.window * S
        before = [v for when, v in self.past if when <= start]
        self.past.append((t, value))
        return value - before[-1] if before else math.nan

    def totals(self, t, value):
        self.past.append((t, round(value * 1e6)))
        step = self.rule.step * S
        highs, lows = [], []
        for name in rules.LEVELS:
            rows = self.rule.levels.get(name, ())
            over, under = False, True
            for hours, amount in rows:
                start = math.ceil(t / step) * step - round(hours * 3600) * S
                total = sum(v for when, v in self.past if when > start) / 1e6
                over |= total >= amount
                least = amount - self.rule.margin
                under &= total < least or (self.rule.margin > 0 and total == least)
            highs.append(over)
            lows.append(under and not over)
        return highs, lows


def events(given, slots, times, values):
    """Return the events of readings in the order given: sorted (slot, t, level, was)."""
    machines = [Slow(rule) for rule in given]
    found = []
    for slot, t, value in zip(slots, times, values, strict=True):
        event = machines[slot].take(t, value)
        if event:
            found.append((slot, *event))
    return sorted(found, key=lambda e: (e[0], e[1]))
