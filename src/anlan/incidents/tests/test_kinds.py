"""WRN-06: the kind is guessed from the words, and a life at stake is heard."""

import math

import pytest

from anlan.incidents import kinds, terms
from anlan.kernel import likeness
from anlan.kernel.likeness import Limits, Sight


@pytest.mark.parametrize(("text", "kind"), [
    ("7 栋楼下积水", "flooding"), ("烧烤店着火了", "fire"), ("有股燃气味", "gas"), ("大树倒了压住车", "wind"),
    ("路面塌陷一个大坑", "road"), ("后山滑坡", "landslide"), ("老人走失", "trapped"), ("食物中毒十几个人", "health"),
    ("电线掉下来", "wind"), ("看见了一件怪事", "other"), ("", "other"),
])  # fmt: skip
def test_the_longest_word_decides(text, kind):
    assert kinds.guess(text) == kind


@pytest.mark.parametrize("text", ["有人溺水", "三楼着火", "燃气漏了", "两个人被困", "房子倒塌", "有人触电倒地", "救命"])
def test_life_is_heard(text):
    assert kinds.urgent(text)


@pytest.mark.parametrize("text", ["楼下积水", "路灯不亮", "停电了", "树倒了挡路"])
def test_what_can_wait_waits(text):
    assert not kinds.urgent(text)


def test_every_kind_has_a_name_and_a_class():
    assert set(kinds.BY_CODE) == set(terms.KIND_NAMES)
    assert {kind.class_ for kind in kinds.KINDS} == set(terms.CLASS_NAMES)


def sight(text="7栋楼下积水", kind="flooding", place="0001", at=0.0, lon=math.nan, lat=math.nan):
    return Sight(text, kind, place, at, lon, lat)


LIMITS = Limits()
NEAR, FAR = {"lon": 104.0, "lat": 30.6}, {"lon": 104.0, "lat": 30.61}


@pytest.mark.parametrize(("one", "other", "alike"), [
    (sight(), sight("7 栋楼下积水，到膝盖"), True),
    (sight(), sight(at=3599), True),
    (sight(), sight(at=3601), False),
    (sight(), sight(place="0002"), False),
    (sight(**NEAR), sight(place="0002", lon=104.001, lat=30.601), True),  # across a border, 150 m away
    (sight(**NEAR), sight(**FAR), False),  # one grid, 1.1 km away
    (sight(), sight("电线掉了冒火花", "power"), False),
    (sight("漫水了"), sight("积水很深"), False),  # one kind, no words in common
    (sight("柳荫路口水很深", "other"), sight("柳荫路口水很深过不去", "other"), True),
])  # fmt: skip
def test_near_in_place_time_and_words(one, other, alike):
    assert (likeness.same(one, other, LIMITS) is not None) is alike
    assert (likeness.same(other, one, LIMITS) is not None) is alike


def test_metres_are_metres():
    assert likeness.metres(104, 30, 104, 31) == pytest.approx(111_195, rel=0.001)
    assert likeness.metres(104, 30, 104, 30) == 0
