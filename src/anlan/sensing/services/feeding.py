"""Feeds: set up, switched on and off, tried; and what they bring in goes through the mapping into the store."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from anlan.callout.carriers import tuning
from anlan.kernel import authority, clock
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.ledger import services as ledger
from anlan.sensing import feeds, mapped, mapping
from anlan.sensing.batches import micros
from anlan.sensing.feeds import Health, Message, Source
from anlan.sensing.feeds.events import feed as events
from anlan.sensing.feeds.file import feed as files
from anlan.sensing.mapped import Read
from anlan.sensing.mapping import Mapped
from anlan.sensing.models import Feed, Purpose
from anlan.sensing.payloads import Bad
from anlan.sensing.queries import directory
from anlan.sensing.queries import doors as queries
from anlan.sensing.services import addressing, doors, pulse, unplaced
from anlan.sensing.services.addressing import Accepted
from anlan.sensing.services.unplaced import Fault
from anlan.sensing.terms import RESTRAINED, Can, Did, FeedState

LONGEST_MAPPING = 20_000
UNKNOWN = gettext_noop("没有登记成门禁或视频的设备")
WORDS = (events.MORE, events.VALUE, events.KIND, events.NAME, UNKNOWN)


class Unwanted(PermissionError):  # noqa: N818 - a sentence: it is unwanted
    """Counts and events of gates and cameras are off here: no setting, or no purpose on record."""


def document(text: str) -> dict[str, Any]:
    """Return a mapping that somebody typed. Raises Invalid, its fields under «mapping.»."""
    if len(text) > LONGEST_MAPPING:
        raise Invalid({"mapping": _("太长，最多 {most} 个字").format(most=LONGEST_MAPPING)})
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError as wrong:
        where = _("第 {line} 行第 {column} 个字").format(line=wrong.lineno, column=wrong.colno)
        raise Invalid({"mapping": _("不是 JSON：{where}").format(where=where)}) from None
    try:
        mapping.read(said)
    except Invalid as wrong:
        raise Invalid({f"mapping.{k}" if k else "mapping": _told(v) for k, v in wrong.errors.items()}) from None
    return dict(said)


def _told(words: str) -> str:
    """Translate what a mapping's reader said; where nothing is to be put in, braces are a document's."""
    if not isinstance(words, mapping.Said):
        return words
    return _(words.plain).format(**words.names) if words.names else _(words.plain)


def admitted(kind: str, given: Mapping[str, str], kept: Feed | None) -> tuple[dict[str, Any], bytes | None]:
    """Return (config, secrets) of a form. Raises Invalid, field by field."""
    plug = feeds.discover()[kind]
    errors: dict[str, str] = {}
    made: dict[str, Any] = {}
    how: dict[str, Any] = {}
    try:
        made = tuning.admit(plug.fields, given, kept_settings(kept) if kept else {})
        check: Callable[[Mapping[str, Any]], dict[str, str]] | None = getattr(plug, "check", None)
        errors |= check(made) if check else {}
    except Invalid as wrong:
        errors |= wrong.errors
    text = given.get("mapping", "").strip()
    if text or plug.mapped:
        try:
            how = document(text) if text else {}
            if not text:
                errors["mapping"] = _("写一下消息里哪是设备、时间和值")
        except Invalid as wrong:
            errors |= wrong.errors
    if errors:
        raise Invalid(errors)
    secrets = {f.name: made.pop(f.name) for f in plug.fields if f.kind == "secret" and made.get(f.name)}
    return {"settings": made, "mapping": how}, orjson.dumps(secrets) if secrets else None


def kept_settings(feed: Feed) -> dict[str, Any]:
    secrets = orjson.loads(bytes(feed.secret)) if feed.secret else {}
    return {**feed.config.get("settings", {}), **secrets}


def source(feed: Feed) -> Source:
    """Return a feed as its plug-in sees it. Raises sealing.Sealed."""
    return Source(feed.id, feed.name, tuning.opened(feeds.discover()[feed.kind].fields, kept_settings(feed)))


def how(feed: Feed) -> Mapped | None:
    """Return a feed's mapping, None where it has none. Raises Invalid."""
    said = feed.config.get("mapping")
    return mapping.read(said) if said else None


