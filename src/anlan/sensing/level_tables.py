"""Tables of levels by region and edition (domain-facts B2: 预警信号阈值各地不同). Pure.

A table is starting data: a city copies its levels into a rule and may change them. A region is a GB/T 2260 prefix
("13" 河北) or "CN"; of several editions the newest one in force on the day is taken.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("level_tables.csv")


@dataclass(frozen=True, slots=True)
class Table:
    region: str
    name: str
    element: str
    since: date | None
    source: str
    levels: dict[str, list[dict[str, float]]]

    def rule(self, **fields: Any) -> dict[str, Any]:
        """Return the document of a `total` rule with these levels."""
        return {"kind": "total", "table": f"{self.region}/{self.element}", "levels": self.levels, **fields}


def tables(lines: Iterable[str] | None = None) -> list[Table]:
    """Return the tables of a CSV (the shipped one by default): region, name, element, since, level, hours, amount."""
    found: dict[tuple[str, str, str], Table] = {}
    for row in csv.DictReader(FILE.read_text("utf-8").splitlines() if lines is None else lines):
        key = row["region"], row["element"], row["since"]
        since = date.fromisoformat(row["since"]) if row["since"] else None
        table = found.setdefault(key, Table(row["region"], row["name"], row["element"], since, row["source"], {}))
        entry = {"hours": float(row["hours"]), "amount": float(row["amount"])}
        table.levels.setdefault(row["level"], []).append(entry)
    return list(found.values())


def of(code: str, element: str, on: date, known: Iterable[Table] | None = None) -> Table | None:
    """Return the table for a place's GB/T 2260 code: the longest prefix that has one, else the national one."""
    fits = [
        t for t in (tables() if known is None else known)
        if t.element == element and (t.since is None or t.since <= on)
        and (t.region == "CN" or code.startswith(t.region))
    ]  # fmt: skip
    return max(fits, key=lambda t: (0 if t.region == "CN" else len(t.region), t.since or date.min), default=None)
