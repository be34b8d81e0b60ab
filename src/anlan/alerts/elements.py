"""The eight elements a warning must have (突发事件应对法 §64); words only meteorologists may use (domain-facts B2)."""

import datetime as dt
from dataclasses import dataclass

ELEMENTS = {
    "hazard": "类别",
    "level": "级别",
    "starts_at": "起始时间",
    "where": "可能影响范围",
    "matters": "警示事项",
    "measures": "应采取措施",
    "issuer": "发布单位",
    "sent_at": "发布时间",
}
TITLE = "内部风险提示"
FORBIDDEN = ("预警信号", "预警讯号")
MOST = {"title": 60, "matters": 2000, "measures": 2000, "issuer": 60, "hazard": 20, "where": 200}


@dataclass(frozen=True, slots=True)
class Text:
    """What a notice says, before it leaves."""

    title: str = ""
    hazard: str = ""
    level: str = ""
    starts_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None
    where: str = ""
    matters: str = ""
    measures: str = ""
    issuer: str = ""


def title_for(hazard: str, colour: str) -> str:
    """Return the title a notice of ours bears."""
    return f"{TITLE}：{hazard}{f'（{colour}）' if colour else ''}"


def forbidden(text: Text) -> dict[str, str]:
    """Return, by field, the words that break 气象灾害防御条例 §30."""
    return {
        name: f"不能写「{word}」：气象灾害预警信号只能由气象台站发布（气象灾害防御条例第三十条）。写「{TITLE}」。"
        for name in ("title", "hazard", "matters", "measures", "issuer")
        for word in FORBIDDEN
        if word in getattr(text, name).replace(" ", "")
    }


def missing(text: Text) -> dict[str, str]:
    """Return, by field, what of the eight elements is not there; the time of sending is given by the sending itself."""
    return {
        name: f"缺「{label}」（突发事件应对法第六十四条）"
        for name, label in ELEMENTS.items()
        if name != "sent_at" and not getattr(text, name)
    }


def wrong(text: Text, now: dt.datetime) -> dict[str, str]:
    """Return, by field, whatever stops a notice from leaving."""
    found = missing(text) | forbidden(text)
    if TITLE not in text.title:
        found.setdefault("title", f"标题里要有「{TITLE}」，和气象台的预警分清")
    for name, most in MOST.items():
        if len(getattr(text, name)) > most:
            found.setdefault(name, f"最多 {most} 个字")
    if text.expires_at is None:
        found["expires_at"] = "写明到什么时候"
    elif text.expires_at <= now:
        found["expires_at"] = "结束时间已经过了"
    elif text.starts_at and text.expires_at <= text.starts_at:
        found["expires_at"] = "结束时间要在起始时间之后"
    return found
