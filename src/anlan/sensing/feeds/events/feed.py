"""Gates and cameras: counts and events, never who (SEN-05). What says more is refused whole, and nothing of it kept.

Off unless ANLAN_SENSING_PEOPLE is on and a purpose with an assessment is on record for the place.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from anlan.callout.carriers.tuning import Setting
from anlan.sensing import payloads
from anlan.sensing.feeds import Health, Source
from anlan.sensing.mapping import Reading
from anlan.sensing.payloads import Times, Wrong

FIELDS = frozenset({"device", "key", "at", "value", "type"})
TYPES = frozenset({
    "crowd", "intrusion", "fire", "smoke", "waterlogging", "blocked_passage", "illegal_parking", "fly_tipping",
    "falling_object", "door_open", "door_forced", "offline",
})  # fmt: skip
MORE = gettext_noop("门禁、视频只收次数和事件；别的字段整条不收，也不留")
VALUE = gettext_noop("count 要 0 以上的整数，event 要 0 或 1")
KIND = gettext_noop("不在事件类型的单子上")
NAME = gettext_noop("设备名只能用字母、数字和 . : _ -")
_DEVICE = re.compile(r"[A-Za-z0-9.:_-]{1,64}")
_FIELD = re.compile(r"[A-Za-z_]{1,30}")  # a plate or a number is no name of a field
MOST_NAMES = 20


class Forbidden(ValueError):  # noqa: N818 - a sentence: it is forbidden
    """A payload that says more than counts and events. `names`: of its fields, never what stood in them."""

    def __init__(self, reason: str, names: Sequence[str]) -> None:
        super().__init__(reason)
        self.reason, self.names = reason, tuple(dict.fromkeys(names))[:MOST_NAMES]


class Feed:
    """Waits to be posted to."""

    name = "events"
    label = gettext_lazy("门禁、视频事件")
    about = gettext_lazy("只收次数和事件；带图像、人脸、车牌、轨迹的整条不收。要先备案用途")
    fields: Sequence[Setting] = ()
    mapped = False
    token = True

    def test(self, source: Source) -> Health:  # noqa: ARG002
        """Say whether it is on at all."""
        if not settings.SENSING_PEOPLE:
            return Health(ok=False, words=_("这个安装没有打开：ANLAN_SENSING_PEOPLE"))
        return Health(ok=True, words=_("打开了；备案过用途的地方才收"))


def read(payload: bytes, *, came: int) -> list[Reading]:
    """Return the counts and events of a payload: all of it, or Forbidden."""
    try:
        said = orjson.loads(payload)
    except orjson.JSONDecodeError:
        try:
            said = [orjson.loads(line) for line in payload.split(b"\n") if line.strip()]
        except orjson.JSONDecodeError:
            raise Forbidden(payloads.NOT_JSON, ()) from None
    times = Times(came)
    return [_one(item, times) for item in (said if isinstance(said, list) else [said])]


def _one(said: Any, times: Times) -> Reading:
    if not isinstance(said, Mapping):
        raise Forbidden(payloads.OBJECT, ())
    if set(said) - FIELDS or any(isinstance(v, dict | list) for v in said.values()):
        raise Forbidden(MORE, list(_names(said)))
    device, key, value, kind = said.get("device"), said.get("key"), said.get("value", 1), said.get("type")
    if not isinstance(device, str) or not _DEVICE.fullmatch(device):
        raise Forbidden(NAME, ["device"])
    if key not in {"count", "event"}:
        raise Forbidden(MORE, ["key"])
    if kind is not None and (key != "event" or not isinstance(kind, str) or kind not in TYPES):
        raise Forbidden(KIND, ["type"])
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if not whole or not 0 <= value <= (100_000 if key == "count" else 1):
        raise Forbidden(VALUE, ["value"])
    try:
        at = times.read(said.get("at"))
    except Wrong as wrong:
        raise Forbidden(wrong.reason, ["at"]) from None
    return Reading(device, f"event.{kind}" if kind else key, at, float(value))


def _names(said: Any) -> Iterator[str]:
    """Yield the names of all fields, also of inner ones; one that could itself say something is not repeated."""
    if isinstance(said, Mapping):
        for name, inner in said.items():
            if name not in FIELDS:
                yield name if _FIELD.fullmatch(name) else "…"
            yield from _names(inner)
    elif isinstance(said, list):
        for inner in said[:MOST_NAMES]:
            yield from _names(inner)
