"""Sources: who may post with which token, which addresses are polled, how each of them stands."""

import datetime as dt
import hashlib
import logging
import secrets
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.alerts import feeds, ports, queries, sources
from anlan.alerts.models import Intake, Source
from anlan.alerts.reading import Unreadable
from anlan.alerts.services.intake import take
from anlan.alerts.services.storing import home
from anlan.alerts.terms import Can, Did, Door, Health
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger

SHORTEST_S, LONGEST_S = 20, 86_400
BACK_OFF = (1, 2, 4, 8)  # times the interval after 1, 2, 3, 4 or more failures
ENTRIES_AT_ONCE = 200
log = logging.getLogger("anlan.alerts")


@transaction.atomic
def add(
    name: str, *, by: Actor, url: str = "", adapter: str = "", every_s: int = 60, hosts: tuple[str, ...] = (),
    place_path: str = "",
) -> Source:  # fmt: skip
    """Add a source; without an address it only receives posts, once it has a token. Raises Invalid, Refused."""
    source = Source(name=name.strip(), place_path=place_path or home())
    authority.require(by, Can.SETTINGS, at=source.place_path)
    _fill(source, url=url, adapter=adapter, every_s=every_s, hosts=hosts)
    source.save(force_insert=True)
    ledger.record(Did.SOURCE_ADDED, source, by=by, name=source.name, url=source.url, adapter=source.adapter)
    return source


def _fill(source: Source, *, url: str, adapter: str, every_s: int, hosts: tuple[str, ...]) -> None:
    wrong: dict[str, str] = {}
    if not source.name:
        wrong["name"] = _("给来源起个名字")
    elif len(source.name) > 80:
        wrong["name"] = _("名字最多 80 个字")
    if url and not _is_web(url):
        wrong["url"] = _("网址要以 http:// 或 https:// 开头，不能带用户名密码")
    if adapter and adapter not in sources.found():
        wrong["adapter"] = _("没有这种格式")
    if not SHORTEST_S <= every_s <= LONGEST_S:
        wrong["every_s"] = _("间隔 {low} 到 {high} 秒").format(low=SHORTEST_S, high=LONGEST_S)
    if wrong:
        raise Invalid(wrong)
    source.url, source.adapter, source.every_s, source.hosts = url.strip(), adapter, every_s, list(hosts)
    source.etag = source.modified = ""
    source.due_at = now()


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc and len(url) <= 500


@transaction.atomic
def change(
    source_id: UUID, *, by: Actor, name: str, url: str, adapter: str, every_s: int, hosts: tuple[str, ...],
    enabled: bool,
) -> Source:  # fmt: skip
    """Change a source or switch it off. Raises Hidden, Refused, Invalid."""
    source = _mine(source_id, by)
    source.name, source.enabled = name.strip(), enabled
    _fill(source, url=url, adapter=adapter, every_s=every_s, hosts=hosts)
    if not enabled:
        source.health = Health.OFF
    elif source.health == Health.OFF:
        source.health, source.failures, source.error = Health.NEW, 0, ""
    source.save()
    ledger.record(Did.SOURCE_CHANGED, source, by=by, name=source.name, url=source.url, enabled=enabled)
    return source


@transaction.atomic
def issue_token(source_id: UUID, *, by: Actor) -> str:
    """Return a new token, the only time it is seen; the old one is void at once."""
    source = _mine(source_id, by)
    token = secrets.token_urlsafe(32)
    source.token_digest, source.token_tail = digest(token), token[-4:]
    source.save(update_fields=["token_digest", "token_tail"])
    ledger.record(Did.TOKEN_ISSUED, source, by=by, name=source.name)
    return token


def _mine(source_id: UUID, by: Actor) -> Source:
    source = queries.source(source_id, by=by, lock=True)
    authority.require(by, Can.SETTINGS, at=source.place_path)
    return source


