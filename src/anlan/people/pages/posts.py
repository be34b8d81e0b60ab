"""Pages of posts: by place, with who holds them, who is above, who is away."""

import datetime as dt
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.kernel import authority
from anlan.kernel.authority import Invalid
from anlan.people import queries, services, terms
from anlan.people.pages import shared
from anlan.people.pages.shared import actor_of
from anlan.people.queries import PersonFilter, PostFilter

STANDINGS = {
    "held": gettext_lazy("有人"),
    "minded": gettext_lazy("代管"),
    "vacant": gettext_lazy("空岗"),
}
CANDIDATES = 12


class PostForm(forms.Form):
    """A post at a place."""

    role = forms.ChoiceField(label=gettext_lazy("哪种岗位"))
    title = forms.CharField(
        label=gettext_lazy("岗位名称"), required=False, max_length=80,
        help_text=gettext_lazy("空着就用地方加岗位，比如「第三网格网格员」"),
    )  # fmt: skip
    skills = forms.CharField(
        label=gettext_lazy("会什么"), required=False, max_length=200,
        help_text=gettext_lazy("几样之间用顿号隔开，比如「冲锋舟、急救」；叫应时能按这个挑人"),
    )  # fmt: skip

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["role"].choices = [(one.code, one.name) for one in queries.list_roles()]  # type: ignore[attr-defined]

    def skill_list(self) -> tuple[str, ...]:
        """Return the skills as words."""
        return words(self.cleaned_data["skills"])


def words(text: str) -> tuple[str, ...]:
    """Return the words between 、 and commas."""
    return tuple(one.strip() for one in text.replace("，", "、").replace(",", "、").split("、") if one.strip())


def filter_of(request: HttpRequest) -> PostFilter:
    """Return what the address narrows the list by."""
    get = request.GET
    return PostFilter(
        text=get.get("q", ""), path=get.get("place", ""), role=get.get("role", ""), standing=get.get("standing", ""),
        deputy=get.get("deputy", ""),
    )  # fmt: skip


@require_GET
def posts(request: HttpRequest) -> HttpResponse:
    """List the posts of a place and below."""
    by = actor_of(request)
    shared.need(by, terms.Can.READ)
    what = filter_of(request)
    here = shared.scope_of(by, terms.Can.READ, what.path)
    page = shared.page_of(request, queries.list_posts(what, by=by))
    names = shared.place_names({one.place_path for one in page})
    return render(request, "people/posts.html", {
        "page": page, "what": what, "here": here, "roles": queries.list_roles(), "standings": STANDINGS.items(),
        "rows": [_row(one, names) for one in page], "steps": shared.steps(here, by),
        "counts": queries.coverage(here, by=by), "kept": request.GET.urlencode(),
        "may_write": authority.holds(by, terms.Can.WRITE, at=here),
    })  # fmt: skip


def _row(post: object, names: dict[str, str]) -> dict[str, object]:
    seats = {one.seat: one for one in post.seats_now}  # type: ignore[attr-defined]
    standing = queries.standing(post)  # type: ignore[arg-type]
    return {
        "post": post, "place": names.get(post.place_path, ""), "a": seats.get("A"), "b": seats.get("B"),  # type: ignore[attr-defined]
        "standing": standing, "standing_name": STANDINGS[standing],
        "shape": {"held": "done", "minded": "doing", "vacant": "late"}[standing],
    }  # fmt: skip


