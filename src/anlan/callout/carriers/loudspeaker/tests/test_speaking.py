"""WRN-02: what loudspeakers say, and when they may: a plain sentence told twice, at night only red."""

import pytest

from anlan.callout import broadcasting, wording
from anlan.callout.services import speaking

LONG = "。".join(f"第{i}件事请大家马上离开低洼的地方到学校去" for i in range(30))


@pytest.mark.parametrize("body", ["叫醒低处的人。", LONG, "字" * 2000, "离开低处，" * 300])
def test_it_is_told_twice_within_a_minute(body):
    text = broadcasting.spoken("暴雨红色预警", body, forwarded=True)
    once, again = text.split("再说一遍：")
    assert once == again
    assert once.endswith("。")
    assert wording.speaking_seconds(text) <= 61


def test_our_own_notice_is_never_called_a_warning_signal():
    own = broadcasting.spoken("暴雨红色预警信号", "我们发布暴雨预警信号", forwarded=False)
    assert "预警信号" not in own
    assert own.startswith("风险提示：")
    assert "预警信号" in broadcasting.spoken("暴雨红色预警信号", "x", forwarded=True)


def test_addresses_are_not_read_aloud():
    assert "http" not in broadcasting.spoken("暴雨", "看 https://a.example/x 的地图。马上走。", forwarded=True)


@pytest.mark.parametrize(
    ("level", "hour", "why"),
    [("red", 3, ""), ("red", 12, ""), ("orange", 12, ""), ("orange", 21, ""), ("orange", 22, "night"),
     ("orange", 5, "night"), ("orange", 6, ""), ("yellow", 12, "level"), ("", 12, "level")],
)  # fmt: skip
def test_at_night_only_red_wakes_people(level, hour, why):
    assert broadcasting.silent_because(level, hour, levels=["red", "orange"], night=(22, 6)) == why


def test_the_same_hour_twice_is_no_night():
    assert broadcasting.silent_because("orange", 22, levels=["orange"], night=(22, 22)) == ""


@pytest.mark.parametrize(
    ("command", "made"),
    [("", None), ("no-such-program-here", None), ("false", None), ("cat", None),
     ("sed 's/^/RIFF/'", b"RIFFabc")],
)  # fmt: skip
def test_the_program_of_the_machine_reads_aloud_or_the_gateway_does(settings, command, made):
    settings.SPEECH = command
    assert speaking.aloud("abc") == made
