"""PLT-05: numbers and times are said as people say them."""

import datetime as dt

import pytest
from django.utils import translation

from anlan.kernel import clock
from anlan.web import spoken


@pytest.fixture(autouse=True)
def chinese():
    with translation.override("zh-hans"):
        yield


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 秒"), (47, "47 秒"), (107, "1 分 47 秒"), (309, "5 分 09 秒"), (7500, "2 小时 5 分"), (None, "—")],
)
def test_a_length_of_time(seconds, said):
    assert spoken.lasting(seconds) == said


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 0, "—"), (0, 9, "0%"), (9, 9, "100%"), (11476, 12304, "93.3%"), (99_999, 10**5, "99.9%"), (1, 10**5, "0.1%")],
)
def test_a_share_never_says_all_while_somebody_is_left(part, whole, said):
    assert spoken.percent(part, whole) == said


def test_ago_and_left():
    now = clock.now()
    assert spoken.ago(now - dt.timedelta(minutes=12)) == "12 分钟前"
    assert spoken.ago(now) == "刚刚"
    assert spoken.left(now - dt.timedelta(minutes=5, seconds=1)) == ("late", "超时 5 分钟")
    assert spoken.left(now + dt.timedelta(minutes=30, seconds=5)) == ("soon", "还剩 30 分钟")
    assert spoken.left(now + dt.timedelta(hours=3))[0] == ""


def test_a_moment_is_said_by_its_day():
    noon = clock.local(clock.now()).replace(hour=12, minute=0)
    assert spoken.moment(noon) == "今天 12:00"
    assert spoken.moment(noon - dt.timedelta(days=1)) == "昨天 12:00"
    assert spoken.moment(noon + dt.timedelta(days=1)) == "明天 12:00"


def test_numbers_are_grouped():
    assert spoken.number(176_000) == "176,000"
    assert spoken.number(None) == "—"
