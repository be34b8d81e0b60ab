"""Bodies of the doors of phones: as kernel.bodies reads them, all that is under way bounded by FIELD_INFLIGHT_MB."""

from django.conf import settings

from anlan.kernel.bodies import (
    STALL,
    Cut,
    Full,
    Receive,
    Room,
    Send,
    TooMuch,
    Unfit,
    body,
    heads,
    length,
    say,
    unpacked,
)

__all__ = [
    "STALL",
    "Cut",
    "Full",
    "Receive",
    "Send",
    "TooMuch",
    "Unfit",
    "body",
    "heads",
    "length",
    "room",
    "say",
    "unpacked",
]

room = Room(lambda: float(settings.FIELD_INFLIGHT_MB))
