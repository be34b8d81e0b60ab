"""社区隐患清单 as any resident sees it: no names, no doors; remarks and votes without an account (HZD-12)."""

from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from anlan.fieldwork.queries import uploads as files
from anlan.hazards import terms
from anlan.hazards.models import Posting, Supervision
from anlan.hazards.pages import oversight, visitors
from anlan.hazards.pages.tips import began
from anlan.hazards.queries import publishing as queries
from anlan.hazards.queries import tips as named
from anlan.hazards.services import publishing as services
from anlan.kernel.authority import Conflict, Hidden, Invalid

PER_PAGE = 30
PER_PAPER = 300
PAPERS = ("a4", "a3")


def _place(where: str) -> tuple[str, str]:
    found = named.place_named(where[:40])
    if found is None:
        raise Hidden
    return found


def _rows(postings: list[Posting]) -> list[dict[str, Any]]:
    said = queries.remarks_of([p.hazard_id for p in postings])
    above = queries.supervised(p.hazard_id for p in postings if p.hazard.supervised)
    return [
        {"posting": p, "state": terms.STATE_NAMES[terms.HazardState(p.hazard.state)], "due": p.hazard.due_at
         if p.hazard.state in terms.OPEN else None, "done": p.hazard.accepted_at, "open": p.hazard.state in terms.OPEN,
         "remarks": said.get(p.hazard_id, []), "supervised": _flag(above.get(p.hazard_id))}
        for p in postings
    ]  # fmt: skip


def _flag(row: Supervision | None) -> str:
    """Say that it is under supervision, whose, and until when."""
    if row is None:
        return ""
    level = terms.LEVEL_NAMES[terms.SupervisionLevel(row.level)]
    words = _("挂牌督办（{level}），{day} 前改好") if row.due_on else _("挂牌督办（{level}）")
    return words.format(level=level, day=row.due_on)


@never_cache
@login_not_required
@require_GET
def index(request: HttpRequest, where: str) -> HttpResponse:
    """Show the list of a place; `?paper=a4` or a3 for the notice board."""
    path, name = _place(where)
    paper = request.GET.get("paper", "")
    page = Paginator(queries.public(path), PER_PAPER if paper else PER_PAGE).get_page(request.GET.get("page"))
    done, whole = queries.response(path)
    facts = {
        "where": path, "name": name, "page": page, "rows": _rows(list(page.object_list)), "done": done, "whole": whole,
        "began": signing.TimestampSigner(salt="hazards.tip").sign(str(uuid4())),
        "paper": paper if paper in PAPERS else "", "address": f"{settings.PUBLIC_URL}{request.path}",
    }  # fmt: skip
    return visitors.remember(render(request, "hazards/public.html", facts), visitors.device(request))


@login_not_required
@require_POST
def say(request: HttpRequest, hazard_id: UUID) -> HttpResponse:
    """Take a remark or a vote."""
    row = queries.open_posting(hazard_id)
    back = request.POST.get("back", "")[:40]
    where = back if named.place_named(back) else row.place_path
    device = visitors.device(request)
    sender = visitors.sender(request, device)
    try:
        if request.POST.get("act") == "vote":
            fresh = services.vote(hazard_id, sender)
            messages.success(request, _("记下了，谢谢") if fresh else _("这一条你已经投过"))
        else:
            _client, hasty = began(request.POST.get("began", ""))
            services.remark(hazard_id, request.POST.get("text", ""), sender, hasty=hasty or bool(
                request.POST.get("website", "")))  # fmt: skip
            messages.success(request, _("收到了，社区看过、写了答复就公开"))
    except (Invalid, Conflict) as error:
        return visitors.remember(oversight.failed(request, error, "hazards:public", where), device)
    return visitors.remember(redirect(f"{reverse('hazards:public', args=[where])}#h-{hazard_id}"), device)


@login_not_required
@require_GET
def photo(request: HttpRequest, hazard_id: UUID, upload_id: UUID) -> HttpResponse:
    """Serve a photo that was chosen for the public, and no other: a redrawn copy."""
    if upload_id not in queries.open_posting(hazard_id).uploads:
        raise Hidden
    answer = oversight.jpeg(files.picture(upload_id, thumb="small" in request.GET))
    answer["Cache-Control"] = "public, max-age=300"
    return answer


@login_not_required
@require_GET
def code(request: HttpRequest, where: str) -> HttpResponse:  # noqa: ARG001 - a view is told its request
    """The code that the paper shows: the list's own address."""
    path, _name = _place(where)
    return oversight.svg(settings.PUBLIC_URL + reverse("hazards:public", args=[path]))
