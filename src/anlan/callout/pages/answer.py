"""The page of a personal link: what the warning says, what I am to do, and two buttons. A visit never answers."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from anlan.callout.pages.reporting import check_words
from anlan.callout.queries import landing as queries
from anlan.callout.services import answers
from anlan.callout.services.results import WORDS
from anlan.callout.terms import INSTRUCTIONS, Answer, Directive, Finish, How
from anlan.kernel import clock
from anlan.kernel.authority import Hidden, Invalid


@csrf_exempt  # the link itself is the proof: whoever holds it may answer, and nobody else's session is touched
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows, POST answers and shows the same page again (POST-redirect-GET, so that a reload asks nothing)."""
    try:
        if request.method == "POST":
            queries.find(token)
            if wrong := _answer(request, token):
                facts = _facts(queries.landing(token)) | {"wrong": wrong, "said": request.POST}
                return _kept_to_itself(render(request, "callout/answer.html", facts, status=422))
            return _kept_to_itself(redirect("callout:answer", token=token))
        page = queries.landing(token)
    except Hidden:
        return _kept_to_itself(render(request, "callout/answer_unknown.html", status=404))
    return _kept_to_itself(render(request, "callout/answer.html", _facts(page)))


def _answer(request: HttpRequest, token: str) -> str:
    """Take what was pressed; returns what is wrong with it, "" if nothing."""
    finish, words = request.POST.get("finish", ""), request.POST.get("words", "").replace("\x00", "").strip()
    if finish in {Finish.DONE, Finish.CANNOT, Finish.REFUSED}:
        try:
            check_words(finish, words)
        except Invalid as wrong:
            return next(iter(wrong.errors.values()))
        answers.answer_many([Answer(How.LINK, token=token, finish=finish, words=words)])
    else:
        answers.answer_many([Answer(How.LINK, token=token, declined="declined" in request.POST)])
    return ""


def _facts(page: queries.Landing) -> dict[str, Any]:
    result = page.result
    return {
        "page": page, "now": clock.now(), "heading": _heading(page), "instruction": page.directive in INSTRUCTIONS,
        "command": page.directive == Directive.COMMAND, "longest": WORDS,
        "owes_result": result is not None and result.state == "open" and page.stands != "over",
        "reported": result is not None and result.state == "met", "refused": result and result.finish == "refused",
    }  # fmt: skip


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
