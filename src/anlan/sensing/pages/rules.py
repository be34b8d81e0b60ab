"""报警规则: what holds where and how it fared; a rule in plain words, tried on the past, switched on and off."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.kernel.clock import local, now
from anlan.ledger import queries as ledger
from anlan.places import queries as places
from anlan.sensing.models import Datastream, ObservedProperty, Rule, RuleVersion
from anlan.sensing.pages import alarm_shared as shared
from anlan.sensing.pages import rule_form
from anlan.sensing.pages.alarms import steps
from anlan.sensing.queries import alarms as alarm_queries
from anlan.sensing.queries import readings, registry
from anlan.sensing.queries import rulebook as queries
from anlan.sensing.rules import LEVELS
from anlan.sensing.services import rulebook, trying
from anlan.sensing.terms import (
    KIND_NAMES,
    RULE_NAMES,
    RULE_STATE_NAMES,
    Can,
    RuleKind,
    RuleState,
    ThingKind,
    rule_templates,
    rule_words,
)
from anlan.sensing.terms.rulebook import RuleDraft

PER_PAGE, STREAMS, TRAIL = 50, 20, 40
MARKS = {RuleState.DRAFT: "wait", RuleState.ON: "done", RuleState.OFF: "wait"}


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List the rules of the actor's places, and those from above that hold there."""
    by, get = shared.actor_of(request), request.GET
    place = get.get("place", "")[:40]
    place = place if any(place.startswith(s) for s in authority.scopes(by, Can.SEE)) else ""
    state = get.get("state", "") if get.get("state", "") in set(RuleState) else ""
    kind = get.get("kind", "") if get.get("kind", "") in set(RuleKind) else ""
    text = get.get("q", "").replace("\x00", "").strip()[:60]
    found = queries.listed(by, place=place, state=state, kind=kind, text=text, sort=get.get("sort", ""))
    page = Paginator(found, PER_PAGE).get_page(get.get("page"))
    rows = list(page.object_list)
    counts, fared = queries.states(by), queries.fared([r.id for r in rows], by=by)
    where = alarm_queries.where_of({r.place_path for r in rows})
    kinds, codes = {str(k): name for k, name in KIND_NAMES.items()}, registry.properties()
    return render(
        request,
        "sensing/rules.html",
        {
            "page": page, "state": state, "kind": kind, "text": text, "place": place, "places": steps(by, place),
            "kinds": RULE_NAMES.items(), "filtered": bool(place or kind or text),
            "states": [
                ("", _("全部"), sum(counts.values())),
                *[(str(s), name, counts.get(str(s), 0)) for s, name in RULE_STATE_NAMES.items()],
            ],
            "rows": [
                {
                    "rule": r, "where": where.get(r.place_path, ""), "kind": RULE_NAMES[RuleKind(r.kind)],
                    "what": " ".join(filter(None, (
                        str(kinds.get(r.thing_kind, "")), codes[r.property].name if r.property in codes else ""
                    ))), "says": RULE_STATE_NAMES[RuleState(r.state)], "mark": MARKS[RuleState(r.state)],
                    "fared": fared.get(r.id, queries.Fared()),
                }
                for r in rows
            ],
            "may": authority.anywhere(by, [Can.RULES]),
        },
    )  # fmt: skip


