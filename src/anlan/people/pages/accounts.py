"""Pages of accounts and roles: my own, those I manage, who may what; setting a password by a one-time link."""

from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.kernel import authority
from anlan.kernel.authority import Hidden, Invalid
from anlan.people import ports, queries, services, terms
from anlan.people.pages import shared
from anlan.people.pages.shared import actor_of

STATES = (("", gettext_lazy("全部")), ("active", gettext_lazy("能用")), ("unset", gettext_lazy("还没设密码")),
          ("closed", gettext_lazy("停用")))  # fmt: skip


@require_GET
def me(request: HttpRequest) -> HttpResponse:
    """Show who I am here: posts, numbers, devices."""
    by = actor_of(request)
    account = queries.account_of(by.person) if by.person else None
    if account is None or by.person is None:
        raise Hidden
    found = queries.person(by.person, by=by)
    holdings = [one for one in queries.holdings_of(found) if one.until is None]
    return render(request, "people/me.html", {
        "person": found, "account": account, "phone": shared.masked(found), "holdings": holdings,
        "names": shared.place_names({one.place_path for one in holdings}),
        "second_factor": queries.has_second_factor(account), "sessions": list(queries.sessions_of(account)),
        "labels": _labels({grant.can for grant in by.grants}),
    })  # fmt: skip


def _labels(cans: set[str]) -> list[str]:
    known = ports.permissions.all()
    return [str(known.get(can, can)) for can in sorted(cans)]


@require_GET
def accounts(request: HttpRequest) -> HttpResponse:
    """List the accounts I manage."""
    by = actor_of(request)
    shared.need(by, terms.Can.ACCOUNTS)
    text, state = request.GET.get("q", ""), request.GET.get("state", "")
    page = shared.page_of(request, queries.list_accounts(text, state, by=by))
    return render(request, "people/accounts.html", {"page": page, "q": text, "state": state, "states": STATES})


class OpenForm(forms.Form):
    """A user name for a person."""

    username = forms.CharField(
        label=gettext_lazy("用户名"), max_length=60, help_text=gettext_lazy("拼音最好记，比如 chenliqun；以后不能改")
    )


