"""没认领的设备、没收进来的数据: what the doors could not place waits here until somebody places it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import local
from anlan.places.pages.picking import picking
from anlan.sensing.pages import shared
from anlan.sensing.pages.alarm_shared import download
from anlan.sensing.pages.thing_forms import SCHEMES, draft_of
from anlan.sensing.queries import intake as queries
from anlan.sensing.queries import registry
from anlan.sensing.queries.intake import DEVICE_SORTS, REJECTED_SORTS, DeviceFilter, RejectedFilter
from anlan.sensing.queries.registry import ThingFilter
from anlan.sensing.services import claiming, verifying
from anlan.sensing.terms import KIND_NAMES, Can, ThingKind
from anlan.sensing.terms.registry import USUAL, StreamDraft

FOUND = 12
SHOWN = 1_000  # characters of a payload that a list shows
DEVICE_STATES = {"open": gettext_lazy("等认领的"), "dropped": gettext_lazy("不要的")}
FAULT_STATES = {"open": gettext_lazy("没处理的"), "settled": gettext_lazy("处理过的"), "all": gettext_lazy("全部")}
SPOKEN = {"rain": "rain", "level": "river", "flow": "river", "depth": "waterlog", "smoke": "smoke", "gas": "gas",
          "displacement": "slope", "count": "gate", "event": "video", "trapped": "lift", "lift_fault": "lift",
          "wind": "weather", "humidity": "weather", "current": "shed"}  # fmt: skip


@require_GET
def unclaimed(request: HttpRequest) -> HttpResponse:
    """List the devices that send and that nobody registered, each with its keys and newest sample."""
    by = shared.actor_of(request, *queries.WHO)
    get = request.GET
    state, sort = get.get("view", "open"), get.get("sort", "")
    what = DeviceFilter(
        state=state if state in DEVICE_STATES else "open", text=shared.text_of(request),
        sort=sort if sort in DEVICE_SORTS else "",
    )  # fmt: skip
    page = shared.page_of(request, queries.devices(what, by=by))
    keys: dict[str, list[Any]] = {}
    for row in queries.keys_of([line["device"] for line in page.object_list], by=by):
        keys.setdefault(row.device, []).append(row)
    return render(request, "sensing/unclaimed.html", {
        "page": page, "rows": [(line, keys.get(line["device"], [])) for line in page.object_list], "what": what,
        "views": [(code, name, None) for code, name in DEVICE_STATES.items()], "tabs": shared.tabs(by, "unclaimed"),
        "filtered": bool(what.text),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
def claim(request: HttpRequest) -> HttpResponse:
    """Claim a device (?device=): register it as a new thing, or as one that is there; or say it is none of ours."""
    by = shared.actor_of(request, *queries.WHO)
    device = (request.POST if request.method == "POST" else request.GET).get("device", "").replace("\x00", "")[:120]
    rows = queries.device(device, by=by)
    if request.method == "GET":
        return _claim(request, by, device, rows, {})
    verb = request.POST.get("act")
    if verb in {"drop", "reopen"}:
        return _dropped(request, by, device, verb)
    if verb not in {"new", "attach"}:
        return _claim(request, by, device, rows, {})
    try:
        done = _new(request, by, device, rows) if verb == "new" else _attach(request, by, device, rows)
    except (Invalid, Conflict) as error:
        return _claim(request, by, device, rows, shared.wrong_of(error))
    said = _("认领好了，收下留着的 {new} 条读数").format(new=done.taken.new)
    if left := done.count - done.taken.new - done.taken.same:
        said += _("；{left} 条没收，原因在「没收进来的数据」里").format(left=left)
    messages.success(request, said)
    return redirect("sensing:thing", done.thing.id)


def _streams(request: HttpRequest, rows: list[Any]) -> list[StreamDraft]:
    post, found = request.POST, []
    for n, row in enumerate(rows):
        if code := post.get(f"property_{n}", ""):
            found.append(StreamDraft(code, key=row.key, every=shared.whole_of(post.get(f"every_{n}", ""), "streams")))
    return found


def _new(request: HttpRequest, by: Actor, device: str, rows: list[Any]) -> claiming.Claimed:
    return claiming.claim_new(device, draft_of(request, by), _streams(request, rows), by=by)


def _attach(request: HttpRequest, by: Actor, device: str, rows: list[Any]) -> claiming.Claimed:
    thing = shared.uuid_of(request.POST.get("thing", ""), "thing")
    if thing is None:
        raise Invalid({"thing": _("先找到设备，再点一台")})
    replaces = request.POST.get("replaces") == "1"
    return claiming.claim_for(device, thing, _streams(request, rows), replaces=replaces, by=by)


def _dropped(request: HttpRequest, by: Actor, device: str, verb: str) -> HttpResponse:
    try:
        if verb == "drop":
            claiming.drop(device, request.POST.get("reason", ""), by=by)
        else:
            claiming.reopen(device, by=by)
    except Invalid as error:
        return _claim(request, by, device, queries.device(device, by=by), error.errors)
    messages.success(request, _("记下了，以后它送来的不再留") if verb == "drop" else _("放回去等认领了"))
    return redirect("sensing:unclaimed")


def _claim(request: HttpRequest, by: Actor, device: str, rows: list[Any], wrong: dict[str, str]) -> HttpResponse:
    said: Any = request.POST if request.method == "POST" else request.GET
    known = registry.properties()
    guessed = [_guess(row, known) for row in rows]
    kind = said.get("kind", "") or next((SPOKEN[code] for code in guessed if code in SPOKEN), "other")
    usual = {one.property: one.every for one in USUAL.get(kind, ())}
    text = said.get("thing_words", "").strip()[:60]
    path = said.get("place", "") or (rows[0].feed.place_path if rows[0].feed else "")
    return render(request, "sensing/claim.html", {
        "device": device, "wrong": wrong, "said": said, "kind": kind, "kinds": KIND_NAMES.items(),
        "dropped": all(row.state == "dropped" for row in rows), "note": rows[0].note, "feed": rows[0].feed,
        "rows": [
            {
                "row": row, "sample": row.sample[:SHOWN], "property": said.get(f"property_{n}", guessed[n]),
                "every": said.get(f"every_{n}", usual.get(guessed[n]) or ""),
            }
            for n, row in enumerate(rows)
        ],
        "properties": sorted(known.values(), key=lambda p: str(p.code)), "schemes": SCHEMES,
        "found": shared.shown(registry.told(registry.things(ThingFilter(text=text), by=by))[:FOUND]) if text else [],
        "thing_words": text, "tab": "attach" if text or said.get("act") == "attach" else "new",
        "name": said.get("name", device), "grave": kind in {ThingKind.SMOKE, ThingKind.GAS},
        **picking(said, by, Can.MANAGE, path),
    }, status=422 if wrong else 200)  # fmt: skip


def _guess(row: Any, known: dict[str, Any]) -> str:
    """Guess what a key measures: by its name, else by a unit that one property alone has."""
    if row.key in known:
        return str(row.key)
    same = [code for code, of in known.items() if row.unit and of.unit == row.unit]
    return same[0] if len(same) == 1 else ""


def _fault_filter(request: HttpRequest) -> RejectedFilter:
    get = request.GET
    state, sort, door = get.get("view", "open"), get.get("sort", ""), get.get("door", "")[:20]
    return RejectedFilter(
        state=state if state in FAULT_STATES else "open", door=door.replace("\x00", ""), text=shared.text_of(request),
        sort=sort if sort in REJECTED_SORTS else "",
    )  # fmt: skip


@require_GET
def rejected(request: HttpRequest) -> HttpResponse:
    """List what could not be read: by which door, why, how often, and the payload as it came."""
    by = shared.actor_of(request, *queries.WHO)
    what = _fault_filter(request)
    page = shared.page_of(request, queries.rejected(what, by=by))
    return render(request, "sensing/rejected.html", {
        "page": page, "rows": [(row, _(row.reason), inert(row.payload)) for row in page.object_list], "what": what,
        "views": [(code, name, None) for code, name in FAULT_STATES.items()], "doors": queries.doors(by),
        "kept": shared.kept(request), "tabs": shared.tabs(by, "rejected"),
        "filtered": bool(what.text or what.door),
    })  # fmt: skip


def inert(payload: bytes | memoryview) -> str:
    """Return a payload as text to be looked at: what is no text is shown as �, controls as blanks."""
    text = bytes(payload).decode("utf-8", "replace")
    shown = "".join(c if c.isprintable() or c == "\n" else " " for c in text)
    return shown if len(shown) <= SHOWN else shown[:SHOWN] + "…"


@require_GET
def rejected_file(request: HttpRequest, kind: str) -> HttpResponse:
    """Export what could not be read as the list is narrowed; the export leaves an entry."""
    by = shared.actor_of(request, *queries.WHO)
    found = queries.rejected(_fault_filter(request), by=by)[: shared.EXPORT_MOST]
    rows = [
        (
            f"{local(r.last_at):%Y-%m-%d %H:%M:%S}", f"{local(r.first_at):%Y-%m-%d %H:%M:%S}", r.count, r.door,
            r.feed.name if r.feed else "", _(r.reason), r.field, inert(r.payload), r.opinion,
        )
        for r in found
    ]  # fmt: skip
    header = [
        _("最近一次"), _("第一次"), _("几次"), _("入口"), _("数据来源"), _("哪里不对"), _("哪一项"), _("原样"),
        _("怎么处理的"),
    ]  # fmt: skip
    answer = download(header, rows, _("没收进来的数据"), kind)
    verifying.note_export(len(rows), by=by)
    return answer


@require_POST
def settle(request: HttpRequest) -> HttpResponse:
    """Settle the ticked faults with a word."""
    by = shared.actor_of(request, *queries.WHO)
    try:
        ids = [one for text in request.POST.getlist("ids")[:500] if (one := shared.uuid_of(text, "ids"))]
    except Invalid:
        raise Hidden from None
    if not ids:
        messages.error(request, _("先勾几条"))
    else:
        try:
            count = claiming.settle(ids, request.POST.get("opinion", ""), by=by)
        except Invalid as error:
            messages.error(request, next(iter(error.errors.values())))
        else:
            messages.success(request, _("{count} 条处理好了；再来一样的，会重新列出来").format(count=count))
    return redirect(f"{shared.link('sensing:rejected')}?{urlencode({'view': 'open'})}")
