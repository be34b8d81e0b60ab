"""Reading CAP 1.0, 1.1 and 1.2 as they really arrive: safely, tolerantly, nothing guessed in silence.

The rules that a reading breaks are found by `cap_rules`; here only what the reader itself had to forgive.
"""

import datetime as dt
import re
from collections.abc import Iterator
from typing import cast

from lxml import etree

from anlan.alerts.cap_area import area, pair
from anlan.alerts.cap_rules import check
from anlan.alerts.cap_times import read_time
from anlan.alerts.hazards import EVENT_CODES, code_12379, hazard_of, level_of, level_of_severity
from anlan.alerts.reading import Info, Reading, Reference, Unreadable
from anlan.alerts.terms import Weight

MAX_BYTES = 4 * 1024 * 1024
MAX_ALERTS = 2_000  # in one document
MAX_INFOS, MAX_AREAS = 100, 5_000

NAMESPACES = {
    "urn:oasis:names:tc:emergency:cap:1.2": "cap-1.2",
    "urn:oasis:names:tc:emergency:cap:1.1": "cap-1.1",
    "http://www.incident.com/cap/1.0": "cap-1.0",
    "": "cap-none",
}
_ALERT_TAGS = {f"{{{ns}}}alert" if ns else "alert" for ns in NAMESPACES}
_ATOM = "{http://www.w3.org/2005/Atom}"
_EDXL = "{urn:oasis:names:tc:emergency:EDXL:DE:1.0}"

ALERT_ORDER = {
    n: i
    for i, n in enumerate(
        [
            "identifier",
            "sender",
            "password",
            "sent",
            "status",
            "msgType",
            "source",
            "scope",
            "restriction",
            "addresses",
            "code",
            "note",
            "references",
            "incidents",
            "info",
            "Signature",
        ]
    )
}
INFO_ORDER = {
    n: i
    for i, n in enumerate(
        [
            "language",
            "category",
            "event",
            "responseType",
            "urgency",
            "severity",
            "certainty",
            "audience",
            "eventCode",
            "effective",
            "onset",
            "expires",
            "senderName",
            "headline",
            "description",
            "instruction",
            "web",
            "contact",
            "parameter",
            "resource",
            "area",
        ]
    )
}

_ALERT_PLAIN = {
    "identifier": "identifier", "sender": "sender", "status": "status", "msgType": "msg_type", "source": "source",
    "scope": "scope", "restriction": "restriction", "addresses": "addresses", "note": "note", "incidents": "incidents",
}  # fmt: skip
_INFO_PLAIN = {
    "language": "language", "event": "event", "urgency": "urgency", "severity": "severity", "certainty": "certainty",
    "audience": "audience", "senderName": "sender_name", "headline": "headline", "description": "description",
    "instruction": "instruction", "web": "web", "contact": "contact",
}  # fmt: skip
_INFO_TIMES = {"effective", "onset", "expires"}
_TIME_WORDS = {
    "zone": ("time.zone", Weight.WARNING, "没有写时区，按北京时间读"),
    "form": ("time.form", Weight.WARNING, "时间写法不合 CAP（应如 2026-07-18T02:05:00+08:00），已照意思读"),
    "bad": ("time.bad", Weight.ERROR, "读不出时间"),
}
_PROLOG_END = re.compile(rb"<[A-Za-z_]")
_REFERENCE = re.compile(r"([^\s,]+),([^\s,]+),([^\s,]+)")


def read(raw: bytes) -> list[Reading]:
    """Return every alert in a document: a bare alert, or those inside an Atom feed's entries or an EDXL-DE envelope.

    Raises Unreadable for anything unsafe (a DTD, entities), too large, not XML, or without an alert.
    """
    root, forgiven = parse(raw)
    elements = list(_alerts(root))
    if not elements:
        raise Unreadable("cap.none", f"文档里没有 CAP 预警（最外层是 {_name(root)}）", line_of(root))
    if len(elements) > MAX_ALERTS:
        raise Unreadable("size.alerts", f"一个文档里有 {len(elements)} 条预警，最多 {MAX_ALERTS} 条")
    readings = []
    for element in elements:
        reading = _alert(element)
        for rule, message in forgiven:
            reading.find(Weight.WARNING, rule, "/", message)
        check(reading)
        place(reading, element)
        readings.append(reading)
    return readings


