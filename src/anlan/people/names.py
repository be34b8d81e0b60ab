"""How names are spelled and searched: pinyin of a personal name, surnames read as surnames."""

from functools import lru_cache

from pypinyin import Style, pinyin

SURNAMES = {
    "单": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "区": "ou", "查": "zha", "朴": "piao", "盖": "ge",
    "任": "ren", "翟": "zhai", "华": "hua", "员": "yun", "尉迟": "yuchi", "长孙": "zhangsun", "乐": "yue", "缪": "miao",
    "宓": "mi", "冼": "xian", "覃": "qin", "晁": "chao", "召": "shao", "种": "chong", "隗": "wei", "折": "she",
    "万俟": "moqi", "令狐": "linghu", "澹台": "tantai", "纪": "ji", "柏": "bai", "卜": "bu", "逄": "pang", "阚": "kan",
}  # fmt: skip


@lru_cache(maxsize=30_000)
def _sound(character: str) -> str:
    sounds = pinyin(character, style=Style.NORMAL, errors="default")
    return str(sounds[0][0]).lower() if sounds else ""


def spelling(name: str) -> str:
    """Return a name's initials and full spelling: "李小满" becomes "lxm lixiaoman". Latin letters stay as they are."""
    plain = "".join(name.split())
    head = next((plain[:n] for n in (2, 1) if plain[:n] in SURNAMES), "")
    if not head:
        sounds = [_sound(one) for one in plain]
    elif len(head) == 1:
        sounds = [SURNAMES[head], *(_sound(one) for one in plain[1:])]
    else:
        whole = SURNAMES[head]
        first = _sound(head[0]) if whole.startswith(_sound(head[0])) else whole[: len(whole) // 2]
        sounds = [first, whole[len(first) :], *(_sound(one) for one in plain[2:])]
    return f"{''.join(one[:1] for one in sounds)} {''.join(sounds)}"[:200]
