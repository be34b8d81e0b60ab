"""Records that devices send, and what became of them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _


class RecordState(StrEnum):
    """Where a record stands. Whatever is neither done nor settled lies in a queue that somebody sees."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    CONFLICT = "conflict"
    SETTLED = "settled"


OPEN = (RecordState.WAITING, RecordState.REFUSED, RecordState.CONFLICT)
STATE_NAMES: dict[str, Any] = {
    RecordState.WAITING: _("还没收进来"),
    RecordState.DONE: _("收进来了"),
    RecordState.REFUSED: _("没收进来"),
    RecordState.CONFLICT: _("和现在的对不上"),
    RecordState.SETTLED: _("处理过了"),
}


class Settled(StrEnum):
    """How somebody settled a record that could not be applied."""

    KEPT = "kept"
    APPLIED = "applied"
    NOTED = "noted"


SETTLED_NAMES: dict[str, Any] = {
    Settled.KEPT: _("保留现在的"),
    Settled.APPLIED: _("按手机上的改了"),
    Settled.NOTED: _("写进备注了"),
}


@dataclass(frozen=True, slots=True)
class Record:
    """What a device wrote down, for whoever applies it.

    `id` is the device's own (UUIDv7): the idempotency key. `at` is when it happened, by the device's clock set right by
    what the clock said at sending; None where it could not be read. `base` is the revision of the thing that the phone
    showed; None: none, or somebody decided to apply it whatever stands. `uploads` are the sender's files; some may
    still be on their way (state awaited).
    """

    id: UUID
    kind: str
    body: Mapping[str, Any]
    at: dt.datetime | None = None
    offline: bool = False
    base: int | None = None
    uploads: tuple[UUID, ...] = ()
    device: UUID | None = None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a record: done, refused or conflict.

    `message` is one sentence for the sender. `subject` is the id of what came of it, `href` the page that shows it.
    On a conflict `now` tells what stands and `mine` what the phone says, both as {plain label: plain value} with the
    same labels, to be shown side by side.
    """

    state: str = RecordState.DONE
    message: str = ""
    subject: UUID | None = None
    href: str = ""
    now: Mapping[str, str] = field(default_factory=dict)
    mine: Mapping[str, str] = field(default_factory=dict)
