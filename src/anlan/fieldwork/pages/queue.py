"""没收进来的手机记录: for whoever minds the queue of a place, and 我送的记录 for the sender."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from anlan.fieldwork.models import Record
from anlan.fieldwork.queries import records as queries
from anlan.fieldwork.services import settling
from anlan.fieldwork.terms import OPEN, SETTLED_NAMES, STATE_NAMES, Can, RecordState, Settled
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid, Refused
from anlan.places import queries as places

PER_PAGE = 30
SHAPES = {RecordState.DONE: "done", RecordState.SETTLED: "done", RecordState.WAITING: "wait"}


def kind_name(kind: str) -> str:
    """Return what a kind of record is called on a page; a kind nobody knows by its code."""
    return {
        "hazards.report": _("报隐患"), "hazards.rectify": _("整改"), "hazards.accept": _("验收"),
        "hazards.refuse": _("验收不通过"), "hazards.note": _("备注"), "hazards.visit": _("检查"),
        "incidents.report": _("报情况"), "callout.answer": _("应答"), "fieldwork.form": _("填表"),
    }.get(kind, kind)  # fmt: skip


def _actor(request: HttpRequest) -> Actor:
    by: Actor = request.actor  # type: ignore[attr-defined]
    return by


def _shown(rows: list[Record]) -> list[dict[str, Any]]:
    where = places.names({r.place_path for r in rows if r.place_path})
    return [
        {
            "row": r, "kind": kind_name(r.kind), "where": where.get(r.place_path, ""), "state": STATE_NAMES[r.state],
            "shape": SHAPES.get(RecordState(r.state), "late"),
        }
        for r in rows
    ]  # fmt: skip


@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """List what could not be applied; filters stand in the address."""
    by = _actor(request)
    if not authority.anywhere(by, [Can.QUEUE]):
        raise Refused(Can.QUEUE, "")
    view = request.GET.get("view", "open")
    view = view if view in queries.VIEWS else "open"
    text = request.GET.get("q", "").strip()[:60]
    page = Paginator(queries.queue(by, view, text=text), PER_PAGE).get_page(request.GET.get("page"))
    count = queries.counts(by)
    views = [
        ("open", _("没收进来的"), count["open"]), ("conflict", _("对不上的"), count["conflict"]),
        ("refused", _("不能收的"), count["refused"]), ("waiting", _("等人看的"), count["waiting"]),
        ("settled", _("处理过的"), None),
    ]  # fmt: skip
    facts = {"page": page, "rows": _shown(list(page.object_list)), "views": views, "view": view, "q": text}
    return render(request, "fieldwork/queue.html", facts)


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """List what the actor's phones sent, and what became of it."""
    by = _actor(request)
    view = "all" if request.GET.get("view") == "all" else "open"
    rows = queries.mine(by, only_open=view == "open")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    waiting = queries.mine(by, only_open=True).count()
    views = [("open", _("没收进来的"), waiting), ("all", _("全部"), None)]
    facts = {"page": page, "rows": _shown(list(page.object_list)), "views": views, "view": view}
    return render(request, "fieldwork/mine.html", facts)


@require_GET
def record(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """Show one record: both versions side by side, and the ways to settle it."""
    return _page(request, queries.record(record_id, by=_actor(request)), {}, {})


def _page(request: HttpRequest, row: Record, wrong: dict[str, str], said: dict[str, str]) -> HttpResponse:
    by = _actor(request)
    (shown,) = _shown([row])
    open_now = row.state in OPEN
    facts = [
        (_("谁送的"), f"{row.sender} {row.post_title}".strip()), (_("在哪里"), shown["where"]),
        (_("什么时候记的"), row.at), (_("什么时候到的"), row.arrived_at),
        *([(_("手机的钟"), _clock(row.ahead))] if row.ahead else []),
        (_("没有网的时候记的"), _("是") if row.offline else _("否")),
    ]  # fmt: skip
    ways = [
        (how, label, hint)
        for how, label, hint in (
            (Settled.KEPT, _("保留现在的"), _("手机上的不收，留在这里查得到。")),
            (Settled.APPLIED, _("按手机上的改"), _("按你的权限，把手机上的写进去。")),
            (Settled.NOTED, _("写进备注"), _("现在的不动，手机上的作为一条备注。")),
        )
        if settling.can(row, how)
    ]
    return render(
        request,
        "fieldwork/record.html",
        {
            **shown, "facts": facts, "sides": queries.sides(row), "both": bool(row.now),
            "ways": ways if open_now else [],
            "wrong": wrong, "said": said, "minds": authority.holds(by, Can.QUEUE, at=row.place_path),
            "settled": SETTLED_NAMES.get(row.settled, ""), "files": [
                (f["state"], f["reason"]) for f in queries.files(row) if f["state"] in {"awaited", "refused"}],
        },
        status=422 if wrong else 200,
    )  # fmt: skip


def _clock(ahead: float) -> str:
    minutes = round(abs(ahead) / 60)
    days, hours = divmod(minutes, 1440)[0], minutes // 60
    how = _("{n} 分钟").format(n=minutes)
    if hours:
        how = _("{n} 天").format(n=days) if days else _("{n} 小时").format(n=hours)
    return (_("快了{how}，时间已经改正") if ahead > 0 else _("慢了{how}，时间已经改正")).format(how=how)


@require_POST
def settle(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """Settle one."""
    by, post = _actor(request), request.POST
    row = queries.record(record_id, by=by)
    try:
        settling.settle(record_id, post.get("how", ""), post.get("opinion", ""), by=by)
    except (Conflict, Invalid, Refused) as error:
        wrong = error.errors if isinstance(error, Invalid) else {"": _why(error)}
        return _page(request, row, wrong, post.dict())
    messages.success(request, _("处理好了，记的人看得到。"))
    return redirect("fieldwork:queue" if authority.holds(by, Can.QUEUE, at=row.place_path) else "fieldwork:mine")


def _why(error: Conflict | Refused) -> str:
    return _("你的岗位不能做这件事，请有权的同事来办") if isinstance(error, Refused) else str(error)
