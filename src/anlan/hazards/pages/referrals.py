"""违法行为移送: the list as sender and as the enforcement department see it, one referral, its letter (HZD-11)."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from anlan.fieldwork.queries import uploads as files
from anlan.hazards import terms
from anlan.hazards.models import EvidenceRow
from anlan.hazards.pages import oversight
from anlan.hazards.queries import oversight as queries
from anlan.hazards.queries import tips as named
from anlan.hazards.services import referring
from anlan.hazards.terms import Can, ReferralState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, Refused
from anlan.kernel.clock import now

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
    view = request.GET.get("view", "open") if request.GET.get("view", "open") in VIEWS else "open"
    page = Paginator(queries.referrals(by, view=view).select_related("hazard"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    names = named.where_of({r.place_path for r in page.object_list})
    facts = {
        "page": page, "view": view, "views": [(k, n, queries.referrals(by, view=k).count()) for k, n in VIEWS.items()],
        "rows": [{"row": r, "where": names.get(r.place_path, ""), "state": terms.REFERRAL_NAMES[ReferralState(r.state)],
                  "late": r.state == ReferralState.SENT and r.receipt_due < now()} for r in page.object_list],
    }  # fmt: skip
    return render(request, "hazards/referrals.html", facts)


@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Show one referral; POST signs the receipt, files the result, gives it back."""
    by = _actor(request)
    row = queries.referral(referral_id, by=by)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        words, act = request.POST.get("words", ""), request.POST.get("act", "")
        try:
            match act:
                case "receive":
                    referring.receive(referral_id, words, by=by)
                case "conclude":
                    referring.conclude(referral_id, words, by=by)
                case "return":
                    referring.give_back(referral_id, words, by=by)
                case _:
                    raise Invalid({"act": _("不认识这个办法，回到上一页再点一次")})  # noqa: TRY301 - shown as any other
        except Invalid as error:
            wrong = error.errors
        except Conflict as error:
            wrong = {"": str(error)}
        else:
            messages.success(request, _("记下了，移送的人会收到消息"))
            return redirect("hazards:referral", referral_id)
        row = queries.referral(referral_id, by=by)
    facts = {
        "row": row, "wrong": wrong, "where": named.where_of({row.place_path})[row.place_path],
        "state": terms.REFERRAL_NAMES[ReferralState(row.state)], "theirs": row.organisation_id in
        queries.organisations(by), "sees": authority.holds(by, Can.SEE, at=row.place_path),
        "late": row.state == ReferralState.SENT and row.receipt_due < now(),
        "photos": list(EvidenceRow.objects.filter(hazard=row.hazard).values_list("upload_id", flat=True)[:30]),
    }  # fmt: skip
    return render(request, "hazards/referral.html", facts, status=422 if wrong else 200)


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
                  {"row": row, "where": named.where_of({row.place_path})[row.place_path]})  # fmt: skip
