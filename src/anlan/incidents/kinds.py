"""What may have happened, and the words by which people say it: to guess a kind, and to hear that a life is at stake.

The four classes are those of 突发事件应对法 §2 and GB/T 35561 (natural, accident, health, security). The kinds below
them, their words and the life-safety words are our own list, in the language of people who stand in front of it.
"""

from dataclasses import dataclass

NATURAL, ACCIDENT, HEALTH, SECURITY, NONE = "natural", "accident", "health", "security", ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its code, its class, the words that tell of it (the longest that occurs decides), the icon."""

    code: str
    class_: str
    words: tuple[str, ...]
    icon: str = "hazard"


OTHER = "other"
KINDS = (
    Kind("fire", ACCIDENT, ("着火", "起火", "火灾", "失火", "火势", "冒烟", "冒黑烟", "浓烟", "烧起来", "烧着", "明火"),
         "fire"),
    Kind("explosion", ACCIDENT, ("爆炸", "炸了", "爆燃", "巨响"), "fire"),
    Kind("gas", ACCIDENT, ("燃气", "煤气", "漏气", "天然气", "液化气", "气味刺鼻"), "fire"),
    Kind("drowning", ACCIDENT, ("溺水", "落水", "掉河里", "掉水里", "掉进河", "掉进水", "淹着人"), "water"),
    Kind("trapped", ACCIDENT, ("被困", "困在", "走失", "失联", "出不来", "卡在电梯", "电梯困", "埋在"), "person"),
    Kind("collapse", ACCIDENT, ("倒塌", "垮塌", "坍塌", "房子塌", "墙塌", "墙倒", "危房", "房屋开裂", "墙开裂", "墙裂"),
         "crack"),
    Kind("landslide", NATURAL, ("滑坡", "塌方", "泥石流", "落石", "滚石", "崩塌", "山体", "边坡", "坡开裂"), "crack"),
    Kind("flooding", NATURAL,
         ("积水", "漫水", "内涝", "进水", "被淹", "淹了", "水淹", "倒灌", "排不出水", "下穿", "井盖冒水"), "water"),
    Kind("river", NATURAL, ("山洪", "洪水", "涨水", "决口", "管涌", "漫堤", "溃坝", "水位", "上涨"), "water"),
    Kind("wind", NATURAL,
         ("树倒", "倒了一棵树", "大树", "广告牌", "掉下来", "坠落", "高空坠物", "雨棚", "吹倒", "吹断"),
         "tree"),
    Kind("power", ACCIDENT, ("电线", "漏电", "触电", "电杆", "变压器", "冒火花"), "bolt"),
    Kind("road", ACCIDENT, ("路面塌陷", "地面塌陷", "塌陷", "路断", "断路", "大坑", "路基", "桥"), "crack"),
    Kind("traffic", ACCIDENT, ("车祸", "撞车", "撞人", "翻车", "追尾", "交通事故"), "hazard"),
    Kind("chemical", ACCIDENT, ("泄漏", "泄露", "化学品", "危化", "罐车", "刺鼻"), "hazard"),
    Kind("outage", ACCIDENT, ("停电", "停水", "停气", "断网", "水管爆", "爆管"), "bolt"),
    Kind("wildfire", NATURAL, ("山火", "林火", "草原火", "烧山", "森林"), "fire"),
    Kind("quake", NATURAL, ("地震", "震感"), "crack"),
    Kind("cold", NATURAL, ("结冰", "路滑", "积雪", "冰雹", "雪压"), "hazard"),
    Kind("health", HEALTH, ("食物中毒", "上吐下泻", "呕吐", "集体发烧", "疫情", "传染", "咬伤"), "hazard"),
    Kind("crowd", SECURITY, ("打架", "斗殴", "聚集", "踩踏", "持刀", "闹事", "冲突"), "people"),
    Kind(OTHER, NONE, (), "dots"),
)  # fmt: skip
BY_CODE = {kind.code: kind for kind in KINDS}

# A report that holds one of these is put first and rung at once. A word too many costs a look; one too few, a life.
URGENT = (
    "着火", "起火", "火灾", "失火", "明火", "浓烟", "爆炸", "爆燃", "溺水", "落水", "掉河里", "掉水里", "掉进河",
    "掉进水", "燃气", "煤气", "漏气", "被困", "困在", "出不来", "倒塌", "垮塌", "坍塌", "塌方", "滑坡", "泥石流",
    "触电", "泄漏", "泄露", "中毒", "昏迷", "昏倒", "晕倒", "没呼吸", "没有呼吸", "心脏病", "大出血", "流血", "重伤",
    "死了", "死亡", "有人死", "失踪", "失联", "埋了", "被埋", "埋在", "踩踏", "轻生", "跳楼", "跳河", "持刀", "救命",
    "快来救", "决口", "溃坝", "管涌", "山洪", "压着人", "压住人", "砸到人", "砸伤", "烧伤", "小孩掉", "老人掉",
    "电梯困", "卡在电梯",
)  # fmt: skip


def guess(text: str) -> str:
    """Return the code of the kind whose longest word occurs in the text, the first of equals; OTHER where none does."""
    best, found = 0, OTHER
    for kind in KINDS:
        longest = max((len(word) for word in kind.words if word in text), default=0)
        if longest > best:
            best, found = longest, kind.code
    return found


def urgent(text: str) -> tuple[str, ...]:
    """Return the life-safety words that the text holds, in the order of the list."""
    return tuple(word for word in URGENT if word in text)
