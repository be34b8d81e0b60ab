"""Writing valid CAP 1.2 from a reading: the same shape that reading returns, so that what leaves can be read back."""

import datetime as dt
import re
from typing import cast

from lxml import etree

from anlan.alerts.reading import Area, Info, Reading
from anlan.kernel.clock import local

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
_N = f"{{{NAMESPACE}}}"
_NSMAP = cast("dict[str, str]", {None: NAMESPACE})  # the stubs forget the default namespace
# Characters that XML 1.0 cannot carry, lone surrogates included.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(reading: Reading) -> bytes:
    """Return the alert as CAP 1.2. Empty optional elements are left out, as the standard asks."""
    alert = etree.Element(f"{_N}alert", nsmap=_NSMAP)
    _add(alert, "identifier", reading.identifier)
    _add(alert, "sender", reading.sender)
    _add(alert, "sent", _time(reading.sent))
    _add(alert, "status", reading.status)
    _add(alert, "msgType", reading.msg_type)
    _some(alert, "source", reading.source)
    _add(alert, "scope", reading.scope)
    _some(alert, "restriction", reading.restriction)
    _some(alert, "addresses", reading.addresses)
    for code in reading.codes:
        _some(alert, "code", code)
    _some(alert, "note", reading.note)
    _some(alert, "references", " ".join(f"{r.sender},{r.identifier},{r.sent}" for r in reading.references))
    _some(alert, "incidents", reading.incidents)
    for info in reading.infos:
        _info(alert, info)
    whole: bytes = etree.tostring(alert, xml_declaration=True, encoding="utf-8", pretty_print=True)
    return whole


def _info(alert: etree._Element, info: Info) -> None:
    element = etree.SubElement(alert, f"{_N}info")
    _some(element, "language", info.language)
    for category in info.categories or ["Other"]:
        _add(element, "category", category)
    _add(element, "event", info.event)
    for response in info.responses:
        _add(element, "responseType", response)
    _add(element, "urgency", info.urgency or "Unknown")
    _add(element, "severity", info.severity or "Unknown")
    _add(element, "certainty", info.certainty or "Unknown")
    _some(element, "audience", info.audience)
    _pairs(element, "eventCode", info.event_codes)
    for name in ("effective", "onset", "expires"):
        _some(element, name, _time(getattr(info, name)))
    _some(element, "senderName", info.sender_name)
    _some(element, "headline", info.headline)
    _some(element, "description", info.description)
    _some(element, "instruction", info.instruction)
    _some(element, "web", info.web)
    _some(element, "contact", info.contact)
    _pairs(element, "parameter", info.parameters)
    for area in info.areas:
        _area(element, area)


def _area(info: etree._Element, area: Area) -> None:
    element = etree.SubElement(info, f"{_N}area")
    _add(element, "areaDesc", area.name)
    for ring in area.polygons:
        _add(element, "polygon", " ".join(f"{lat:.6f},{lon:.6f}" for lon, lat in ring))
    for lon, lat, radius in area.circles:
        _add(element, "circle", f"{lat:.6f},{lon:.6f} {radius:g}")
    _pairs(element, "geocode", area.geocodes)
    if area.altitude is not None:
        _add(element, "altitude", f"{area.altitude:f}")
        if area.ceiling is not None:
            _add(element, "ceiling", f"{area.ceiling:f}")


def _pairs(parent: etree._Element, name: str, pairs: list[tuple[str, str]]) -> None:
    for key, value in pairs:
        if key and value:
            element = etree.SubElement(parent, _N + name)
            _add(element, "valueName", key)
            _add(element, "value", value)


def _time(at: dt.datetime | None) -> str:
    """Write an instant as CAP wants it: seconds, a numeric offset, China's."""
    return local(at).isoformat(timespec="seconds") if at else ""


def _add(parent: etree._Element, name: str, text: str) -> None:
    element = etree.SubElement(parent, _N + name)
    element.text = _UNWRITABLE.sub("", text)


def _some(parent: etree._Element, name: str, text: str) -> None:
    if text.strip():
        _add(parent, name, text)
