"""The rules a CAP alert must keep: the standard's own, beyond what its schema can say, and those of profiles.

Sources: OASIS CAP 1.2 §3.2 (also 1.1, 1.0); Canada's CAP-CP 0.4 rules; GB/T 35965.1 and the 12379 identifier
(domain-facts B3). A rule never changes the reading: it says what it found, and the alert is still shown.
"""

import math
import re

from anlan.alerts.hazards import code_12379
from anlan.alerts.reading import Area, Info, Reading
from anlan.alerts.terms import Weight

STATUS = {"Actual", "Exercise", "System", "Test", "Draft"}
MSG_TYPE = {"Alert", "Update", "Cancel", "Ack", "Error"}
SCOPE = {"Public", "Restricted", "Private"}
CATEGORY = {
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other",
}  # fmt: skip
RESPONSE = {"Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"}
URGENCY = {"Immediate", "Expected", "Future", "Past", "Unknown"}
SEVERITY = {"Extreme", "Severe", "Moderate", "Minor", "Unknown"}
CERTAINTY = {"Observed", "Likely", "Possible", "Unlikely", "Unknown"}
RING = 4  # points of the smallest closed ring
DAYS_LONG = 7

_BAD_ID = re.compile(r"[\s,<&]")
_LANGUAGE = re.compile(r"^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$")
_CODE = re.compile(r"^\d{6}(\d{6})?$")
_LOOKS_12379 = re.compile(r"^\d{12,16}_\d+")


def check(reading: Reading) -> None:
    """Add a finding for every rule the reading breaks."""
    _message(reading)
    for number, info in enumerate(reading.infos, 1):
        path = f"/alert/info[{number}]"
        _info(reading, info, path)
        _times(reading, info, path)
        for index, area in enumerate(info.areas, 1):
            _area(reading, area, f"{path}/area[{index}]")
    if _canadian(reading):
        _cap_cp(reading)
    if _chinese(reading):
        _china(reading)


def _want(reading: Reading, value: str, allowed: set[str], path: str, name: str) -> None:
    """Check a required word of a closed list; other capitals are named apart, since the meaning is plain."""
    if value in allowed:
        return
    if not value:
        reading.find(Weight.ERROR, f"{name}.missing", path, f"缺 {name}")
    elif value.capitalize() in allowed:
        reading.find(Weight.WARNING, f"{name}.case", path, f"{name}「{value}」大小写不对")
    else:
        reading.find(
            Weight.ERROR, f"{name}.word", path, f"{name}「{value[:40]}」不是 {'、'.join(sorted(allowed))} 之一"
        )


def _message(reading: Reading) -> None:  # noqa: C901 - a flat list of rules
    find = reading.find
    for name, value in (("identifier", reading.identifier), ("sender", reading.sender)):
        if not value:
            find(Weight.ERROR, f"{name}.missing", f"/alert/{name}", f"缺 {name}")
        elif _BAD_ID.search(value):
            find(Weight.ERROR, f"{name}.characters", f"/alert/{name}", f"{name} 里不能有空格、逗号、< 和 &")
    if reading.sent is None:
        find(Weight.ERROR, "sent.missing", "/alert/sent", "缺 sent，或读不出它的时间")
    _want(reading, reading.status, STATUS, "/alert/status", "status")
    _want(reading, reading.msg_type, MSG_TYPE, "/alert/msgType", "msgType")
    _want(reading, reading.scope, SCOPE, "/alert/scope", "scope")
    if reading.scope == "Restricted" and not reading.restriction:
        find(Weight.ERROR, "restriction.missing", "/alert/restriction", "scope 是 Restricted，就要写 restriction")
    if reading.scope == "Private" and not reading.addresses:
        find(Weight.ERROR, "addresses.missing", "/alert/addresses", "scope 是 Private，就要写 addresses")
    if reading.msg_type in {"Update", "Cancel", "Ack", "Error"} and not reading.references:
        find(Weight.ERROR, "references.missing", "/alert/references", f"{reading.msg_type} 要写明是接着哪一条")
    if reading.msg_type == "Error" and not reading.note:
        find(Weight.WARNING, "note.missing", "/alert/note", "msgType 是 Error，应在 note 里说明错在哪")
    if reading.status == "Exercise" and not reading.note:
        find(Weight.NOTE, "note.exercise", "/alert/note", "演练预警应在 note 里写明是哪次演练")
    if not reading.infos and reading.msg_type not in {"Ack", "Error", "Cancel"}:
        find(Weight.WARNING, "info.missing", "/alert/info", "没有 info：没说是什么事、在哪里")


