"""群机器人: which group chats are told of calls, and a button that really says one sentence there."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from anlan.callout.queries import robots as queries
from anlan.callout.services import robots
from anlan.callout.terms import Can
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid, Refused
from anlan.places import queries as places

PER_PAGE = 50
KINDS = {
    "wecom": gettext_lazy("企业微信群"), "dingtalk": gettext_lazy("钉钉群"), "feishu": gettext_lazy("飞书群"),
    "other": gettext_lazy("别的（apprise）"),
}  # fmt: skip
WHATS = {
    "started": gettext_lazy("开始叫"), "silent": gettext_lazy("到时间还有人没应"), "cancelled": gettext_lazy("取消"),
    "ended": gettext_lazy("结束"),
}  # fmt: skip


def _actor(request: HttpRequest) -> Actor:
    by: Actor = request.actor  # type: ignore[attr-defined]
    if not authority.anywhere(by, [Can.ROBOTS]):
        raise Refused(Can.ROBOTS, "")
    return by


def _where(by: Actor, wanted: str) -> str:
    """Return the place that a new robot belongs to: the wanted one if it lies in scope, else the scope's first."""
    scopes = authority.scopes(by, Can.ROBOTS)
    return wanted if wanted and any(wanted.startswith(path) for path in scopes) else (scopes or ("",))[0]


@require_http_methods(["GET", "POST"])
def robots_list(request: HttpRequest) -> HttpResponse:
    """List the robots, and add one to a place's group."""
    by = _actor(request)
    given = {name: request.POST.get(name, "").strip() for name in ("name", "url", "secret")}
    where = _where(by, request.POST.get("place") or request.GET.get("place", ""))
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            made = robots.add(where, given["name"], given["url"], given["secret"], by=by)
        except Invalid as wrong:
            errors = wrong.errors
        else:
            messages.success(request, _("加好了。先试一条，看群里有没有。"))
            return redirect("callout:robot", made.id)
    found = queries.robots(by=by, text=request.GET.get("q", "").strip(), path=request.GET.get("place", ""))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    names = places.names({one.place_path for one in page} | {where})
    below = places.children(where).values_list("path", "name")
    return render(request, "callout/robots.html", {
        "page": page, "rows": [(one, names.get(one.place_path, ""), KINDS.get(one.kind, one.kind)) for one in page],
        "where": where, "place": names.get(where, ""), "steps": list(below), "given": given, "errors": errors,
    }, status=422 if errors else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def robot(request: HttpRequest, robot_id: UUID) -> HttpResponse:
    """Show and change one robot; what it said last stands beside."""
    by = _actor(request)
    found = queries.robot(robot_id, by=by)
    given = {"name": found.name, "url": "", "secret": ""}
    enabled, errors = found.enabled, {}
    if request.method == "POST":
        given = {name: request.POST.get(name, "").strip() for name in given}
        enabled = "enabled" in request.POST
        try:
            robots.change(robot_id, given["name"], given["url"], given["secret"], enabled=enabled, by=by)
        except Invalid as wrong:
            errors = wrong.errors
        else:
            messages.success(request, _("存好了。"))
            return redirect("callout:robot", robot_id)
    said = [(one, WHATS.get(one.what, one.what)) for one in queries.posts(found)]
    return render(request, "callout/robot.html", {
        "robot": found, "kind": KINDS.get(found.kind, found.kind), "given": given, "enabled": enabled,
        "errors": errors, "said": said,
    }, status=422 if errors else 200)  # fmt: skip


@require_POST
def test(request: HttpRequest, robot_id: UUID) -> HttpResponse:
    """Really say one sentence in the group."""
    if wrong := robots.test(robot_id, by=_actor(request)):
        messages.error(request, _("没有发成：%s") % wrong)
    else:
        messages.success(request, _("发出去了，看看群里有没有。"))
    return redirect("callout:robot", robot_id)


@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, robot_id: UUID) -> HttpResponse:
    """Ask once, then take a robot out."""
    by = _actor(request)
    found = queries.robot(robot_id, by=by)
    if request.method == "POST" and request.POST.get("confirm"):
        robots.remove(robot_id, by=by)
        messages.success(request, _("去掉了，以后叫应不再告诉这个群。"))
        return redirect("callout:robots")
    place = places.names([found.place_path]).get(found.place_path, "")
    return render(request, "ui/confirm.html", {
        "heading": _("去掉这个群机器人？"), "label": _("去掉这个机器人"), "danger": True,
        "what": [(_("哪个群"), found.name), (_("地方"), place)], "hidden": [("confirm", "yes")],
        "back": reverse("callout:robot", args=[robot_id]),
    })  # fmt: skip
