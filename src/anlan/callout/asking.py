"""Questions that are no warning: the quarterly check of a number and the test call; their rules and their settings.

Both run as calls of a genre of their own, on the same carriers and receipts, and never count as call-and-answer.
Sources: domain-facts B12 (空号单列, 按季静默核验; Wilson, n<30 不参与排名), B13 (季度 + 每年4月20日前备案).
"""

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

from anlan.callout import hours

CHECK, TEST = "check", "test"
LEAST_COMPARED = 30  # domain-facts B12: fewer than so many are shown and not compared
Z = 1.959964  # of a 95 % interval
BY_TEXT, BY_VOICE = [["sms_http", "voice_http"]], [["voice_http", "sms_http"]]


def _policy(answer_within: int, send: list[list[str]], again: list[int]) -> dict[str, Any]:
    return {
        "start_within": 86_400, "answer_within": answer_within, "review_within": 7200, "listened": 20,
        "counts": ["key", "reply", "link"], "needs_answer": True, "second_person": False, "auto_send_after": None,
        "send": send, "ladder": [{"at": at, "act": "again", "send": BY_VOICE} for at in again],
    }  # fmt: skip


# Policies as the other ones are: the order of carriers and the tries are changed on the page of policies.
POLICIES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (CHECK, "号码核验", _policy(14_400, BY_TEXT, [900, 2700])),
    (TEST, "联络测试", _policy(300, BY_VOICE, [120])),
)
STILL_COUNTS = 3600  # seconds in which the answer to a test call is still noted, as a late one

# Our proposals, all of them settings (domain-facts B13 gives the quarter and the 20th of April only).
SETTINGS: dict[str, Any] = {
    "windows": [["09:00", "11:30"], ["14:30", "17:00"]],
    "days": 10,  # working days over which a round is spread
    "a_minute": 60,  # most persons asked in a minute
    "again_after": 7,  # days after which a silent person is asked once more
    "mend_within": 3,  # days in which a number that was found wrong is to be mended
    "pause_levels": ["red", "orange"],
    "quiet_from": "21:00",  # not even one number is tried from here …
    "quiet_until": "07:00",  # … to here
    "filing_month": 4,
    "filing_day": 20,
    "filing_lead": 30,  # days before it at which the filing is opened
    "filing_levels": ["city", "district", "street", "community"],
}
_WHOLE = {
    "days": (1, 60), "a_minute": (1, 2000), "again_after": (1, 30), "mend_within": (1, 60), "filing_month": (1, 12),
    "filing_day": (1, 31), "filing_lead": (1, 180),
}  # fmt: skip


def check(body: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with the settings, field by field; {} if nothing."""
    wrong: dict[str, str] = {}
    for name, (low, high) in _WHOLE.items():
        value = body.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            wrong[name] = f"{low}–{high}"
    for name in ("quiet_from", "quiet_until"):
        if _time(body.get(name)) is None:
            wrong[name] = "21:00"
    try:
        windows = sorted(hours.read(body["windows"]))
    except (KeyError, TypeError, ValueError):
        windows = []
    flat = [t for w in windows for t in w]
    if not windows or flat != sorted(flat) or any(a == b for a, b in windows):
        wrong["windows"] = "09:00-11:30, 14:30-17:00"
    if "filing_month" not in wrong and "filing_day" not in wrong:
        try:
            dt.date(2027, body["filing_month"], body["filing_day"])
        except ValueError:
            wrong["filing_day"] = "1–28"
    return wrong


def _time(text: Any) -> dt.time | None:
    try:
        return dt.time.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def is_quiet(at: dt.time, body: Mapping[str, Any]) -> bool:
    """Say whether a time of day lies in the hours in which nobody is asked anything."""
    start, end = dt.time.fromisoformat(body["quiet_from"]), dt.time.fromisoformat(body["quiet_until"])
    return (start <= at or at < end) if start > end else start <= at < end


def suggested(crowd: int, margin: float = 0.05) -> int:
    """Return how many of a crowd to ask so that a share is known to ± `margin` at 95 % whatever it is.

    Cochran's size for a share of one half, with the correction for a finite crowd.
    """
    if crowd <= 0:
        return 0
    endless = Z**2 * 0.25 / margin**2
    return min(crowd, math.ceil(endless / (1 + (endless - 1) / crowd)))
