"""Pages of double check-in (双报到) for the community's desk, an employer's keeper and whoever may see counts."""

from typing import Any
from uuid import UUID

import qrcode
import qrcode.image.svg
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.people import queries, services, terms
from anlan.people.models import Checkin
from anlan.people.pages import shared
from anlan.people.pages.checkin_forms import HomeForm, JoinForm
from anlan.people.pages.shared import actor_of
from anlan.people.queries import CheckinFilter
from anlan.places import queries as places
from anlan.places.terms import Level

MARKS = {"registered": "wait", "listed": "done", "declined": "late", "withdrawn": "late"}
FIELD_NAMES = {
    "name": gettext_lazy("姓名"), "phone": gettext_lazy("手机号"), "district": gettext_lazy("居住区县"),
    "street": gettext_lazy("居住街道"), "community": gettext_lazy("居住社区"),
    "place": gettext_lazy("社区（全名或编码）"), "estate": gettext_lazy("小区"), "building": gettext_lazy("楼栋"),
    "unit": gettext_lazy("单元"), "employer": gettext_lazy("单位"), "skills": gettext_lazy("会什么"),
    "times": gettext_lazy("什么时候能来"),
}  # fmt: skip


def tabs_of(by: Actor) -> dict[str, bool]:
    """Say which tabs of double check-in an actor has."""
    return {
        "keeps": authority.anywhere(by, [terms.Can.CHECKINS]),
        "counts": authority.anywhere(by, [terms.Can.CHECKIN_COUNTS]),
        "reports": authority.anywhere(by, [terms.Can.EMPLOYER]),
    }


def filter_of(request: HttpRequest) -> CheckinFilter:
    """Return what the address narrows the list by."""
    get = request.GET
    return CheckinFilter(
        text=get.get("q", "")[:60], place=get.get("place", ""), employer=get.get("employer", "").strip(),
        skill=get.get("skill", ""), slot=get.get("slot", ""), state=get.get("view", "listed"),
    )  # fmt: skip


def said(one: Checkin) -> dict[str, Any]:
    """Return a registration as a list shows it."""
    home = " ".join(filter(None, (one.estate, one.building, one.unit)))
    return {
        "one": one, "phone": shared.masked(one.person), "home": home,
        "employer": one.organisation.name if one.organisation else one.employer, "mark": MARKS[one.state],
        "state": terms.CHECKIN_NAMES[one.state], "times": [terms.SLOT_NAMES[slot] for slot in one.times],
        "source": terms.SOURCE_NAMES[one.source],
    }  # fmt: skip


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List the registrations of my communities; whoever keeps none goes where they have something to see."""
    by = actor_of(request)
    tabs = tabs_of(by)
    if not tabs["keeps"] and (tabs["counts"] or tabs["reports"]):
        return redirect("people:checkin-counts" if tabs["counts"] else "people:employees")
    shared.need(by, terms.Can.CHECKINS)
    what = filter_of(request)
    page = shared.page_of(request, queries.list_checkins(what, by=by))
    names = shared.place_names(one.place_path for one in page)
    here = shared.scope_of(by, terms.Can.CHECKINS, what.place)
    waiting = queries.list_checkins(CheckinFilter(state=terms.CheckinState.REGISTERED), by=by).count()
    code = _code(here)
    return render(request, "people/checkins.html", {
        "page": page, "rows": [said(one) | {"place": names.get(one.place_path, "")} for one in page], "what": what,
        "views": [(key, name, waiting if key == "registered" else None) for key, name in terms.CHECKIN_NAMES.items()],
        "view": what.state, "skills": queries.skills(), "slots": terms.SLOT_NAMES.items(), "tab": "list",
        "here": what.place,
        "steps": [(path, name) for path, name in shared.steps(here, by)], "kept": request.GET.urlencode(), "code": code,
    } | tabs)  # fmt: skip


def _code(path: str) -> str:
    """Return the code of a community for its public page, "" where the place is none."""
    place = places.by_path(path) if path else None
    return place.code if place is not None and place.level == Level.COMMUNITY else ""


@require_GET
def index_file(request: HttpRequest, kind: str) -> HttpResponse:
    """Take the list as it is narrowed away, numbers masked."""
    by = actor_of(request)
    shared.need(by, terms.Can.CHECKINS)
    found = [said(one) for one in queries.list_checkins(filter_of(request), by=by)]
    names = shared.place_names({row["one"].place_path for row in found})
    services.note_export(len(found), by=by)
    rows = [
        [row["one"].person.name, row["phone"], names[row["one"].place_path], row["home"], row["employer"],
         "、".join(row["one"].skills), "、".join(map(str, row["times"])), str(row["state"])]
        for row in found
    ]  # fmt: skip
    header = [_("姓名"), _("电话"), _("社区"), _("住处"), _("单位"), _("会什么"), _("什么时候能来"), _("状态")]
    return shared.download(header, rows, _("双报到名单"), kind)


@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """Put the ticked ones on the list."""
    by = actor_of(request)
    shared.need(by, terms.Can.CHECKINS)
    chosen = [shared.uuid_of(key, "checkin") for key in request.POST.getlist("checkin")]
    count = services.confirm_checkins(chosen, by=by)
    messages.success(request, _("确认了 %d 人，列入名单") % count)
    return redirect("people:checkins")


@never_cache
@require_GET
def record(request: HttpRequest, checkin_id: UUID) -> HttpResponse:
    """Show one registration."""
    return _record(request, checkin_id, {}, "")


def _record(request: HttpRequest, checkin_id: UUID, errors: dict[str, str], number: str) -> HttpResponse:
    by = actor_of(request)
    one = queries.checkin(checkin_id, by=by)
    claims = one.claims.select_related("task").order_by("-at")[:20]
    return render(request, "people/checkin.html", {
        "row": said(one), "one": one, "errors": errors, "number": number, "tab": "list",
        "place": shared.place_names([one.place_path])[one.place_path], "link": link_of(one),
        "open": one.state in services.OPEN_CHECKINS, "wait": one.state == terms.CheckinState.REGISTERED,
        "claims": [(claim, terms.CLAIM_NAMES[claim.state]) for claim in claims],
        "may_reveal": authority.holds(by, terms.Can.REVEAL, at=one.place_path),
    } | tabs_of(by), status=422 if errors else 200)  # fmt: skip


def link_of(one: Checkin) -> str:
    """Return the whole address of somebody's personal page."""
    return settings.PUBLIC_URL + reverse("people:my-checkin", args=[queries.link_token(one.id)])


@require_POST
def act(request: HttpRequest, checkin_id: UUID, verb: str) -> HttpResponse:
    """Confirm, decline, withdraw, erase, or show the number."""
    by = actor_of(request)
    reason = request.POST.get("reason", "")
    try:
        match verb:
            case "confirm":
                services.confirm_checkins([checkin_id], by=by)
            case "decline":
                services.decline_checkin(checkin_id, reason, by=by)
            case "withdraw":
                services.withdraw_checkin(checkin_id, by=by, reason=reason)
            case "erase":
                services.erase_checkin(checkin_id, by=by)
                messages.success(request, _("删掉了这次报到的个人信息"))
                return redirect("people:checkins")
            case "reveal":
                return _record(request, checkin_id, {}, services.reveal_checkin(checkin_id, reason, by=by))
            case _:
                raise Hidden
    except Invalid as error:
        return _record(request, checkin_id, error.errors, "")
    messages.success(request, _("记下了"))
    return redirect("people:checkin", checkin_id)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Register somebody at the desk."""
    by = actor_of(request)
    shared.need(by, terms.Can.CHECKINS)
    here = shared.scope_of(by, terms.Can.CHECKINS, request.POST.get("place") or request.GET.get("place", ""))
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made, fresh = services.register(form.draft(), place_path=here, by=by)
        except Invalid as error:
            shared.fail(form, error)
        except Conflict as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("登记好了") if fresh else _("这个人已经报到过了"))
            return redirect("people:checkin", made.id)
    names = places.names([here])
    return render(request, "people/checkin_form.html", {
        "form": form, "here": here, "place": names.get(here, ""), "employers": queries.employers_near(here),
        "tab": "list", "steps": shared.steps(here, by), "heading": _("登记一个来报到的人"), "label": _("登记报到"),
    } | tabs_of(by), status=422 if form.errors else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, checkin_id: UUID) -> HttpResponse:
    """Change where somebody lives, their employer, skills and times."""
    by = actor_of(request)
    one = queries.checkin(checkin_id, by=by)
    form = HomeForm(request.POST or None, initial=initial_of(one))
    if request.method == "POST" and form.is_valid():
        try:
            services.change_checkin(checkin_id, form.draft(), by=by)
        except Invalid as error:
            shared.fail(form, error)
        else:
            return redirect("people:checkin", checkin_id)
    return render(request, "people/checkin_form.html", {
        "form": form, "here": one.place_path, "employers": queries.employers_near(one.place_path), "tab": "list",
        "heading": _("改 %s 的报到") % one.person.name, "label": _("改好报到"), "place": "",
    } | tabs_of(by), status=422 if form.errors else 200)  # fmt: skip


def initial_of(one: Checkin) -> dict[str, Any]:
    """Return what a form shows of a registration."""
    kept = {name: getattr(one, name) for name in ("estate", "building", "unit", "skills", "times")}
    party = {True: "yes", False: "no", None: ""}[one.party]
    return kept | {"employer": one.organisation.name if one.organisation else one.employer, "party": party}


# --- an employer's people, lists, counts, the poster


@require_http_methods(["GET", "POST"])
def import_list(request: HttpRequest) -> HttpResponse:
    """Take in a list: of a body's own people, or of a community's."""
    by = actor_of(request)
    tabs = tabs_of(by)
    if not tabs["keeps"] and not tabs["reports"]:
        raise authority.Refused(terms.Can.EMPLOYER, "")
    bodies = {str(one.id): one for one in queries.employers_of(by)}
    body = bodies.get(request.POST.get("organisation", "")) or (
        None if tabs["keeps"] else next(iter(bodies.values()), None)
    )
    where = body.place_path if body else shared.scope_of(by, terms.Can.CHECKINS, request.POST.get("place", ""))
    errors: dict[str, str] = {}
    if request.method == "POST":
        upload = request.FILES.get("file")
        source, name = (upload.file, upload.name or "") if upload else (b"", "")
        try:
            made = services.read_roster(
                source, name, place_path=where, by=by, kind=terms.RosterKind.CHECKINS,  # type: ignore[arg-type]
                organisation=body.id if body else None,
            )  # fmt: skip
        except Invalid as error:
            errors = error.errors if upload else {"file": _("还没有选文件。选一个 .xlsx 或 .csv")}
        else:
            return redirect("people:roster", made.id)
    page = shared.page_of(request, queries.list_imports(by=by, kind=terms.RosterKind.CHECKINS))
    return render(request, "people/checkin_import.html", {
        "page": page, "errors": errors, "bodies": bodies.values(), "place": places.names([where]).get(where, ""),
        "tab": "import",
    } | tabs, status=422 if errors else 200)  # fmt: skip


@require_GET
def employees(request: HttpRequest) -> HttpResponse:
    """Show a keeper how their own people's registrations stand: names and states, never where somebody lives."""
    by = actor_of(request)
    shared.need(by, terms.Can.EMPLOYER)
    page = shared.page_of(request, queries.employees(by))
    return render(request, "people/employees.html", {
        "page": page, "bodies": list(queries.employers_of(by)), "tab": "employees",
        "rows": [(one.person.name, one.organisation, terms.CHECKIN_NAMES[one.state], MARKS[one.state], one.since)
                 for one in page],
    } | tabs_of(by))  # fmt: skip


