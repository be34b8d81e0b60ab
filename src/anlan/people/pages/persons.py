"""Pages of persons: find, look, enrol, correct, show a number to whoever says why."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.kernel import authority
from anlan.kernel.authority import Invalid
from anlan.people import queries, services, terms
from anlan.people.pages import shared
from anlan.people.pages.shared import actor_of
from anlan.people.ports import address_kinds
from anlan.people.queries import PersonFilter
from anlan.places import queries as places

REACH = {
    "ok": gettext_lazy("打得通"),
    "dead": gettext_lazy("空号"),
    "wrong": gettext_lazy("不是本人"),
    "silent": gettext_lazy("没人接"),
    "unchecked": gettext_lazy("没核过"),
    "none": gettext_lazy("没有电话"),
}


PLAIN = ("name", "phone", "identity", "email")
GONE = "-"  # typed into the box of an account to take it away


class PersonForm(forms.Form):
    """A person. An empty number leaves the one that is there."""

    name = forms.CharField(label=gettext_lazy("姓名"), max_length=60)
    phone = forms.CharField(
        label=gettext_lazy("手机号"), required=False, max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
        help_text=gettext_lazy("座机要带区号。写不写空格都行"),
    )  # fmt: skip
    identity = forms.CharField(
        label=gettext_lazy("身份证号"), required=False, max_length=24,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("只在分清同名的人时用；加密保存"),
    )  # fmt: skip
    email = forms.EmailField(label=gettext_lazy("电子邮箱"), required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        """Add a box for each kind of account that a carrier wants."""
        super().__init__(*args, **more)
        for kind in address_kinds.all().values():
            self.fields[kind.field] = forms.CharField(
                label=kind.label, required=False, max_length=128, help_text=kind.hint,
                widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            )  # fmt: skip

    def draft(self, *, keep_empty: bool) -> services.PersonDraft:
        """Return what the service takes; with `keep_empty` an empty number or account is left as it is."""
        data = self.cleaned_data
        given = {k: data[k] or None if keep_empty and k != "email" else data[k] for k in PLAIN}
        accounts = {k.removeprefix(terms.FIELD): v for k, v in data.items() if k.startswith(terms.FIELD)}
        if keep_empty:
            accounts = {kind: "" if text == GONE else text for kind, text in accounts.items() if text}
        return services.PersonDraft(**given, addresses=accounts)


def filter_of(request: HttpRequest) -> PersonFilter:
    """Return what the address narrows the list by."""
    get = request.GET
    return PersonFilter(
        text=get.get("q", ""), path=get.get("place", ""), role=get.get("role", ""), reach=get.get("reach", ""),
        away=get.get("away") == "1",
    )  # fmt: skip


@require_GET
def persons(request: HttpRequest) -> HttpResponse:
    """List the persons in scope."""
    by = actor_of(request)
    shared.need(by, terms.Can.READ)
    what = filter_of(request)
    page = shared.page_of(request, queries.list_persons(what, by=by))
    names = shared.place_names(one.place_path for one in page if one.place_path)
    rows = [
        {"person": one, "phone": shared.masked(one), "posts": shared.seat_lines(one.seats_now),
         "place": names.get(one.place_path, ""), "reach": REACH.get(one.reach if one.phone_cipher else "none", "")}
        for one in page
    ]  # fmt: skip
    here = shared.scope_of(by, terms.Can.READ, what.path)
    return render(request, "people/persons.html", {
        "page": page, "rows": rows, "what": what, "roles": queries.list_roles(), "reaches": REACH.items(),
        "steps": shared.steps(here, by), "here": what.path, "kept": request.GET.urlencode(),
        "may_write": authority.anywhere(by, [terms.Can.WRITE]),
        "may_import": authority.anywhere(by, [terms.Can.IMPORT]),
    })  # fmt: skip


@require_GET
def persons_file(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the list as it is narrowed, phones masked."""
    by = actor_of(request)
    shared.need(by, terms.Can.READ)
    found = queries.list_persons(filter_of(request), by=by)
    names = shared.place_names(set(found.order_by().values_list("place_path", flat=True)))
    rows = (
        [one.name, shared.masked(one), "、".join(shared.seat_lines(one.seats_now)), names.get(one.place_path, ""),
         str(REACH.get(one.reach, ""))]
        for one in found.iterator(chunk_size=2000)
    )  # fmt: skip
    made = list(rows)
    services.note_export(len(made), by=by)
    return shared.download([_("姓名"), _("电话"), _("岗位"), _("地方"), _("号码")], made, _("人员名单"), kind)


