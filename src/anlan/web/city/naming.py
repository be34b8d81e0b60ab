"""Invented names that sound like a place or a person and are none: drawn without repeats from a seeded generator."""

from collections.abc import Iterator

import numpy as np

DISTRICTS = ("江岸区", "北埠区", "湖东区", "南浦区", "清源区", "西渡区", "石桥县", "云岭县")
_HEAD = "柳文望滨新竹桂松梅兰青白云石金银龙凤安宁永长东西南北中和平康福祥瑞春秋清明高上双九丹碧翠红锦玉秀景"
_TAIL = "荫昌江河塘苑花林溪泉桥塔山岭坡湾湖港渡埠井巷门园庭台亭坪坝店集田屯寨洲沙岸堤滩汀川峰屏"
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁"
    "魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎"
    "易常武乔贺赖龚文"
)
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚英华慧巧美淑雅芝玉萍红月彩春菊凤洁梅琳素云莲真环雪"
    "荣爱妹香莹媛瑞凡佳建国文辉力永健世广志义兴良海山仁波宁贵福生龙元全胜学祥才发武新利清飞彬富顺"
    "信子康思宇浩凯秀桂珍贞勤立群望喜有满"
)


def place_names(rng: np.random.Generator) -> Iterator[str]:
    """Yield two-character place stems, each once, then three-character ones: about 100,000 in all."""
    pairs = [a + b for a in _HEAD for b in _TAIL if a != b]
    rng.shuffle(pairs)
    yield from pairs
    triples = [p + c for p in pairs for c in "上下东西南北前后新老"]
    rng.shuffle(triples)
    yield from triples


def person_names(rng: np.random.Generator, count: int) -> list[str]:
    """Return `count` personal names; commoner surnames come oftener, three characters oftener than two."""
    weight = 1 / np.arange(3, len(_SURNAMES) + 3)
    surname = rng.choice(list(_SURNAMES), size=count, p=weight / weight.sum())
    first = rng.choice(list(_GIVEN), size=count)
    second = rng.choice(list(_GIVEN), size=count)
    short = rng.random(count) < 0.18  # about a sixth
    return [s + (a if cut else a + b) for s, a, b, cut in zip(surname, first, second, short, strict=True)]


def phones(rng: np.random.Generator, count: int) -> list[str]:
    """Return `count` distinct eleven-digit numbers of one invented series; nothing here ever dials them."""
    tails = rng.permutation(1_000_000)[:count]
    return [f"19900{t:06d}" for t in tails]