@require_GET
def posts_file(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the list as it is narrowed, phones masked."""
    by = actor_of(request)
    shared.need(by, terms.Can.READ)
    found = list(queries.list_posts(filter_of(request), by=by))
    names = shared.place_names({one.place_path for one in found})
    rows = []
    for one in found:
        row = _row(one, names)
        cells = [one.title, one.role.name, row["place"], str(row["standing_name"])]
        for seat in ("a", "b"):
            sitting = row[seat]
            cells += [sitting.person.name, shared.masked(sitting.person)] if sitting else ["", ""]  # type: ignore[attr-defined]
        rows.append(cells)
    services.note_export(len(rows), by=by)
    header = [_("岗位"), _("类别"), _("地方"), _("现状"), _("A 岗"), _("A 岗电话"), _("B 岗"), _("B 岗电话")]
    return shared.download(header, rows, _("岗位名单"), kind)


@require_GET
def post(request: HttpRequest, post_id: UUID) -> HttpResponse:
    """Show a post: who holds it, who held it, who is above."""
    by = actor_of(request)
    found = queries.post(post_id, by=by)
    holdings = queries.holdings_at(found)
    now = [one for one in holdings if one.until is None]
    text = request.GET.get("q", "").strip()
    return render(request, "people/post.html", {
        "post": found, "place": shared.place_names([found.place_path]).get(found.place_path, ""),
        "seats": [(seat, next((one for one in now if one.seat == seat), None)) for seat in terms.Seat],
        "past": [one for one in holdings if one.until is not None], "line": queries.superiors(found.id),
        "q": text, "seat": request.GET.get("seat", "A"),
        "candidates": [(one, shared.masked(one), shared.seat_lines(one.seats_now))
                       for one in queries.list_persons(PersonFilter(text=text), by=by)[:CANDIDATES]] if text else [],
        "may_write": authority.holds(by, terms.Can.WRITE, at=found.place_path) and found.until is None,
        "mine": by.person, "today": timezone.localdate(),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Create a post at a place."""
    by = actor_of(request)
    shared.need(by, terms.Can.WRITE)
    where = shared.scope_of(by, terms.Can.WRITE, request.POST.get("place") or request.GET.get("place", ""))
    form = PostForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        draft = services.PostDraft(
            form.cleaned_data["role"], where, form.cleaned_data["title"], None, form.skill_list()
        )
        try:
            made = services.create_post(draft, by=by)
        except Invalid as error:
            shared.fail(form, error)
        else:
            return redirect("people:post", made.id)
    return render(request, "people/form.html", {
        "form": form, "heading": _("设一个岗位"), "label": _("设这个岗位"), "hidden": [("place", where)],
        "crumb_path": where, "crumb": _("设一个岗位"), "back": "people:posts",
    }, status=422 if form.errors else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, post_id: UUID) -> HttpResponse:
    """Change a post's title and skills."""
    by = actor_of(request)
    found = queries.post(post_id, by=by)
    authority.require(by, terms.Can.WRITE, at=found.place_path)
    first = {"role": found.role_id, "title": found.title, "skills": "、".join(found.skills)}
    form = PostForm(request.POST or None, initial=first)
    form.fields["role"].disabled = True
    if request.method == "POST" and form.is_valid():
        try:
            services.change_post(
                post_id, by=by, title=form.cleaned_data["title"] or found.title, skills=form.skill_list()
            )
        except Invalid as error:
            shared.fail(form, error)
        else:
            return redirect("people:post", post_id)
    return render(request, "people/form.html", {
        "form": form, "heading": _("改岗位「%s」") % found.title, "label": _("保存改动"),
        "crumb_path": found.place_path,
        "crumb": found.title, "back": "people:post", "back_id": post_id,
    }, status=422 if form.errors else 200)  # fmt: skip


@require_POST
def appoint(request: HttpRequest, post_id: UUID) -> HttpResponse:
    """Put a person into a seat of the post."""
    by, posted = actor_of(request), request.POST
    return shared.act(
        request,
        lambda: services.appoint(
            post_id, shared.uuid_of(posted.get("person", ""), "person"), by=by, seat=posted.get("seat", "A"),
            minding=posted.get("minding") == "1",
        ),
        _("已经任命"), "people:post", post_id,
    )  # fmt: skip


@require_POST
def release(request: HttpRequest, holding_id: UUID) -> HttpResponse:
    """Take a person off the post; the post stays."""
    ended = services.release(holding_id, by=actor_of(request), reason=request.POST.get("reason", "")[:60])
    messages.success(request, _("已经卸任，岗位还在"))
    return redirect("people:post", ended.post_id)


@require_POST
def away(request: HttpRequest, holding_id: UUID) -> HttpResponse:
    """Say until which day the holder is on leave; an empty day brings them back."""
    by, day = actor_of(request), request.POST.get("until", "").strip()
    try:
        until = end_of(day) if day else None
        since = start_of(request.POST.get("since", "").strip())
        kept = services.set_away(holding_id, until, by=by, since=since, reason=request.POST.get("reason", ""))
    except Invalid as error:
        messages.error(request, "；".join(error.errors.values()))
        return redirect(request.POST.get("back") or "people:me")
    messages.success(request, _("记下了，休假期间叫 B 岗") if kept.away_until else _("记下了，已经回岗"))
    return redirect("people:post", kept.post_id)


def end_of(day: str) -> dt.datetime:
    """Return the last moment of a day as written in a date field. Raises Invalid."""
    return _day(day) + dt.timedelta(days=1)


def start_of(day: str) -> dt.datetime | None:
    """Return the first moment of a day, None for none. Raises Invalid."""
    return _day(day) if day else None


def _day(day: str) -> dt.datetime:
    try:
        return timezone.make_aware(dt.datetime.combine(dt.date.fromisoformat(day), dt.time()))
    except ValueError:
        raise Invalid({"until": _("日期写成 2026-07-18 这样")}) from None


@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, post_id: UUID) -> HttpResponse:
    """Close a post for good."""
    by = actor_of(request)
    found = queries.post(post_id, by=by)
    authority.require(by, terms.Can.WRITE, at=found.place_path)
    error = ""
    if request.method == "POST":
        if request.POST.get("confirm", "").strip() == found.title:
            services.close_post(post_id, _("在网页上撤销"), by=by)
            messages.success(request, _("岗位「%s」撤了，下级岗位已经改接上一级") % found.title)
            return redirect("people:posts")
        error = _("照着写的字不一样，岗位没有撤。")
    held = "、".join(one.person.name for one in queries.holdings_at(found) if one.until is None)
    return render(request, "ui/confirm.html", {
        "heading": _("撤销岗位「%s」") % found.title, "label": _("撤销这个岗位"), "danger": True, "expect": found.title,
        "back": f"/people/posts/{post_id}", "error": error,
        "what": [(_("岗位"), found.title), (_("现在的人"), held or _("空岗")),
                 (_("撤了以后"), _("在岗的人卸任；下级的上级改成再上一级；记录都留着"))],
    }, status=422 if error else 200)  # fmt: skip
