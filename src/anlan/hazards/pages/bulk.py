"""Many hazards to one owner: choose rows, say who and until when, see what became of each."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from anlan.hazards import queries, services
from anlan.hazards.models import Hazard
from anlan.hazards.pages import act, forms, shared, verbs
from anlan.hazards.services.bulk import MOST
from anlan.hazards.terms import Can, HazardState
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid


@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Ask for whom and until when; then assign, and say of each row what became of it."""
    by = shared.actor_of(request, Can.ASSIGN)
    ids = _picked(request)
    if not ids:
        messages.error(request, _("先勾选要指派的隐患。"))
        return redirect("hazards:index")
    if len(ids) > MOST:
        messages.error(request, _("一次最多 {most} 条，现在勾了 {count} 条。").format(most=MOST, count=len(ids)))
        return redirect("hazards:index")
    rows = queries.hazards(queries.Filter(), by=by).filter(id__in=ids)
    found = shared.shown(rows)
    at = found[0]["hazard"].place_path if found else ""
    options: dict[str, Any] = {"auto_id": "id_%s", "found": act.choices(request.POST.get("words", ""), at, by)}
    if "go" not in request.POST:
        form = forms.Assign(request.POST if "find" in request.POST else None, **options)
        if form.is_bound:
            form.full_clean()
            form.errors.clear()
        return _page(request, found, form, by)
    form = forms.Assign(request.POST, **options)
    if not form.is_valid():
        return _page(request, found, form, by, status=422)
    try:
        owner = verbs.chosen_owner(form.cleaned_data, by=by)
        told = services.assign_many(
            ids, owner, limit=form.cleaned_data["limit"], opinion=form.cleaned_data["opinion"], by=by
        )
    except Invalid as error:
        for name, text in error.errors.items():
            form.add_error(name if name in form.fields else None, text)
        return _page(request, found, form, by, status=422)
    return _result(request, told, owner.name, by)


def _picked(request: HttpRequest) -> list[UUID]:
    found = []
    for text in request.POST.getlist("picked"):
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return list(dict.fromkeys(found))


def _page(
    request: HttpRequest, found: list[dict[str, Any]], form: Any, by: Actor, *, status: int = 200
) -> HttpResponse:
    for row in found:
        row["why"] = _why(row["hazard"], by)
    ready = sum(1 for row in found if not row["why"])
    return render(
        request, "hazards/bulk.html", {"rows": found, "form": form, "ready": ready, "count": len(found)}, status=status
    )


def _why(hazard: Hazard, by: Actor) -> str:
    """Say before it is pressed why one of them will stay."""
    if hazard.state != HazardState.CONFIRMED:
        return _("现在是「{state}」，只有等指派的能指派").format(state=shared.says(hazard)["says"])
    if not authority.holds(by, Can.ASSIGN, at=hazard.place_path):
        return _("你的岗位不能在这里指派")
    return ""


def _result(request: HttpRequest, told: list[Any], owner: str, by: Actor) -> HttpResponse:
    rows = shared.shown(queries.hazards(queries.Filter(), by=by).filter(id__in=[one.id for one in told]))
    why = {one.id: one.why for one in told}
    for row in rows:
        row["why"] = why.get(row["hazard"].id, "")
    unseen = len(told) - len(rows)
    done = sum(1 for one in told if not one.why)
    return render(
        request, "hazards/bulk_done.html",
        {"rows": sorted(rows, key=lambda row: not row["why"]), "done": done, "left": len(told) - done,
         "owner": owner, "unseen": unseen},
    )  # fmt: skip