@never_cache
@require_GET
def person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Show a person: posts, masked numbers, the account."""
    return _page(request, person_id, {})


def _page(request: HttpRequest, person_id: UUID, shown: dict[str, str]) -> HttpResponse:
    by = actor_of(request)
    found = queries.person(person_id, by=by)
    holdings = queries.holdings_of(found)
    account = queries.account_of(found.id)
    names = shared.place_names({one.place_path for one in holdings} | {found.place_path} - {""})
    return render(request, "people/person.html", {
        "person": found, "phone": shared.masked(found), "identity": queries.masked_identity(found),
        "shown": shown, "reach": REACH.get(found.reach if found.phone_cipher else "none", ""),
        "now": [(one, names.get(one.place_path, "")) for one in holdings if one.until is None],
        "past": [(one, names.get(one.place_path, "")) for one in holdings if one.until is not None],
        "addresses": queries.addresses_of(found),
        "home": names.get(found.place_path, ""), "account": account, "own": by.person == found.id,
        "may_write": _over(found, by, terms.Can.WRITE), "may_reveal": _over(found, by, terms.Can.REVEAL),
        "may_account": _over(found, by, terms.Can.ACCOUNTS),
    }, status=422 if "error" in shown else 200)  # fmt: skip


def _over(found: object, by: authority.Actor, can: str) -> bool:
    try:
        queries.require_over(found, by, can)  # type: ignore[arg-type]
    except authority.Refused:
        return False
    return True


@never_cache
@require_POST
def reveal(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Show a whole number once, to whoever says why."""
    field = request.POST.get("field", "phone")
    try:
        value = services.reveal(person_id, field, request.POST.get("reason", ""), actor_of(request))
    except Invalid as error:
        shown = {"error": next(iter(error.errors.values())), "field": field}
    else:
        shown = {field: value or _("没有登记")}
    return _page(request, person_id, shown)


@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Add a person at a place."""
    by = actor_of(request)
    shared.need(by, terms.Can.WRITE)
    where = shared.scope_of(by, terms.Can.WRITE, request.POST.get("place") or request.GET.get("place", ""))
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.enrol(form.draft(keep_empty=False), place_path=where, by=by)
        except Invalid as error:
            shared.fail(form, error)
        else:
            return redirect("people:person", made.id)
    return render(request, "people/form.html", {
        "form": form, "heading": _("登记一个人"), "label": _("登记这个人"), "hidden": [("place", where)],
        "crumb_path": where, "crumb": _("登记一个人"), "back": "people:persons",
    }, status=422 if form.errors else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Correct a person; an empty number stays as it is."""
    by = actor_of(request)
    found = queries.person(person_id, by=by)
    queries.require_over(found, by, terms.Can.WRITE)
    form = PersonForm(request.POST or None, initial={"name": found.name, "email": found.email})
    form.fields["phone"].help_text = _("现在是 %s；不改就空着") % (shared.masked(found) or _("空的"))
    form.fields["identity"].help_text = _("现在是 %s；不改就空着") % (queries.masked_identity(found) or _("空的"))
    for shown in queries.addresses_of(found):
        if shown.masked:
            form.fields[shown.kind.field].help_text = _("现在是 %s；不改就空着，要去掉就写一个 -") % shown.masked
    if request.method == "POST" and form.is_valid():
        try:
            services.change_person(person_id, form.draft(keep_empty=True), by=by)
        except Invalid as error:
            shared.fail(form, error)
        else:
            return redirect("people:person", person_id)
    return render(request, "people/form.html", {
        "form": form, "heading": _("改 %s 的信息") % found.name, "label": _("保存改动"),
        "crumb_path": found.place_path,
        "crumb": found.name, "back": "people:person", "back_id": person_id,
    }, status=422 if form.errors else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def organisations(request: HttpRequest) -> HttpResponse:
    """List the organisations in scope, and add one."""
    by = actor_of(request)
    shared.need(by, terms.Can.READ)
    where = shared.scope_of(by, terms.Can.READ, request.GET.get("place", ""))
    form = OrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.found_organisation(**form.cleaned_data, place_path=where, by=by)
        except Invalid as error:
            shared.fail(form, error)
        else:
            return redirect(request.get_full_path())
    page = shared.page_of(
        request, queries.list_organisations(request.GET.get("q", ""), request.GET.get("place", ""), by=by)
    )
    names = shared.place_names({one.place_path for one in page})
    return render(request, "people/organisations.html", {
        "page": page, "rows": [(one, names.get(one.place_path, ""), KINDS.get(one.kind, one.kind)) for one in page],
        "form": form, "where": where, "steps": shared.steps(where, by), "place": places.names([where]).get(where, ""),
        "may_write": authority.holds(by, terms.Can.WRITE, at=where),
    }, status=422 if form.errors else 200)  # fmt: skip


KINDS = {
    "government": gettext_lazy("政府、街道"),
    "department": gettext_lazy("部门"),
    "community": gettext_lazy("社区、村"),
    "enterprise": gettext_lazy("企业"),
    "team": gettext_lazy("应急队伍"),
    "volunteers": gettext_lazy("志愿组织"),
}


class OrganisationForm(forms.Form):
    """An organisation at a place."""

    name = forms.CharField(label=gettext_lazy("单位名称"), max_length=120)
    kind = forms.ChoiceField(label=gettext_lazy("是哪种单位"), choices=list(KINDS.items()))
    line = forms.CharField(label=gettext_lazy("条线"), required=False, max_length=40)
