"""The demonstration's own pages: take any seat of the invented city without a password, and let the storm come again.

They exist only where ANLAN_DEMO is set, and `anlan demo` alone sets it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from anlan.people import queries as people
from anlan.places import queries as places
from anlan.web.city.load import SEATS

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TOLD: dict[str, Any] = {
    "shi-zhiban": gettext_lazy("看预警进来，看谁应了、谁没应，代记应答，出报告。先坐这里。"),
    "shi-lingdao": gettext_lazy("审批红色、橙色叫应；审批人睡着了，看紧急发出怎么办。"),
    "qu-zhiban": gettext_lazy("只看得见自己这个区。"),
    "jie-zhiban": gettext_lazy("看自己街道的名单，派人上门。"),
    "shequ-zhiban": gettext_lazy("社区的值班台：网格里谁没应，一眼看到。"),
    "wangge": gettext_lazy("手机上只有一件事：应不应。"),
    "guanli": gettext_lazy("改叫应规则、通道、岗位权限，看台账校验。"),
}


@dataclass(frozen=True, slots=True)
class SeatShown:
    """One line of the page: who sits there, and what there is to see."""

    username: str
    name: str
    post: str
    place: str
    told: Any


def storm_flag() -> Path:
    """Return the file that asks the storm to come again."""
    return Path(settings.HOME) / "storm-again"


def _only_in_a_demo() -> None:
    if not settings.DEMO:
        raise Http404


def seats() -> list[SeatShown]:
    """Return the seats that this demonstration's city has."""
    shown = []
    for username, role, _level in SEATS:
        account = people.account_named(username)
        if account is None:
            continue
        actor = people.actor_for(account)
        seat = next((s for s in actor.seats if s.role == role), None)
        if seat is not None:
            where = " › ".join(name for _path, name in places.breadcrumb(seat.path))
            shown.append(SeatShown(username, actor.name, seat.title, where, TOLD[username]))
    return shown


@login_not_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Show the seats, the resident's page, and the storm."""
    _only_in_a_demo()
    return render(request, "demo/seats.html", {"seats": seats(), "coming": storm_flag().exists()})


@login_not_required
@require_POST
def sit(request: HttpRequest) -> HttpResponse:
    """Sign in as a seat of the invented city."""
    _only_in_a_demo()
    wanted = request.POST.get("seat", "")
    account = people.account_named(wanted) if wanted in dict.fromkeys(s[0] for s in SEATS) else None
    if account is None:
        raise Http404
    login(request, account, backend=BACKEND)
    return redirect("home")


@login_not_required
@require_POST
def storm(request: HttpRequest) -> HttpResponse:
    """Ask the storm to come again."""
    _only_in_a_demo()
    storm_flag().touch()
    return render(
        request,
        "demo/seats.html",
        {"seats": seats(), "coming": True, "said": _("暴雨马上再来一遍：黄、橙、红、解除。")},
    )


app_name = "demo"
urlpatterns = [path("", index, name="seats"), path("sit", sit, name="sit"), path("storm", storm, name="storm")]
