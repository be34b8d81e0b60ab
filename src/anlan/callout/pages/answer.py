"""The page of a personal link: what the warning says, what I am to do, and two buttons. A visit never answers."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from anlan.callout.queries import landing as queries
from anlan.callout.services import answers
from anlan.callout.terms import Answer, How
from anlan.kernel import clock
from anlan.kernel.authority import Hidden


@csrf_exempt  # the link itself is the proof: whoever holds it may answer, and nobody else's session is touched
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows, POST answers and shows the same page again (POST-redirect-GET, so that a reload asks nothing)."""
    try:
        if request.method == "POST":
            queries.find(token)
            answers.answer_many([Answer(How.LINK, token=token, declined="declined" in request.POST)])
            return _kept_to_itself(redirect("callout:answer", token=token))
        page = queries.landing(token)
    except Hidden:
        return _kept_to_itself(render(request, "callout/answer_unknown.html", status=404))
    facts = {"page": page, "now": clock.now(), "heading": _heading(page)}
    return _kept_to_itself(render(request, "callout/answer.html", facts))


def _heading(page: queries.Landing) -> str:
    if page.stands == "answered" and page.genre:
        return _("记下了：这个号码不是他的") if page.declined else _("记下了，号码没错")
    if page.stands == "answered":
        return _("记下了：你去不了") if page.declined else _("应答了")
    return {"over": _("这次叫应已经结束"), "told": page.title}.get(page.stands, page.title)


def _kept_to_itself(answer: HttpResponse) -> HttpResponse:
    """Let no cache, no referrer and no search engine have a personal link."""
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer
