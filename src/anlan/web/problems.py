"""Turns the four errors of kernel.authority, and Django's own, into pages and JSON that say what to do next."""

from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.translation import gettext as _

from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.people.terms import OffList
from anlan.web.names import permission_label


@dataclass(frozen=True, slots=True)
class Problem:
    """What a page or a JSON body says: HTTP status, a heading, what happened, what was kept, what to do."""

    status: int
    title: str
    what: str
    kept: str = ""
    do: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)


def of(error: Exception) -> Problem:
    """Return the problem that an error of kernel.authority means. Raises TypeError for any other error."""
    match error:
        case OffList():
            return Problem(403, _("责任清单不让这样派"), error.words, _("什么都没有改；这一次记为越单拦截。"))
        case Refused():
            return Problem(
                403,
                _("你的岗位不能做这件事"),
                _("做这件事要有「%(can)s」这项权限。") % {"can": permission_label(error.can)},
                _("什么都没有改。"),
                _("请有这项权限的同事来办；要是你本来就该管，找系统管理员看看你的岗位。"),
                extra={"can": str(error.can)},
            )
        case Hidden():
            return Problem(
                404,
                _("没有这一页，或者不归你看"),
                _("地址可能抄错了，东西可能已经合并，也可能它在你管的地方以外。"),
                do=_("从菜单或搜索进去；要看别处的，请那里的值班员发给你。"),
            )
        case Conflict():
            return Problem(
                409,
                _("刚刚有人先办了"),
                str(error),
                _("你填的没有写进去。"),
                _("回到上一页刷新，看看现在是什么样，再决定。"),
            )
        case Invalid():
            return Problem(
                422,
                _("有几处要改"),
                error.errors.get("", ""),
                _("什么都没有写进去。"),
                _("回到上一页，改好再交。"),
                {k: v for k, v in error.errors.items() if k},
            )
    raise TypeError(f"no problem is known for {type(error).__name__}")


def wants_json(request: HttpRequest) -> bool:
    """Say whether the caller is a program: an API address, or one that does not take HTML."""
    return request.path.startswith("/api/") or not request.accepts("text/html")


def as_json(error: Exception) -> HttpResponse:
    """Return an RFC 9457 problem document."""
    return body(of(error))


def body(problem: Problem) -> HttpResponse:
    """Return a problem as application/problem+json: title, status, detail, and errors by field."""
    said = {"title": problem.title, "status": problem.status, "detail": problem.what} | problem.extra
    return JsonResponse(
        said | ({"errors": problem.errors} if problem.errors else {}),
        status=problem.status,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )


def page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return a problem as a page, or as JSON to a program."""
    if wants_json(request):
        return body(problem)
    return HttpResponse(
        loader.render_to_string("errors/problem.html", {"problem": problem}, request), status=problem.status
    )
