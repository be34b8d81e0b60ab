"""公开社区隐患清单: choose, edit the public words, publish, take off; residents' remarks; 协商议题 (HZD-12)."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from anlan.fieldwork.queries import uploads as files
from anlan.hazards import terms
from anlan.hazards.models import EvidenceRow
from anlan.hazards.pages import oversight
from anlan.hazards.queries import publishing as queries
from anlan.hazards.queries import tips as named
from anlan.hazards.queries import wording
from anlan.hazards.services import publishing as services
from anlan.hazards.terms import Can
from anlan.kernel import authority
from anlan.kernel.authority import Conflict, Hidden, Invalid
from anlan.kernel.clock import local

PER_PAGE = 50


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List what may be published, and what is."""
    by = oversight.actor_of(request, Can.PUBLISH)
    text = request.GET.get("q", "").replace("\x00", "").strip()[:60]
    rows = queries.choosable(by, text=text)
    if request.GET.get("view") == "public":
        rows = rows.filter(public=True)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    names = named.where_of({h.place_path for h in page.object_list})
    scopes = authority.scopes(by, Can.PUBLISH)
    facts = {
        "page": page, "text": text, "view": request.GET.get("view", "") == "public",
        "here": scopes[0] if scopes else "",
        "rows": [{"hazard": h, "where": names.get(h.place_path, ""), "posting": getattr(h, "posting", None),
                  "state": terms.STATE_NAMES[terms.HazardState(h.state)]} for h in page.object_list],
        "waiting": queries.remarks(by).count(),
    }  # fmt: skip
    return render(request, "hazards/publishing.html", facts)


@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, hazard_id: UUID) -> HttpResponse:
    """Edit what the public reads of one hazard; POST previews, publishes, takes off, keeps for the agenda."""
    by = oversight.actor_of(request, Can.PUBLISH)
    hazard = queries.hazard(hazard_id, by=by)
    posting = queries.posting(hazard_id)
    post, wrong = request.POST, {}
    act = post.get("act", "")
    said: Any = {"words": post.get("words", ""), "spot": post.get("spot", ""), "days": post.get("days", "")}
    chosen = post.getlist("uploads")
    if request.method == "POST" and act != "preview":
        try:
            messages.success(request, _act(request, hazard_id, act))
            return redirect("hazards:publish", hazard_id)
        except Invalid as error:
            wrong = error.errors
        except Conflict as error:
            wrong = {"": str(error)}
    elif request.method == "GET":
        names = queries.names_in(hazard)
        said = {
            "words": posting.words if posting else wording.stripped(hazard.text, names=names)[:300],
            "spot": posting.spot if posting else wording.stripped(hazard.where, names=names)[:60],
            "days": settings.PUBLISH_DAYS,
        }  # fmt: skip
        chosen = [str(u) for u in posting.uploads] if posting else []
    evidence = EvidenceRow.objects.filter(hazard=hazard).order_by("added_at").values_list("upload_id", flat=True)
    facts = {
        "hazard": hazard, "posting": posting, "said": said, "wrong": wrong, "chosen": chosen,
        "photos": [str(u) for u in evidence], "preview": act == "preview",
        "where": named.where_of({hazard.place_path})[hazard.place_path],
        "state": terms.STATE_NAMES[terms.HazardState(hazard.state)], "place": hazard.place_path[:16],
    }  # fmt: skip
    return render(request, "hazards/publish.html", facts, status=422 if wrong else 200)


def _act(request: HttpRequest, hazard_id: UUID, act: str) -> str:
    by, post = oversight.actor_of(request, Can.PUBLISH), request.POST
    match act:
        case "publish":
            uploads = [oversight.uuid_of(u, "uploads") for u in post.getlist("uploads")]
            days = oversight.whole(post.get("days", ""), "days")
            services.publish(hazard_id, post.get("words", ""), post.get("spot", ""), days=days, uploads=uploads, by=by)
            return _("公开了")
        case "unpublish":
            services.unpublish(hazard_id, post.get("reason", ""), by=by)
            return _("撤下了")
        case "agenda" | "off-agenda":
            services.keep_for_agenda(hazard_id, wanted=act == "agenda", by=by)
            return _("列进协商议题了") if act == "agenda" else _("不再列为协商议题")
        case _:
            raise Invalid({"act": _("不认识这个办法，回到上一页再点一次")})


@require_GET
def photo(request: HttpRequest, hazard_id: UUID, upload_id: UUID) -> HttpResponse:
    """Serve a photo to whoever chooses what becomes public."""
    hazard = queries.hazard(hazard_id, by=oversight.actor_of(request, Can.PUBLISH))
    if not EvidenceRow.objects.filter(hazard=hazard, upload_id=upload_id).exists():
        raise Hidden
    return oversight.jpeg(files.picture(upload_id, thumb="small" in request.GET))


@require_http_methods(["GET", "POST"])
def remarks(request: HttpRequest) -> HttpResponse:
    """Look at residents' remarks before anybody else does."""
    by = oversight.actor_of(request, Can.PUBLISH)
    if request.method == "POST":
        post = request.POST
        try:
            services.moderate(oversight.uuid_of(post.get("remark", ""), "remark"), shown=post.get("act") == "show",
                              words=post.get("words", ""), by=by)  # fmt: skip
        except (Invalid, Conflict) as error:
            return oversight.failed(request, error, "hazards:remarks")
        messages.success(request, _("记下了"))
        return redirect("hazards:remarks")
    page = Paginator(queries.remarks(by), PER_PAGE).get_page(request.GET.get("page"))
    rows = [(one, wording.stripped(one.text)) for one in page.object_list]
    return render(request, "hazards/remarks.html", {"page": page, "rows": rows})


@require_GET
def agenda(request: HttpRequest) -> HttpResponse:
    """List what is kept for 协商议题."""
    by = oversight.actor_of(request, Can.PUBLISH)
    page = Paginator(queries.agenda(by), PER_PAGE).get_page(request.GET.get("page"))
    names = named.where_of({p.place_path for p in page.object_list})
    return render(request, "hazards/agenda.html",
                  {"page": page, "rows": [(p, names.get(p.place_path, "")) for p in page.object_list]})  # fmt: skip


@require_GET
def agenda_file(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the agenda, in the words that are public."""
    by = oversight.actor_of(request, Can.PUBLISH)
    rows = list(queries.agenda(by)[:10_000])
    names = named.where_of({p.place_path for p in rows})
    header = [_("地方"), _("议题"), _("多少人要先办"), _("哪天列的"), _("谁列的")]
    made = [
        (names.get(p.place_path, ""), p.words, p.votes, f"{local(p.agenda_at):%Y-%m-%d}" if p.agenda_at else "",
         p.agenda_name) for p in rows
    ]  # fmt: skip
    return oversight.download(header, made, _("协商议题"), kind)