@transaction.atomic
def add(kind: str, name: str, given: Mapping[str, str], *, place: str, by: Actor) -> Feed:
    """Add a feed, switched off. Raises Refused, Hidden (no such place, no such kind), Invalid by field."""
    if kind not in feeds.discover():
        raise authority.Hidden(kind)
    authority.require(by, Can.FEEDS, at=place)
    errors: dict[str, str] = {}
    try:
        config, secret = admitted(kind, given, None)
    except Invalid as wrong:
        errors = wrong.errors
    if not name.strip():
        errors = {"name": _("给来源起个名字，1 到 80 个字"), **errors}
    if errors:
        raise Invalid(errors)
    made = doors.add_feed(name, place=place, kind=kind, config=config, on=False, by=by)
    if secret:
        made.secret = secret
        made.save(update_fields=["secret"])
    return made


@transaction.atomic
def change(feed_id: UUID, name: str, given: Mapping[str, str], *, by: Actor) -> Feed:
    """Change a feed's settings and mapping; a secret left empty stays. Raises Hidden, Refused, Invalid by field."""
    feed = queries.lock_feed(feed_id, by=by)
    authority.require(by, Can.FEEDS, at=feed.place_path)
    name = " ".join(name.split())
    config, secret = admitted(feed.kind, given, feed)
    if not 1 <= len(name) <= 80:
        raise Invalid({"name": _("给来源起个名字，1 到 80 个字")})
    what = [label for label, new, old in (
        (_("名字"), name, feed.name), (_("设置"), config["settings"], feed.config.get("settings", {})),
        (_("密码"), secret, bytes(feed.secret) if feed.secret else None),
        (_("对照"), config["mapping"], feed.config.get("mapping", {})),
    ) if new != old]  # fmt: skip
    if what:
        feed.name, feed.config, feed.secret, feed.revision = name, config, secret, feed.revision + 1
        feed.save(update_fields=["name", "config", "secret", "revision"])
        ledger.record(Did.FEED_CHANGED, feed, by=by, name=name, what="、".join(what))
    return feed


@transaction.atomic
def switch(feed_id: UUID, *, on: bool, why: str = "", by: Actor) -> Feed:
    """Switch a feed on or off (with a reason). Raises Hidden, Refused, Conflict (it is so already), Invalid."""
    feed = queries.lock_feed(feed_id, by=by)
    authority.require(by, Can.FEEDS, at=feed.place_path)
    if (feed.state == FeedState.ON) == on:
        raise Conflict(_("这个来源已经在收") if on else _("这个来源已经停了"))
    if not on and not 2 <= len(why.strip()) <= 200:
        raise Invalid({"why": _("写一下为什么停，2 到 200 个字")})
    if on:
        plug = feeds.discover()[feed.kind]
        lacks = tuning.lacking(plug.fields, kept_settings(feed))
        if lacks or (plug.mapped and not feed.config.get("mapping")):
            raise Invalid({"": _("还没设好：{names}").format(names="、".join(map(str, lacks)) or _("对照"))})
    feed.state = FeedState.ON if on else FeedState.OFF
    feed.health = {**feed.health, "state": "waiting" if on else "off", "message": ""}
    feed.save(update_fields=["state", "health"])
    if on:
        ledger.record(Did.FEED_ON, feed, by=by, name=feed.name)
    else:
        ledger.record(Did.FEED_OFF, feed, by=by, name=feed.name, opinion=why.strip())
    return feed


def test(feed_id: UUID, *, by: Actor) -> Health:
    """Try whether a feed's settings work, outside any transaction. Raises Hidden, Refused."""
    feed = queries.feed(feed_id, by=by)
    authority.require(by, Can.FEEDS, at=feed.place_path)
    return feeds.discover()[feed.kind].test(source(feed))


