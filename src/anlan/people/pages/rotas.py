"""Keeping a rota: make it, say who takes turns, lay a month, publish it, close it."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden, Invalid
from anlan.people import duty_days, queries, services, terms
from anlan.people.models import Person, Rota
from anlan.people.pages import shared
from anlan.people.pages.duty import month_from
from anlan.people.pages.shared import actor_of
from anlan.people.queries import PersonFilter
from anlan.places import queries as places

FOUND, AROUND = 12, 200


class RotaForm(forms.Form):
    """A rota: who, when, how many."""

    name = forms.CharField(label=gettext_lazy("值班表的名称"), max_length=80)
    phone = forms.CharField(
        label=gettext_lazy("值班电话"), required=False, max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
        help_text=gettext_lazy("值班室的座机，带区号"),
    )  # fmt: skip
    workday = forms.CharField(
        label=gettext_lazy("工作日有哪几班"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("一行一班，比如「白班 08:00-20:00」「夜班 20:00-次日08:00」；最长 24 小时"),
    )  # fmt: skip
    rest = forms.CharField(
        label=gettext_lazy("周末和节假日有哪几班"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("调休上班的周末算工作日"),
    )  # fmt: skip
    leader = forms.IntegerField(label=gettext_lazy("每班几个带班领导"), min_value=0, max_value=20)
    chief = forms.IntegerField(label=gettext_lazy("每班几个值班长"), min_value=0, max_value=20)
    officer = forms.IntegerField(label=gettext_lazy("每班几个值班员"), min_value=0, max_value=20)
    standby = forms.IntegerField(label=gettext_lazy("每班几个备班"), min_value=0, max_value=20)
    rest_hours = forms.IntegerField(label=gettext_lazy("一个人两班之间至少歇几小时"), min_value=0, max_value=96)
    keeper = forms.ChoiceField(
        label=gettext_lazy("谁管这张表"), required=False, help_text=gettext_lazy("有空档、有人换班，先告诉他")
    )

    def __init__(self, *args: object, people: list[Person], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choices = [("", _("还没有定")), *((str(one.id), one.name) for one in people)]
        self.fields["keeper"].choices = choices  # type: ignore[attr-defined]

    def draft(self, path: str, old: Rota | None = None) -> services.RotaDraft:
        """Return what the form says. Raises Invalid (workday, rest)."""
        said = self.cleaned_data
        return services.RotaDraft(
            name=said["name"], place_path=path, phone=said["phone"], rest_hours=said["rest_hours"],
            pattern=duty_days.pattern_of(said["workday"], said["rest"]),
            needs={p: said[p] for p in terms.Position}, keeper=UUID(said["keeper"]) if said["keeper"] else None,
            organisation=old.organisation_id if old else None, line=old.line if old else "",
        )  # fmt: skip


def _first(one: Rota | None, path: str) -> dict[str, Any]:
    if one is None:
        name = _("%s值班表") % places.names([path]).get(path, "")
        texts = {key: duty_days.text_of(shifts) for key, shifts in duty_days.TWELVE.items()}
        needs = {"leader": 1, "chief": 1, "officer": 1, "standby": 1}
        return {**texts, **needs, "name": name, "rest_hours": settings.DUTY_REST_HOURS}
    texts = {key: duty_days.text_of(one.pattern.get(key, [])) for key in ("workday", "rest")}
    return {
        **texts, **one.needs, "name": one.name, "phone": one.phone, "rest_hours": one.rest_hours,
        "keeper": str(one.keeper_id or ""),
    }  # fmt: skip


def _people_at(path: str, by: Actor, *more: Person | None) -> list[Person]:
    """Return who holds a post at a place, the most senior first, and some more."""
    there = {one.id: one for one in queries.staff_at(path, by=by)[:AROUND]}
    return list((there | {one.id: one for one in more if one is not None}).values())


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Make a rota at a place."""
    by = actor_of(request)
    shared.need(by, terms.Can.ROTA)
    where = shared.scope_of(by, terms.Can.ROTA, request.POST.get("place") or request.GET.get("place", ""))
    form = RotaForm(request.POST or None, initial=_first(None, where), people=_people_at(where, by))
    if request.method == "POST" and form.is_valid():
        try:
            made = services.make_rota(form.draft(where), by=by)
        except Invalid as error:
            shared.fail(form, error)
        else:
            messages.success(request, _("值班表建好了，接着定谁来轮"))
            return redirect("people:rota-members", made.id)
    return render(request, "people/form.html", {
        "form": form, "heading": _("建一张值班表"), "label": _("建这张表"), "hidden": [("place", where)],
        "crumb_path": where, "crumb": _("建一张值班表"), "back": "people:duty",
    }, status=422 if form.errors else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, rota_id: UUID) -> HttpResponse:
    """Change a rota; months already laid stay."""
    by = actor_of(request)
    one = _kept(rota_id, by)
    people = _people_at(one.place_path, by, one.keeper)
    form = RotaForm(request.POST or None, initial=_first(one, one.place_path), people=people)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_rota(rota_id, form.draft(one.place_path, one), by=by)
        except Invalid as error:
            shared.fail(form, error)
        else:
            messages.success(request, _("改好了，从下一个要排的月起用；排好的月不动"))
            return redirect("people:rota", rota_id)
    return render(request, "people/form.html", {
        "form": form, "heading": _("改「%s」") % one.name, "label": _("保存改动"), "crumb_path": one.place_path,
        "crumb": one.name, "back": "people:rota", "back_id": rota_id,
    }, status=422 if form.errors else 200)  # fmt: skip


