from typing import Any

from anlan.alerts import json_rows
from anlan.alerts.hazards import hazard_of, level_of_picture, level_of_severity
from anlan.alerts.reading import Reading
from anlan.alerts.terms import Weight


class Source:
    """A list of {id, title, signaltype, signallevel, effective, eventType, severity, type}, as weather.cma.cn gives."""

    name = "cma_api"
    label = "中国气象局天气服务预警列表"

    def suits(self, raw: bytes) -> bool:
        return b'"signallevel"' in raw[:4000] or b'"signaltype"' in raw[:4000]

    def read(self, raw: bytes) -> list[Reading]:
        whole = json_rows.load(raw)
        keys = () if isinstance(whole, list) else ("data",)
        return [_row(row, f"/[{n}]") for n, row in enumerate(json_rows.rows(whole, self.label, *keys), 1)]


def _row(row: dict[str, Any], path: str) -> Reading:
    reading = Reading("cma-api")
    reading.identifier = json_rows.text(reading, row, "id", path, needed=True)
    title = json_rows.text(reading, row, "title", path, needed=True)
    info = json_rows.build(reading, title, at=json_rows.time(reading, row, "effective", path), path=f"{path}/title")
    signal = json_rows.text(reading, row, "signaltype", path)
    if signal:
        if info.event and hazard_of(signal) != info.event:
            reading.find(Weight.WARNING, "hazard.disagrees", f"{path}/signaltype", "标题和 signaltype 的灾种不一致")
        info.event = info.event or signal
        reading.hazard = info.event
    colour = json_rows.text(reading, row, "signallevel", path)
    severity = level_of_severity(json_rows.text(reading, row, "severity", path))
    kind = json_rows.text(reading, row, "type", path)
    json_rows.grade(reading, info, title, colour, severity, level_of_picture(kind), path=f"{path}/title")
    event = json_rows.text(reading, row, "eventType", path)
    info.event_codes = [(name, value) for name, value in (("GB/T 35561", event), ("CMA", kind)) if value]
    return reading
