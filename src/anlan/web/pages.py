"""Pages that belong to no context: the way home, search, settings, errors."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from anlan.web import problems, shell
from anlan.web.problems import Problem

THEMES = ("", "light", "dark")
YEAR = 365 * 24 * 3600


@require_GET
def home(_request: HttpRequest) -> HttpResponse:
    """Go to what the actor owes: the first thing after sign-in."""
    return redirect("callout:inbox")


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Find people, places and calls by one box; each group is limited and links to its own full list."""
    text = request.GET.get("q", "").strip()
    return render(request, "shell/search.html", {"q": text, "groups": shell.find(text, request.actor) if text else []})  # type: ignore[attr-defined]


@require_GET
def settings_index(request: HttpRequest) -> HttpResponse:
    """Show every setting the actor may open."""
    return render(request, "shell/settings.html", {"sections": shell.settings_for(request.actor)})  # type: ignore[attr-defined]


@login_not_required
@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Keep the reader's choice of light or dark for a year."""
    theme, back = request.POST.get("theme", ""), request.POST.get("next", "/settings")
    if theme not in THEMES:
        return problems.page(request, Problem(422, _("没有这种显示"), _("只有「跟随系统」「浅色」「深色」三种。")))
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    answer = HttpResponseRedirect(back if safe else "/settings")
    answer.set_cookie("theme", theme, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    return answer


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return problems.page(
        request,
        Problem(
            400, _("看不懂这个请求"), _("地址或表单缺了东西。"), _("什么都没有改。"), _("回到上一页，刷新后再试一次。")
        ),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return problems.page(
        request,
        Problem(
            403, _("你的岗位不能做这件事"), _("这一页要别的权限。"), _("什么都没有改。"), _("请有这项权限的同事来办。")
        ),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return problems.page(
        request,
        Problem(
            404,
            _("没有这一页，或者不归你看"),
            _("地址可能抄错了，东西可能已经合并，也可能它在你管的地方以外。"),
            do=_("从菜单或搜索进去；要看别处的，请那里的值班员发给你。"),
        ),
    )


def broken(request: HttpRequest) -> HttpResponse:
    """Say that it is our fault, without the shell: whatever broke may be what the shell needs."""
    if problems.wants_json(request):
        return problems.body(Problem(500, _("系统出错了"), _("没有办成，也没有改动任何东西。")))
    return render(None, "errors/500.html", status=500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's keyword
    return problems.page(
        request,
        Problem(
            403,
            _("这一页放得太久了"),
            _("为了防止别人冒用你的身份，页面隔一段时间就要重新打开，也可能浏览器关掉了 Cookie。"),
            _("你填的没有写进去。"),
            _("回到上一页，先把写好的内容复制下来，刷新后再交。"),
        ),
    )


def locked_out(request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
    """Answer too many failed sign-ins (django-axes)."""
    return problems.page(
        request,
        Problem(
            429,
            _("试得太多，先歇一会儿"),
            _("这个账号在这台电脑上连着输错了几次密码，为了安全先锁住，15 分钟后自动打开。"),
            do=_("忘了密码，找系统管理员重设；不是你在试，请马上告诉管理员。"),
        ),
    )