def _kept(rota_id: UUID, by: Actor) -> Rota:
    one = queries.rota(rota_id, by=by)
    authority.require(by, terms.Can.ROTA, at=one.place_path)
    return one


@require_http_methods(["GET", "POST"])
def members(request: HttpRequest, rota_id: UUID) -> HttpResponse:
    """Say who takes turns in which position: a tick for each."""
    by = actor_of(request)
    one = _kept(rota_id, by)
    error = ""
    if request.method == "POST":
        try:
            turns = {p.value: [shared.uuid_of(key, "") for key in request.POST.getlist(p)] for p in terms.Position}
            services.set_members(rota_id, turns, by=by)
        except Invalid as wrong:
            error = "；".join(wrong.errors.values())
        else:
            messages.success(request, _("记下了轮值的人"))
            return redirect("people:rota", rota_id)
    ticked = {p: {m.id for m in people} for p, people in queries.members(one).items()}
    inside = {m.id: m for people in queries.members(one).values() for m in people}
    text = request.GET.get("q", "").strip()
    found = list(queries.list_persons(PersonFilter(text=text), by=by)[:FOUND]) if text else []
    people = list((inside | {p.id: p for p in found} | {p.id: p for p in _people_at(one.place_path, by)}).values())
    positions = [p for p in terms.Position if one.needs.get(p)]
    titles = queries.titles_of([p.id for p in people])
    return render(request, "people/rota_members.html", {
        "rota": one, "q": text, "found": len(found), "error": error, "positions": [(p, p.label) for p in positions],
        "rows": [
            (p, titles.get(p.id, ""), [(pos, pos.label, p.id in ticked[pos]) for pos in positions]) for p in people
        ],
        "place": shared.place_names([one.place_path]).get(one.place_path, ""),
    }, status=422 if error else 200)  # fmt: skip


@require_POST
def act(request: HttpRequest, rota_id: UUID, verb: str) -> HttpResponse:
    """Lay a month by turns (`lay`), or fill the empty seats of a draft (`fill`)."""
    by, month = actor_of(request), month_from(request.POST.get("month", ""))
    if verb not in {"lay", "fill"}:
        raise Hidden
    try:
        services.lay_month(rota_id, month, by=by, keep=verb == "fill")
    except Invalid as error:
        messages.error(request, "；".join(error.errors.values()))
    else:
        messages.success(request, _("按轮次排好了，是草稿：看一遍，改好再发布"))
    return redirect(f"{reverse('people:rota', args=[rota_id])}?month={month:%Y-%m}")


@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, rota_id: UUID) -> HttpResponse:
    """Publish a month: who is told, and what is still empty, before it is done."""
    by = actor_of(request)
    one, month = _kept(rota_id, by), month_from(request.GET.get("month", ""))
    laid = queries.month_of(one, month)
    if laid is None:
        raise Hidden
    back, error = f"{reverse('people:rota', args=[rota_id])}?month={month:%Y-%m}", ""
    if request.method == "POST":
        try:
            services.publish(rota_id, month, by=by)
        except Invalid as wrong:
            error = "；".join(wrong.errors.values())
        else:
            messages.success(request, _("发布了，表上的人都会收到通知"))
            return redirect(back)
    seats = [seat for shift in queries.shifts_of(laid) for seat in shift.seats.all()]
    empty = sum(1 for seat in seats if seat.person_id is None)
    told = len({seat.person_id for seat in seats if seat.person_id})
    what = [
        (_("值班表"), one.name), (_("月份"), f"{month:%Y-%m}"), (_("通知几个人"), told),
        (_("还空着"), _("%d 处；发布后还能补") % empty if empty else _("没有")),
        (_("发布以后"), _("谁在值班就按这张表算；以后每改一处都留一版")),
    ]  # fmt: skip
    return render(request, "ui/confirm.html", {
        "heading": _("发布「%s」") % one.name, "label": _("发布这个月的表"), "what": what, "back": back, "error": error,
    }, status=422 if error else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, rota_id: UUID) -> HttpResponse:
    """Close a rota for good."""
    by = actor_of(request)
    one = _kept(rota_id, by)
    error = ""
    if request.method == "POST":
        if request.POST.get("confirm", "").strip() == one.name:
            services.close_rota(rota_id, _("在网页上停用"), by=by)
            messages.success(request, _("「%s」停用了，记录都留着") % one.name)
            return redirect("people:duty")
        error = _("照着写的字不一样，表没有停用。")
    return render(request, "ui/confirm.html", {
        "heading": _("停用「%s」") % one.name, "label": _("停用这张值班表"), "danger": True, "expect": one.name,
        "back": reverse("people:rota", args=[rota_id]), "error": error,
        "what": [
            (_("值班表"), one.name),
            (_("停用以后"), _("还没开始的班都不算数；这个地方谁在值班，又按岗位和休假算")),
        ],
    }, status=422 if error else 200)  # fmt: skip
