"""数据来源: doors in, how each is, its settings and mapping, a box to try it in, its token, its test button."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.places import queries as places
from anlan.sensing import feeds
from anlan.sensing.batches import instant
from anlan.sensing.mapped import Read
from anlan.sensing.models import Feed
from anlan.sensing.queries import doors as queries
from anlan.sensing.services import doors, feeding
from anlan.sensing.terms import FEED_NAMES, Can, FeedState

PER_PAGE = 50
SHOWN = 20  # readings and faults of a trial
STATES = {
    "off": ("wait", FEED_NAMES[FeedState.OFF]), "waiting": ("wait", gettext_lazy("开了，还没有数据")),
    "ok": ("done", FEED_NAMES[FeedState.ON]), "failing": ("late", gettext_lazy("出了问题")),
}  # fmt: skip
STARTING = {
    "mqtt": {
        "device": {"topic": 2}, "time": {"path": "ts", "format": "s"},
        "values": [{"key": "level", "path": "data.level", "unit": "m"}],
    },
    "file": {
        "format": "csv", "headers": 1, "time": {"path": "#1", "format": "yyyy-MM-dd HH:mm", "zone": "+08:00"},
        "values": [{"key": "level", "path": "#2", "unit": "header", "device": {"value": "…"}}],
    },
}  # fmt: skip


def _actor(request: HttpRequest) -> Actor:
    by: Actor = request.actor  # type: ignore[attr-defined]
    if not authority.anywhere(by, [Can.FEEDS]):
        raise Refused(Can.FEEDS, "")
    return by


def _where(by: Actor, wanted: str) -> str:
    scopes = authority.scopes(by, Can.FEEDS)
    return wanted if wanted and any(wanted.startswith(path) for path in scopes) else (scopes or ("",))[0]


def _shown(feed: Feed) -> dict[str, Any]:
    health = feed.health or {}
    state = "off" if feed.state != FeedState.ON else health.get("state", "waiting")
    kind, words = STATES.get(state, STATES["waiting"])
    plug = feeds.discover().get(feed.kind)
    return {
        "feed": feed, "kind": kind, "words": words, "label": plug.label if plug else feed.kind, "plug": plug,
        "message": health.get("message", "") if state == "failing" else "",
        "at": dt.datetime.fromisoformat(health["at"]) if health.get("at") else None,
        "came": health.get("came", 0), "taken": health.get("taken", 0), "refused": health.get("refused", 0),
    }  # fmt: skip


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List the feeds, and offer the kinds that can be added."""
    by = _actor(request)
    found = queries.feeds(by=by)
    text = request.GET.get("q", "").replace("\x00", "").strip()[:60]
    if text:
        found = found.filter(name__icontains=text)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    names = places.names({one.place_path for one in page})
    rows = [_shown(one) | {"place": names.get(one.place_path, "")} for one in page]
    kinds = sorted(feeds.discover().values(), key=lambda plug: (plug.name == "events", plug.name))
    return render(request, "sensing/feeds.html", {"page": page, "rows": rows, "kinds": kinds})


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest, kind: str) -> HttpResponse:
    """Add a feed; it is off until somebody switches it on."""
    by = _actor(request)
    plug = feeds.discover().get(kind)
    if plug is None:
        raise Hidden(kind)
    where = _where(by, request.POST.get("place") or request.GET.get("place", ""))
    given, facts = _given(request, _pretty(STARTING.get(kind))), _trial(request)
    if request.method == "POST" and not facts["tried"]:
        try:
            made = feeding.add(kind, given["name"], given, place=where, by=by)
        except Invalid as wrong:
            facts["errors"] = wrong.errors
        else:
            messages.success(request, _("加好了，还没打开。先试一下。"))
            return redirect("sensing:feed", made.id)
    names = places.names([where])
    return render(request, "sensing/feed.html", {
        "plug": plug, "label": plug.label, "where": where, "place": names.get(where, ""),
        "steps": list(places.children(where).values_list("path", "name")), "given": given,
        "boxes": _boxes(plug, {}, given if request.method == "POST" else None), **facts,
    }, status=422 if facts["errors"] else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def feed(request: HttpRequest, feed_id: UUID) -> HttpResponse:
    """Show and change one feed; a fault is told at its field and nothing is lost."""
    by = _actor(request)
    found = queries.feed(feed_id, by=by)
    plug = feeds.discover().get(found.kind)
    if plug is None:
        raise Hidden(found.kind)
    given, facts = _given(request, _pretty(found.config.get("mapping")), found.name), _trial(request)
    if request.method == "POST" and not facts["tried"]:
        try:
            feeding.change(feed_id, given["name"], given, by=by)
        except Invalid as wrong:
            facts["errors"] = wrong.errors
        else:
            messages.success(request, _("存好了，几秒里就照新的收。"))
            return redirect("sensing:feed", feed_id)
    return render(request, "sensing/feed.html", {
        **_shown(found), "plug": plug, "given": given,
        "place": places.names([found.place_path]).get(found.place_path, ""),
        "boxes": _boxes(plug, feeding.kept_settings(found), given if request.method == "POST" else None),
        "on": found.state == FeedState.ON, "door": request.build_absolute_uri(_door(found)),
        "uploads": found.kind == "file", "most": f"{settings.SENSING_BATCH_MB:g}",
        "wanted": found.kind != "events" or feeding.wanted(found), **facts,
    }, status=422 if facts["errors"] else 200)  # fmt: skip


def _door(found: Feed) -> str:
    pushed = found.kind == "events" or found.config.get("mapping")
    return reverse("sensing:push") if pushed else "/sensing/batch"


def _pretty(document: Any) -> str:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() if document else ""


def _given(request: HttpRequest, document: str, name: str = "") -> dict[str, str]:
    if request.method == "POST":
        return {key: request.POST.get(key, "") for key in ("name", "mapping", *request.POST)}
    return {"name": name, "mapping": document}


def _trial(request: HttpRequest) -> dict[str, Any]:
    """Read what somebody pasted, where they pressed that button; nothing is kept of it."""
    facts: dict[str, Any] = {"tried": request.POST.get("act") == "try", "errors": {}, "trial": None}
    if facts["tried"]:
        post = request.POST
        try:
            read = feeding.try_out(post.get("mapping", ""), post.get("payload", "")[:100_000], post.get("topic", ""))
        except Invalid as wrong:
            facts["errors"] = wrong.errors
        else:
            facts["trial"] = _read(read)
    return facts


def _read(read: Read) -> dict[str, Any]:
    rows = []
    for r in read.readings[:SHOWN]:
        try:
            at: dt.datetime | None = instant(r.at)
        except OverflowError:
            at = None
        rows.append((r.device, r.key, at, r.value, r.unit))
    bad = [(b.line, b.field, _(b.reason)) for b in read.bad[:SHOWN]]
    return {"rows": rows, "count": len(read.readings), "bad": bad, "bad_count": len(read.bad)}


def _boxes(plug: feeds.Feed, kept: Mapping[str, Any], given: Mapping[str, str] | None) -> list[dict[str, Any]]:
    """Return the settings as boxes of a form: the setting, what stands in it, whether a secret is kept."""
    made = []
    for one in plug.fields:
        secret = one.kind == "secret"
        value = "" if secret else kept.get(one.name, one.default)
        if given is not None and not secret:
            value = given.get(one.name, "")
        made.append({"setting": one, "value": value or "", "kept": secret and bool(kept.get(one.name))})
    return made


@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, feed_id: UUID, verb: str) -> HttpResponse:
    """Switch on or off, try, make a token, take a file."""
    by = _actor(request)
    found = queries.feed(feed_id, by=by)
    if verb not in ACTS or (request.method == "GET" and verb not in {"off", "token"}):
        raise Hidden(verb)
    try:
        answer = ACTS[verb](request, found, by)
    except (Invalid, Conflict) as wrong:
        told = " ".join(wrong.errors.values()) if isinstance(wrong, Invalid) else str(wrong)
        messages.error(request, told)
        answer = None
    return answer or redirect("sensing:feed", feed_id)


