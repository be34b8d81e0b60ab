"""违法行为移送: the list as sender and as the enforcement department see it, one referral, its letter (HZD-11)."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from anlan.fieldwork.queries import uploads as files
from anlan.hazards import terms
from anlan.hazards.models import EvidenceRow, Referral
from anlan.hazards.pages import oversight
from anlan.hazards.pages import oversight_forms as forms
from anlan.hazards.queries import oversight as queries
from anlan.hazards.queries import tips as named
from anlan.hazards.services import referring
from anlan.hazards.terms import Can, ReferralState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.kernel.clock import local, now

PER_PAGE = 50
VIEWS = {
    "open": gettext_lazy("没有结果的"),
    "late": gettext_lazy("过期没回执"),
    "done": gettext_lazy("有结果的"),
    "all": gettext_lazy("全部"),
}


def _actor(request: HttpRequest) -> Actor:
    """Return who asks: somebody of an organisation, or who sees hazards somewhere."""
    by = oversight.actor_of(request)
    if not authority.anywhere(by, [Can.SEE]) and not queries.organisations(by):
        raise Refused(Can.SEE, "")
    return by


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List referrals: to the actor's organisation, and from their places."""
    by = _actor(request)
    view, text = _asked(request)
    page = Paginator(queries.referrals(by, view=view, text=text).select_related("hazard"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    counts = queries.referral_counts(by)
    facts = {
        "page": page, "view": view, "views": [(k, n, counts[k]) for k, n in VIEWS.items()], "text": text,
        "rows": _rows(page.object_list), "late": counts["late"], "may_see": authority.anywhere(by, [Can.SEE]),
    }  # fmt: skip
    return render(request, "hazards/referrals.html", facts)


def _asked(request: HttpRequest) -> tuple[str, str]:
    view = request.GET.get("view", "open")
    return view if view in VIEWS else "open", request.GET.get("q", "").replace("\x00", "").strip()[:60]


def _rows(found: Iterable[Referral]) -> list[dict[str, Any]]:
    rows = list(found)
    names = named.where_of({r.place_path for r in rows})
    return [
        {"row": r, "where": names.get(r.place_path, ""), "state": terms.REFERRAL_NAMES[ReferralState(r.state)],
         "late": r.state == ReferralState.SENT and r.receipt_due < now()}
        for r in rows
    ]  # fmt: skip


@require_GET
def file(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the list of referrals as it is narrowed, all of it."""
    view, text = _asked(request)
    header = [
        _("移送函"), _("地方"), _("谁违法"), _("违反哪一条"), _("移送给"), _("谁移送"), _("移送时间"), _("回执期限"),
        _("现状"), _("谁签收"), _("签收时间"), _("案号"), _("结果"), _("结果时间"),
    ]  # fmt: skip

    def at(moment: dt.datetime | None) -> str:
        return f"{local(moment):%Y-%m-%d %H:%M}" if moment else ""

    made = [
        (r.letter, one["where"], r.who, r.basis, r.organisation_name, r.sent_name, at(r.sent_at), at(r.receipt_due),
         str(one["state"][1]), r.received_name, at(r.received_at), r.case_number, r.result, at(r.result_at))
        for one in _rows(queries.referrals(_actor(request), view=view, text=text)) for r in [one["row"]]
    ]  # fmt: skip
    return oversight.download(header, made, _("违法行为移送"), kind)


ACTS: dict[str, tuple[type[django_forms.Form], Callable[..., Referral]]] = {
    "receive": (forms.Receive, referring.receive),
    "conclude": (forms.Conclude, referring.conclude),
    "return": (forms.GiveBack, referring.give_back),
}


@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Show one referral; POST signs the receipt, files the result, gives it back, and keeps what was typed."""
    by = _actor(request)
    row = queries.referral(referral_id, by=by)
    made = {name: form(auto_id=f"id_{name}_%s") for name, (form, _do) in ACTS.items()}
    act, status = request.POST.get("act", ""), 200
    if request.method == "POST":
        status = 422
        if act not in ACTS:
            messages.error(request, _("不认识这个办法，回到上一页再点一次"))
        else:
            kind, do = ACTS[act]
            made[act] = kind(request.POST, auto_id=f"id_{act}_%s")
            if made[act].is_valid():
                try:
                    do(referral_id, made[act].cleaned_data["words"], by=by)
                except Invalid as error:
                    for name, text in error.errors.items():
                        made[act].add_error(name if name in made[act].fields else None, text)
                except Conflict as error:
                    made[act].add_error(None, str(error))
                    status = 409
                else:
                    messages.success(request, _("记下了，移送的人会收到消息"))
                    return redirect("hazards:referral", referral_id)
        row = queries.referral(referral_id, by=by)
    return _page(request, row, by, made, act, status)


def _page(
    request: HttpRequest, row: Referral, by: Actor, made: dict[str, django_forms.Form], act: str, status: int
) -> HttpResponse:
    theirs = row.organisation_id in queries.organisations(by)
    kept = made[act] if act in made and made[act].is_bound else None
    facts = {
        "row": row, "forms": made, "tried": kept, "where": named.where_of({row.place_path})[row.place_path],
        "state": terms.REFERRAL_NAMES[ReferralState(row.state)], "theirs": theirs, "steps": _steps(row),
        "sees": authority.holds(by, Can.SEE, at=row.place_path),
        "late": row.state == ReferralState.SENT and row.receipt_due < now(),
        "may_receive": theirs and row.state == ReferralState.SENT,
        "may_conclude": theirs and row.state == ReferralState.RECEIVED,
        "photos": list(EvidenceRow.objects.filter(hazard=row.hazard).values_list("upload_id", flat=True)[:30]),
    }  # fmt: skip
    return render(request, "hazards/referral.html", facts, status=status)


def _steps(row: Referral) -> list[dict[str, Any]]:
    """Return the three stops: sent, receipt, result; or given back."""
    back = row.state == ReferralState.RETURNED
    steps: list[dict[str, Any]] = [
        {"name": _("移送"), "who": row.sent_name, "at": row.sent_at, "state": "done"},
        {"name": _("回执"), "who": row.received_name, "at": row.received_at, "state": "done", "note": row.case_number},
        {"name": _("退回") if back else _("结果"), "who": row.result_name, "at": row.result_at, "state": "done"},
    ]
    if back and row.received_at is None:
        del steps[1]
    waits = next((s for s in steps if s["at"] is None), None)
    for one in steps:
        one["state"] = "done" if one["at"] else "now" if one is waits else ""
    return steps


@require_GET
def photo(request: HttpRequest, referral_id: UUID, upload_id: UUID) -> HttpResponse:
    """Serve a photo of the hazard to whoever has the referral before them."""
    row = queries.referral(referral_id, by=_actor(request))
    if not EvidenceRow.objects.filter(hazard_id=row.hazard_id, upload_id=upload_id).exists():
        raise Hidden
    return oversight.jpeg(files.picture(upload_id, thumb="small" in request.GET))


@require_GET
def letter(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """The 移送函 on paper."""
    row = queries.referral(referral_id, by=_actor(request))
    return render(request, "hazards/letter_referral.html",
                  {"row": row, "where": named.where_of({row.place_path})[row.place_path], "now": now()})  # fmt: skip
