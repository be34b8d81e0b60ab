"""Before a call leaves: whom it reaches, what they hear, what happens in silence, and two people who say yes."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from anlan.alerts import queries, services, terms
from anlan.alerts.pages import telling
from anlan.callout.queries import affair, preview
from anlan.callout.services import calls
from anlan.callout.terms import INSTRUCTIONS, WORK, CallState, Can, Kind
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.people import queries as people
from anlan.people.terms import Targeting
from anlan.places.terms import LEVEL_NAMES, LEVELS

LISTED = 100
COPY_ABOVE = 1_000  # persons; more have their number copied by hand (send page)
ACTS = {
    "again": gettext_lazy("本人"),
    "deputy": gettext_lazy("B\u2060岗"),
    "superior": gettext_lazy("上级"),
    "door": gettext_lazy("上门"),
}


def rungs(steps: list[tuple[str, int]], answer_within: int) -> list[dict[str, Any]]:
    """Return the stair of what happens in silence, in minutes."""
    times = 1 + sum(act == "again" for act, _at in steps)
    first = _("叫 {times} 次，限 {minutes} 分").format(times=times, minutes=_minutes(answer_within))
    made = [{"name": ACTS["again"], "lines": [first], "state": ""}]
    for act, at in steps:
        if act != "again":
            line = _("满 {minutes} 分派人") if act == "door" else _("满 {minutes} 分起叫")
            made.append({"name": ACTS[act], "lines": [line.format(minutes=_minutes(at))], "state": ""})
    return made


def _minutes(seconds: int) -> str:
    return f"{seconds / 60:.1f}".rstrip("0").rstrip(".")


@require_http_methods(["GET", "POST"])
def send(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Show a prepared call whole, and let a second person approve it, or one person send it in urgency."""
    by = telling.actor(request)
    call = affair.call(call_id, by=by)
    where = Targeting.from_json(call.targeting)
    seen = people.preview(where)
    wrong: Mapping[str, str] = {}
    if request.method == "POST":
        try:
            directive = call.directive if call.directive in INSTRUCTIONS else ""
            return _act(request, call_id, seen.persons, by, directive=directive)
        except Invalid as error:
            wrong = error.errors
        except Conflict as error:
            messages.error(request, str(error))
            return redirect("alerts:send", call_id)
    if call.state in {CallState.RUNNING, CallState.SUPERSEDED, CallState.ENDED}:
        return redirect(f"/calls/{call.id}")
    policy = call.policy
    mine = by.pseudonym is not None and by.pseudonym == call.prepared_by
    return render(
        request,
        "alerts/send.html",
        {
            "call": call,
            "alert": queries.alert(call.alert_id, by=by) if call.alert_id else None,
            "seen": seen,
            "table": preview.table(seen),
            "sample": preview.sample(
                where,
                call.title,
                call.body,
                seen=seen,
                drill=call.drill,
                policy=policy,
                role=request.GET.get("to", ""),
                instructions=call.instructions,
                own_first=call.directive in INSTRUCTIONS,
                asks_result=call.directive in WORK,
            ),
            **_instruction(call, where, by),
            "versions": len(set(call.instructions) & set(seen.roles)),
            "may_rehearse": _may_rehearse(call, where, by),
            "rungs": rungs(affair.steps_of(call), int(policy["answer_within"])),
            "answer_minutes": _minutes(int(policy["answer_within"])),
            "second": calls.needs_second(call),
            "copy": seen.persons > COPY_ABOVE,
            "mine": mine,
            "may_approve": authority.holds(by, Can.APPROVE, at=call.place_path) and not mine,
            "may_start": all(authority.holds(by, Can.START, at=path) for path in where.paths),
            "approvers": [t for t in people.holders(Can.APPROVE, at=call.place_path) if t.pseudonym != by.pseudonym][
                :3
            ],
            "waiting": call.state in {CallState.DRAFT, CallState.AWAITING, CallState.APPROVED},
            "wrong": wrong,
            "said": request.POST if request.method == "POST" else {},
        },
        status=422 if wrong else 200,
    )


def _instruction(call: Any, where: Targeting, by: Actor) -> dict[str, Any]:
    """Return what the page shows of an instruction besides: what it asks, who gets a copy, whether it can be changed.

    {} for a warning.
    """
    if call.directive not in INSTRUCTIONS:
        return {}
    copied = people.count_leading(where, call.sender_path) if call.copies else {}
    may = all(authority.holds(by, Can.PREPARE, at=path) for path in where.paths)
    return {
        "directive": preview.DIRECTIVES[call.directive],
        "asks": preview.ASKS[call.directive],
        "result_rungs": preview.result_rungs(call.policy) if call.directive in WORK else [],
        "copied": [(LEVEL_NAMES[level], copied[level]) for level in LEVELS if level in copied],
        "copies": sum(copied.values()),
        "may_edit": may and call.state == CallState.DRAFT,
        "may_submit": may and call.state == CallState.DRAFT and calls.needs_second(call),
    }


