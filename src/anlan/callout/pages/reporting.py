"""What I report of a task or a command that I owe: done, cannot, not with a reason, or handed on."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from anlan.callout.queries import landing
from anlan.callout.queries import results as queries
from anlan.callout.services import answers, passing
from anlan.callout.services.results import WORDS
from anlan.callout.terms import Answer, CallState, Directive, Finish, How, Part, Result
from anlan.kernel import clock
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid


@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, obligation: UUID) -> HttpResponse:
    """Show what is to be done, and take the result; a fault is shown at its field and no word is lost."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    if by.person is None:
        raise Hidden(str(obligation))
    row, call, receipt = queries.own(obligation, by)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        try:
            said = _take(request, row.id, by)
        except Invalid as invalid:
            wrong = dict(invalid.errors)
        except Conflict as conflict:
            messages.error(request, str(conflict))
            return redirect("callout:inbox")
        else:
            messages.success(request, said)
            return redirect("callout:inbox")
    facts = {
        "row": row, "call": call, "receipt": receipt, "words": landing.words_of(row, call), "now": clock.now(),
        "command": call.directive == Directive.COMMAND, "wrong": wrong, "said": request.POST, "longest": WORDS,
        "open": row.state == "open" and call.state == CallState.RUNNING,
        "near": passing.near(row) if row.part == Part.RESULT else [],
    }  # fmt: skip
    return render(request, "callout/report_result.html", facts, status=422 if wrong else 200)


def _take(request: HttpRequest, obligation: UUID, by: Actor) -> str:
    finish, words = request.POST.get("finish", ""), request.POST.get("words", "").replace("\x00", "").strip()
    if finish == Finish.PASSED:
        to = request.POST.get("to", "")
        try:
            post = UUID(to)
        except ValueError:
            raise Invalid({"to": _("选一个能接手的人")}) from None
        passing.pass_on(obligation, post, request.POST.get("reason", ""), by=by)
        return _("转过去了：他会马上收到，发指令的人也知道了")
    if finish not in {Finish.DONE, Finish.CANNOT, Finish.REFUSED}:
        raise Invalid({"finish": _("选办好了、办不了，还是不办")})
    if finish == Finish.REFUSED:
        words = request.POST.get("why", "").replace("\x00", "").strip()
    check_words(finish, words)
    given = Answer(How.INBOX, obligation=obligation, person=by.person, finish=finish, words=words)
    (outcome,) = answers.answer_many([given])
    if outcome.result is Result.NOT_AN_ANSWER:
        raise Invalid({"finish": outcome.words})
    return outcome.words


def check_words(finish: str, words: str) -> None:
    """Raise Invalid where a result needs words and has none, or has too many."""
    if finish == Finish.REFUSED and not words:
        raise Invalid({"why": _("不办要写明原因")})
    if finish == Finish.CANNOT and not words:
        raise Invalid({"words": _("办不了，写一句为什么")})
    if len(words) > WORDS:
        raise Invalid({"words": _("最多写 {most} 个字").format(most=WORDS)})
