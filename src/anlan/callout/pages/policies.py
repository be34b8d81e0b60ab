"""叫应规则: how people are called, as data; each change is a new version, and calls under way keep theirs."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from anlan.callout import ladder
from anlan.callout.carriers import discover
from anlan.callout.ladder import Step
from anlan.callout.pages import words
from anlan.callout.queries import preview
from anlan.callout.queries import settings as queries
from anlan.callout.services import policies
from anlan.callout.terms import SAFE_CARRIERS, Act, Can, Directive, How
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden, Invalid, Refused

ROWS = 8  # steps that the form has room for
SECONDS = ("start_within", "answer_within", "listened", "review_within")
MINUTE = 60


def _actor(request: HttpRequest, can: str) -> Actor:
    by: Actor = request.actor  # type: ignore[attr-defined]
    if not authority.anywhere(by, [can]):
        raise Refused(can, "")
    return by


def _acts() -> list[tuple[str, str]]:
    names = {Act.AGAIN: _("再叫本人"), Act.DEPUTY: _("叫 B⁠岗"), Act.SUPERIOR: _("报上级"), Act.DOOR: _("派人上门")}
    return [(act.value, names[act]) for act in Act]


@require_GET
def policies_list(request: HttpRequest) -> HttpResponse:
    """Show every policy as a stair; officers may read them, administrators change them."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    if not authority.anywhere(by, [Can.SEE, Can.POLICY]):
        raise Refused(Can.SEE, "")
    rows = [
        (p, stair(p.body), summary(p.body), preview.result_rungs(p.body), preview.DIRECTIVES[Directive(p.directive)])
        for p in policies.current()
    ]
    return render(request, "callout/policies.html", {"rows": rows, "may_change": authority.anywhere(by, [Can.POLICY])})


def stair(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a ladder as the four treads 本人 → B岗 → 上级 → 上门."""
    steps = ladder.steps(body.get("ladder"))
    again = [s for s in steps if s.act is Act.AGAIN]
    first = _("叫 %(count)d 次，限 %(limit)s") % {"count": len(again) + 1, "limit": minutes(body["answer_within"])}
    treads = [{"name": _("本人"), "lines": [first], "state": ""}]
    for act, name in ((Act.DEPUTY, _("B⁠岗")), (Act.SUPERIOR, _("上级")), (Act.DOOR, _("上门"))):
        step = next((s for s in steps if s.act is act), None)
        treads.append({"name": name, "lines": [_start(step, act)], "state": ""})
    return treads


def _start(step: Step | None, act: Act) -> str:
    if step is None:
        return _("不叫")
    said = minutes(step.at)
    return _("满 %s派人") % said if act is Act.DOOR else _("满 %s起叫") % said


def minutes(seconds: int) -> str:
    """Say seconds as minutes where that is shorter: 300 → 5 分, 100 → 100 秒."""
    if seconds % MINUTE == 0:
        return _("%d 分") % (seconds // MINUTE)
    return _("%d 秒") % seconds


def summary(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what else a policy holds, as names and values."""
    first = "；".join(" → ".join(words.carrier(c) for c in group) for group in body["send"])
    if not body["needs_answer"]:
        return [(_("第一次用"), first), (_("算应的"), _("只是通知，不用应"))]
    auto = body["auto_send_after"]
    who = _("拟的人自己能发")
    if body["second_person"]:
        waits = _("没人批，满 %s自己发出去") % minutes(auto) if auto is not None else _("没人批就一直等")
        who = _("要第二个人批准；%s") % waits
    return [
        (_("第一次用"), first),
        (_("听满"), _("%d 秒算应") % body["listened"]),
        (_("算应的"), "、".join(str(words.HOWS[c]) for c in body["counts"])),
        (_("谁能发"), who),
    ]


@require_http_methods(["GET", "POST"])
def policy(request: HttpRequest, code: str) -> HttpResponse:
    """Edit a policy: a form of every field; a fault is shown at its field and nothing is lost."""
    by = _actor(request, Can.POLICY)
    kept = next((p for p in policies.current() if p.code == code), None)
    if kept is None:
        raise Hidden(code)
    form, errors, status = _form(kept.body), {}, 200
    if request.method == "POST":
        body, form = _read(request, kept.body)
        if "preview" in request.POST:
            errors = ladder.check(body, list(discover()))
            shown, status = (kept.body, 422) if errors else (body, 200)
            return _show(request, kept, form, errors, treads=stair(shown), status=status, preview=not errors)
        try:
            version = int(request.POST.get("version") or -1)
            made = policies.change(code, body, by=by, version=version)
        except ValueError as wrong:
            errors, status = (wrong.errors if isinstance(wrong, Invalid) else {"": str(wrong)}), 422
        else:
            messages.success(
                request,
                _("「%(name)s」改好了，现在是第 %(version)d 版。正在叫的不变，下一次叫应起用新的。")
                % {"name": made.name, "version": made.version},
            )
            return redirect("callout:policies")
    return _show(request, kept, form, errors, treads=stair(kept.body), status=status)


def _show(
    request: HttpRequest,
    kept: Any,
    form: dict[str, Any],
    errors: dict[str, str],
    *,
    treads: list[dict[str, Any]],
    status: int,
    preview: bool = False,
) -> HttpResponse:
    """Show the form, with the stair of what is kept or, as a preview, of what it would become."""
    facts = {
        "policy": kept,
        "form": form,
        "errors": errors,
        "preview": preview,
        "acts": _acts(),
        "carriers": [(n, str(c.label)) for n, c in discover().items() if n not in SAFE_CARRIERS],
        "hows": [(h.value, words.HOWS[h], h.value in form["counts"]) for h in How if h is not How.READ],
        "stair": treads,
        "results": "result_ladder" in kept.body,
        "versions": queries.versions(kept.code),
    }
    return render(request, "callout/policy.html", facts, status=status)


def _form(body: dict[str, Any]) -> dict[str, Any]:
    """Return a policy as the form shows it; groups of carriers as "a > b"."""
    steps = _rows(body.get("ladder", []))
    return {
        **{name: str(body[name]) for name in SECONDS},
        "auto_send_after": "" if body["auto_send_after"] is None else str(body["auto_send_after"]),
        "needs_answer": body["needs_answer"],
        "second_person": body["second_person"],
        "counts": list(body["counts"]),
        "send": groups_text(body["send"]),
        "steps": _padded(steps),
        "result_within": str(body.get("result_within", "")),
        "result_steps": _padded(_rows(body.get("result_ladder", []))),
    }


def _rows(raw: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"at": str(s["at"]), "act": s["act"], "send": groups_text(s.get("send", []))} for s in raw]


