"""指标口径: what each figure means, since when, and why it was changed; a new version is looked at before it counts."""

import datetime as dt
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from anlan.analytics import queries
from anlan.analytics.pages import shared
from anlan.analytics.queries import Asked, Definition, names
from anlan.analytics.services import defining
from anlan.analytics.services.defining import Draft
from anlan.analytics.terms import COUNTERS, DIMENSION_NAMES, FOUND, RULES, Can, periods
from anlan.analytics.terms import spec as specs
from anlan.analytics.terms.periods import Period
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid, Refused

TEXTS = ("name", "words", "numerator", "denominator", "exclusions", "good", "reason", "valid_from", "of", "over")
FILTERS = ("trade", "kind", "grade", "source")


@require_GET
def measures(request: HttpRequest) -> HttpResponse:
    """Show what every measure means now."""
    by = shared.actor(request)
    return render(
        request,
        "analytics/measures.html",
        {
            "tabs": shared.tabs(request, "measures"), "rows": queries.definitions(),
            "may_define": authority.anywhere(by, [Can.DEFINE]),
        },
    )  # fmt: skip


def said(term: specs.Term) -> str:
    """Say a term as people read it."""
    parts = [str(RULES[term.rule]), str(FOUND[term.found]) if term.found else "", str(COUNTERS[term.counter][2])]
    return ("－ " if term.sign < 0 else "＋ ") + "，".join(p for p in parts if p)


def machine(one: Definition) -> list[tuple[str, Any]]:
    """Return what the machine counts, in words: pairs of names and values."""
    spec = one.spec
    lines: list[tuple[str, Any]] = []
    if spec.sort == "silent":
        return [(_("怎么数"), _("数出往回 {months} 个月里一条也没报的网格").format(months=spec.window))]
    lines.append((_("分子") if spec.sort == "share" else _("取中位数"), "；".join(said(t) for t in spec.of)))
    if spec.over:
        lines.append((_("分母"), "；".join(said(t) for t in spec.over)))
    for title, chosen in ((_("只看"), spec.filter), (_("分子只看"), spec.part)):
        for column, values in chosen.items():
            called = names.choices(column) | {specs.EASY: _("一天之内能改的类型")}
            lines.append((title, f"{DIMENSION_NAMES[column]}：{'、'.join(called.get(v, v) for v in values)}"))
    return lines


@require_GET
def measure(request: HttpRequest, code: str) -> HttpResponse:
    """Show one measure with all its versions."""
    by = shared.actor(request)
    found = queries.versions(code)
    return render(
        request,
        "analytics/measure.html",
        {
            "tabs": shared.tabs(request, "measures"), "newest": found[0],
            "versions": [(one, machine(one)) for one in found],
            "may_define": authority.anywhere(by, [Can.DEFINE]),
        },
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def define(request: HttpRequest, code: str) -> HttpResponse:
    """Write a new version: first the old and the new one beside each other on the last month, then it counts."""
    by = shared.actor(request)
    if not authority.anywhere(by, [Can.DEFINE]):
        raise Refused(Can.DEFINE, "")
    newest = queries.versions(code)[0]
    form, errors, preview, status = _form(newest), {}, [], 200
    if request.method == "POST":
        draft, form = _read(request.POST)
        try:
            if "save" in request.POST:
                made = defining.define(code, draft, by=by)
                messages.success(
                    request,
                    _("「{name}」改好了，第 {n} 版从 {day} 起用。以前的月份还按以前的口径。").format(
                        name=made.name, n=made.number, day=made.valid_from
                    ),
                )
                return redirect("analytics:measure", code=code)
            preview = _preview(newest, draft, by)
        except Invalid as wrong:
            errors, status = wrong.errors, 422
        except Conflict as wrong:
            errors, status = {"": str(wrong)}, 409
    return render(
        request,
        "analytics/define.html",
        {
            "tabs": shared.tabs(request, "measures"), "one": newest, "form": form, "errors": errors,
            "preview": preview, "machine": machine(newest),
            "counters": [(name, label) for name, (_e, _c, label) in COUNTERS.items()],
            "rules": RULES.items(), "found": FOUND.items(),
            "filters": [(c, DIMENSION_NAMES[c], names.choices(c), form.get(f"only_{c}", "")) for c in FILTERS],
        },
        status=status,
    )  # fmt: skip


def _form(one: Definition) -> dict[str, Any]:
    raw = one.raw
    chosen = {f"only_{c}": v[0] for c, v in raw.get("filter", {}).items() if len(v) == 1}
    return {
        "name": one.name, "words": one.words, "numerator": one.numerator, "denominator": one.denominator,
        "exclusions": one.exclusions, "good": one.good, "reason": "", "number": one.number,
        "valid_from": periods.first_day(periods.this_month().until).isoformat(),
        "of": "\n".join(raw.get("of", [])), "over": "\n".join(raw.get("over", [])),
        "sort": one.spec.sort, "window": one.spec.window, "easy": bool(raw.get("part")), **chosen,
    }  # fmt: skip


def _read(post: QueryDict) -> tuple[Draft, dict[str, Any]]:
    form: dict[str, Any] = {name: post.get(name, "").replace("\x00", "").strip() for name in TEXTS}
    form |= {"sort": post.get("sort", "share"), "easy": post.get("easy") == "1", "window": post.get("window", "3")}
    form |= {f"only_{c}": post.get(f"only_{c}", "") for c in FILTERS}
    form["number"] = int(post.get("number", "0")) if post.get("number", "").isdecimal() else 0
    spec: dict[str, Any] = {"sort": form["sort"]}
    for side in ("of", "over"):
        if lines := [line.strip() for line in form[side].splitlines() if line.strip()]:
            spec[side] = lines
    if only := {c: [form[f"only_{c}"]] for c in FILTERS if form[f"only_{c}"]}:
        spec["filter"] = only
    if form["easy"]:
        spec["part"] = {"kind": [specs.EASY]}
    if form["sort"] == "silent":
        spec["window"] = int(form["window"]) if str(form["window"]).isdecimal() else 0
    draft = Draft(
        form["name"], form["words"], form["numerator"], form["denominator"], form["exclusions"], form["good"], spec,
        _day(form["valid_from"]), form["reason"], form["number"],
    )  # fmt: skip
    return draft, form


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _preview(newest: Definition, draft: Draft, by: Actor) -> list[dict[str, Any]]:
    """Return the old and the new figure of the last whole month, at the widest place and the places right below."""
    read = specs.read(draft.spec)
    changed = replace(newest, code="new", name=draft.name, words=draft.words, spec=read, good=draft.good)
    last = periods.this_month().until - 1
    asked = Asked(queries.home(by), Period(last, last))
    wanted = [newest, changed]
    rows = [("", queries.counted(asked, wanted))]
    if read.by:
        rows += sorted(queries.cut(asked, wanted, "place").items())
    called = names.called("place", [asked.place, *(k for k, _r in rows if k)])
    return [
        {"name": called.get(key or asked.place, key), "old": shared.card(newest, row[newest.code]),
         "new": shared.card(changed, row["new"]), "month": periods.label(last)}
        for key, row in rows
    ]  # fmt: skip
