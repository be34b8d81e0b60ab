"""受理随手拍: the queue, one tip, its sender for a reason, who is muted, rewards, the poster with the code to scan."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.fieldwork.queries import uploads as files
from anlan.hazards import terms
from anlan.hazards.pages import oversight
from anlan.hazards.queries import tips as queries
from anlan.hazards.services import informants, rewards
from anlan.hazards.services import tip_desk as services
from anlan.hazards.terms import Can
from anlan.kernel import authority
from anlan.kernel.authority import Conflict, Hidden, Invalid
from anlan.places import queries as places

PER_PAGE = 50
VIEWS = {
    "todo": gettext_lazy("等受理"),
    "held": gettext_lazy("另放着的"),
    "accepted": gettext_lazy("受理了"),
    "declined": gettext_lazy("没受理"),
    "all": gettext_lazy("全部"),
}


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List the tips of the actor's places."""
    by = oversight.actor_of(request, Can.TIPS)
    view = request.GET.get("view", "todo") if request.GET.get("view", "todo") in VIEWS else "todo"
    text = request.GET.get("q", "").replace("\x00", "").strip()[:60]
    page = Paginator(queries.tips(by, view=view, text=text), PER_PAGE).get_page(request.GET.get("page"))
    counts = queries.counts(by)
    names = queries.where_of({t.place_path for t in page.object_list})
    scopes = authority.scopes(by, Can.TIPS)
    facts = {
        "page": page, "view": view, "text": text, "views": [(k, n, counts[k]) for k, n in VIEWS.items()],
        "rows": [{"tip": t, "where": names.get(t.place_path, ""), "state": terms.TIP_NAMES[terms.TipState(t.state)],
                  "held": terms.HELD_NAMES.get(terms.Held(t.held), "")} for t in page.object_list],
        "poster": scopes[0] if scopes and scopes[0] else "",
    }  # fmt: skip
    return render(request, "hazards/tip_desk.html", facts)


@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, tip_id: UUID) -> HttpResponse:
    """Show one tip; POST does what the desk decided."""
    by = oversight.actor_of(request, Can.TIPS)
    tip = queries.tip(tip_id, by=by)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        try:
            return _act(request, tip_id)
        except Invalid as error:
            wrong = error.errors
        except Conflict as error:
            wrong = {"": str(error)}
        tip = queries.tip(tip_id, by=by)
    waits = services.waits(tip)
    reward = terms.RewardState
    row = getattr(tip, "reward", None)
    facts = {
        "tip": tip, "wrong": wrong, "said": request.POST, "waits": waits,
        "place": queries.where_of({tip.place_path})[tip.place_path],
        "alike": queries.alike(tip, by=by) if waits else [],
        "state": terms.TIP_NAMES[terms.TipState(tip.state)], "held": terms.HELD_NAMES.get(terms.Held(tip.held), ""),
        "declines": terms.DECLINES, "may_informant": authority.holds(by, Can.INFORMANT, at=tip.place_path),
        "may_approve": authority.holds(by, Can.APPROVE, at=tip.place_path), "reward": row, "me": by.pseudonym,
        "reward_state": terms.REWARD_NAMES[reward(row.state)] if row else ("", ""),
        "yuan": f"{row.amount / 100:.2f}" if row else "", "below": places.children(tip.place_path),
        "trail": oversight.trail(tip.id, by=by),
    }  # fmt: skip
    return render(request, "hazards/tip_one.html", facts, status=422 if wrong else 200)


def _act(request: HttpRequest, tip_id: UUID) -> HttpResponse:
    by, post = oversight.actor_of(request, Can.TIPS), request.POST
    opinion = post.get("opinion", "").strip() or post.get("template", "")
    done = _("记下了，报的人在受理号那一页能看到")
    match post.get("act", ""):
        case "accept":
            hazard = services.accept(tip_id, by=by, words=post.get("words", ""), place=post.get("place", "")[:40])
            messages.success(request, _("受理了，转成隐患，等确认"))
            return redirect(f"/hazards/{hazard.id}")
        case "merge":
            services.merge(tip_id, oversight.uuid_of(post.get("into", ""), "into"), by=by)
            done = _("受理了，并到那条隐患")
        case "decline":
            services.decline(tip_id, opinion, by=by)
        case "forward":
            services.forward(tip_id, post.get("whom", ""), opinion, by=by)
        case "release":
            services.release(tip_id, opinion, by=by)
            done = _("放回等受理了")
        case "mute":
            services.mute(tip_id, opinion, days=oversight.whole(post.get("days", ""), "days"), by=by)
            done = _("以后这个人报的先放在一边，到期自动恢复")
        case "propose":
            rewards.propose(tip_id, post.get("amount", ""), opinion, by=by)
            done = _("奖励报上去了，等别人批")
        case _:
            raise Invalid({"act": _("不认识这个办法，回到上一页再点一次")})
    messages.success(request, done)
    return redirect("hazards:tip-one", tip_id)


