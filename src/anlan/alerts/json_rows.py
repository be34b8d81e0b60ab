"""What the Chinese JSON lists share: safe JSON, a title taken apart, a division out of the 12379 identifier."""

import datetime as dt
import json
from typing import Any

from anlan.alerts.cap_times import read_time
from anlan.alerts.hazards import SEVERITY, code_12379, hazard_of, level_of, title_of
from anlan.alerts.reading import Area, Info, Reading, Unreadable
from anlan.alerts.terms import Level, Weight

MAX_BYTES = 4 * 1024 * 1024
MAX_ROWS = 5_000
MAX_DEPTH = 40


def load(raw: bytes) -> Any:
    """Return the JSON in UTF-8 or GB18030 bytes. Raises Unreadable, for too deep or too large as well."""
    if len(raw) > MAX_BYTES:
        raise Unreadable("size.bytes", f"文件有 {len(raw):,} 字节，最多 {MAX_BYTES:,} 字节")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError as error:
            raise Unreadable("encoding", "既不是 UTF-8，也不是 GB18030") from error
    try:
        return json.loads(text)
    except RecursionError as error:
        raise Unreadable("json.deep", f"JSON 嵌套太深，最多 {MAX_DEPTH} 层") from error
    except ValueError as error:
        line = getattr(error, "lineno", None)
        raise Unreadable("json.broken", f"不是完好的 JSON：{error}"[:300], line) from error


def rows(whole: Any, layout: str, *keys: str) -> list[dict[str, Any]]:
    """Return the list of objects in a document, found under nested `keys`, or itself. Raises Unreadable."""
    here = whole
    for key in keys:
        here = here.get(key) if isinstance(here, dict) else None
    if not isinstance(here, list):
        raise Unreadable("json.shape", f"{layout}：应有一个列表{'，在 ' + '.'.join(keys) if keys else ''}")
    if len(here) > MAX_ROWS:
        raise Unreadable("size.alerts", f"一个文档里有 {len(here)} 条预警，最多 {MAX_ROWS} 条")
    for number, row in enumerate(here, 1):
        if not isinstance(row, dict):
            raise Unreadable("json.row", f"{layout}：第 {number} 条不是对象")
    return here


def text(reading: Reading, row: dict[str, Any], key: str, path: str, *, needed: bool = False) -> str:
    """Return a field as text; a wrong type or a missing needed one is a finding."""
    value = row.get(key)
    if value is None or value == "":
        if needed:
            reading.find(Weight.ERROR, f"{key}.missing", f"{path}/{key}", f"缺 {key}")
        return ""
    if isinstance(value, (dict, list)):
        reading.find(Weight.ERROR, f"{key}.type", f"{path}/{key}", f"{key} 应是文字")
        return ""
    return str(value).encode("utf-8", "replace").decode().replace("\0", "").strip()


def time(reading: Reading, row: dict[str, Any], key: str, path: str) -> dt.datetime | None:
    """Return a field as an instant. These lists write Beijing time without a zone; that is no finding."""
    written = text(reading, row, key, path, needed=True)
    if not written:
        return None
    at, odd = read_time(written)
    if odd == "bad":
        reading.find(Weight.ERROR, "time.bad", f"{path}/{key}", f"{key}「{written[:40]}」读不出时间")
    return at


def build(reading: Reading, title: str, *, at: dt.datetime | None, path: str) -> Info:
    """Fill the reading and one Chinese info from a headline, an identifier and the time it was issued."""
    told = title_of(title)
    if told is None and title:
        reading.find(Weight.WARNING, "title.form", path, f"标题「{title[:60]}」不是「谁发布什么」")
    info = Info(language="zh-CN", categories=["Met"], headline=title, urgency="Unknown", certainty="Unknown")
    info.event = hazard_of(told.what if told else title)
    info.sender_name = told.who if told else ""
    info.effective = at
    reading.sent, reading.status, reading.scope = at, "Actual", "Public"
    reading.msg_type = told.msg_type if told else "Alert"
    reading.sender = info.sender_name
    reading.hazard = info.event
    reading.infos = [info]
    info.areas = [area_of(reading, path)]
    if reading.msg_type != "Alert":
        reading.find(Weight.NOTE, "references.none", path, "这种列表不写接着哪一条，按同一发布单位、同一灾种找")
    return info


def area_of(reading: Reading, path: str) -> Area:
    """Return the area that the identifier's first six digits name; this is all that such a list says of where."""
    code = code_12379(reading.identifier)
    if code is None:
        reading.find(
            Weight.WARNING, "identifier.12379", path, f"编号「{reading.identifier[:60]}」不是 12379 编号，不知道在哪里"
        )
        return Area(name=reading.first.sender_name)
    if code.number is None:
        reading.find(Weight.NOTE, "identifier.12379-number", path, "12379 编号缺末尾的 _序号，照收")
    reading.find(Weight.NOTE, "area.from-identifier", path, f"没有写范围，按编号里的区划 {code.division} 算")
    return Area(name=reading.first.sender_name, geocodes=[("12379", code.division)])


def grade(reading: Reading, info: Info, *said: str | Level | None, path: str) -> None:
    """Set the level from the first that tells one, texts or levels; say so where two of them disagree."""
    levels = [level for one in said if (level := one if isinstance(one, Level) else level_of(one or ""))]
    if not levels:
        if reading.msg_type != "Cancel":
            reading.find(Weight.WARNING, "level.missing", path, "读不出红、橙、黄、蓝是哪一级")
        return
    reading.level = levels[0]
    info.severity = SEVERITY[levels[0]]
    if len(set(levels)) > 1:
        reading.find(Weight.WARNING, "level.disagrees", path, "标题和代码里的级别不一致，以标题为准")
