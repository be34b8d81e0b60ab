"""Forms of things: register, change."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.people import queries as people
from anlan.places.pages.picking import picking, place_of
from anlan.sensing.models import Thing
from anlan.sensing.pages import shared
from anlan.sensing.queries import registry as queries
from anlan.sensing.services import registry
from anlan.sensing.terms import KIND_NAMES, LIFE_SAFETY, Can
from anlan.sensing.terms.registry import USUAL, StreamDraft, ThingDraft

POSTS = 80
SCHEMES = (("wgs84", "WGS-84（GPS、北斗）"), ("gcj02", "GCJ-02（高德、腾讯）"), ("bd09", "BD-09（百度）"))


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Register a thing with the streams that its kind usually has, as far as they are ticked."""
    by = shared.actor_of(request, Can.MANAGE)
    if request.method == "GET" or "kind_only" in request.POST:
        return _form(request, by, request.POST or request.GET, {}, None)
    try:
        made = registry.add_thing(draft_of(request, by, streams=streams_of(request.POST)), by=by)
    except (Invalid, Conflict) as error:
        return _form(request, by, request.POST, shared.wrong_of(error), None)
    messages.success(request, _("登记好了"))
    return redirect("sensing:thing", made.id)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, thing_id: UUID) -> HttpResponse:
    """Change a thing; its streams are set on its page."""
    by = shared.actor_of(request)
    row = queries.thing(thing_id, by=by)
    authority.require(by, Can.MANAGE, at=row.place_path)
    if request.method == "GET":
        return _form(request, by, said_of(row), {}, row)
    try:
        revision = shared.whole_of(request.POST.get("revision", ""), "revision")
        registry.change_thing(thing_id, draft_of(request, by, row), by=by, revision=revision)
    except (Invalid, Conflict) as error:
        return _form(request, by, request.POST, shared.wrong_of(error), row)
    messages.success(request, _("改好了"))
    return redirect("sensing:thing", thing_id)


def draft_of(
    request: HttpRequest, by: Actor, row: Thing | None = None, *, streams: tuple[StreamDraft, ...] = ()
) -> ThingDraft:
    """Read the form; what it does not ask stays as it is in `row`. Raises Invalid, naming every field."""
    post = request.POST
    wrong: dict[str, str] = {}

    def read(do: Any, *args: Any) -> Any:
        try:
            return do(*args)
        except Invalid as error:
            wrong.update(error.errors)

    place = read(place_of, request, by, Can.MANAGE)
    lon, lat = (read(shared.number_of, post.get(name, ""), name) for name in ("lon", "lat"))
    due = read(shared.day_of, post.get("calibration_due", ""), "calibration_due")
    keeper = read(shared.uuid_of, post.get("post", ""), "post")
    kind = post.get("kind", "")
    draft = ThingDraft(
        place=place or "", kind=kind, name=post.get("name", ""), device=post.get("device", ""),
        description=post.get("description", ""), lon=lon, lat=lat, scheme=post.get("scheme", "wgs84"),
        organisation=row.organisation_id if row else None, owner=post.get("owner", ""), maker=post.get("maker", ""),
        post=keeper, life_safety=post.get("life_safety") == "1", calibration_due=due,
        properties=row.properties if row else {}, streams=streams,
    )  # fmt: skip
    try:
        registry.values(draft)
    except Invalid as error:
        wrong |= {field: text for field, text in error.errors.items() if field not in wrong}
    if wrong:
        raise Invalid(wrong)
    return draft


def streams_of(post: Any) -> tuple[StreamDraft, ...]:
    """Return the ticked streams of a form, `property` by `property`. Raises Invalid ("streams")."""
    found = []
    for code in post.getlist("streams"):
        every = shared.whole_of(post.get(f"every_{code}", ""), "streams")
        found.append(StreamDraft(code, key=post.get(f"key_{code}", "").strip(), every=every))
    return tuple(found)


def said_of(row: Thing) -> dict[str, Any]:
    """Return a thing as its form says it; where it is, in WGS-84."""
    return {
        "kind": row.kind, "name": row.name, "place": row.place_path, "device": row.device or "",
        "description": row.description, "lon": "" if row.lon is None else f"{row.lon:.6f}",
        "lat": "" if row.lat is None else f"{row.lat:.6f}", "scheme": "wgs84", "owner": row.owner, "maker": row.maker,
        "post": row.post_id or "", "life_safety": "1" if row.life_safety else "",
        "calibration_due": row.calibration_due.isoformat() if row.calibration_due else "",
    }  # fmt: skip


def posts_near(at: str, by: Actor) -> list[tuple[UUID, str]]:
    """Return (id, title) of the posts at and below a place, its community at the widest, that verify alarms."""
    found = people.list_posts(people.PostFilter(path=at[:16]), by=by)[:POSTS]
    return [(p.id, p.title) for p in found if Can.VERIFY in p.role.grants]


def rows_of(said: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return what can be measured as the form draws it: the kind's usual ones first, ticked and with their interval."""
    known = queries.properties()
    usual = {one.property: one for one in USUAL.get(kind, ())}
    ticked = said.getlist("streams") if hasattr(said, "getlist") and "name" in said else list(usual)
    order = sorted(known.values(), key=lambda p: (p.code not in usual and p.code not in ticked, str(p.code)))
    return [
        {
            "property": p, "on": p.code in ticked, "usual": p.code in usual or p.code in ticked,
            "every": said.get(f"every_{p.code}", (usual[p.code].every or "") if p.code in usual else ""),
            "key": said.get(f"key_{p.code}", ""),
        }
        for p in order
    ]  # fmt: skip


def _form(request: HttpRequest, by: Actor, said: Any, wrong: dict[str, str], row: Thing | None) -> HttpResponse:
    kind = said.get("kind", "") or "waterlog"
    path = said.get("place", "") or (row.place_path if row else "")
    grave = said.get("life_safety") == "1" if "name" in said and "kind_only" not in said else kind in set(LIFE_SAFETY)
    lines = [] if row else rows_of(said if "kind_only" not in said else {}, kind)
    return render(request, "sensing/thing_form.html", {
        "said": said, "wrong": wrong, "thing": row, "kinds": KIND_NAMES.items(), "kind": kind, "grave": grave,
        "name": "", "schemes": SCHEMES, "posts": posts_near(path or (shared.scopes_of(by, Can.MANAGE) or [""])[0], by),
        "usual": [line for line in lines if line["usual"]], "more": [line for line in lines if not line["usual"]],
        **picking(said, by, Can.MANAGE, path),
    }, status=422 if wrong else 200)  # fmt: skip