@require_GET
def counts(request: HttpRequest) -> HttpResponse:
    """Count by place and by employer; no names."""
    by = actor_of(request)
    shared.need(by, terms.Can.CHECKIN_COUNTS)
    here = shared.scope_of(by, terms.Can.CHECKIN_COUNTS, request.GET.get("place", ""))
    spots, bodies = queries.checkin_counts(here, by=by)
    deeper = {path for path, _name in shared.steps(here, by)} if len(here) < 4 * paths.WIDTH else set()
    return render(request, "people/checkin_counts.html", {
        "spots": [(one, one.path in deeper) for one in spots], "bodies": bodies, "here": here, "tab": "counts",
        "place": places.names([here]).get(here, ""),
        "figures": [
            {"name": _("在册"), "value": sum(one.listed for one in spots), "unit": _("人"),
             "how": _("社区确认住在本社区、没有退出的人。一个人只在一个社区算一次。")},
            {"name": _("等社区确认"), "value": sum(one.waiting for one in spots), "unit": _("人"),
             "how": _("本人或单位报来、社区还没看的。")},
        ],
    } | tabs_of(by))  # fmt: skip


@require_GET
def poster(request: HttpRequest, code: str) -> HttpResponse:
    """A page to print and hang up: the community's code to scan."""
    by = actor_of(request)
    place = queries.open_community(code)
    if not authority.holds(by, terms.Can.CHECKINS, at=place.path):
        raise Hidden
    address = settings.PUBLIC_URL + reverse("people:join", args=[code])
    return render(request, "people/poster.html", {"place": place, "address": address, "code": code})


def svg(address: str) -> HttpResponse:
    """Return an address as a code to scan."""
    made = qrcode.make(address, image_factory=qrcode.image.svg.SvgPathImage, box_size=16)
    return HttpResponse(made.to_string(), content_type="image/svg+xml")


@require_GET
def poster_code(request: HttpRequest, code: str) -> HttpResponse:
    """The code that the poster shows."""
    if not authority.holds(actor_of(request), terms.Can.CHECKINS, at=queries.open_community(code).path):
        raise Hidden
    return svg(settings.PUBLIC_URL + reverse("people:join", args=[code]))


@never_cache
@require_GET
def link_code(request: HttpRequest, checkin_id: UUID) -> HttpResponse:
    """The code of somebody's personal page, shown to them at the desk."""
    return svg(link_of(queries.checkin(checkin_id, by=actor_of(request))))