@never_cache
@require_POST
def informant(request: HttpRequest, tip_id: UUID) -> HttpResponse:
    """Show who sent it, to whoever may and says why: once, on a page that nobody keeps."""
    by = oversight.actor_of(request, Can.TIPS)
    try:
        name, phone = informants.see(tip_id, request.POST.get("reason", ""), by=by)
    except Invalid as error:
        return oversight.failed(request, error, "hazards:tip-one", tip_id)
    tip = queries.tip(tip_id, by=by)
    return render(request, "hazards/tip_informant.html", {"tip": tip, "name": name, "phone": phone})


@require_GET
def photo(request: HttpRequest, tip_id: UUID, upload_id: UUID) -> HttpResponse:
    """Serve a tip's photo: an inert JPEG of our own making."""
    tip = queries.tip(tip_id, by=oversight.actor_of(request, Can.TIPS))
    if upload_id not in tip.uploads:
        raise Hidden
    return oversight.jpeg(files.picture(upload_id, thumb="small" in request.GET))


@require_http_methods(["GET", "POST"])
def muted(request: HttpRequest) -> HttpResponse:
    """List whose tips wait apart, until when and why; POST hears one again."""
    by = oversight.actor_of(request, Can.TIPS)
    if request.method == "POST":
        try:
            services.unmute(oversight.uuid_of(request.POST.get("muted", ""), "muted"),
                            request.POST.get("opinion", ""), by=by)  # fmt: skip
            messages.success(request, _("恢复受理了"))
        except Invalid as error:
            return oversight.failed(request, error, "hazards:tips-muted")
        return redirect("hazards:tips-muted")
    page = Paginator(queries.muted(by), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "hazards/tip_muted.html", {"page": page})


@require_http_methods(["GET", "POST"])
def ledger(request: HttpRequest) -> HttpResponse:
    """奖励台账: what was proposed, approved, paid; POST decides or pays."""
    by = oversight.actor_of(request, Can.TIPS)
    if request.method == "POST":
        post = request.POST
        identifier = oversight.uuid_of(post.get("reward", ""), "reward")
        try:
            if post.get("act") == "pay":
                rewards.pay(identifier, post.get("receipt", ""), by=by)
            else:
                granted = post.get("act") == "approve"
                rewards.decide(identifier, granted=granted, opinion=post.get("opinion", ""), by=by)
        except (Invalid, Conflict) as error:
            return oversight.failed(request, error, "hazards:tip-rewards")
        messages.success(request, _("记下了"))
        return redirect("hazards:tip-rewards")
    page = Paginator(queries.rewards(by), PER_PAGE).get_page(request.GET.get("page"))
    rows = [_reward(r, by) for r in page.object_list]
    return render(request, "hazards/tip_rewards.html", {"page": page, "rows": rows})


def _reward(row: Any, by: authority.Actor) -> dict[str, Any]:
    return {
        "row": row, "yuan": f"{row.amount / 100:.2f}", "state": terms.REWARD_NAMES[terms.RewardState(row.state)],
        "may": authority.holds(by, Can.APPROVE, at=row.place_path) and row.proposed_by != by.pseudonym,
    }  # fmt: skip


@require_GET
def rewards_file(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the 奖励台账."""
    by = oversight.actor_of(request, Can.TIPS)
    header = [_("受理号尾号"), _("金额（元）"), _("理由"), _("谁报的"), _("谁批的"), _("现状"), _("哪天领的")]
    rows = [
        (r.tip.tail, f"{r.amount / 100:.2f}", r.reason, r.proposed_name, r.approved_name,
         str(terms.REWARD_NAMES[terms.RewardState(r.state)][1]), str(r.paid_on or ""))
        for r in queries.rewards(by)[:50_000]
    ]  # fmt: skip
    return oversight.download(header, rows, _("随手拍奖励台账"), kind)


@require_GET
def poster(request: HttpRequest, path: str) -> HttpResponse:
    """A page to print and hang up: the code opens 随手拍 with the place filled in."""
    by = oversight.actor_of(request, Can.TIPS)
    place = places.by_path(path) if authority.holds(by, Can.TIPS, at=path) else None
    if place is None:
        raise Hidden
    return render(request, "hazards/tip_poster.html", {"place": place, "address": _address(path)})


def _address(path: str) -> str:
    return f"{settings.PUBLIC_URL}{reverse('hazards:tips')}?at={path}"


@require_GET
def poster_code(request: HttpRequest, path: str) -> HttpResponse:
    """The code of the poster."""
    if not authority.holds(oversight.actor_of(request, Can.TIPS), Can.TIPS, at=path):
        raise Hidden
    return oversight.svg(_address(path))
