"""What any source makes of bytes: one shape for CAP, the Chinese lists and whatever comes next."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from anlan.alerts.terms import Level, Weight

Point = tuple[float, float]


class Unreadable(ValueError):  # noqa: N818 - a sentence: the bytes are unreadable
    """The bytes hold no alert that can be trusted. `rule` names why in one word, `line` says where if known."""

    def __init__(self, rule: str, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.rule, self.line = rule, line


@dataclass(slots=True)
class Finding:
    """One thing noticed while reading: how heavy, which rule, where in the document, and in plain words."""

    weight: Weight
    rule: str
    path: str
    message: str
    line: int | None = None

    def plain(self) -> dict[str, Any]:
        """Return the finding as JSON values."""
        return {
            "weight": str(self.weight),
            "rule": self.rule,
            "path": self.path,
            "line": self.line,
            "message": self.message,
        }


@dataclass(slots=True)
class Area:
    """One area: polygons as rings of (longitude, latitude), circles as (longitude, latitude, radius in km)."""

    name: str = ""
    polygons: list[list[Point]] = field(default_factory=list)
    circles: list[tuple[float, float, float]] = field(default_factory=list)
    geocodes: list[tuple[str, str]] = field(default_factory=list)
    altitude: float | None = None
    ceiling: float | None = None


@dataclass(slots=True)
class Info:
    """One language of an alert, with its own times, texts and areas."""

    language: str = ""
    categories: list[str] = field(default_factory=list)
    event: str = ""
    responses: list[str] = field(default_factory=list)
    urgency: str = ""
    severity: str = ""
    certainty: str = ""
    audience: str = ""
    event_codes: list[tuple[str, str]] = field(default_factory=list)
    effective: dt.datetime | None = None
    onset: dt.datetime | None = None
    expires: dt.datetime | None = None
    sender_name: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    web: str = ""
    contact: str = ""
    parameters: list[tuple[str, str]] = field(default_factory=list)
    resources: list[dict[str, str]] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)


@dataclass(slots=True)
class Reference:
    """The earlier message that an update or a cancel speaks of."""

    sender: str
    identifier: str
    sent: str


@dataclass(slots=True)
class Reading:
    """One alert as read. `layout` names the format ("cap-1.2", "12379-list"); `findings` all that was noticed."""

    layout: str
    identifier: str = ""
    sender: str = ""
    sent: dt.datetime | None = None
    status: str = ""
    msg_type: str = ""
    source: str = ""
    scope: str = ""
    restriction: str = ""
    addresses: str = ""
    codes: list[str] = field(default_factory=list)
    note: str = ""
    references: list[Reference] = field(default_factory=list)
    incidents: str = ""
    infos: list[Info] = field(default_factory=list)
    level: Level | None = None
    hazard: str = ""
    signed: bool = False
    findings: list[Finding] = field(default_factory=list)

    def find(self, weight: Weight, rule: str, path: str, message: str) -> None:
        """Add a finding."""
        self.findings.append(Finding(weight, rule, path, message))

    @property
    def first(self) -> Info:
        """The info to show first: Chinese if there is one, else the first, else an empty one."""
        for info in self.infos:
            if info.language[:2].lower() == "zh":
                return info
        return self.infos[0] if self.infos else Info()
