"""我的待办: what I owe, soonest first."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from anlan.callout.queries import inbox as queries
from anlan.callout.queries import unplaced
from anlan.callout.queries.inbox import Duty, Filter
from anlan.callout.services import answers
from anlan.callout.terms import Answer, Can, How, Result
from anlan.kernel import authority, clock
from anlan.kernel.authority import Actor, Hidden
from anlan.places import queries as places

PER_PAGE = 50
ON_FOOT = {"hazards.inspect", "hazards.rectify"}  # who works outside is led to the page of the telephone


def _filter(request: HttpRequest, by: Actor) -> Filter:
    """Read the address; what it does not know it leaves out."""
    get = request.GET
    view, due, post = get.get("view", "all"), get.get("due", ""), get.get("post", "")
    known = {str(seat.post): seat.post for seat in by.seats}
    place = get.get("place", "")
    return Filter(
        view=view if view in queries.VIEWS else "all",
        due=due if due in {"late", "hour", "today"} else "",
        post=known.get(post),
        place=place if any(seat.path.startswith(place) or place.startswith(seat.path) for seat in by.seats) else "",
        text=get.get("q", "").replace("\x00", "").strip()[:60],
    )


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """Show what the actor owes; filters stand in the address."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    what = _filter(request, by)
    rows = queries.told(by) if what.view == "told" else queries.inbox(by, what)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    duties = [] if what.view == "told" else queries.duties(list(page.object_list))
    counts = queries.counts(by)
    names = {"late": _("已超时"), "hour": _("1 小时内"), "today": _("今天"), "later": _("以后")}
    first = next((d.id for d in duties if d.answers), duties[0].id if duties else None)
    seats = sorted({(s.path, s.title, s.post) for s in by.seats}, key=lambda s: (len(s[0]), s[0]))
    return render(
        request,
        "callout/inbox.html",
        {
            "now": clock.local(clock.now()),
            "what": what,
            "filtered": what != Filter(view=what.view),
            "page": page,
            "groups": [(names[g], _of(duties, g)) for g in queries.GROUPS if _of(duties, g)],
            "first": first,
            "counts": counts,
            "news": queries.news(list(page.object_list)) if what.view == "told" else None,
            "views": [
                ("all", _("全部"), counts["all"]),
                ("answer", _("要应答"), counts["answer"]),
                ("result", _("要报结果"), counts["result"]),
                ("other", _("别的事"), counts["other"]),
                ("told", _("告诉你的"), queries.told(by).count()),
            ],
            "posts": [(post, title) for _path, title, post in seats],
            "places": sorted(places.names({path for path, _title, _post in seats}).items()),
            "can_report": any(grant.can == "incidents.report" for grant in by.grants),
            "on_foot": any(grant.can in ON_FOOT for grant in by.grants),
            "can_see": authority.anywhere(by, [Can.SEE]),
            "waiting": queries.waiting(by),
            "unplaced": unplaced.unplaced(by).count() if authority.anywhere(by, [Can.ANSWER_FOR]) else 0,
        },
    )


def _of(duties: list[Duty], group: str) -> list[Duty]:
    return [d for d in duties if d.group == group]


@require_POST
def answer(request: HttpRequest, obligation: UUID) -> HttpResponse:
    """Answer a call from the inbox, for oneself: 「我收到了」, or with `declined` 「我去不了」."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    if by.person is None:
        raise Hidden(str(obligation))
    queries.mine(obligation, by)
    declined = "declined" in request.POST
    (outcome,) = answers.answer_many([Answer(How.INBOX, obligation=obligation, person=by.person, declined=declined)])
    tell = messages.success if outcome.result in {Result.FIRST, Result.REPEAT} else messages.warning
    tell(request, outcome.words or _("记下了"))
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if safe else "callout:inbox")
