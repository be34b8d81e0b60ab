"""Changing one place: edit, add below, close, reopen, give a new code."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from anlan.kernel import authority
from anlan.kernel.authority import Invalid
from anlan.places import queries, services, terms
from anlan.places.models import Place
from anlan.places.pages.shared import CloseForm, CodeForm, PlaceForm, actor_of, fail


def _here(request: HttpRequest, where: str) -> Place:
    """Return the place of the address, for whoever may change it."""
    by = actor_of(request)
    here = queries.scoped(where, by)
    authority.require(by, terms.Can.MANAGE, at=here.path)
    return here


def _show(request: HttpRequest, here: Place, form: forms.Form, heading: str, label: str) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(
        request, "places/form.html", {"place": here, "form": form, "heading": heading, "label": label}, status=status
    )


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, where: str) -> HttpResponse:
    """Change a place's own values; a form that somebody overtook is told so and keeps what was typed."""
    here = _here(request, where)
    heading, label = _("改「%(name)s」") % {"name": here.name}, _("保存改动")
    if request.method == "GET":
        form = PlaceForm(initial=PlaceForm.of(here), level=here.level)
        return _show(request, here, form, heading, label)
    form = PlaceForm(request.POST, level=here.level)
    if form.is_valid():
        seen = request.POST.get("revision", "")
        try:
            services.change(
                here.pk, by=actor_of(request), revision=int(seen) if seen.isdigit() else None, **form.values()
            )
        except Invalid as error:
            fail(form, error)
        else:
            messages.success(request, _("已保存"))
            return redirect("places:place", where=here.path)
    return _show(request, here, form, heading, label)


class AddForm(PlaceForm):
    """A new place below another."""

    level = forms.ChoiceField(label=gettext_lazy("级别"))
    code = forms.CharField(label=gettext_lazy("编码"), required=False, max_length=40)
    field_order = ("level", "name", "code")


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, where: str) -> HttpResponse:
    """Add a place right below."""
    here = _here(request, where)
    able = [level for level in terms.Level if services.tree.fits(level, here.level)]
    heading, label = _("在「%(name)s」下添加") % {"name": here.name}, _("添加这个地方")
    said = request.POST.get("level") or request.GET.get("level") or (able[0] if able else terms.Level.BUILDING)
    level = said if said in able else able[0] if able else terms.Level.BUILDING
    form = AddForm(request.POST or None, level=terms.Level.GRID, initial={"level": level})
    choice = form.fields["level"]
    if isinstance(choice, forms.ChoiceField):
        choice.choices = [(x, _(terms.LEVEL_NAMES[x])) for x in able]
    if request.method == "POST" and form.is_valid():
        values = form.values()
        if values["level"] != terms.Level.GRID:
            values = {k: v for k, v in values.items() if k not in {"grid_level", "lines"}}
        try:
            made = services.add(here, by=actor_of(request), **values)
        except Invalid as error:
            fail(form, error)
        else:
            messages.success(request, _("已添加「%(name)s」") % {"name": made.name})
            return redirect("places:place", where=made.path)
    return _show(request, here, form, heading, label)


@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, where: str) -> HttpResponse:
    """Close a place from a day on."""
    here = _here(request, where)
    heading, label = _("撤销「%(name)s」") % {"name": here.name}, _("撤销这个地方")
    form = CloseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        by = actor_of(request)
        try:
            heir = form.heir(by)
            services.close(
                here.pk, by=by, on=form.cleaned_data["on"], reason=form.cleaned_data["reason"],
                successor=heir.pk if heir else None,
            )  # fmt: skip
        except Invalid as error:
            fail(form, error)
        else:
            messages.success(request, _("已撤销，旧代码仍然查得到"))
            return redirect("places:place", where=here.path)
    return _show(request, here, form, heading, label)


class ReopenForm(forms.Form):
    """Why a closing is taken back."""

    reason = forms.CharField(label=gettext_lazy("依据"), max_length=300)


@require_http_methods(["GET", "POST"])
def reopen(request: HttpRequest, where: str) -> HttpResponse:
    """Take back a closing."""
    here = _here(request, where)
    form = ReopenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.reopen(here.pk, by=actor_of(request), reason=form.cleaned_data["reason"])
        except Invalid as error:
            fail(form, error)
        else:
            messages.success(request, _("已恢复"))
            return redirect("places:place", where=here.path)
    return _show(request, here, form, _("恢复「%(name)s」") % {"name": here.name}, _("恢复这个地方"))


@require_http_methods(["GET", "POST"])
def recode(request: HttpRequest, where: str) -> HttpResponse:
    """Give a place a new code; the old one keeps resolving."""
    here = _here(request, where)
    form = CodeForm(request.POST or None, initial={"scheme": here.scheme or terms.Scheme.STAT})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            services.recode(here.pk, said["code"], scheme=said["scheme"], on=said["on"], by=actor_of(request))
        except Invalid as error:
            fail(form, error)
        else:
            messages.success(request, _("已换新编码，旧编码按日期仍查得到"))
            return redirect("places:place", where=here.path)
    return _show(request, here, form, _("给「%(name)s」换编码") % {"name": here.name}, _("换成新编码"))
