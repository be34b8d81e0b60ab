"""Adjustments of divisions: the list, a new comparison, one plan by kinds of change, its file, what it came to."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from anlan.kernel import authority
from anlan.kernel.authority import Invalid
from anlan.kernel.tables import LIMITS
from anlan.places import queries, services, terms
from anlan.places.models import Adjustment, AdjustmentLine
from anlan.places.pages.shared import actor_of, fail, table_file
from anlan.places.terms import AdjustmentState, Fate

PAGE = 50
STATES = {
    AdjustmentState.DRAFT: ("wait", gettext_lazy("在核对")),
    AdjustmentState.APPLIED: ("done", gettext_lazy("已生效")),
    AdjustmentState.UNDONE: ("late", gettext_lazy("已撤回")),
    AdjustmentState.DROPPED: ("late", gettext_lazy("作废")),
}
TABS = (Fate.UNMATCHED, Fate.RENAMED, Fate.RECODED, Fate.MERGED, Fate.SPLIT, Fate.FOUNDED, Fate.CLOSED, Fate.MOVED)


def dress(plan: Adjustment) -> Adjustment:
    """Put words on a plan for the templates."""
    plan.mark, plan.word = STATES[AdjustmentState(plan.state)]  # type: ignore[attr-defined]
    return plan


def _managers(request: HttpRequest) -> authority.Actor:
    by = actor_of(request)
    if not authority.scopes(by, terms.Can.MANAGE):
        raise authority.Refused(terms.Can.MANAGE, "")
    return by


@require_GET
def adjustments(request: HttpRequest) -> HttpResponse:
    """List the adjustments, the latest first."""
    by = _managers(request)
    page = Paginator(queries.adjustments(by), PAGE).get_page(request.GET.get("page"))
    for row in page:
        dress(row)
    return render(request, "places/adjustments.html", {"page": page})


class PlanForm(forms.Form):
    """A new table of divisions, and from which day it holds."""

    under = forms.ChoiceField(
        label=gettext_lazy("调整哪里"), help_text=gettext_lazy("只拿这里和它下面的地方跟新表比对")
    )
    file = forms.FileField(
        label=gettext_lazy("新区划表"), required=False,
        help_text=gettext_lazy("CSV、XLSX；有代码和名称，或者只有区县、街道、社区的名称。没有表也可以，一处处手工添加。"),
    )  # fmt: skip
    day = forms.DateField(
        label=gettext_lazy("从哪天起生效"), widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("这天以前的记录仍按原来的区划"), initial=queries.tree.today,
    )  # fmt: skip
    title = forms.CharField(label=gettext_lazy("叫什么"), required=False, max_length=120)
    basis = forms.CharField(
        label=gettext_lazy("依据"), required=False, max_length=300, help_text=gettext_lazy("批复的文号")
    )


@require_http_methods(["GET", "POST"])
def adjustment_new(request: HttpRequest) -> HttpResponse:
    """Take a table, compare it with the tree, and show what came out. Nothing in the tree changes."""
    by = _managers(request)
    form = PlanForm(request.POST or None, request.FILES or None)
    field = form.fields["under"]
    if isinstance(field, forms.ChoiceField):
        field.choices = [(p.path, f"{p.name}（{p.level_name}）") for p in queries.tops(by)]
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            content = said["file"].read(LIMITS.file + 1) if said["file"] else b""
            draft = services.Draft(said["under"], said["day"], said["title"], said["basis"])
            made = services.plan(content, said["file"].name if said["file"] else "", draft, by=by)
        except Invalid as error:
            fail(form, error)
        else:
            return redirect("places:adjustment", plan_id=made.pk)
    return render(request, "places/adjustment_new.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
def adjustment(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Show a plan, one kind of change at a time; what waits for a look comes first."""
    return show(request, queries.get_adjustment(plan_id, actor_of(request)))


