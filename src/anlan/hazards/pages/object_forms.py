"""Forms of objects: register, change; and a table that brings many."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from anlan.hazards.models import Object
from anlan.hazards.pages import inspecting as shared
from anlan.hazards.queries import objects as queries
from anlan.hazards.services import objects, objects_import
from anlan.hazards.terms import Can
from anlan.hazards.terms.inspections import FACT_NAMES, KIND_NAMES, OBJECT_KINDS, RISK_NAMES, ObjectDraft
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.people import queries as people
from anlan.places.pages.picking import picking, place_of

POSTS = 80
LINKS = range(3)


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Register an object. What looks the same is shown before it is saved."""
    by = shared.actor_of(request, Can.PLAN)
    said: Any = request.POST if request.method == "POST" else request.GET
    if request.method == "GET" or "kind_only" in request.POST:
        return _form(request, by, said, {}, None)
    try:
        draft = draft_of(request, by)
        alike = queries.alike(draft.kind, draft.name, draft.place)
        if alike and request.POST.get("anyway") != "1":
            return _form(request, by, said, {}, None, alike=alike)
        made = objects.add_object(draft, by=by)
    except (Invalid, Conflict) as error:
        return _form(request, by, said, wrong_of(error), None)
    messages.success(request, _("登记好了"))
    return redirect("hazards:object", made.id)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, object_id: UUID) -> HttpResponse:
    """Change an object."""
    by = shared.actor_of(request, Can.SEE, Can.INSPECT)
    row = queries.one(object_id, by=by)
    authority.require(by, Can.PLAN, at=row.place_path)
    if request.method == "GET" or "kind_only" in request.POST:
        return _form(request, by, request.POST or said_of(row), {}, row)
    try:
        revision = shared.number_of(request.POST.get("revision", ""))
        objects.change_object(object_id, draft_of(request, by), by=by, revision=revision)
    except (Invalid, Conflict) as error:
        return _form(request, by, request.POST, wrong_of(error), row)
    messages.success(request, _("改好了"))
    return redirect("hazards:object", object_id)


def wrong_of(error: Invalid | Conflict) -> dict[str, str]:
    """Return an error's lines by field."""
    return error.errors if isinstance(error, Invalid) else {"": str(error)}


def draft_of(request: HttpRequest, by: Actor) -> ObjectDraft:
    """Read the form. Raises Invalid."""
    post = request.POST
    wrong: dict[str, str] = {}
    place = ""
    try:
        place = place_of(request, by, Can.PLAN)
    except Invalid as error:
        wrong |= error.errors
    try:
        lon, lat = shared.decimal_of(post.get("lon", ""), "lon"), shared.decimal_of(post.get("lat", ""), "lat")
    except Invalid as error:
        wrong |= error.errors
        lon = lat = None
    if wrong:
        raise Invalid(wrong)
    every = post.get("every", "").strip()
    parent = post.get("parent", "")
    return ObjectDraft(
        kind=post.get("kind", ""), name=post.get("name", ""), place=place, where=post.get("where", ""), lon=lon,
        lat=lat, scheme=post.get("scheme", ""), code=post.get("code", ""),
        parent=shared.uuid_of(parent, "parent") if parent else None, keeper_name=post.get("keeper_name", ""),
        keeper_phone=post.get("keeper_phone", ""), facts={c: post.get(f"fact_{c}", "") for c in FACT_NAMES},
        chain=[
            {"name": post.get(f"chain_name_{i}", ""), "role": post.get(f"chain_role_{i}", ""),
             "phone": post.get(f"chain_phone_{i}", "")}
            for i in LINKS
        ],
        risk=shared.number_of(post.get("risk", "")) or 0, every=(shared.number_of(every) or -1) if every else None,
        post=shared.uuid_of(post["post"], "post") if post.get("post") else None,
        head_post=shared.uuid_of(post["head_post"], "head_post") if post.get("head_post") else None,
    )  # fmt: skip


def said_of(row: Object) -> dict[str, Any]:
    """Return an object as its form says it; sealed numbers stay out."""
    said: dict[str, Any] = {
        "kind": row.kind, "name": row.name, "place": row.place_path, "where": row.where, "code": row.code,
        "scheme": row.scheme, "lon": "" if row.lon is None else row.lon, "lat": "" if row.lat is None else row.lat,
        "keeper_name": row.keeper_name, "risk": row.risk, "every": row.every or "", "parent": row.parent_id or "",
        "post": row.post_id or "", "head_post": row.head_post or "",
    }  # fmt: skip
    said |= {f"fact_{code}": value for code, value in row.facts.items()}
    for i, link in enumerate(row.chain):
        said |= {f"chain_name_{i}": link["name"], f"chain_role_{i}": link["role"]}
    return said