def try_out(text: str, payload: str, topic: str) -> Read:
    """Read a payload that somebody pasted by a mapping that somebody typed; nothing is kept. Raises Invalid."""
    made = mapped.readings(
        mapping.read(document(text)), payload.encode(), came=micros(clock.now()), topic=topic.strip()
    )
    if not made.readings and not made.bad:
        raise Invalid({"payload": _("这里面没有一条读数")})
    return made


# --- what comes in


def keep(feed: Feed, how: Mapped, messages: Sequence[Message]) -> Accepted:
    """Read messages by a mapping and keep what they say, in one transaction."""
    came, read = micros(clock.now()), Read()
    for message in messages:
        mapped.readings(how, message.payload, came=came, topic=message.topic, into=read)
    return addressing.receive(read.readings, feed=feed, door=feed.kind, bad=read.bad)


def set_aside(feed: Feed, message: Message, error: Exception) -> None:
    """Put a message that broke the reader itself where people see it, so that the others go on."""
    reason = gettext_noop("处理这条消息时出错")
    fault = Fault(reason, message.payload, type(error).__name__)
    with transaction.atomic():
        unplaced.reject([fault], door=feed.kind, feed=feed.id)
    pulse.note(feed.id, came=1, taken=0, refused=1)


def read_file(feed: Feed, raw: bytes, progress: Callable[[int, int], None] | None = None) -> Accepted:
    """Keep a table, part by part; taken again it changes nothing. Raises Invalid (no table, no mapping)."""
    by = how(feed)
    if by is None:
        raise Invalid({"mapping": _("写一下消息里哪是设备、时间和值")})
    total = Accepted()
    for done, read in files.parts(by, raw, came=micros(clock.now())):
        got = addressing.receive(read.readings, feed=feed, door=feed.kind, bad=read.bad)
        total.taken, total.unknown = total.taken + got.taken, total.unknown + got.unknown
        total.bad += got.bad
        if progress is not None:
            progress(done, len(raw))
    pulse.write(at_once=True)
    return total


def push(feed: Feed, payload: bytes) -> Accepted:
    """Keep what was posted to a feed. Raises Unwanted, Invalid (a feed that nobody may post to)."""
    if feed.kind == "events":
        return _events(feed, payload)
    by = how(feed)
    if by is None:
        raise Invalid({"": _("这个来源没有对照；送安澜自己的格式用 /sensing/batch")})
    return keep(feed, by, [Message("", payload)])


def wanted(feed: Feed) -> bool:
    """Say whether counts and events of gates and cameras may come in here at all (SEN-05)."""
    if not settings.SENSING_PEOPLE:
        return False
    today = clock.local(clock.now()).date()
    running = Purpose.objects.filter(ended_at=None, until__gte=today, kind__in=[str(k) for k in RESTRAINED])
    return any(
        feed.place_path.startswith(path) or path.startswith(feed.place_path)
        for path in running.values_list("place_path", flat=True)
    )


def _events(feed: Feed, payload: bytes) -> Accepted:
    if not wanted(feed):
        raise Unwanted(feed.name)
    try:
        said = events.read(payload, came=micros(clock.now()))
        known = directory.current(look=True)
        for one in said:
            stream = known.named.get((one.device, one.key))
            if stream is None or known.streams[stream].kind not in RESTRAINED:
                raise events.Forbidden(UNKNOWN, ["device", "key"])  # noqa: TRY301 - one place refuses
            if known.forbidden[stream]:
                raise Unwanted(feed.name)
    except events.Forbidden as no:
        names = ", ".join(no.names)
        with transaction.atomic():
            unplaced.reject([Fault(no.reason, names.encode(), names[:120], names)], door=feed.kind, feed=feed.id)
        pulse.note(feed.id, came=1, taken=0, refused=1)
        return Accepted(bad=[Bad(1, names, no.reason, b"")])
    return addressing.receive(said, feed=feed, door=feed.kind)
