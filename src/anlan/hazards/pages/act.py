"""One act on a hazard, on a page of its own: it keeps what was typed, and says what changed meanwhile."""

import datetime as dt
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from anlan.hazards import queries, terms
from anlan.hazards.models import Hazard
from anlan.hazards.pages import hints, shared
from anlan.hazards.pages.verbs import BY_DID, VERBS, Doing, Verb
from anlan.hazards.queries import hints as odd
from anlan.hazards.terms import Did, PleaState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import now
from anlan.ledger import queries as ledger


@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, hazard_id: UUID, verb: str) -> HttpResponse:
    """GET asks with a form; POST does it, or says what was wrong and keeps what was typed."""
    by = shared.anybody(request)
    found = queries.hazard(hazard_id, by=by)
    if verb not in VERBS:
        raise Hidden(_("没有这个办法"))
    one = VERBS[verb]
    able = queries.acts(found, by=by)
    if request.method == "GET":
        if one.did not in able and not (verb == "decide" and Did.GRANTED in able):
            return _too_late(request, found, one, by)
        return _page(request, found, verb, by, _form(verb, found, by, None), {})
    return _post(request, found, verb, by)


def _too_late(request: HttpRequest, found: Hazard, one: Verb, by: Actor) -> HttpResponse:
    """Say in plain words why it cannot be done: it has been done, or it is not this actor's."""
    row = shared.says(found)
    if any(name in queries.acts(found, by=by) for name in (Did.CONFIRMED, Did.ASSIGNED, Did.RECTIFIED, Did.ACCEPTED)):
        messages.warning(
            request, _("这条隐患现在是「{state}」，办不了「{act}」。").format(state=row["says"], act=one.title)
        )
    else:
        messages.warning(request, _("现在是「{state}」，「{act}」不归你办，或者已经办过了。").format(
            state=row["says"], act=one.title))  # fmt: skip
    return redirect("hazards:hazard", found.id)


def _post(request: HttpRequest, found: Hazard, verb: str, by: Actor) -> HttpResponse:
    one, post = VERBS[verb], request.POST
    form = _form(verb, found, by, post)
    if "find" in post:
        return _page(request, found, verb, by, _unbound_errors(form), {})
    if not form.is_valid():
        return _page(request, found, verb, by, form, {}, status=422)
    seen = post.get("revision", "")
    revision = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0
    doing = Doing(found, form.cleaned_data, shared.files_of(request), by, revision)
    try:
        one.do(doing)
    except Invalid as error:
        return _page(request, found, verb, by, form, error.errors, status=422)
    except Conflict as error:
        fresh = queries.hazard(found.id, by=by)
        return _page(request, fresh, verb, by, form, {"": str(error)}, status=409, changed=_changed(fresh, post))
    messages.success(request, str(one.done))
    try:
        queries.hazard(found.id, by=by)
    except Hidden:
        return redirect("hazards:index")
    return redirect("hazards:hazard", found.id)


def _changed(found: Hazard, post: Any) -> list[dict[str, Any]]:
    """Return what was done to it since the form was drawn."""
    try:
        drawn = dt.datetime.fromisoformat(post.get("drawn", ""))
    except ValueError:
        return []
    if drawn.tzinfo is None:
        return []
    return ledger.told([m.entry for m in queries.timeline(found) if m.entry.at > drawn])


def _unbound_errors(form: django_forms.Form) -> django_forms.Form:
    """Keep what was typed without complaining of what is not there yet."""
    form.full_clean()
    form.errors.clear()
    return form


