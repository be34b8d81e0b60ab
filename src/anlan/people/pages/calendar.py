"""The working calendar: which years are known, what was corrected, a year's notice as a table."""

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from anlan.kernel.authority import Invalid
from anlan.kernel.clock import local, now
from anlan.people import services
from anlan.people.models import CalendarDay
from anlan.people.pages.rosters import NO_FILE
from anlan.people.pages.shared import actor_of, download
from anlan.people.queries.calendar import calendar_days, calendar_years

HEADER = ("日期", "上班或放假", "名称")
LARGEST = 2**20  # bytes of one table


@require_http_methods(["GET", "POST"])
def calendar(request: HttpRequest) -> HttpResponse:
    """Show what is known and corrected; take in a table or one day, or take one back."""
    by = actor_of(request)
    services.require_calendar(by)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            messages.success(request, _act(request))
        except Invalid as error:
            errors = error.errors
        else:
            return redirect("people:calendar")
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdigit() and 2004 <= int(asked) <= 2100 else local(now()).year
    return render(request, "people/calendar.html", {
        "years": calendar_years(), "year": year, "days": calendar_days(year), "errors": errors,
        "day": request.POST.get("day", ""), "name": request.POST.get("name", ""),
        "whole": request.POST.get("whole", ""), "source": request.POST.get("source", ""),
    }, status=422 if errors else 200)  # fmt: skip


def _act(request: HttpRequest) -> str:
    by = actor_of(request)
    act = request.POST.get("act", "")
    if act == "back":
        day = _day(request)
        services.uncorrect_calendar(day, by=by)
        return _("{day} 照原来的算了").format(day=day.isoformat())
    if act == "day":
        one = CalendarDay(
            day=_day(request), works=request.POST.get("works") == "1", name=request.POST.get("name", "").strip()[:40]
        )
        services.correct_calendar([one], by=by)
        return _("记下了，涉及的期限会重算")
    given = request.FILES.get("file")
    if given is None:
        raise Invalid({"file": str(NO_FILE)})
    days = services.read_calendar(given.read(LARGEST + 1)[:LARGEST], given.name or "")
    whole = request.POST.get("whole", "")
    if whole and not whole.isdigit():
        raise Invalid({"whole": _("写年份，比如 2027")})
    source = request.POST.get("source", "")
    count = services.correct_calendar(days, whole=int(whole) if whole else None, source=source, by=by)
    return _("记下了 {count} 天，涉及的期限会重算").format(count=count)


def _day(request: HttpRequest) -> dt.date:
    try:
        return dt.date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        raise Invalid({"day": _("选一天")}) from None


@require_GET
def calendar_table(request: HttpRequest) -> HttpResponse:
    """Give out an example to fill in: the header and three days."""
    services.require_calendar(actor_of(request))
    year = local(now()).year + 1
    rows = [(f"{year}-01-01", "放假", "元旦"), (f"{year}-10-01", "放假", "国庆节"), (f"{year}-10-10", "上班", "补班")]
    return download(HEADER, rows, f"calendar-{year}", "xlsx")
