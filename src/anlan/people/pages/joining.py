"""The public pages of double check-in: check in by the community's link or code, and one's own page by a personal link.

No account. What is told about a number that is known already is what is told about one that waits for its community.
"""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from anlan.kernel.authority import Conflict, Hidden, Invalid, machine
from anlan.people import queries, services, terms
from anlan.people.models import Checkin
from anlan.people.pages import shared
from anlan.people.pages.checkin_forms import HomeForm, JoinForm
from anlan.people.pages.checkins import initial_of, link_of
from anlan.places import queries as places

PAGE = machine("people.checkin")


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Check in at a community."""
    place = queries.open_community(code)
    form = JoinForm(request.POST or None)
    full = queries.registered_lately(place.path) >= settings.CHECKIN_HOURLY
    if request.method == "POST" and full:
        form.add_error(None, _("这一小时来报到的人太多了。过一会儿再来，或到社区登记"))
    elif request.method == "POST" and form.is_valid():
        if request.POST.get("website"):  # nobody sees this field: whoever fills it is a machine
            return render(request, "people/joined.html", {"place": place})
        try:
            made, fresh = services.register(
                form.draft(), place_path=place.path, by=PAGE, source=terms.CheckinSource.SELF
            )
        except Invalid as error:
            shared.fail(form, error)
        except Conflict:
            return render(request, "people/joined.html", {"place": place})
        else:
            if not fresh:
                return render(request, "people/joined.html", {"place": place})
            messages.success(request, _("报到收到了。社区确认以后就能认领任务"))
            return _to_oneself(redirect("people:my-checkin", queries.link_token(made.id)))
    facts = {"form": form, "place": place, "employers": queries.employers_near(place.path), "full": full}
    return render(request, "people/join.html", facts, status=422 if form.errors else 200)


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest, token: str) -> HttpResponse:
    """One's own registration: how it stands, tasks to claim, what may be changed. POST changes it."""
    one = queries.by_token(token)
    form = HomeForm(request.POST or None, initial=initial_of(one))
    if request.method == "POST" and form.is_valid():
        try:
            services.change_checkin(one.id, form.draft(), by=queries.actor_of_person(one.person_id))
        except Invalid as error:
            shared.fail(form, error)
        else:
            messages.success(request, _("改好了"))
            return _to_oneself(redirect("people:my-checkin", token))
    return _to_oneself(_page(request, one, token, form))


def _page(request: HttpRequest, one: Checkin, token: str, form: HomeForm) -> HttpResponse:
    offers = queries.offers(one) if one.state == terms.CheckinState.LISTED else []
    return render(request, "people/my_checkin.html", {
        "one": one, "token": token, "form": form, "state": terms.CHECKIN_NAMES[one.state], "link": link_of(one),
        "place": places.names([one.place_path]).get(one.place_path, ""), "phone": shared.masked(one.person),
        "offers": [(offer, terms.CLAIM_NAMES.get(offer.mine, "")) for offer in offers],
        "open": one.state in services.OPEN_CHECKINS, "employers": queries.employers_near(one.place_path),
    }, status=422 if form.errors else 200)  # fmt: skip


@login_not_required
@require_POST
def my_act(request: HttpRequest, token: str, verb: str) -> HttpResponse:
    """Claim a task or give it back, leave, or have everything erased."""
    one = queries.by_token(token)
    by = queries.actor_of_person(one.person_id)
    try:
        match verb:
            case "claim":
                made = services.claim_task(shared.uuid_of(request.POST.get("task", ""), "task"), one.id, by=by)
                waits = made.state == terms.ClaimState.WAITING
                messages.success(request, _("人满了，你排上队了；有人退出就轮到你") if waits else _("认领好了"))
            case "leave":
                services.leave_task(shared.uuid_of(request.POST.get("task", ""), "task"), one.id, by=by)
                messages.success(request, _("退出了这个任务"))
            case "withdraw":
                services.withdraw_checkin(one.id, by=by)
                messages.success(request, _("你退出了报到，不会再找你"))
            case "erase":
                services.erase_checkin(one.id, by=by)
                return _to_oneself(render(request, "people/erased.html"))
            case _:
                raise Hidden
    except (Invalid, Conflict) as error:
        texts = error.errors.values() if isinstance(error, Invalid) else [str(error)]
        for text in texts:
            messages.error(request, text)
    return _to_oneself(redirect("people:my-checkin", token))


def _to_oneself(answer: HttpResponse) -> HttpResponse:
    """Let no referrer and no search engine have a personal link."""
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer
