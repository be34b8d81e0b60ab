from typing import Any

from anlan.alerts import json_rows
from anlan.alerts.reading import Reading


class Source:
    """A list of {identifier, headline, description, sendTime}, as 12379 publishes it."""

    name = "list12379"
    label = "国家预警信息发布中心（12379）列表"

    def suits(self, raw: bytes) -> bool:
        start = raw[:4000]
        return b'"identifier"' in start and (b'"sendTime"' in start or b'"headline"' in start)

    def read(self, raw: bytes) -> list[Reading]:
        whole = json_rows.load(raw)
        whole = [whole] if isinstance(whole, dict) and "identifier" in whole else whole
        return [_row(row, f"/[{n}]") for n, row in enumerate(json_rows.rows(whole, self.label), 1)]


def _row(row: dict[str, Any], path: str) -> Reading:
    reading = Reading("12379-list")
    reading.identifier = json_rows.text(reading, row, "identifier", path, needed=True)
    headline = json_rows.text(reading, row, "headline", path, needed=True)
    description = json_rows.text(reading, row, "description", path)
    info = json_rows.build(
        reading, headline, at=json_rows.time(reading, row, "sendTime", path), path=f"{path}/headline"
    )
    info.description = description
    json_rows.grade(reading, info, headline, description, path=f"{path}/headline")
    return reading