def show(request: HttpRequest, plan: Adjustment, error: str = "") -> HttpResponse:
    """Show a plan, perhaps with what is in the way of it."""
    counts = queries.by_kind(plan)
    here = request.GET.get("view", "")
    waiting = queries.waiting(plan).count()
    if here not in {*TABS, "waiting"}:
        here = "waiting" if waiting else next((k for k in TABS if counts.get(k)), Fate.RENAMED)
    text = request.GET.get("q", "").strip()
    lines = _lines(plan, here, text)
    page = Paginator(lines, PAGE).get_page(request.GET.get("page"))
    rows = described(plan, list(page))
    tabs = [("waiting", _("等核对"), waiting)] if plan.state == AdjustmentState.DRAFT else []
    tabs += [(k, _(terms.FATE_NAMES[k]), counts.get(k, 0)) for k in TABS]
    return render(request, "places/adjustment.html", {
        "plan": dress(plan), "tabs": tabs, "here": here, "page": page, "rows": rows, "q": text, "waiting": waiting,
        "top": queries.names([plan.place_path]).get(plan.place_path, ""), "error": error, "total": sum(counts.values()),
        "unsure": queries.waiting(plan).filter(kind=here).exclude(kind=Fate.UNMATCHED).count(),
        "moved": carried(plan), "draft": plan.state == AdjustmentState.DRAFT,
    }, status=422 if error else 200)  # fmt: skip


def _lines(plan: Adjustment, here: str, text: str) -> "QuerySet[AdjustmentLine]":
    rows = queries.waiting(plan) if here == "waiting" else plan.lines.filter(kind=here, taken=False)
    if text:
        rows = rows.filter(Q(name__contains=text) | Q(was_name__contains=text) | Q(was_code__startswith=text))
    return rows.order_by("sure", "was", "id")


def described(plan: Adjustment, lines: list[AdjustmentLine]) -> list[dict[str, object]]:
    """Return lines with words: what it was, where it lies, what it becomes, why, how sure."""
    called = queries.adjustments_called(plan, lines)
    where = queries.trails({line.was or plan.nodes.get(line.into[0][1:], {}).get("up", "=")[1:] + "0000"
                            for line in lines})  # fmt: skip
    top = queries.names([plan.place_path]).get(plan.place_path, "")
    made: list[dict[str, object]] = []
    for line in lines:
        heirs = [called.get(ref, "") for ref in line.into]
        shares = [f"{name} {share}%" for name, share in zip(heirs, line.shares, strict=False)]
        lies = line.was or plan.nodes.get(line.into[0][1:], {}).get("up", "=")[1:] + "0000"
        made.append({
            "line": line, "where": where.get(lies, "").removeprefix(f"{top} › "),
            "kind": _(terms.FATE_NAMES[Fate(line.kind)]),
            "level": _(terms.LEVEL_NAMES[terms.Level(line.level)]),
            "now": "、".join(shares or heirs) if line.kind in {Fate.MERGED, Fate.SPLIT} else line.name,
            "code": line.code if line.kind not in {Fate.MERGED, Fate.SPLIT, Fate.CLOSED} else "",
            "waits": line.kind == Fate.UNMATCHED or (line.sure < terms.SURE and not line.taken),
        })  # fmt: skip
    return made


def carried(plan: Adjustment) -> list[tuple[str, int]]:
    """Return (what, how many) of the rows that went along with a plan."""
    return [(_(name), n) for name, n in queries.went_along(plan.moved)]


HEADER = ("级别", "原来的名称", "原来的代码", "在哪里", "变化", "现在的名称或去向", "现在的代码", "理由", "把握",
          "谁核对的")  # fmt: skip


@require_GET
def adjustment_file(request: HttpRequest, plan_id: UUID, kind: str) -> HttpResponse:
    """Return every line of a plan as a file."""
    if kind not in {"csv", "xlsx"}:
        raise Http404
    plan = queries.get_adjustment(plan_id, actor_of(request))
    lines = list(plan.lines.filter(taken=False).order_by("kind", "was", "id"))
    rows = [
        (r["level"], x.was_name, x.was_code, r["where"], r["kind"], r["now"], r["code"], x.reason, x.sure, x.settled_by)
        for x, r in zip(lines, described(plan, lines), strict=True)
    ]
    return table_file([_(h) for h in HEADER], rows, plan.title, kind)


@require_POST
def adjustment_accept(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Accept the proposals of one kind that wait."""
    kind = request.POST.get("kind", "")
    if kind not in set(Fate):
        raise Http404
    n = services.accept(plan_id, kind, by=actor_of(request))
    messages.success(request, _("%(n)d 行按提议办") % {"n": n})
    return redirect("places:adjustment", plan_id=plan_id)


@require_POST
def adjustment_drop(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Put a draft aside."""
    services.drop(plan_id, by=actor_of(request))
    messages.success(request, _("已作废，地方一个也没动"))
    return redirect("places:adjustments")
