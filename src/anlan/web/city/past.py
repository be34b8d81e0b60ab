"""A year of calls that an invented city has behind it: rain in summer, cold in winter, an exercise each quarter."""

import datetime as dt
import random
from collections.abc import Iterator

from anlan.callout.services import past
from anlan.callout.services.past import Past
from anlan.kernel import clock
from anlan.kernel.authority import Actor
from anlan.people.terms import Targeting
from anlan.places import queries as places

# month → what the weather brings: hazard, level, what to do
WEATHER = {
    1: ("寒潮", "blue", "看看独居老人家里的取暖，提醒关好燃气。"),
    2: ("道路结冰", "yellow", "桥面、坡道撒盐，提醒出门的人慢行。"),
    3: ("大风", "blue", "阳台和工地的东西收好、绑好。"),
    4: ("雷雨大风", "yellow", "广告牌、围挡查一遍，树下不停车。"),
    5: ("暴雨", "yellow", "低处的积水点看一遍，雨水口清一清。"),
    6: ("暴雨", "orange", "低处的住户先叫醒，地下车库挪车。"),
    7: ("暴雨", "red", "低处的人马上转移到二楼以上，挨户确认。"),
    8: ("高温", "orange", "室外作业停下来，独居老人上门看一眼。"),
    9: ("暴雨", "yellow", "低处的积水点看一遍，山边的住户提个醒。"),
    10: ("大雾", "yellow", "提醒出门的人慢行，学校推迟上学听通知。"),
    11: ("森林火险", "orange", "进山的路口有人守，坟头不烧纸。"),
    12: ("寒潮", "yellow", "水管包好，独居老人上门看一眼。"),
}
LEVELS = {"red": "红色", "orange": "橙色", "yellow": "黄色", "blue": "蓝色"}


def year(seed: int, *, by: Actor) -> int:
    """Lay twelve months of calls, two in each and an exercise a quarter. Returns how many people were called."""
    dice = random.Random(seed)  # noqa: S311 - invents a past
    streets, districts = (_paths(level) for level in ("street", "district"))
    if not streets:
        return 0
    this = clock.local(clock.now()).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    laid = [
        one
        for back in range(12, 0, -1)
        for one in _month((this - dt.timedelta(days=back * 30)).replace(day=1), streets, districts, dice)
    ]
    return past.lay(laid, by=by)


def _paths(level: str) -> list[str]:
    return [p.path for root in places.roots() for p in places.below(root.path).filter(level=level).order_by("path")]


def _month(first: dt.datetime, streets: list[str], districts: list[str], dice: random.Random) -> Iterator[Past]:
    hazard, level, body = WEATHER[first.month]
    learnt = 0.86 + 0.008 * ((first.month + 3) % 12)  # the city gets a little better over its year
    for n in range(2):
        strong = n == 0 and level in {"red", "orange"} and districts
        yield Past(
            f"{hazard}{LEVELS[level]}预警", body, level, f"{hazard}{LEVELS[level]}预警",
            Targeting((dice.choice(districts if strong else streets),)),
            first + dt.timedelta(days=dice.randint(0, 26), hours=dice.randint(1, 23), minutes=dice.randint(0, 59)),
            good=learnt + dice.uniform(-0.03, 0.03),
        )  # fmt: skip
    if first.month % 3 == 0:
        yield Past(
            "防汛演练", "演练：接到电话请按 1。", "orange", "暴雨橙色预警", Targeting((dice.choice(streets),)),
            first + dt.timedelta(days=14, hours=10), good=learnt, drill=True,
        )  # fmt: skip
