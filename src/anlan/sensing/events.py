"""What the rules say to the alarms: on one stream a rule's level changed. Pure."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Happened:
    """A rule's version found another level on a stream: 1–4 (blue … red), 0 where the readings fell back.

    `at` is when it was measured, µs since the epoch (UTC); `came` when that reading was taken in. `words` say what was
    measured, in the rule's own words: "水位 3.42 m，超过 3.20 m".
    """

    rule_id: UUID
    version_id: UUID
    stream: int
    at: int
    came: dt.datetime
    level: int
    value: float | None = None
    words: str = ""
