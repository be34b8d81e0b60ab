"""How a text becomes short messages: 70 characters in one, 67 in each part of several (the rest joins them).

Domestic gateways bill Chinese texts so, whatever the letters; the signature 【…】 counts. Characters are UTF-16
units, as the air interface (UCS-2) carries them, so an emoji is two and is never cut in half.
"""

import re
from dataclasses import dataclass

ALONE = 70
JOINED = 67
SIGNATURE = re.compile(r"^[\w·]{2,12}$")


@dataclass(frozen=True, slots=True)
class Counted:
    """`text` as it leaves, signature included; `units` its UTF-16 units; `parts` the texts of its segments."""

    text: str
    units: int
    parts: tuple[str, ...]

    @property
    def segments(self) -> int:
        """How many messages the gateway bills."""
        return len(self.parts)


def units(text: str) -> int:
    """Return the length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def signed(text: str, signature: str) -> str:
    """Put the approved signature in front, once. An empty signature leaves the text as it is."""
    mark = f"【{signature}】"
    return text if not signature or text.startswith(mark) else mark + text


def count(text: str, signature: str = "") -> Counted:
    """Cut a text into the segments that leave. An empty text makes no segment."""
    whole = signed(text, signature)
    size = units(whole)
    if size <= ALONE:
        return Counted(whole, size, (whole,) if whole else ())
    parts: list[str] = []
    piece, filled = "", 0
    for character in whole:
        wide = units(character)
        if filled + wide > JOINED:
            parts.append(piece)
            piece, filled = "", 0
        piece, filled = piece + character, filled + wide
    return Counted(whole, size, (*parts, piece))
