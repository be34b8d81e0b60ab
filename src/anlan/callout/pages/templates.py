"""岗位话术: the sentence that tells each role what it has to do, by hazard, level and kind; every change a version."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from anlan.callout import role_words
from anlan.callout.models import Template
from anlan.callout.queries import preview
from anlan.callout.queries import settings as queries
from anlan.callout.services import templates
from anlan.callout.terms import INSTRUCTIONS, Can, Directive
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid, Refused
from anlan.people import queries as people

PER_PAGE = 50
LEVELS = {"": "不分级别", "red": "红色", "orange": "橙色", "yellow": "黄色", "blue": "蓝色"}
EXAMPLE = {"时间": "7月18日 02:05", "期限": "7月18日 06:00", "灾种": "暴雨", "级别": "红色", "标题": "转移低处的人"}


def _actor(request: HttpRequest) -> Actor:
    by: Actor = request.actor  # type: ignore[attr-defined]
    if not authority.anywhere(by, [Can.POLICY]):
        raise Refused(Can.POLICY, "")
    return by


def _directives() -> dict[str, Any]:
    return {"": _("哪种都用"), **{g.value: preview.DIRECTIVES[g] for g in Directive if g in INSTRUCTIONS}}


def _hazards() -> dict[str, str]:
    return {"": _("什么灾害都用"), **role_words.FAMILY_NAMES}


@require_GET
def templates_list(request: HttpRequest) -> HttpResponse:
    """Show every sentence in force, by hazard and role."""
    _actor(request)
    get = request.GET
    what = {name: get.get(name, "")[:40] for name in ("role", "hazard", "q")}
    rows = queries.sentences(role=what["role"], hazard=what["hazard"], text=what["q"].replace("\x00", ""))
    names = {r.code: r.name for r in people.list_roles()}
    page = Paginator(rows, PER_PAGE).get_page(get.get("page"))
    hazards, directives = _hazards(), _directives()
    lines = [
        (
            t,
            names.get(t.role, t.role),
            hazards.get(t.hazard, t.hazard),
            LEVELS[t.level],
            directives.get(t.directive, ""),
        )
        for t in page.object_list
    ]
    facts = {
        "lines": lines, "page": page, "what": what, "roles": names, "hazards": hazards,
        "filtered": any(what.values()),
    }  # fmt: skip
    return render(request, "callout/templates.html", facts)


@require_http_methods(["GET", "POST"])
def template(request: HttpRequest, template_id: UUID | None = None) -> HttpResponse:
    """Write a sentence, or a new version of one; a fault is shown at its field and nothing is lost."""
    by = _actor(request)
    kept = templates.get(template_id) if template_id else None
    said: dict[str, Any] = (
        {name: getattr(kept, name) for name in ("role", "hazard", "level", "directive", "text")} if kept else {}
    )
    wrong: dict[str, str] = {}
    if request.method == "POST":
        said |= {"text": request.POST.get("text", "").replace("\x00", "")}
        if kept is None:
            said |= {name: request.POST.get(name, "")[:40] for name in ("role", "hazard", "level", "directive")}
        if "preview" not in request.POST:
            try:
                made = templates.change(
                    said["role"], said["hazard"], said["level"], said["directive"], said["text"], by=by,
                    version=kept.version if kept else 0,
                )  # fmt: skip
            except Invalid as invalid:
                wrong = dict(invalid.errors)
            except Conflict as conflict:
                messages.error(request, str(conflict))
                return redirect("callout:templates")
            else:
                done = _("存好了，现在是第 {version} 版。以后拟的指令和叫应用新的，拟好的不变。")
                messages.success(request, done.format(version=made.version))
                return redirect("callout:templates")
    return _form(request, kept, said, wrong)


def _form(request: HttpRequest, kept: Template | None, said: dict[str, Any], wrong: dict[str, str]) -> HttpResponse:
    shown = role_words.here(role_words.filled(said.get("text", ""), EXAMPLE), _("竹苑社区第三网格"))
    facts = {
        "kept": kept, "said": said, "wrong": wrong, "roles": {r.code: r.name for r in people.list_roles()},
        "hazards": _hazards(), "levels": LEVELS, "directives": _directives(), "places": role_words.PLACES,
        "longest": role_words.MOST, "shown": shown,
        "versions": queries.sentence_versions(kept) if kept else [],
    }  # fmt: skip
    return render(request, "callout/template.html", facts, status=422 if wrong else 200)
