"""Online, stuck, drifting, running out (SEN-01: 在线率、离线与漂移检测)."""

import numpy as np

from anlan.sensing import health
from anlan.sensing.readings import Batch

S, DAY = 1_000_000, 86400 * 1_000_000


def hourly(days, *streams):
    """Batch of streams sampled each hour; each a function of days."""
    t = np.arange(days * 24, dtype=np.int64) * 3600 * S
    slot = np.repeat(np.arange(len(streams)), t.size)
    return Batch.of(slot, np.tile(t, len(streams)), np.concatenate([f(t / DAY) for f in streams]))


def test_the_share_of_intervals_that_had_a_reading():
    t = [0, 5, 60, 130, 131, 240, 299]
    batch = Batch.of([0] * 7 + [1, 2], [x * S for x in [*t, 10, 10]], np.ones(9))
    assert health.online(batch, np.array([60.0, 60.0, 0.0, 60.0]), 0, 300 * S).tolist()[:2] == [4 / 5, 1 / 5]
    shares = health.online(batch, np.array([60.0, 60.0, 0.0, 60.0]), 0, 300 * S)
    assert np.isnan(shares[2])  # speaks only when something happens
    assert shares[3] == 0
    assert health.online(batch.where(batch.slot == 0), np.array([60.0]), 0, 90 * S).tolist() == [
        1.0
    ]  # a started interval does not count


def test_the_longest_run_of_equal_readings():
    batch = Batch.of([0] * 6 + [2] * 2, np.array([0, 1, 2, 3, 4, 5, 0, 9]) * S, [1, 2, 2, 2, 1, 1, 7, 7])
    count, lasted = health.stuck(batch, 3)
    assert count.tolist() == [3, 0, 2]
    assert lasted[[0, 2]].tolist() == [2, 9]
    assert np.isnan(lasted[1])


def test_a_drift_is_told_from_the_season_by_a_neighbour():
    rng = np.random.default_rng(2)

    def season(day):
        return 10 * np.sin(day / 58) + np.where(day % 30 < 1, 50, 0)  # and an odd day each month

    batch = hourly(60, lambda d: season(d) + 0.05 * d + rng.normal(0, 0.1, d.size), season, lambda d: d * np.nan)
    near = hourly(60, season, season)
    trend = health.drift(batch, 3, against=near)
    assert abs(trend.slope[0] - 0.05) < 0.003
    assert trend.sure.tolist() == [True, False, False]
    assert np.isnan(trend.slope[2])
    assert np.isnan(health.drift(hourly(3, season), 1).slope[0])  # too few days to say


def test_in_how_many_days_a_battery_is_empty():
    battery = health.drift(
        hourly(20, lambda d: 90 - 2 * np.floor(d), lambda d: 80 + 0 * d, lambda d: 10 - d), 3, offset=0
    )
    left = health.days_left(battery, 20)
    assert abs(left[0] - (90 - 2 * 19 - 20) / 2) < 0.1
    assert left[1] == np.inf
    assert left[2] == 0
