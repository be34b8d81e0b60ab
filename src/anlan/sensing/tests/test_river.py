"""Five real years of one river with rain: the flood of 27 January 2023 and a sensor that lied on the 16th (SEN-04)."""

import csv
from datetime import date, datetime
from itertools import pairwise

import numpy as np
import pytest

from anlan.sensing import level_tables, rules, trial
from anlan.sensing.plausibility import Doubt, Guard
from anlan.sensing.readings import Batch
from anlan.sensing.starting_rules import HOUR, plausible, water_level

S = 1_000_000


def at(text):
    """µs of a local time of the file (UTC+12)."""
    return round(datetime.strptime(f"{text} +1200", "%m/%d/%Y %H:%M %z").timestamp()) * S


@pytest.fixture(scope="module")
def river(shared_data):
    """(end of the interval in µs, level in m, rain in mm) of every hour; NaN where nothing was measured."""
    file = shared_data / "sensors" / "puhinui_manukau_hourly.csv"
    if not file.exists():
        pytest.skip(f"{file.name} is absent")
    with file.open(encoding="utf-8-sig") as lines:
        rows = list(csv.reader(lines))[5:]
    number = [[float(c) if c else np.nan for c in (row[2], row[4])] for row in rows]
    first = at(rows[0][1])
    t = first + np.arange(len(rows), dtype=np.int64) * HOUR * S
    assert at(rows[-1][1]) == t[-1]  # hourly without a hole
    level, rain = np.array(number).T
    return t, level, rain


def test_the_lying_sensor_is_quarantined_and_raises_nothing(river):
    t, level, _ = river
    lie = int(np.flatnonzero(t == at("1/16/2023 14:00"))[0])  # measured from 13:00 on
    assert level[lie] == pytest.approx(20.2473)
    guard = Guard([rules.read(plausible("level", -2, 60))])
    doubt = guard.step(guard.fresh(), Batch.of(np.zeros(t.size), t, level))
    assert np.flatnonzero((doubt != Doubt.NONE) & (doubt != Doubt.NO_NUMBER)).tolist() == [lie]


def test_the_flood_alarms_hours_before_its_peak_and_once(river):
    """The proposal from the past alone; an episode is the time at blue or above until 6 h in a row lie below."""
    t, level, _ = river
    guard = [rules.read(plausible("level", -2, 60))]
    start = at("1/1/2023 0:00")
    past = level[(t < start) & (level < 60)]
    proposed = rules.read(water_level(past))
    tried = trial.run([proposed], np.zeros(t.size), t, level, guard=guard)
    peak = int(t[np.flatnonzero(level == np.nanmax(level[t > at("1/20/2023 0:00")]))[0]])
    flood = np.flatnonzero((tried.began < peak) & (tried.ended > peak))
    assert flood.size == 1
    assert peak - tried.began[flood[0]] >= 3 * HOUR * S
    assert tried.top[flood[0]] == 4
    # the episodes counted apart from the rule: hours at blue or above, joined unless 7 clear hours in a row lie between
    ladder = proposed.ladder
    wet = np.flatnonzero((level >= ladder.raises["blue"]) & (level < 15))
    clear = (level < ladder.clears["blue"]) | np.isnan(level)
    runs = np.convolve(clear, np.ones(7), "valid") == 7
    begins = [wet[0], *(b for a, b in pairwise(wet) if runs[a:b].any())]
    assert tried.began.tolist() == t[begins].tolist()
    assert len(tried) == 55  # in five years, 16 of them yellow or worse


def test_a_fast_rise_and_the_rain_before_it(river):
    t, level, rain = river
    guard = [rules.read(plausible("level", -2, 60))]
    rise = rules.read({"kind": "rate", "window": 3 * HOUR, "step": HOUR, "levels": {"yellow": 0.4}, "rest": 6 * HOUR})
    fast = trial.run([rise], np.zeros(t.size), t, level, guard=guard)
    table = level_tables.of("000000", "rainstorm", date(2023, 1, 1))
    wet = trial.run([rules.read(table.rule(step=HOUR, rest=6 * HOUR))], np.zeros(t.size), t, rain)
    flood = (at("1/27/2023 3:00"), at("1/27/2023 17:00"))
    assert any(flood[0] <= b <= flood[1] for b in fast.began)
    mine = [i for i, b in enumerate(wet.began) if flood[0] <= b <= flood[1]]
    assert len(mine) == 1
    assert wet.top[mine[0]] >= 3  # 50 mm in 3 h