@require_http_methods(["GET", "POST"])
def open_account(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Open a person's account and show the link that sets its password."""
    by = actor_of(request)
    found = queries.person(person_id, by=by)
    queries.require_over(found, by, terms.Can.ACCOUNTS)
    form = OpenForm(request.POST or None, initial={"username": found.pinyin.partition(" ")[2]})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.open_account(person_id, form.cleaned_data["username"], by=by)
        except Invalid as error:
            shared.fail(form, error)
        else:
            return _show_link(request, made.username, services.password_link(made), _("账号开好了"))
    return render(request, "people/form.html", {
        "form": form, "heading": _("给 %s 开账号") % found.name, "label": _("开账号"), "crumb_path": found.place_path,
        "crumb": found.name, "back": "people:person", "back_id": person_id,
    }, status=422 if form.errors else 200)  # fmt: skip


def _show_link(request: HttpRequest, username: str, link: services.Link, heading: str) -> HttpResponse:
    hours = settings.PASSWORD_RESET_TIMEOUT // 3600
    return _once(render(request, "people/link.html", {
        "username": username, "address": _address(link), "hours": hours, "heading": heading
    }))  # fmt: skip


@require_GET
def account(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Show an account I manage."""
    by = actor_of(request)
    shared.need(by, terms.Can.ACCOUNTS)
    found = queries.account(account_id, by=by)
    return render(request, "people/account.html", {
        "account": found, "sessions": list(queries.sessions_of(found)),
        "second_factor": queries.has_second_factor(found), "own": found.person_id == by.person,
    })  # fmt: skip


@require_POST
def account_act(request: HttpRequest, account_id: UUID, verb: str) -> HttpResponse:
    """Do one thing to an account: reset, close, reopen, drop-second-factor, end-sessions."""
    by = actor_of(request)
    if verb == "reset":
        link = services.reset_account(account_id, by=by)
        return _show_link(request, queries.account(account_id, by=by).username, link, _("密码作废了，设备都退出了"))
    acts = {
        "close": (lambda: services.close_account(account_id, by=by), _("账号停用了，设备都退出了")),
        "reopen": (lambda: services.reopen_account(account_id, by=by), _("账号恢复了")),
        "drop-second-factor": (
            lambda: services.drop_second_factor(account_id, by=by),
            _("两步验证清掉了，下次登录重设"),
        ),
        "end-sessions": (lambda: services.end_sessions(account_id, by=by), _("设备都退出了")),
    }
    if verb not in acts:
        raise Hidden
    do, said = acts[verb]
    return shared.act(request, do, str(said), "people:account", account_id)


@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one of my own sessions."""
    by = actor_of(request)
    mine = queries.account_of(by.person) if by.person else None
    if mine is None:
        raise Hidden
    ended = services.end_sessions(mine.id, by=by, session=session_id)
    messages.success(request, _("那台设备退出了") if ended else _("那台设备早已退出"))
    return redirect("usersessions_list")


class PasswordForm(forms.Form):
    """A password, twice."""

    password = forms.CharField(
        label=gettext_lazy("新密码"), strip=False, max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("至少 10 位，不要用名字、手机号或常见的密码"),
    )  # fmt: skip
    again = forms.CharField(
        label=gettext_lazy("再输一次"), strip=False, max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    def clean_again(self) -> str:
        """The two must be the same."""
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("password", again):
            raise forms.ValidationError(_("两次输的不一样，再输一次"))
        return again


@never_cache
@sensitive_post_parameters("password", "again")
@login_not_required
@require_http_methods(["GET", "POST"])
def set_password(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Set a password by a one-time link. A link that is used, old or wrong says what to do."""
    try:
        account = services.account_by_link(uid, token)
    except Hidden:
        return render(request, "people/link_void.html", status=404)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_password(uid, token, form.cleaned_data["password"])
        except Invalid as error:
            shared.fail(form, error)
        else:
            messages.success(request, _("密码设好了，用它登录"))
            return redirect("account_login")
    return render(request, "people/set_password.html", {"form": form, "username": account.username},
                  status=422 if form.errors else 200)  # fmt: skip


@login_not_required
@require_GET
def forgot(request: HttpRequest) -> HttpResponse:
    """Say what to do about a forgotten password: nothing is mailed, an administrator resets it."""
    return render(request, "people/forgot.html")


@require_GET
def roles(request: HttpRequest) -> HttpResponse:
    """Show which role may what."""
    by = actor_of(request)
    shared.need(by, terms.Can.READ)
    known = ports.permissions.all()
    rows = [(one, [known.get(can, can) for can in one.grants]) for one in queries.list_roles()]
    return render(request, "people/roles.html", {"rows": rows, "may": authority.anywhere(by, [terms.Can.ROLES])})


class RoleForm(forms.Form):
    """What a role may do."""

    rank = forms.IntegerField(
        label=gettext_lazy("级别"), help_text=gettext_lazy("大的先叫；同一地方里，大的是小的上级")
    )
    leads = forms.BooleanField(label=gettext_lazy("带队：下级没应时往他这里升"), required=False)
    deputy_acts = forms.BooleanField(label=gettext_lazy("B 岗也有这些权限"), required=False)
    second_factor = forms.BooleanField(
        label=gettext_lazy("必须两步验证"), required=False, help_text=gettext_lazy("勾了，任命也要能管账号的人来办")
    )
    grants = forms.MultipleChoiceField(
        label=gettext_lazy("能做什么"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["grants"].choices = list(ports.permissions.all().items())  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
def role(request: HttpRequest, code: str) -> HttpResponse:
    """Change what a role may do."""
    by = actor_of(request)
    queries.require_roots(by, terms.Can.ROLES)
    found = queries.list_roles().filter(code=code).first()
    if found is None:
        raise Hidden
    names = ("rank", "leads", "deputy_acts", "second_factor", "grants")
    form = RoleForm(request.POST or None, initial={name: getattr(found, name) for name in names})
    if request.method == "POST" and form.is_valid():
        try:
            change = services.RoleChange(**form.cleaned_data)
            services.change_role(code, change, by=by, known=list(ports.permissions.all()))
        except Invalid as error:
            shared.fail(form, error)
        else:
            messages.success(request, _("「%s」改好了，马上对所有在岗的人生效") % found.name)
            return redirect("people:roles")
    return render(request, "people/form.html", {
        "form": form, "heading": _("「%s」能做什么") % found.name, "label": _("保存权限"), "back": "people:roles",
        "crumb": found.name,
    }, status=422 if form.errors else 200)  # fmt: skip


MODES = {
    "look": gettext_lazy("先看看，什么都不动"),
    "good": gettext_lazy("没错的先开，有错的留着改"),
    "all": gettext_lazy("全对才开，有一行错就一个不开"),
}
ACTS = {
    "open": gettext_lazy("开账号"), "stop": gettext_lazy("停用"), "same": gettext_lazy("已经是这样"),
    "fault": gettext_lazy("有错"),
}  # fmt: skip


@require_http_methods(["GET", "POST"])
def provision(request: HttpRequest) -> HttpResponse:
    """Open and stop accounts by a table: look first, then do it; the links are shown once, or handed out as a file."""
    by = actor_of(request)
    shared.need(by, terms.Can.ACCOUNTS)
    mode = request.POST.get("mode", "look")
    rows: list[services.AccountRow] = []
    errors: dict[str, str] = {}
    upload = request.FILES.get("file")
    source, name = (upload.read(), upload.name or "") if upload else (b"", "")
    if request.method == "POST":
        try:
            if mode in {"good", "all"}:
                rows = services.bring_accounts_in(source, name, by=by, mode=mode)
            else:
                rows = services.read_accounts(source, name, by=by)
        except Invalid as error:
            errors = error.errors if upload else {"file": _("还没有选文件。选一个 .xlsx 或 .csv")}
    opened = [row for row in rows if row.link]
    if opened and request.POST.get("links") in {"csv", "xlsx"}:
        head = [_("用户名"), _("姓名"), _("设密码的链接")]
        body = [[row.username, row.name, _address(row.link)] for row in opened if row.link]
        return _once(shared.download(head, body, _("账号链接"), request.POST["links"]))
    return _once(render(request, "people/provision.html", {
        "rows": [(row, ACTS[row.act], _address(row.link) if row.link else "") for row in rows], "errors": errors,
        "counts": [(ACTS[act], sum(row.act == act for row in rows)) for act in ACTS] if rows else [], "modes": MODES,
        "mode": mode, "done": mode != "look" and bool(rows), "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
        "opened": len(opened),
    }, status=422 if errors else 200))  # fmt: skip


def _address(link: services.Link) -> str:
    return str(settings.PUBLIC_URL + reverse("people:set-password", args=[link.uid, link.token]))


def _once(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    return answer