def _form(verb: str, found: Hazard, by: Actor, data: Any) -> django_forms.Form:
    options: dict[str, Any] = {"auto_id": "id_%s"}
    if verb == "confirm":
        options |= {"kinds": shared.kind_choices(), "initial": {"kind": found.kind, "grade": "general"}}
    elif verb == "regrade":
        options["initial"] = {"grade": found.grade}
    elif verb == "merge":
        options["near"] = near(found, by)
    elif verb in {"assign", "reassign"}:
        words = (data or {}).get("words", "")
        options["found"] = choices(words, found.place_path, by)
        options["initial"] = {"words": found.owner_name if verb == "assign" else ""}
    elif verb == "ask":
        options["pleas"] = [(p, terms.PLEA_NAMES[p]) for p in queries.askable(found)]
    elif verb == "lift":
        options["controls"] = [
            (str(c.id), f"{terms.CONTROL_NAMES[terms.Control(c.kind)]}：{c.words}")
            for c in queries.controls_of(found) if c.lifted_at is None
        ]  # fmt: skip
    elif verb == "plan" and (plans := queries.plans_of(found)):
        names = ("responsibility", "measures", "funds", "deadline", "contingency")
        options["initial"] = {name: getattr(plans[0], name) for name in names}
    form = VERBS[verb].form(data, **options) if data is not None else VERBS[verb].form(**options)
    if verb == "rectify" and not authority.holds(by, terms.Can.RECTIFY, at=found.place_path):
        del form.fields["name"]
    return form


def near(found: Hazard, by: Actor) -> list[tuple[str, str]]:
    """Return the hazards that may be this one, as choices; those out of the actor's sight are left out."""
    seen = [one for one in queries.like(found) if _sees(one.hazard, by)]
    rows = shared.shown(one.hazard for one in seen)
    told = []
    for one, row in zip(seen, rows, strict=True):
        away = _("，相距 {m} 米").format(m=round(one.away)) if one.away is not None else ""
        told.append((str(one.hazard.id), f"{one.hazard.number} {row['title']}（{row['place']}，{row['says']}{away}）"))
    return told


def _sees(found: Hazard, by: Actor) -> bool:
    try:
        queries.hazard(found.id, by=by)
    except Hidden:
        return False
    return True


def choices(words: str, path: str, by: Actor) -> list[tuple[str, str]]:
    """Return who may have to rectify, as choices: what the words find, and the words themselves as a plain name."""
    plain = words.strip()
    found = queries.owners(plain, by=by, at=path)
    told = [(one.key, f"{one.name}（{one.note}）" if one.note else one.name) for one in found]
    if len(plain) > 1:
        told.append((f"n:{plain}", _("就写「{name}」（没有账号，由社区替它填）").format(name=plain)))
    return told


def _page(
    request: HttpRequest,
    found: Hazard,
    verb: str,
    by: Actor,
    form: django_forms.Form,
    wrong: dict[str, str],
    *,
    status: int = 200,
    changed: Any = (),
) -> HttpResponse:
    for name, text in wrong.items():
        form.add_error(name if name in form.fields else None, text)
    one = VERBS[verb]
    row = shared.shown([found])[0]
    plea = next((p for p in queries.pleas_of(found) if p.state == PleaState.ASKED), None) if verb == "decide" else None
    if status != 200 and request.FILES:
        messages.warning(request, _("照片要重新选一次，写的字还在。"))
    return render(
        request,
        "hazards/act.html",
        {
            "hazard": found, "row": row, "verb": one, "name": verb, "form": form, "now": now().isoformat(),
            "changed": changed, "conflict": status == 409, "plea": plea,
            "plea_name": terms.PLEA_NAMES[terms.Plea(plea.kind)] if plea else "",
            "still": one.did in queries.acts(found, by=by), "searches": {"words", "limit"} <= set(form.fields),
            "evidence": queries.evidence_of([found.id])[:6] if verb in {"confirm", "accept", "refuse"} else [],
            "hints": hints.shown(odd.about([found.id], by=by), by) if verb in {"accept", "refuse"} else [],
        },
        status=status,
    )  # fmt: skip


def offers(found: Hazard, by: Actor, but: set[str]) -> list[tuple[str, Any]]:
    """Return the acts of the menu as (verb, title), without those that stand on the page already."""
    told = [BY_DID[did] for did in map(str, queries.acts(found, by=by)) if did in BY_DID]
    return [(name, VERBS[name].title) for name in told if name not in but]