# --- drafting


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Draft a rule: from a template, of a kind, or for a stream."""
    by, get = shared.actor_of(request, Can.RULES), request.GET
    template = get.get("template", "") if get.get("template", "") in rule_templates.TEMPLATES else ""
    stream = _stream(get.get("stream", ""), by)
    kind = get.get("kind", "") if get.get("kind", "") in set(RuleKind) else ""
    if template:
        kind = str(rule_templates.TEMPLATES[template].spec["kind"])
    if not kind and stream is None:
        cards = [(key, t, RULE_NAMES[RuleKind(t.spec["kind"])]) for key, t in rule_templates.TEMPLATES.items()]
        context = {"cards": cards, "kinds": [(k, RULE_NAMES[k]) for k in RuleKind], "place": get.get("place", "")[:40]}
        return render(request, "sensing/rule_start.html", context)
    kind = kind or RuleKind.THRESHOLD
    place = _place(get.get("place", "")[:40] or (stream.place_path if stream else ""), by)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        try:
            made = _draft(request, by, place, kind, template, stream)
        except (Invalid, Conflict) as error:
            wrong = error.errors if isinstance(error, Invalid) else {"": str(error)}
        else:
            messages.success(request, _("规则拟好了，还没启用。先拿过去的数据试一试"))
            return redirect("sensing:rule", made.id)
    start = rule_templates.TEMPLATES.get(template)
    spec = rule_templates.spec(template, code=_code(place), on=local(now()).date()) if template else {}
    codes = registry.properties()
    code = (stream.property.code or "") if stream else start.property if start else ""
    said: Any = request.POST or {
        "name": start.name if start else "", "advice": start.advice if start else "", "property": code,
        "thing_kind": stream.thing.kind if stream else start.thing_kind if start else "",
        "life_safety": "1" if start and start.life_safety else "",
    }  # fmt: skip
    unit = _unit(codes.get(str(said.get("property") or code)))
    context = {
        "kind": kind, "kind_name": RULE_NAMES[RuleKind(kind)], "template": template, "start": start, "stream": stream,
        "place": place, "places": steps(by, place), "said": said, "wrong": wrong,
        "form": rule_form.shown(kind, spec, request.POST, wrong, unit), "properties": codes.values(),
        "thing_kinds": KIND_NAMES.items(),
    }  # fmt: skip
    return render(request, "sensing/rule_new.html", context, status=422 if wrong else 200)


def _draft(
    request: HttpRequest, by: Actor, place: str, kind: str, template: str, stream: Datastream | None
) -> Rule:  # fmt: skip
    post = request.POST
    base = rule_templates.spec(template, code=_code(place), on=local(now()).date()) if template else None
    what = RuleDraft(
        place=place, name=post.get("name", ""), spec=rule_form.spec_of(kind, post, base),
        thing_kind=post.get("thing_kind", ""), property=post.get("property", ""), stream=stream.id if stream else None,
        about=post.get("about", ""), advice=post.get("advice", ""), life_safety=post.get("life_safety") == "1",
    )  # fmt: skip
    return rulebook.draft(what, by=by)


def _stream(text: str, by: Actor) -> Datastream | None:
    return readings.visible(int(text), by=by) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _place(asked: str, by: Actor) -> str:
    """Return the place asked for where the actor may set rules there, else the first of theirs."""
    scopes = authority.scopes(by, Can.RULES)
    if any(asked.startswith(s) for s in scopes) and asked in places.names([asked]):
        return asked
    return scopes[0] if scopes else ""


def _code(path: str) -> str:
    """Return the GB/T 2260 code of a place, or of the nearest above that has one."""
    found = {p: code for p, code in places.codes_at(queries.above(path)).items() if code}
    return found[max(found, key=len)] if found else ""


def _unit(of: ObservedProperty | None) -> str:
    return str(of.properties.get("unit_name") or of.unit) if of else ""


# --- one rule


@require_GET
def rule(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    """Show a rule: what it says, what came of trying it, its versions, where it holds."""
    by = shared.actor_of(request)
    return _page(request, queries.rule(rule_id, by=by), by, {})


def _page(request: HttpRequest, found: Rule, by: Actor, wrong: dict[str, str]) -> HttpResponse:
    versions = list(found.versions.order_by("-number"))
    newest = versions[0]
    standing = next((v for v in versions if v.on_at and not v.off_at), None)
    asked = request.GET.get("version", "")
    chosen = next((v for v in versions if str(v.number) == asked), newest)
    codes = registry.properties()
    of = found.stream.property if found.stream else codes.get(found.property)
    unit, what = _unit(of), of.name if of else ""
    holds = queries.streams(found, by=by)
    said: Any = request.POST if "version" in wrong or any(k.startswith("spec") for k in wrong) else {}
    return render(
        request,
        "sensing/rule.html",
        {
            "rule": found, "kind": RULE_NAMES[RuleKind(found.kind)], "state": RULE_STATE_NAMES[RuleState(found.state)],
            "mark": MARKS[RuleState(found.state)], "newest": newest, "standing": standing, "chosen": chosen,
            "says": rule_words.sentences(chosen.spec, what=what, unit=unit),
            "versions": [(v, rule_words.sentences(v.spec, what=what, unit=unit)) for v in versions],
            "tried": _tried(chosen), "holds": len(holds), "streams": queries.named(holds[:STREAMS]),
            "fared": queries.fared([found.id], by=by).get(found.id, queries.Fared()),
            "thing_kind": KIND_NAMES[ThingKind(found.thing_kind)] if found.thing_kind else "",
            "property": what, "unit": unit,
            "where": alarm_queries.where_of({found.place_path}).get(found.place_path, ""),
            "may": authority.holds(by, Can.RULES, at=found.place_path),
            "form": rule_form.shown(found.kind, _suggested(newest, request), said, wrong, unit),
            "suggested": request.GET.get("limit", "")[:20], "wrong": wrong, "said": request.POST,
            "trail": ledger.told(ledger.trail(by=authority.machine("sensing.timeline"), subject_id=found.id,
                                              limit=TRAIL)),
        },
        status=422 if wrong else 200,
    )  # fmt: skip


def _suggested(newest: RuleVersion, request: HttpRequest) -> dict[str, Any]:
    """Return the newest document, with the limit that the page of false alarms suggests (?level=&limit=)."""
    spec: dict[str, Any] = dict(newest.spec)
    level = request.GET.get("level", "")
    try:
        limit = float(request.GET.get("limit", ""))
    except ValueError:
        return spec
    if level in LEVELS and isinstance(spec.get("levels"), dict) and spec.get("kind") != RuleKind.TOTAL:
        spec["levels"] = {**spec["levels"], level: limit}
    return spec


def _tried(version: RuleVersion) -> dict[str, Any] | None:
    """Return what came of a trial as the page draws it."""
    kept: dict[str, Any] | None = version.tried
    if kept is None:
        return None
    names = {s.id: s for s in queries.named({row["stream"] for row in kept["newest"] if row["stream"]})}
    weeks = _weeks(kept["weeks"], kept["since"], kept["until"])
    return kept | {
        "at": _time(kept["at"]), "since": _time(kept["since"]), "until": _time(kept["until"]),
        "rows": [
            row | {
                "began": _time(row["began"]), "ended": _time(row["ended"]) if row.get("ended") else None,
                "stream": names.get(row["stream"]), "colour": LEVELS[row["top"] - 1] if "top" in row else "",
                "level": rule_words.COLOURS[LEVELS[row["top"] - 1]] if "top" in row else "",
                "seconds": (_time(row["ended"]) - _time(row["began"])).total_seconds() if row.get("ended") else None,
            }
            for row in kept["newest"]
        ],
        "by_level": [(level, rule_words.COLOURS[level], kept["levels"][level])
                     for level in LEVELS if kept.get("levels", {}).get(level)],
        "chart": {
            "kind": "bar", "x": {"name": _("周一"), "values": [day for day, _count in weeks]},
            "y": {"name": _("会报几次"), "unit": ""}, "quiet": True,
            "series": [{"name": _("会报几次"), "values": [count for _day, count in weeks]}],
        } if weeks else None,
    }  # fmt: skip


def _weeks(kept: list[Any], since: str, until: str) -> list[tuple[str, int]]:
    """Return every week of the trial with how many alarms began in it; [] where none did."""
    if not kept:
        return []
    counted = dict(kept)
    day, last = _time(since).date(), _time(until).date()
    day -= dt.timedelta(days=day.weekday())
    weeks = []
    while day <= last:
        weeks.append((f"{day:%m-%d}", int(counted.get(day.isoformat(), 0))))
        day += dt.timedelta(days=7)
    return weeks


def _time(text: str) -> dt.datetime:
    return local(dt.datetime.fromisoformat(text))


@require_POST
def act(request: HttpRequest, rule_id: UUID, verb: str) -> HttpResponse:
    """Put it anew, try it on the past, switch it on or off."""
    by, post = shared.actor_of(request, Can.RULES), request.POST
    found = queries.rule(rule_id, by=by)
    number = int(post["number"]) if post.get("number", "").isdigit() else found.version
    said = ""
    try:
        match verb:
            case "version":
                base = found.versions.order_by("-number")[0]
                made = rulebook.new_version(
                    found.id, rule_form.spec_of(found.kind, post, base.spec), by=by, seen=number
                )  # fmt: skip
                number, said = made.number, _("第 %d 版拟好了，还没启用。先拿过去的数据试一试") % made.number
            case "try":
                trying.try_on_past(found.id, number, by=by)
                said = _("试好了，结果在下面")
            case "on":
                number = rulebook.switch_on(found.id, number, by=by, confirm=post.get("confirm", "")).version
                said = _("启用了，从现在起按它报警")
            case "off":
                rulebook.switch_off(found.id, post.get("reason", ""), by=by)
                said = _("停用了，不再按它报警")
            case _:
                raise Hidden
    except (Invalid, Conflict) as error:
        wrong = error.errors if isinstance(error, Invalid) else {"": str(error)}
        return _page(request, found, by, wrong)
    messages.success(request, said)
    return redirect(f"/sensing/rules/{found.id}?version={number}")