def _info(reading: Reading, info: Info, path: str) -> None:  # noqa: C901, PLR0912 - a flat list of rules
    find = reading.find
    if not info.categories and reading.layout != "cap-1.0":
        find(Weight.ERROR, "category.missing", f"{path}/category", "缺 category")
    for number, word in enumerate(info.categories, 1):
        _want(reading, word, CATEGORY, f"{path}/category[{number}]", "category")
    if not info.event:
        find(Weight.ERROR, "event.missing", f"{path}/event", "缺 event")
    for number, word in enumerate(info.responses, 1):
        _want(reading, word, RESPONSE, f"{path}/responseType[{number}]", "responseType")
    _want(reading, info.urgency, URGENCY, f"{path}/urgency", "urgency")
    _want(reading, info.severity, SEVERITY, f"{path}/severity", "severity")
    _want(reading, info.certainty, CERTAINTY, f"{path}/certainty", "certainty")
    if info.language and not _LANGUAGE.match(info.language):
        find(Weight.ERROR, "language.form", f"{path}/language", f"language「{info.language[:20]}」不是语言代码")
    for number, (name, value) in enumerate(info.event_codes, 1):
        if not name or not value:
            find(Weight.ERROR, "eventCode.empty", f"{path}/eventCode[{number}]", f"eventCode「{name[:40]}」没有值")
    for number, (name, value) in enumerate(info.parameters, 1):
        if not name or not value:
            find(Weight.WARNING, "parameter.empty", f"{path}/parameter[{number}]", f"parameter「{name[:40]}」没有值")
    for number, resource in enumerate(info.resources, 1):
        for part in ("resourceDesc", "mimeType"):
            if not resource.get(part) and (part == "resourceDesc" or reading.layout == "cap-1.2"):
                find(Weight.ERROR, f"{part}.missing", f"{path}/resource[{number}]/{part}", f"resource 缺 {part}")
    if not info.areas:
        find(Weight.NOTE, "area.missing", f"{path}/area", "没有 area：没说在哪里")


def _times(reading: Reading, info: Info, path: str) -> None:
    find = reading.find
    start = info.onset or info.effective or reading.sent
    if info.expires is None:
        find(Weight.NOTE, "expires.missing", f"{path}/expires", "没有写失效时间，按发布后 24 小时算")
        return
    if start and info.expires <= start:
        find(Weight.ERROR, "time.order", f"{path}/expires", "失效时间不在开始时间之后")
    elif reading.sent and info.expires <= reading.sent:
        find(Weight.ERROR, "time.order", f"{path}/expires", "失效时间不在发布时间之后")
    elif reading.sent and (info.expires - reading.sent).days > DAYS_LONG:
        find(Weight.NOTE, "time.long", f"{path}/expires", f"有效期超过 {DAYS_LONG} 天")


def _area(reading: Reading, area: Area, path: str) -> None:  # noqa: C901 - a flat list of rules
    find = reading.find
    if not area.name:
        find(Weight.ERROR, "areaDesc.missing", f"{path}/areaDesc", "缺 areaDesc")
    if not area.polygons and not area.circles and not area.geocodes:
        find(Weight.WARNING, "area.undrawn", path, "只有地名，没有多边形、圆和地区代码")
    for number, ring in enumerate(area.polygons, 1):
        _ring(reading, ring, f"{path}/polygon[{number}]")
    for number, (lon, lat, radius) in enumerate(area.circles, 1):
        here = f"{path}/circle[{number}]"
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            find(Weight.ERROR, "circle.range", here, f"圆心 {lat},{lon} 不在地球上（先纬度，后经度）")
        if not 0 <= radius < math.inf:
            find(Weight.ERROR, "circle.radius", here, f"半径 {radius} 不对")
        elif radius == 0:
            find(Weight.NOTE, "circle.point", here, "半径是 0：只是一个点")
    for number, (name, value) in enumerate(area.geocodes, 1):
        if not name or not value:
            find(Weight.ERROR, "geocode.empty", f"{path}/geocode[{number}]", f"geocode「{name[:40]}」没有值")
    if area.ceiling is not None and (area.altitude is None or area.ceiling < area.altitude):
        find(Weight.ERROR, "ceiling.order", f"{path}/ceiling", "有 ceiling 就要有 altitude，且不低于它")


def _ring(reading: Reading, ring: list[tuple[float, float]], path: str) -> None:
    find = reading.find
    if not ring:
        find(Weight.ERROR, "polygon.empty", path, "多边形是空的")
        return
    if len(ring) < RING:
        find(Weight.ERROR, "polygon.short", path, f"多边形只有 {len(ring)} 点，至少 {RING} 点（首尾同一点）")
    elif ring[0] != ring[-1]:
        find(Weight.ERROR, "polygon.open", path, "多边形没有闭合：最后一点要和第一点相同")
    for lon, lat in ring:
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            find(Weight.ERROR, "polygon.range", path, f"{lat},{lon} 不在地球上（先纬度，后经度）")
            break


# --- Canada: CAP-CP 0.4