def posts_near(at: str, by: Actor, role: str = "") -> list[tuple[UUID, str]]:
    """Return (id, title) of the posts at and below a place, its community at the widest: of a role, or who inspect."""
    found = people.list_posts(people.PostFilter(path=at[:16], role=role), by=by)[:POSTS]
    return [(p.id, p.title) for p in found if role or Can.INSPECT in p.role.grants]


def _form(
    request: HttpRequest, by: Actor, said: Any, wrong: dict[str, str], row: Object | None, *, alike: Any = (),
) -> HttpResponse:  # fmt: skip
    kind = said.get("kind", "") or "small_shop"
    path = said.get("place", "") or (row.place_path if row else "")
    at = path or (shared.top_of(by, Can.PLAN))
    return render(request, "hazards/object_form.html", {
        "said": said, "wrong": wrong, "object": row, "alike": shared.shown(alike), "kinds": KIND_NAMES.items(),
        "kind": kind, "risks": RISK_NAMES.items(), **picking(said, by, Can.PLAN, path),
        "facts": [
            (code, FACT_NAMES[code][0], FACT_NAMES[code][1], said.get(f"fact_{code}", ""), wrong.get(code, ""))
            for code in OBJECT_KINDS.get(kind, OBJECT_KINDS["other"])[1]
        ],
        "chain": [(i, said.get(f"chain_name_{i}", ""), said.get(f"chain_role_{i}", "")) for i in LINKS],
        "heads": posts_near(at, by, role="key_site_head"), "inspectors": posts_near(at, by),
        "tops": queries.tops(at),
    }, status=422 if wrong else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Bring a table of objects: read it, then see what each row would become."""
    by = shared.actor_of(request, Can.PLAN)
    scopes = authority.scopes(by, Can.PLAN)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        sent = request.FILES.get("file")
        place = request.POST.get("place", "") or (scopes[0] if scopes else "")
        try:
            made = objects_import.read_objects(
                sent.read() if sent else b"", sent.name or "" if sent else "", place=place, by=by
            )
        except Invalid as error:
            wrong = error.errors
        else:
            return redirect("hazards:objects-import", made.id)
    return render(request, "hazards/objects_upload.html", {
        "wrong": wrong, "places": shared.steps(by, "", Can.PLAN), "header": objects_import.sample_table()[0],
    }, status=422 if wrong else 200)  # fmt: skip


@require_GET
def sample(request: HttpRequest, kind: str) -> HttpResponse:
    """Take a table to start from."""
    shared.actor_of(request, Can.PLAN)
    return shared.download(*objects_import.sample_table(), _("检查对象样表"), kind)


@require_http_methods(["GET", "POST"])
def imported(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Show what each row would become; POST registers the good ones. Faulty ones and doubles stay to be seen."""
    by = shared.actor_of(request, Can.PLAN)
    batch = objects_import.imported(import_id, by=by)
    if request.method == "POST":
        count = objects_import.take_in(import_id, by=by)
        messages.success(request, _("登记了 {count} 处").format(count=count))
        return redirect("hazards:objects-import", import_id)
    lines = objects_import.lines(batch)
    view = request.GET.get("view") or ("fault" if any(one.state == "fault" for one in lines) else "new")
    counts = {state: sum(1 for one in lines if one.state == state) for state in ("new", "fault", "double", "taken")}
    wanted = [one for one in lines if one.state == view]
    names = queries.where({one.draft.place for one in wanted if one.draft and one.draft.place})
    page = shared.page_of(request, wanted)
    return render(request, "hazards/objects_import.html", {
        "batch": batch, "page": page, "view": view, "counts": counts, "titles": objects_import.titles(),
        "rows": [(one, KIND_NAMES.get(one.draft.kind, "") if one.draft else "",
                  names.get(one.draft.place, "") if one.draft else "") for one in page.object_list],
        "views": [("fault", _("要改的"), counts["fault"]), ("new", _("要登记的"), counts["new"]),
                  ("double", _("重复的"), counts["double"]), ("taken", _("登记好的"), counts["taken"])],
    })  # fmt: skip


@require_GET
def faults(request: HttpRequest, import_id: UUID, kind: str) -> HttpResponse:
    """Take the rows that were not registered away, with what is wrong, to be mended where they were written."""
    by = shared.actor_of(request, Can.PLAN)
    batch = objects_import.imported(import_id, by=by)
    rows = [
        (one.number, "；".join(f"{text}" for _f, text, _w in one.faults) or one.double,
         "；".join(want for _f, _t, want in one.faults if want), *one.cells)
        for one in objects_import.lines(batch) if one.state in {"fault", "double"}
    ]  # fmt: skip
    return shared.download([_("行号"), _("哪里不对"), _("应当怎样"), *batch.header], rows, _("没登记的行"), kind)