def _on(request: HttpRequest, found: Feed, by: Actor) -> None:
    feeding.switch(found.id, on=True, by=by)
    messages.success(request, _("打开了。"))


def _off(request: HttpRequest, found: Feed, by: Actor) -> HttpResponse | None:
    if request.method == "POST":
        feeding.switch(found.id, on=False, why=request.POST.get("why", ""), by=by)
        messages.success(request, _("停了。别处送来的不再收，服务器上的先留着。"))
        return None
    return render(request, "sensing/feed_off.html", {**_shown(found)})


def _test(request: HttpRequest, found: Feed, by: Actor) -> None:
    outcome = feeding.test(found.id, by=by)
    (messages.success if outcome.ok else messages.error)(request, outcome.words)


def _token(request: HttpRequest, found: Feed, by: Actor) -> HttpResponse:
    if request.method == "POST" and request.POST.get("confirm"):
        token = doors.issue_token(found.id, by=by)
        answer = render(request, "sensing/feed_token.html", {
            "feed": found, "token": token, "door": request.build_absolute_uri(_door(found))
        })  # fmt: skip
        answer.headers["Cache-Control"] = "no-store"
        return answer
    return render(request, "ui/confirm.html", {
        "heading": _("给这个来源换令牌？") if found.token_tail else _("给这个来源发令牌？"), "label": _("换一个令牌"),
        "danger": bool(found.token_tail),
        "what": [(_("哪个来源"), found.name), (_("换了以后"), _("旧令牌马上不能用，网关上要填新的"))],
        "hidden": [("confirm", "yes")], "back": reverse("sensing:feed", args=[found.id]),
    })  # fmt: skip


def _upload(request: HttpRequest, found: Feed, _by: Actor) -> None:
    upload = request.FILES.get("file")
    if found.kind != "file" or upload is None:
        raise Invalid({"file": _("还没有选文件")})
    if (upload.size or 0) > settings.SENSING_BATCH_MB * 2**20:
        most = f"{settings.SENSING_BATCH_MB:g}"
        raise Invalid({"file": _("超过 {most} MB，请用命令 anlan import readings").format(most=most)})
    made = feeding.read_file(found, upload.read())
    words = _("新收 {new} 条，本来就有 {same} 条，没登记的设备 {unknown} 条，读不懂 {bad} 条").format(
        new=made.taken.new, same=made.taken.same, unknown=made.unknown, bad=len(made.bad)
    )
    (messages.warning if made.bad else messages.success)(request, words)


ACTS: dict[str, Any] = {"on": _on, "off": _off, "test": _test, "token": _token, "upload": _upload}