def _padded(steps: list[dict[str, str]]) -> list[dict[str, str]]:
    empty = {"at": "", "act": "", "send": ""}
    return steps + [dict(empty) for _i in range(max(ROWS - len(steps), 1))]


def groups_text(groups: list[list[str]]) -> str:
    """Write groups of carriers for the form: each group's carriers joined by >, the groups by ;."""
    return "; ".join(" > ".join(group) for group in groups)


def groups_of(text: str) -> list[list[str]]:
    """Read what `groups_text` wrote; Chinese punctuation is as good."""
    plain = text.replace("；", ";").replace("＞", ">").replace("→", ">")
    return [found for part in plain.split(";") if (found := [c.strip() for c in part.split(">") if c.strip()])]


def _number(text: str) -> Any:
    """Return a whole number, or the text itself, which ladder.check then refuses at its field."""
    plain = text.strip()
    digits = plain.removeprefix("-")
    return int(plain) if digits.isascii() and digits.isdecimal() and len(digits) < 9 else plain


def _read(request: HttpRequest, old: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the body that a form means, and the form as it was filled in."""
    post = request.POST
    steps = _written(post, "at", "act", "step_send")
    auto = post.get("auto_send_after", "").strip()
    form = {
        **{name: post.get(name, "") for name in SECONDS},
        "auto_send_after": auto,
        "needs_answer": "needs_answer" in post,
        "second_person": "second_person" in post,
        "counts": post.getlist("counts"),
        "send": post.get("send", ""),
        "steps": _padded(steps),
    }
    results = _written(post, "result_at", "result_act", "result_send")
    if "result_ladder" in old:
        form |= {"result_within": post.get("result_within", ""), "result_steps": _padded(results)}
        old = old | {"result_within": _number(post.get("result_within", "")), "result_ladder": _steps(results)}
    body = {
        **old,
        **{name: _number(post.get(name, "")) for name in SECONDS},
        "auto_send_after": _number(auto) if auto else None,
        "needs_answer": form["needs_answer"],
        "second_person": form["second_person"],
        "counts": form["counts"],
        "send": groups_of(post.get("send", "")),
        "ladder": _steps(steps),
    }
    return body, form


def _written(post: QueryDict, at: str, act: str, send: str) -> list[dict[str, str]]:
    rows = zip(post.getlist(at), post.getlist(act), post.getlist(send), strict=False)
    return [{"at": a, "act": b, "send": c} for a, b, c in rows if a.strip() or b]


def _steps(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [
        {"at": _number(s["at"]), "act": s["act"]} | ({"send": groups_of(s["send"])} if s["act"] == Act.AGAIN else {})
        for s in rows
    ]