def _canadian(reading: Reading) -> bool:
    return any(code.startswith("profile:CAP-CP") for code in reading.codes) or any(
        name.startswith("profile:CAP-CP")
        for info in reading.infos
        for pairs in (info.event_codes, *(a.geocodes for a in info.areas))
        for name, _ in pairs
    )


def _cap_cp(reading: Reading) -> None:
    find = reading.find
    if not any(code.startswith("profile:CAP-CP") for code in reading.codes):
        find(Weight.ERROR, "cap-cp.version", "/alert/code", "CAP-CP 规则 3：要用 code 写明 CAP-CP 的版本")
    if not reading.infos and reading.msg_type not in {"Ack", "Error"}:
        find(Weight.ERROR, "cap-cp.info", "/alert/info", "CAP-CP 规则 5：公开发布的预警要有 info")
    if reading.msg_type in {"Update", "Cancel"} and not reading.references:
        find(Weight.ERROR, "cap-cp.references", "/alert/references", "CAP-CP 规则 12：要列出所有还有效的前一条")
    _zero_offset(reading, reading.sent, "/alert/sent")
    first: set[tuple[str, str]] | None = None
    for number, info in enumerate(reading.infos, 1):
        path = f"/alert/info[{number}]"
        codes = set(info.event_codes)
        if first is None:
            first = codes
        elif first != codes:
            find(Weight.ERROR, "cap-cp.one-event", path, "CAP-CP 规则 2：各个 info 的 eventCode 要相同")
        _cap_cp_info(reading, info, path)
    spoken = {info.language for info in reading.infos}
    if reading.infos and not (spoken & {"en-CA", "en-US"} and "fr-CA" in spoken):
        find(Weight.NOTE, "cap-cp.languages", "/alert", "CAP-CP 规则 6：建议英文、法文各一个 info")


def _cap_cp_info(reading: Reading, info: Info, path: str) -> None:
    find = reading.find
    if not any(name.startswith("profile:CAP-CP:Event") for name, _ in info.event_codes):
        find(Weight.ERROR, "cap-cp.event-code", f"{path}/eventCode", "CAP-CP 规则 8：要有 CAP-CP 的事件代码")
    if not info.areas:
        find(Weight.ERROR, "cap-cp.area", f"{path}/area", "CAP-CP 规则 10：要有 area")
    for index, area in enumerate(info.areas, 1):
        if not any(name.startswith("profile:CAP-CP:Location") for name, _ in area.geocodes):
            find(
                Weight.ERROR,
                "cap-cp.location",
                f"{path}/area[{index}]/geocode",
                "CAP-CP 规则 9：要有 CAP-CP 的地区代码",
            )
    for name, value in (("expires", info.expires), ("senderName", info.sender_name), ("responseType", info.responses)):
        if not value:
            find(Weight.WARNING, f"cap-cp.{name}", f"{path}/{name}", f"CAP-CP 规则 13–15：强烈建议写 {name}")
    if not info.instruction:
        find(Weight.WARNING, "cap-cp.instruction", f"{path}/instruction", "CAP-CP 规则 15：强烈建议写 instruction")
    for name, at in (("effective", info.effective), ("onset", info.onset), ("expires", info.expires)):
        _zero_offset(reading, at, f"{path}/{name}")


def _zero_offset(reading: Reading, at: object, path: str) -> None:
    offset = getattr(at, "utcoffset", None)
    if offset is not None and offset().total_seconds() == 0:
        reading.find(Weight.NOTE, "cap-cp.offset", path, "CAP-CP 规则 4：时区写成了零，加拿大没有这样的时区")


# --- China: GB/T 35965.1 and the identifier of 12379


def _chinese(reading: Reading) -> bool:
    return bool(_LOOKS_12379.match(reading.identifier)) or any(
        info.language[:2].lower() == "zh" for info in reading.infos
    )


def _china(reading: Reading) -> None:
    find = reading.find
    code = code_12379(reading.identifier)
    if code is None:
        find(Weight.NOTE, "identifier.12379", "/alert/identifier", "编号不是 12379 的 31 位编号")
    elif code.number is None:
        find(Weight.NOTE, "identifier.12379-number", "/alert/identifier", "12379 编号缺末尾的 _序号，照收")
    if reading.level is None and reading.msg_type != "Cancel" and reading.infos:
        find(Weight.WARNING, "level.missing", "/alert/info[1]/severity", "读不出红、橙、黄、蓝是哪一级")
    for number, info in enumerate(reading.infos, 1):
        for index, area in enumerate(info.areas, 1):
            for place, (_, value) in enumerate(area.geocodes, 1):
                if value and not _CODE.match(value):
                    find(
                        Weight.WARNING, "geocode.form", f"/alert/info[{number}]/area[{index}]/geocode[{place}]",
                        f"「{value[:40]}」不是 6 位或 12 位地区代码",
                    )  # fmt: skip
