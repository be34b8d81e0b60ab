"""The components as template tags, built in everywhere. Their use is told in web/templates/ui/README.md."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.http import HttpRequest
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from anlan.kernel import clock as kernel_clock
from anlan.places import queries as places
from anlan.web import islands, spoken

register = template.Library()

SILENT = SafeString('aria-hidden="true"')
GAUGE = {"red": 4, "orange": 3, "yellow": 2, "blue": 1}


# --- marks


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw an icon of the sprite; with a label it speaks, without it is silent to a screen reader."""
    says = format_html('role="img" aria-label="{}"', label) if label else SILENT
    return format_html('<svg class="icon" {}><use href="{}#i-{}"/></svg>', says, static("web/icons.svg"), name)


@register.simple_tag
def gauge(level: str) -> SafeString:
    """Draw the staff gauge 水尺 of a warning level: 4 · 3 · 2 · 1."""
    return format_html(
        '<svg class="level__gauge" aria-hidden="true"><use href="{}#g-{}"/></svg>',
        static("web/icons.svg"),
        GAUGE[str(level)],
    )


@register.simple_tag
def level(code: str | None, text: str = "", *, past: bool = False) -> SafeString:
    """Mark a warning level (red, orange, yellow, blue) with its word; past=True once it no longer holds."""
    words = {"red": _("红色"), "orange": _("橙色"), "yellow": _("黄色"), "blue": _("蓝色")}
    if str(code) not in words:
        return format_html('<span class="grade">{}</span>', text or code or "—")
    return format_html(
        '<span class="level level--{}">{}{}</span>',
        "past" if past else code,
        gauge(str(code)),
        text or words[str(code)],
    )


@register.simple_tag
def grade(text: str, *, major: bool = False) -> SafeString:
    """Mark a response level or a hazard grade: never coloured."""
    return format_html('<span class="grade{}">{}</span>', " grade--major" if major else "", text)


@register.simple_tag
def state(kind: str, text: str) -> SafeString:
    """Mark a state: kind is wait, doing, done or late."""
    return format_html('<span class="state state--{}">{}{}</span>', kind, icon(f"st-{kind}"), text)


# --- numbers and times


@register.filter
def n(value: Any) -> str:
    """Group thousands: 12304 → 12,304."""
    return spoken.number(value)


@register.simple_tag
def percent(part: float, whole: float) -> str:
    return spoken.percent(part or 0, whole or 0)


@register.filter
def lasting(seconds: float | dt.timedelta | None) -> str:
    """Say a length of time: 107 → 1 分 47 秒."""
    return spoken.lasting(seconds)


def _time(at: dt.datetime, said: str) -> SafeString:
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), spoken.exact(at), said)


@register.simple_tag
def ago(at: dt.datetime | None) -> SafeString | str:
    """Say 12 分钟前, the exact time on hover and in print; a dash for None."""
    return _time(at, spoken.ago(at)) if at else "—"


@register.simple_tag
def moment(at: dt.datetime | None) -> SafeString | str:
    """Say 今天 14:00; a dash for None."""
    return _time(at, spoken.moment(at)) if at else "—"


@register.simple_tag
def clock(due: dt.datetime | None) -> SafeString:
    """Show a deadline: plain, outlined within the hour, filled when passed. It counts by itself where scripts run."""
    if due is None:
        return format_html('<span class="clock">{}{}</span>', icon("clock"), _("不限时"))
    urgency, said = spoken.left(due)
    return format_html(
        '<anlan-clock class="clock{}" data-due="{}">{}{}</anlan-clock>',
        f" clock--{urgency}" if urgency else "",
        due.isoformat(),
        icon(f"clock-{urgency}" if urgency else "clock"),
        _time(due, said),
    )


@register.simple_tag
def elapsed(since: dt.datetime, before: str = "") -> SafeString:
    """Count up from an instant: 已叫 8 分 36 秒."""
    return format_html(
        '<anlan-clock class="clock" data-since="{}" data-before="{}">{}{}</anlan-clock>',
        since.isoformat(),
        before,
        icon("clock"),
        _time(since, f"{before} {spoken.lasting(kernel_clock.now() - since)}".strip()),
    )


@register.filter
def exact(at: dt.datetime) -> str:
    """Write 2026-07-18 02:08:20 in China's wall clock."""
    return spoken.exact(at)