def _may_rehearse(call: Any, where: Targeting, by: Actor) -> bool:
    kind = call.kind in {Kind.FIRST, Kind.CHANGE} and call.directive not in INSTRUCTIONS
    return kind and not call.drill and all(authority.holds(by, Can.PREPARE, at=path) for path in where.paths)


def _act(request: HttpRequest, call_id: UUID, persons: int, by: Actor, *, directive: str = "") -> HttpResponse:
    asked = request.POST
    act = asked.get("act", "")
    if act == "return":
        calls.send_back(call_id, asked.get("reason", ""), by=by)
        messages.success(request, _("退回去改了"))
        return redirect("alerts:send", call_id)
    if act == "submit":
        calls.submit(call_id, by=by)
        messages.success(request, _("送审了，等另一个人批准"))
        return redirect("alerts:send", call_id)
    if act == "drop":
        calls.cancel(call_id, asked.get("reason", "") or _("值班员决定不发"), by=by, tell=False)
        messages.success(request, _("这份叫应不发了"))
        return redirect("alerts:list" if not directive else "callout:calls")
    if act == "rehearse":
        made = services.rehearse(call_id, by=by)
        messages.success(request, _("改成演练了：真的那份不发，这一份不会打真的电话"))
        return redirect("alerts:send", made)
    if persons > COPY_ABOVE and asked.get("count", "").replace(",", "").strip() != str(persons):
        written = asked.get("count", "").strip()
        raise Invalid(
            {"count": _("你写的是 {written}，名单是 {persons}").format(written=written or _("空"), persons=persons)}
        )
    if act == "approve":
        calls.approve(call_id, by=by)
    elif act == "urgent":
        calls.start(call_id, by=by, now=True, reason=asked.get("reason", ""))
    elif act == "start":
        calls.start(call_id, by=by)
    else:
        raise Invalid({"": _("不认识这个办法")})
    messages.success(request, _("已经开始叫了"))
    return redirect(f"/calls/{call_id}")


@require_http_methods(["GET", "POST"])
def compose(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Write a call for an alert by hand: which roles, which words."""
    by = telling.actor(request)
    found = queries.alert(alert_id, by=by)
    authority.require(by, terms.Can.RECEIVE, at=found.place_path)
    wrong: Mapping[str, str] = {}
    title, body = queries.title_of(found), services.words_of(found)
    rule = queries.rules().get(found.level)
    chosen: list[str] = list(rule.roles) if rule else []
    if request.method == "POST":
        title, body = request.POST.get("title", ""), request.POST.get("body", "")
        chosen = request.POST.getlist("roles")
        try:
            made = services.prepare_for(alert_id, roles=tuple(chosen), title=title, body=body, by=by)
        except Invalid as error:
            wrong = error.errors
        except Conflict as error:
            messages.error(request, str(error))
        else:
            return redirect("alerts:send", made)
    return render(
        request, "alerts/compose.html",
        {"alert": found, "name": queries.title_of(found), "title": title, "body": body, "roles": people.list_roles(),
         "chosen": chosen, "wrong": wrong},
        status=422 if wrong else 200,
    )  # fmt: skip


@require_http_methods(["GET"])
def listed(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Show who stands behind one figure of the send page."""
    by = telling.actor(request)
    call = affair.call(call_id, by=by)
    kind = request.GET.get("kind", "all")
    kind = kind if kind in people.KINDS else "all"
    start = request.GET.get("from", "0")
    offset = min(int(start), 10_000_000) if start.isascii() and start.isdigit() else 0
    rows = people.preview_list(Targeting.from_json(call.targeting), kind, offset=offset, limit=LISTED + 1)
    phones = [people.mask_phone(phone) if phone else "" for phone in people.phones([t.phone_cipher for t in rows])]
    shown = [{"t": t, "phone": phone} for t, phone in zip(rows, phones, strict=True)]
    later = offset + LISTED if len(rows) > LISTED else None
    return render(
        request, "alerts/listed.html",
        {"call": call, "rows": shown[:LISTED], "kind": people.KINDS[kind], "key": kind, "next": later},
    )  # fmt: skip
