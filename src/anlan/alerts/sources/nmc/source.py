from typing import Any

from anlan.alerts import json_rows
from anlan.alerts.hazards import level_of_picture
from anlan.alerts.reading import Reading


class Source:
    """A page {data: {page: {list: [{alertid, issuetime, title, url, pic}]}}}, as NMC publishes it."""

    name = "nmc"
    label = "中央气象台预警列表"

    def suits(self, raw: bytes) -> bool:
        return b'"alertid"' in raw[:4000]

    def read(self, raw: bytes) -> list[Reading]:
        whole = json_rows.load(raw)
        keys = () if isinstance(whole, list) else ("data", "page", "list")
        return [_row(row, f"/data/page/list[{n}]") for n, row in enumerate(json_rows.rows(whole, self.label, *keys), 1)]


def _row(row: dict[str, Any], path: str) -> Reading:
    reading = Reading("nmc-row")
    reading.identifier = json_rows.text(reading, row, "alertid", path, needed=True)
    title = json_rows.text(reading, row, "title", path, needed=True)
    picture = json_rows.text(reading, row, "pic", path)
    info = json_rows.build(reading, title, at=json_rows.time(reading, row, "issuetime", path), path=f"{path}/title")
    info.web = json_rows.text(reading, row, "url", path)
    json_rows.grade(reading, info, title, level_of_picture(picture), path=f"{path}/title")
    return reading