@register.filter
def wall(at: dt.datetime) -> str:
    """Write 02:16:20 today, 7-17 02:16 on another day."""
    there = kernel_clock.local(at)
    return (
        f"{there:%H:%M:%S}"
        if there.date() == kernel_clock.local(kernel_clock.now()).date()
        else f"{there.month}-{there.day} {there:%H:%M}"
    )


@register.filter
def unlocalised(value: float) -> str:
    """Write a length for SVG: a point before the decimals in every language."""
    return str(value)


@register.filter
def offset(value: float, by: float) -> str:
    """Shift a length of a drawing."""
    return str(round(float(value) + float(by), 1))


@register.filter
def lasting_short(seconds: float) -> str:
    """Say a length of time in one unit: 300 → 5 分钟."""
    return spoken.roughly(seconds)


@register.simple_tag
def lasting_units(seconds: float | None) -> SafeString:
    """Set a length of time as a figure, its units small: 1 分 47 秒."""
    if seconds is None:
        return SafeString("—")
    words = spoken.lasting(seconds).replace(spoken.NBSP, " ").split(" ")
    pairs = zip(words[::2], words[1::2], strict=False)
    return format_html_join(" ", "{}<small>{}</small>", pairs)


# --- where


@register.inclusion_tag("ui/crumbs.html")
def crumbs(path: str, *extra: str) -> dict[str, Any]:
    """Lead from the root place to a place path; further words stand after it, the last one as the page itself."""
    trail = [{"name": name, "url": places_url(step)} for step, name in places.breadcrumb(path)]
    return {"trail": trail + [{"name": word, "url": ""} for word in extra]}


def places_url(path: str) -> str:
    return f"/places/{path}"


@register.inclusion_tag("ui/person.html")
def person(name: str, post: str = "", phone: str = "", *, href: str = "") -> dict[str, Any]:
    """Show a person: name, post, masked phone."""
    return {"name": name, "post": post, "phone": phone, "href": href, "mark": name[:1]}


# --- affairs


