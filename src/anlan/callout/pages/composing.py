"""发指令: whom, what, by when; the numbers and each role's words move along as it is filled in. A draft is kept."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from anlan.callout import role_words
from anlan.callout.models import Call
from anlan.callout.queries import board, listing, preview
from anlan.callout.services import calls, instructions, policies, templates
from anlan.callout.terms import INSTRUCTIONS, WORK, CallState, Can, Directive, Draft, Level
from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Conflict, Invalid, Refused
from anlan.kernel.clock import CHINA, local, now
from anlan.people import queries as people
from anlan.people.terms import Targeting
from anlan.places import queries as places
from anlan.places.terms import LEVEL_NAMES, LEVELS

STAMP = "%Y-%m-%dT%H:%M"
HAZARDS = ("暴雨", "洪水", "山洪", "地质灾害", "台风", "大风", "寒潮", "道路结冰", "高温", "森林火险", "火灾")
FOUND = 12  # places that a name finds
COLOURS = (("red", "红色"), ("orange", "橙色"), ("yellow", "黄色"), ("blue", "蓝色"), ("", "不分级"))


@dataclass(slots=True)
class Form:
    """The form as it was filled in; nothing of it is lost, however wrong."""

    directive: str = Directive.TASK
    level: str = ""
    hazard: str = ""
    title: str = ""
    body: str = ""
    due: str = ""
    paths: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    skills: list[str] = field(default_factory=list)
    on_duty: bool = False
    copies: bool = True
    find: str = ""
    opened: list[str] | None = None
    pressed: str = ""

    @classmethod
    def of(cls, post: QueryDict) -> "Form":
        """Read what was sent."""
        directive, level = post.get("directive", ""), post.get("level", "")
        return cls(
            directive=directive if directive in INSTRUCTIONS else Directive.TASK,
            level=level if level in set(Level) else "",
            hazard=post.get("hazard", "").replace("\x00", "")[:60], title=post.get("title", "").replace("\x00", ""),
            body=post.get("body", "").replace("\x00", ""), due=post.get("due", "")[:30],
            paths=list(dict.fromkeys(p[:40] for p in post.getlist("paths")))[:500], roles=post.getlist("roles")[:60],
            skills=[s[:40] for s in post.getlist("skills")][:60], on_duty="on_duty" in post, copies="copies" in post,
            find=post.get("find", "").replace("\x00", "").strip()[:40], opened=post.getlist("opened"),
            pressed=post.get("open", ""),
        )  # fmt: skip

    @classmethod
    def like(cls, call: Call) -> "Form":
        """Fill it as an earlier call was; its deadline is not copied where it is over."""
        where = Targeting.from_json(call.targeting)
        ahead = call.result_due is not None and call.result_due > now()
        return cls(
            directive=call.directive if call.directive in INSTRUCTIONS else Directive.COMMAND,
            level=call.level, hazard=call.hazard,
            title=call.title, body=call.body, due=f"{local(call.result_due):{STAMP}}" if ahead else "",  # type: ignore[arg-type]
            paths=list(where.paths), roles=list(where.roles), skills=list(where.skills), on_duty=where.on_duty,
            copies=call.copies or call.directive not in INSTRUCTIONS,
        )  # fmt: skip

    @property
    def targeting(self) -> Targeting:
        return Targeting(tuple(self.paths), tuple(self.roles), tuple(self.skills), on_duty=self.on_duty)

    def draft(self) -> Draft:
        """Return the instruction it means. Raises Invalid for a time that cannot be read."""
        made = Draft(
            title=self.title, body=self.body, targeting=self.targeting, level=self.level, hazard=self.hazard.strip(),
            directive=self.directive, copies=self.copies, by_role=True,
        )  # fmt: skip
        if self.directive not in WORK:
            return made
        values = {name: getattr(made, name) for name in Draft.__slots__}
        return Draft(**values | {"result_due": self.result_due(made)})

    def result_due(self, draft: Draft) -> dt.datetime:
        """Return when the result is due: as written, else as the policy says. Raises Invalid."""
        if not self.due.strip():
            within = policies.likely(draft).body.get("result_within", 86_400)
            return now() + dt.timedelta(seconds=int(within))
        try:
            said = dt.datetime.fromisoformat(self.due.strip())
        except ValueError:
            raise Invalid({"result_due": _("时间写成 2026-07-18 02:05 这样")}) from None
        return said if said.tzinfo else said.replace(tzinfo=CHINA)


def _actor(request: HttpRequest) -> Actor:
    by: Actor = request.actor  # type: ignore[attr-defined]
    if not authority.anywhere(by, [Can.PREPARE]):
        raise Refused(Can.PREPARE, "")
    return by


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Write an instruction, or one like an earlier call (`from`)."""
    by = _actor(request)
    if request.method == "POST":
        return _posted(request, by, None)
    form = Form(
        directive=request.GET.get("directive", "") if request.GET.get("directive") in INSTRUCTIONS else Directive.TASK
    )
    if earlier := _uuid(request.GET.get("from", "")):
        form = Form.like(board.visible(earlier, by)[0])
    elif asked := [p[:40] for p in request.GET.getlist("paths")]:
        form.paths, form.roles = asked, [role[:40] for role in request.GET.getlist("roles")]
    return _show(request, by, form, None, {})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Change an instruction that is still a draft."""
    by = _actor(request)
    call, _top = board.visible(call_id, by)
    if call.directive not in INSTRUCTIONS or call.state != CallState.DRAFT:
        messages.error(request, _("只有还没发、也没送审的指令能改；可以照着它再拟一份"))
        return redirect("callout:calls")
    if request.method == "POST":
        return _posted(request, by, call)
    return _show(request, by, Form.like(call), call, {})


def _posted(request: HttpRequest, by: Actor, call: Call | None) -> HttpResponse:
    form = Form.of(request.POST)
    act = request.POST.get("act", "")
    if act not in {"keep", "go"}:  # a branch of the tree was opened, or a place looked for
        return _show(request, by, form, call, {})
    try:
        draft = form.draft()
        made = instructions.revise(call.id, draft, by=by) if call else instructions.prepare(draft, by=by)
    except Invalid as wrong:
        return _show(request, by, form, call, wrong.errors)
    except Conflict as conflict:
        messages.error(request, str(conflict))
        return redirect("callout:calls")
    if act == "keep":
        messages.success(request, _("存好了，还没发。在「还没发」里接着写。"))
        return redirect("/calls?view=waiting")
    return redirect(f"/alerts/calls/{made.id}")


@require_POST
def count(request: HttpRequest) -> HttpResponse:
    """Say whom the form reaches as it stands: asked for by the page while it is filled in."""
    by = _actor(request)
    return render(request, "callout/_reach.html", reach(Form.of(request.POST), by))


def reach(form: Form, by: Actor) -> dict[str, Any]:
    """Return whom a form reaches and what they hear; only of places where the actor may prepare calls."""
    form.paths = [p for p in form.paths if authority.holds(by, Can.PREPARE, at=p)]
    if not form.paths:
        return {"seen": None}
    try:
        draft = form.draft()
    except Invalid:
        draft = Draft(
            form.title, form.body, form.targeting, level=form.level, hazard=form.hazard, directive=form.directive
        )
    policy, where = policies.likely(draft), form.targeting
    seen = people.preview(where)
    said = templates.by_role(draft)
    sender = instructions.sender(draft, by)
    copied = people.count_leading(where, sender) if form.copies else {}
    here = places.names(form.paths[:1]).get(form.paths[0], "")
    return {
        "seen": seen,
        "table": preview.table(seen),
        "words": preview.by_role(seen, said, here),
        "means": preview.means(policy.body),
        "policy": policy,
        "asks": preview.ASKS[Directive(form.directive)],
        "result_rungs": preview.result_rungs(policy.body) if form.directive in WORK else [],
        "due": draft.result_due,
        "copies": sum(copied.values()),
        "copied": [(LEVEL_NAMES[level], copied[level]) for level in LEVELS if level in copied],
        "wants_copies": form.copies,
    }


def _show(request: HttpRequest, by: Actor, form: Form, call: Call | None, wrong: Mapping[str, str]) -> HttpResponse:
    opened = places.opened(by, form.opened, form.pressed)
    tree = places.pick_tree(by, opened)
    found = [p for p in places.search(form.find, by, FOUND) if p.path not in form.paths] if form.find else []
    above = places.names({paths.parent(p.path) for p in found})
    facts = {
        "call": call,
        "form": form,
        "wrong": wrong,
        "directives": [(g.value, preview.DIRECTIVES[g], preview.ASKS[g]) for g in Directive if g in INSTRUCTIONS],
        "levels": COLOURS,
        "hazards": HAZARDS,
        "places_to_fill": role_words.PLACES,
        "tree": tree,
        "opened": opened,
        "ticked": set(form.paths),
        "elsewhere": places.ticked_elsewhere(by, form.paths, tree),
        "found": [(p, above.get(paths.parent(p.path), "")) for p in found],
        "roles": people.list_roles(),
        "skills": people.list_skills(by),
        "longest": (calls.TITLE, calls.BODY),
        "earlier": listing.mine(by) if call is None else [],
        **reach(form, by),
    }
    return render(request, "callout/compose.html", facts, status=422 if wrong else 200)
