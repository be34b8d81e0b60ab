"""What a loudspeaker says: a plain sentence of at most half a minute, told twice; and whether it may speak now."""

import re
from collections.abc import Collection

from anlan.callout import wording

LONGEST = 60  # seconds for both tellings
AGAIN = "再说一遍："
_CUT = re.compile(r"[^。！？!?；;]*[。！？!?；;]?")
_LINK = re.compile(r"https?://\S+")


def spoken(title: str, body: str, *, forwarded: bool, seconds: int = LONGEST) -> str:
    """Return the text as it is read aloud, told twice, within `seconds`.

    `forwarded`: it passes on a warning of an office entitled to issue one. All else is our own and never called a
    预警信号: only weather offices issue those.
    """
    heard = " ".join(_LINK.sub("", wording.heard(title, body, drill=False)).split())
    if not forwarded:
        heard = "风险提示：" + heard.replace("预警信号", "风险提示")
    once = _shortened(heard, (seconds - wording.speaking_seconds(AGAIN)) / 2)
    return f"{once}{AGAIN}{once}"


def _shortened(text: str, seconds: float) -> str:
    """Keep whole sentences while they fit; a first one that is too long is cut and ended."""
    kept = ""
    for sentence in _CUT.findall(text):
        if wording.speaking_seconds(kept + sentence) > seconds:
            break
        kept += sentence
    while not kept or (not kept.strip() and text):
        kept = text
        while wording.speaking_seconds(kept) > seconds:
            kept = kept[:-1]
        cut = max(kept.rfind("，"), kept.rfind(","), kept.rfind("、"))
        kept = wording.sentence(kept[:cut] if cut > len(kept) // 2 else kept)
    return kept


def silent_because(level: str, hour: int, *, levels: Collection[str], night: tuple[int, int]) -> str:
    """Return why loudspeakers keep silent: "level" (too low), "night" (only red wakes people), "" where they speak.

    `night` is from … to, in hours; it may go past midnight. The same hour twice is no night.
    """
    if level not in levels:
        return "level"
    begin, end = night
    dark = begin <= hour < end if begin <= end else hour >= begin or hour < end
    return "night" if dark and level != "red" else ""