@register.inclusion_tag("ui/stages.html")
def stages(steps: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Draw a rail of stops: each step has name, note, state ("done", "now", "stuck" or "")."""
    return {"steps": steps}


@register.inclusion_tag("ui/ladder.html")
def ladder(rungs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Draw the stair 本人 → B岗 → 上级 → 上门: each rung has name, lines (words), state (done, now)."""
    return {"rungs": rungs}


@register.inclusion_tag("ui/timeline.html")
def timeline(items: Iterable[Mapping[str, Any]], *, tight: bool = False) -> dict[str, Any]:
    """Show the ledger, readable: each item has at, what, by, kind ("key", "machine" or ""), and perhaps href, more."""
    return {"items": items, "tight": tight}


@register.inclusion_tag("ui/facts.html")
def facts(pairs: Iterable[tuple[Any, Any]], *, columns: bool = False) -> dict[str, Any]:
    """List names and values; columns=True sets them in two columns."""
    return {"pairs": pairs, "columns": columns}


@register.inclusion_tag("ui/kpis.html")
def kpis(figures: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Show figures: each has name, value, unit, how (its definition, which stands under it)."""
    return {"figures": figures}


@register.inclusion_tag("ui/empty.html")
def empty(title: str, text: str = "", *, icon: str = "inbox", href: str = "", label: str = "") -> dict[str, Any]:
    """Say that nothing is here and how the first one gets here."""
    return {"title": title, "text": text, "icon": icon, "href": href, "label": label}


@register.inclusion_tag("ui/progress.html")
def progress(done: int, total: int, text: str = "") -> dict[str, Any]:
    """Show n of m."""
    return {"done": done, "total": total, "text": text, "share": round(100 * done / total, 1) if total else 0}


@register.inclusion_tag("ui/bar.html")
def bar(yes: int, reach: int, silent: int, dead: int, *, scale: float = 0, tall: bool = False) -> dict[str, Any]:
    """Draw answered · reached · silent · dead. With `scale` (percent) only what is left, 0 – scale."""
    total = yes + reach + silent + dead
    whole = total * scale / 100 if scale else total
    parts, x = [], 0.0
    for name, value in (("yes", 0 if scale else yes), ("reach", reach), ("silent", silent), ("dead", dead)):
        width = round(min(100 * value / whole, 100 - x), 2) if whole else 0
        if width:
            parts.append({"kind": name, "x": round(x, 2), "width": width})
        x += width
    said = [(_("已应答"), yes), (_("送到没应"), reach), (_("没回音"), silent), (_("空号停机"), dead)]
    label = "，".join(f"{name} {spoken.percent(value, total)}" for name, value in said)
    return {"parts": parts, "label": label, "tall": tall, "left": bool(scale), "h": 24 if tall else 14}


@register.simple_tag(takes_context=True)
def again(context: template.Context, name: str) -> str:
    """Render a block a second time: the heading says what the window's title says."""
    block = context.render_context[BLOCK_CONTEXT_KEY].get_block(name)
    return SafeString(block.render(context)) if block else ""


# --- lists


@register.inclusion_tag("ui/pagination.html", takes_context=True)
def pagination(context: template.Context, page: Any) -> dict[str, Any]:
    """Show where in a list we are, for a django.core.paginator.Page; every filter in the address is kept."""
    request: HttpRequest = context["request"]
    kept = request.GET.copy()
    kept.pop("page", None)
    return {
        "page": page,
        "kept": kept.urlencode(),
        "range": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
    }


@register.inclusion_tag("ui/sort_header.html", takes_context=True)
def sort_header(context: template.Context, key: str, text: str, *, num: bool = False) -> dict[str, Any]:
    """Head a column that sorts by ?sort=key, and by ?sort=-key when pressed again."""
    request: HttpRequest = context["request"]
    now = str(request.GET.get("sort", context.get("sort", "")))
    query = request.GET.copy()
    query.pop("page", None)
    query["sort"] = f"-{key}" if now == key else key
    order = {key: "ascending", f"-{key}": "descending"}.get(now, "")
    return {"order": order, "text": text, "url": f"?{query.urlencode()}", "num": num}


@register.inclusion_tag("ui/tabs.html")
def tabs(items: Sequence[tuple[str, str, Any]], here: str) -> dict[str, Any]:
    """Show saved views: items of (key, name, count or None); `here` is the present key. Links are ?view=key."""
    return {"items": [{"key": k, "name": name, "count": c, "here": k == here} for k, name, c in items]}


# --- forms


@register.inclusion_tag("ui/field.html")
def field(bound: BoundField, *, hint: str = "", short: bool = False, bare: bool = False) -> dict[str, Any]:
    """Show a form field: label, hint, error at the field, the control; bare=True leaves the form's own hint out."""
    widget = bound.field.widget
    kind = getattr(widget, "input_type", widget.__class__.__name__.lower())
    hint = hint or ("" if bare else str(bound.help_text))
    described = [f"{bound.auto_id}-hint"] * bool(hint) + [f"{bound.auto_id}-error"] * bool(bound.errors)
    attrs: dict[str, str | bool] = {"class": "input input--short" if short else "input"}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    many = kind in {"radio", "checkboxselectmultiple", "radioselect"} or (
        kind == "checkbox" and hasattr(widget, "choices")
    )
    if kind == "checkbox" or many:
        attrs.pop("class")
    return {
        "bound": bound,
        "control": bound.as_widget(attrs=attrs),
        "hint": hint,
        "check": kind == "checkbox" and not many,
        "many": many,
    }


@register.inclusion_tag("ui/errors.html")
def errors(of: BaseForm | Mapping[str, str] | None) -> dict[str, Any]:
    """Sum up what is wrong at the top of a form: a Django form, or the `.errors` of kernel.authority.Invalid."""
    if of is None:
        return {"lines": []}
    if isinstance(of, BaseForm):
        lines = [
            {
                "id": of[name].auto_id if name in of.fields else "",
                "label": of[name].label if name in of.fields else "",
                "text": text,
            }
            for name, found in of.errors.items()
            for text in found
        ]
    else:
        lines = [{"id": f"id_{name}" if name else "", "label": "", "text": text} for name, text in of.items()]
    return {"lines": lines}


@register.simple_tag
def island(name: str) -> SafeString:
    """Load the script of an island (map, chart, area) and its style, if it has one."""
    files = islands.files(name)
    styles = format_html_join("", '<link rel="stylesheet" href="{}">', ((static(f"dist/{f}"),) for f in files.styles))
    return (
        format_html('{}<script type="module" src="{}"></script>', styles, static(f"dist/{files.script}"))
        if files.script
        else SafeString("")
    )
