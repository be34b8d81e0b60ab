"""What somebody says of a rule when they draft one."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A rule for things of `thing_kind` and streams of `property` (codes; empty: any) under `place`, or one `stream`.

    `spec` is the document of `sensing/rules.py`; `about` an emergency's code (GB/T 35561); `advice` what to do.
    """

    place: str
    name: str
    spec: dict[str, Any] = field(default_factory=dict)
    thing_kind: str = ""
    property: str = ""
    stream: int | None = None
    about: str = ""
    advice: str = ""
    life_safety: bool = False