def parse(raw: bytes) -> tuple[etree._Element, list[tuple[str, str]]]:
    """Return a document's root and what had to be forgiven in its bytes. Raises Unreadable; opens no other file."""
    if len(raw) > MAX_BYTES:
        raise Unreadable("size.bytes", f"文件有 {len(raw):,} 字节，最多 {MAX_BYTES:,} 字节")
    body = raw.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not body:
        raise Unreadable("empty", "文件是空的")
    _refuse_dtd(body)
    forgiven: list[tuple[str, str]] = []
    try:
        root = etree.fromstring(body, _parser())
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        root = _in_chinese(body, error)
        forgiven.append(("encoding", "文件实际用 GB18030 编码，与声明的不符，已照实际编码读"))
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("unsafe.dtd", "文件带有 DTD 或实体定义（可用来读取本机文件或外部网址），拒收")
    return root, forgiven


def _parser(encoding: str | None = None) -> etree.XMLParser:
    return etree.XMLParser(
        encoding=encoding, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip


def _refuse_dtd(body: bytes) -> None:
    """Refuse a DTD before any parser sees it; UTF-16 shows itself once its zero bytes are gone."""
    start = body[:65536].replace(b"\0", b"")
    end = _PROLOG_END.search(start)
    if b"<!DOCTYPE" in start[: end.start() if end else None]:
        raise Unreadable("unsafe.dtd", "文件带有 DTD 或实体定义（可用来读取本机文件或外部网址），拒收", 1)


def _in_chinese(body: bytes, error: Exception) -> etree._Element:
    """Parse once more as GB18030 where the bytes are that and not UTF-8; else tell what was wrong and where."""
    line = getattr(error, "lineno", None)
    try:
        body.decode()
    except UnicodeDecodeError:
        try:
            text = re.sub(r"^<\?xml[^>]*\?>", "", body.decode("gb18030"))
            return etree.fromstring(text.encode(), _parser("utf-8"))
        except (UnicodeDecodeError, etree.XMLSyntaxError, ValueError):
            pass
    raise Unreadable("xml.broken", f"不是完好的 XML：{error}"[:400], line) from error


def line_of(element: etree._Element) -> int | None:
    """Return the line of an element in its document."""
    return cast("int | None", element.sourceline)


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _alerts(root: etree._Element) -> Iterator[etree._Element]:
    """Yield the alerts of a document; one that merely stands beside a feed's entries is foreign markup and no alert."""
    if root.tag in _ALERT_TAGS:
        yield root
        return
    holders = [
        *root.iterfind(f"{_ATOM}entry/{_ATOM}content"),
        *root.iterfind(f"{_EDXL}contentObject/{_EDXL}xmlContent/{_EDXL}embeddedXMLContent"),
        *root.iterfind("channel/item"),
    ]
    for holder in holders:
        for child in holder:
            if child.tag in _ALERT_TAGS:
                yield child


def _alert(element: etree._Element) -> Reading:  # noqa: C901, PLR0912 - one branch per element, in the hot path
    namespace = str(element.tag)[1:].partition("}")[0] if str(element.tag)[0] == "{" else ""
    reading = Reading(NAMESPACES[namespace])
    seen: dict[str, int] = {}
    last = -1
    for child in element:
        name = str(child.tag).rpartition("}")[2]
        count = seen[name] = seen.get(name, 0) + 1
        rank = ALERT_ORDER.get(name)
        if rank is None:
            reading.find(Weight.NOTE, "element.unknown", f"/alert/{name}[{count}]", f"CAP 没有 {name} 这一项，略过")
            continue
        if rank < last:
            reading.find(Weight.WARNING, "element.order", f"/alert/{name}[{count}]", f"{name} 的位置不合 CAP 的顺序")
        last = max(last, rank)
        text = (child.text or "").strip()
        if slot := _ALERT_PLAIN.get(name):
            if count > 1:
                _repeated(reading, f"/alert/{name}[{count}]", name)
            else:
                setattr(reading, slot, text)
        elif name == "info":
            if count <= MAX_INFOS:
                reading.infos.append(_info(reading, child, f"/alert/info[{count}]"))
            else:
                reading.find(Weight.ERROR, "size.infos", f"/alert/info[{count}]", f"info 超过 {MAX_INFOS} 个，其余略过")
                break
        elif name == "sent":
            reading.sent = _time(reading, text, "/alert/sent", "sent")
        elif name == "code":
            reading.codes.append(text)
        elif name == "references":
            _references(reading, text)
        elif name == "Signature":
            reading.signed = True
    _derive(reading)
    return reading


def _repeated(reading: Reading, path: str, name: str) -> None:
    reading.find(Weight.WARNING, "element.repeated", path, f"{name} 只能写一次，用第一个")


def _time(reading: Reading, text: str, path: str, name: str) -> dt.datetime | None:
    if not text:
        return None
    at, odd = read_time(text)
    if odd:
        rule, weight, message = _TIME_WORDS[odd]
        reading.find(weight, rule, path, f"{name}「{text[:40]}」{message}")
    return at


def _references(reading: Reading, text: str) -> None:
    if not text:
        reading.find(Weight.ERROR, "references.empty", "/alert/references", "references 写了却是空的")
    for piece in text.split():
        if match := _REFERENCE.fullmatch(piece):
            reading.references.append(Reference(*match.groups()))
        else:
            reading.find(
                Weight.ERROR, "references.form", "/alert/references",
                f"「{piece[:80]}」应是「发送者,编号,时间」三段，用逗号隔开",
            )  # fmt: skip


def _info(reading: Reading, element: etree._Element, path: str) -> Info:  # noqa: C901, PLR0912 - as above
    info = Info()
    seen: dict[str, int] = {}
    last = -1
    for child in element:
        name = str(child.tag).rpartition("}")[2]
        count = seen[name] = seen.get(name, 0) + 1
        rank = INFO_ORDER.get(name)
        if rank is None:
            reading.find(Weight.NOTE, "element.unknown", f"{path}/{name}[{count}]", f"CAP 没有 {name} 这一项，略过")
            continue
        if rank < last:
            reading.find(Weight.WARNING, "element.order", f"{path}/{name}[{count}]", f"{name} 的位置不合 CAP 的顺序")
        last = max(last, rank)
        if slot := _INFO_PLAIN.get(name):
            if count > 1:
                _repeated(reading, f"{path}/{name}[{count}]", name)
            else:
                setattr(info, slot, (child.text or "").strip())
        elif name in _INFO_TIMES:
            if count > 1:
                _repeated(reading, f"{path}/{name}[{count}]", name)
            else:
                setattr(info, name, _time(reading, (child.text or "").strip(), f"{path}/{name}", name))
        elif name == "parameter":
            info.parameters.append(pair(child))
        elif name == "eventCode":
            info.event_codes.append(pair(child))
        elif name == "category":
            info.categories.append((child.text or "").strip())
        elif name == "responseType":
            info.responses.append((child.text or "").strip())
        elif name == "resource":
            info.resources.append({_name(c): (c.text or "").strip()[:2000] for c in child})
        elif count <= MAX_AREAS:
            info.areas.append(area(reading, child, f"{path}/area[{count}]"))
        else:
            reading.find(Weight.ERROR, "size.areas", f"{path}/area[{count}]", f"area 超过 {MAX_AREAS} 个，其余略过")
            break
    return info


def _derive(reading: Reading) -> None:
    """Find the level and the hazard in what the alert says: headline, then event, then the awareness parameter."""
    info = reading.first
    said = (info.headline, info.event)
    reading.level = next((level for text in said if (level := level_of(text))), None)
    if reading.level is None:
        named = next((v for n, v in info.parameters if n.lower() in {"awareness_level", "alertlevel", "color"}), "")
        reading.level = level_of(named)
    chinese = info.language[:2].lower() == "zh" or code_12379(reading.identifier) is not None
    by_severity = level_of_severity(info.severity)
    if reading.level is None and chinese and by_severity:
        reading.level = by_severity
        reading.find(Weight.NOTE, "level.by-severity", "/alert/info[1]/severity", "正文没有写颜色，按 severity 定级")
    elif reading.level is not None and chinese and by_severity and by_severity != reading.level:
        reading.find(
            Weight.WARNING, "level.disagrees", "/alert/info[1]/severity", "标题的颜色和 severity 不一致，以标题为准"
        )
    hazard = hazard_of(info.event) or hazard_of(info.headline)
    reading.hazard = hazard or next((h for _, v in info.event_codes if (h := EVENT_CODES.get(v[:5]))), info.event)


def place(reading: Reading, element: etree._Element) -> None:
    """Give every finding its line: that of the element it names, or of the nearest one above that exists."""
    for finding in reading.findings:
        finding.line = _line(element, finding.path)


def _line(element: etree._Element, path: str) -> int | None:
    here = element
    for part in path.split("/")[2:]:
        name, _, index = part.partition("[")
        wanted = int(index[:-1]) if index else 1
        same = (c for c in here if isinstance(c.tag, str) and c.tag.rpartition("}")[2] == name)
        following = next((c for i, c in enumerate(same, 1) if i == wanted), None)
        if following is None:
            break
        here = following
    return line_of(here)
