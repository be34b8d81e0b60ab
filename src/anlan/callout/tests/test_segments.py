"""WRN-03: a short message is counted as the gateway bills it: 70 in one, 67 in each of several, signature included."""

import pytest

from anlan.callout import segments


@pytest.mark.parametrize(
    ("length", "expected"), [(0, 0), (1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)]
)
def test_the_limits(length, expected):
    assert segments.count("汛" * length).segments == expected


def test_the_signature_counts():
    assert segments.count("汛" * 64, "安澜应急").segments == 1
    assert segments.count("汛" * 65, "安澜应急").segments == 2


def test_the_signature_stands_once():
    once = segments.signed("暴雨", "安澜")
    assert once == "【安澜】暴雨"
    assert segments.signed(once, "安澜") == once


def test_parts_are_the_text_and_never_cut_an_emoji():
    text = "汛" * 66 + "🌧" + "汛" * 10
    counted = segments.count(text)
    assert "".join(counted.parts) == text
    assert [segments.units(p) for p in counted.parts] == [66, 12]
    assert counted.units == 78


def test_an_emoji_is_two():
    assert segments.count("🌧" * 35).segments == 1
    assert segments.count("🌧" * 36).segments == 2
