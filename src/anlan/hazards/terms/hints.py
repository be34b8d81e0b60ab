"""What is hinted at, and how a hint stands."""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class HintGenre(StrEnum):
    """What looked odd."""

    PHOTO = "photo"
    SECOND = "second"
    PACE = "pace"


class HintState(StrEnum):
    """An open hint waits for a look; one that was put aside keeps its reason."""

    OPEN = "open"
    DISMISSED = "dismissed"


HINT_NAMES: dict[HintGenre, Any] = {
    HintGenre.PHOTO: _("照片像以前用过"), HintGenre.SECOND: _("同一秒记了几条"), HintGenre.PACE: _("走得太快"),
}  # fmt: skip
HINT_STATES: dict[HintState, tuple[str, Any]] = {
    HintState.OPEN: ("wait", _("等人看")), HintState.DISMISSED: ("done", _("看过了，收起")),
}  # fmt: skip