def digest(token: str) -> str:
    """Return what is kept of a token. It holds 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def by_token(token: str) -> Source | None:
    """Return the enabled source a token belongs to."""
    return Source.objects.filter(token_digest=digest(token), enabled=True).first() if token else None


def post(raw: bytes, source: Source, *, exercise: UUID | None = None) -> Intake:
    """Take what a sender posts with its token."""
    intake = take(raw, by=authority.machine(f"source:{source.name}", exercise=exercise), source=source, door=Door.POST)
    Source.objects.filter(id=source.id).update(news_at=now(), ok_at=now())
    return intake


# --- polling


def due() -> list[UUID]:
    """Return the sources whose turn it is."""
    rows = Source.objects.filter(enabled=True, due_at__lte=now()).exclude(url="").order_by("due_at")
    return list(rows.values_list("id", flat=True)[:50])


def poll_now(source_id: UUID, *, by: Actor) -> Source:
    """Poll a source at once, because somebody asked. Raises Hidden, Refused, Invalid (no address)."""
    source = queries.source(source_id, by=by)
    authority.require(by, Can.SETTINGS, at=source.place_path)
    if not source.url:
        raise Invalid({"url": _("这个来源没有网址，只收对方送来的")})
    poll(source.id)
    source.refresh_from_db()
    return source


def poll(source_id: UUID) -> int:
    """Fetch a source and take what is new. Returns how many documents came in; a failure is kept on the source.

    No transaction is open while the network is asked. An entry that could not be fetched is asked for again next time.
    """
    source = _claim(source_id)
    if source is None:
        return 0
    fetch = ports.current()
    try:
        answer = fetch(source.url, etag=source.etag, modified=source.modified)
        if answer.status == 304:
            _settle(source, error="", news=0)
            return 0
        count, missed = _take_all(source, answer, fetch)
    except (ports.Unreachable, Unreadable) as error:
        _settle(source, error=str(error), news=0)
        return 0
    # With entries missing the tag is forgotten, so that the next poll sees them again.
    tags = ("", "") if missed else (answer.etag, answer.modified)
    _settle(source, error=missed, news=count, etag=tags[0], modified=tags[1])
    return count


@transaction.atomic
def _claim(source_id: UUID) -> Source | None:
    """Take a source for this poll: the next one may not start before its interval is over."""
    source = (
        Source.objects.select_for_update(skip_locked=True).filter(id=source_id, enabled=True).exclude(url="").first()
    )
    if source is None:
        return None
    source.tried_at = now()
    source.due_at = now() + dt.timedelta(seconds=source.every_s)
    source.save(update_fields=["tried_at", "due_at"])
    return source


def _take_all(source: Source, answer: ports.Answer, fetch: ports.Fetch) -> tuple[int, str]:
    """Take a plain document, or each entry of a feed whose version is new. Returns how many, and what was missed."""
    by = authority.machine(f"source:{source.name}")
    if not _is_feed(answer.body):
        intake = take(answer.body, by=by, source=source, door=Door.POLL, origin=source.url)
        return int(intake.tries == 1), ""
    entries = feeds.read_feed(answer.body, answer.final or source.url).entries
    wanted = {f"{entry.id}@{entry.version}"[:600]: entry for entry in reversed(entries)}
    known = set(Intake.objects.filter(source=source, origin__in=list(wanted)).values_list("origin", flat=True))
    count, missed = 0, ""
    for origin, entry in [(o, e) for o, e in wanted.items() if o not in known][-ENTRIES_AT_ONCE:]:
        try:
            raw = entry.alert or _linked(source, entry.link, answer.final, fetch)
        except ports.Unreachable as error:
            missed = f"{entry.link}: {error}"[:300]
            continue
        take(raw, by=by, source=source, door=Door.POLL, origin=origin)
        count += 1
    return count, missed


def _is_feed(body: bytes) -> bool:
    try:
        return feeds.read_feed(body).kind != "plain"
    except Unreadable:
        return False


def _linked(source: Source, link: str, final: str, fetch: ports.Fetch) -> bytes:
    """Fetch what an entry links to; only on the feed's own host or one that somebody named for this source."""
    host = urlsplit(link).hostname or ""
    if host not in {urlsplit(source.url).hostname, urlsplit(final).hostname, *source.hosts}:
        raise ports.Unreachable(_("条目指向别的主机 {host}，要先在来源里写上它").format(host=host))
    return fetch(link).body


def _settle(source: Source, *, error: str, news: int, etag: str | None = None, modified: str | None = None) -> None:
    was = source.health
    source.failures = source.failures + 1 if error else 0
    source.error = error[:500]
    source.health = Health.FAILING if error else Health.OK
    wait = BACK_OFF[min(source.failures, len(BACK_OFF)) - 1] if error else 1
    changed: dict[str, Any] = {
        "failures": source.failures,
        "error": source.error,
        "health": source.health,
        "due_at": now() + dt.timedelta(seconds=source.every_s * wait),
    }
    changed |= {} if error else {"ok_at": now()}
    changed |= {"news_at": now()} if news else {}
    changed |= {} if etag is None else {"etag": etag, "modified": modified or ""}
    with transaction.atomic():
        Source.objects.filter(id=source.id).update(**changed)
        by = authority.machine("alerts.poll")
        if error and was != Health.FAILING:
            ledger.record(Did.SOURCE_FAILED, source, by=by, name=source.name, reason=source.error[:200])
        elif not error and was == Health.FAILING:
            ledger.record(Did.SOURCE_RECOVERED, source, by=by, name=source.name)
