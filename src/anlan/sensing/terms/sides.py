"""Which side was right where people and devices contradicted each other."""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Side(StrEnum):
    """Who was right; `BOTH`: they spoke of different things."""

    PEOPLE = "people"
    DEVICE = "device"
    BOTH = "both"


SIDE_NAMES: dict[Side, Any] = {
    Side.PEOPLE: _("人说得对"),
    Side.DEVICE: _("设备说得对"),
    Side.BOTH: _("说的不是一回事"),
}
