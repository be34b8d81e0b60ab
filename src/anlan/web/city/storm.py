"""A rainstorm in five beats: yellow, orange, red, cancelled; each beat a CAP 1.2 message as a weather office sends it.

Invented office, invented text; the defence advice follows the general wording of Chinese rainstorm signals.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lxml import etree
from lxml.builder import ElementMaker  # type: ignore[import-not-found]  # lxml-stubs lacks it

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
SENDER = "weather.lanjiang.example"
OFFICE = "澜江市气象台"
_SEVERITY = {"blue": "Minor", "yellow": "Moderate", "orange": "Severe", "red": "Extreme"}
_ROMAN = {"blue": "IV级/一般", "yellow": "III级/较重", "orange": "II级/严重", "red": "I级/特别严重"}
_WORD = {"blue": "蓝色", "yellow": "黄色", "orange": "橙色", "red": "红色"}


@dataclass(frozen=True, slots=True)
class Beat:
    """`at` is minutes from the start as it would really go; `areas` is how many of the districts are covered."""

    at: float
    level: str
    areas: int
    text: str
    advice: str
    kind: str = "Update"


BEATS = (
    Beat(
        0,
        "yellow",
        2,
        "预计未来6小时{areas}降雨量将达50毫米以上，局地伴有短时强降水，低洼路段可能积水。",
        "检查低洼地带、在建工地、地下车库的排水；提醒独居老人不要外出；巡查人员备好工具待命。",
        "Alert",
    ),
    Beat(
        70,
        "orange",
        4,
        "过去2小时{areas}降雨量已达50毫米，预计未来3小时还将有50毫米以上降雨，山洪和内涝风险高。",
        "停止户外集体活动；封住积水的下穿通道；把住在低洼处和危房里的人转移出来；抢险队到位。",
    ),
    Beat(
        150,
        "red",
        6,
        "过去1小时{areas}降雨量达92毫米，预计未来3小时还将有100毫米以上降雨，可能发生严重内涝和山洪。",
        "住一楼和地下室的人马上上楼；封住地下车库；所有责任人到岗，一户一户叫；涉水路段全部断行。",
    ),
    Beat(
        420,
        "red",
        6,
        "{areas}降雨已明显减弱，暴雨红色预警解除。",
        "注意积水退去后的次生灾害，不要急着返回低洼处。",
        "Cancel",
    ),
)


def identifier(region: str, at: dt.datetime, nth: int) -> str:
    """Return a 31-digit 12379 identifier (domain-facts B3): region, trade 41600, 000, Beijing time, serial."""
    return f"{region[:6]}41600000_{at:%Y%m%d%H%M%S}_{nth}"


def message(
    beat: Beat,
    *,
    sent: dt.datetime,
    districts: Sequence[tuple[str, str]],
    region: str,
    nth: int,
    status: str = "Actual",
    references: Sequence[tuple[str, str]] = (),
) -> tuple[str, bytes]:
    """Return a beat's identifier and CAP 1.2 document (UTF-8).

    `districts` are (name, 12-digit code), the covered ones first; `references` are (identifier, sent) of what it
    follows; `status` is Actual, Exercise or Test; `sent` is aware.
    """
    cap = ElementMaker(namespace=NAMESPACE, nsmap={None: NAMESPACE})
    covered = districts[: beat.areas]
    names = "、".join(name for name, _ in covered)
    verb = {"Alert": "发布", "Update": "更新", "Cancel": "解除"}[beat.kind]
    ident = identifier(region, sent, nth)
    head = f"{OFFICE}{verb}暴雨{_WORD[beat.level]}预警信号[{_ROMAN[beat.level]}]"
    alert = cap.alert(
        cap.identifier(ident),
        cap.sender(SENDER),
        cap.sent(sent.isoformat(timespec="seconds")),
        cap.status(status),
        cap.msgType(beat.kind),
        cap.scope("Public"),
    )
    if references:
        alert.append(cap.references(" ".join(f"{SENDER},{ref},{when}" for ref, when in references)))
    info = cap.info(
        cap.language("zh-CN"),
        cap.category("Met"),
        cap.event("暴雨"),
        cap.responseType("AllClear" if beat.kind == "Cancel" else "Prepare"),
        cap.urgency("Past" if beat.kind == "Cancel" else "Immediate"),
        cap.severity(_SEVERITY[beat.level]),
        cap.certainty("Observed" if beat.level == "red" else "Likely"),
        cap.eventCode(cap.valueName("GB/T 35561"), cap.value("11B03")),
        cap.effective(sent.isoformat(timespec="seconds")),
        cap.onset(sent.isoformat(timespec="seconds")),
        cap.expires((sent + dt.timedelta(hours=6)).isoformat(timespec="seconds")),
        cap.senderName(OFFICE),
        cap.headline(head),
        cap.description(
            f"{OFFICE}{sent:%Y年%m月%d日%H时%M分}{verb}暴雨{_WORD[beat.level]}预警信号：{beat.text.format(areas=names)}"
        ),
        cap.instruction(beat.advice),
        cap.parameter(cap.valueName("Level"), cap.value(beat.level.title())),
    )
    for name, code in covered:
        info.append(cap.area(cap.areaDesc(name), cap.geocode(cap.valueName("CPEAS Geographic Code"), cap.value(code))))
    alert.append(info)
    return ident, etree.tostring(alert, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def unfold(
    due: Callable[[float], dt.datetime], *, districts: Sequence[tuple[str, str]], region: str, status: str = "Actual"
) -> Iterator[tuple[Beat, dt.datetime, bytes]]:
    """Yield each beat, when it is sent and its document, every one referring to the one before.

    `due` is told which share of the storm has gone by (0 … 1) and returns when that is, waiting for it if it must.
    """
    before: list[tuple[str, str]] = []
    for nth, beat in enumerate(BEATS):
        sent = due(beat.at / BEATS[-1].at).replace(microsecond=0)
        ident, text = message(
            beat, sent=sent, districts=districts, region=region, nth=nth, status=status, references=before[-1:]
        )
        before.append((ident, sent.isoformat(timespec="seconds")))
        yield beat, sent, text
