"""What the pages of places share: the actor, files to take away, forms."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anlan.kernel import tables
from anlan.kernel.authority import Actor, Invalid
from anlan.places import codes, queries, terms
from anlan.places.models import Place

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
}


def actor_of(request: HttpRequest) -> Actor:
    """Return who asks; the shell lets nobody else in here."""
    return request.actor  # type: ignore[attr-defined,no-any-return]


def download(content: bytes, name: str, kind: str) -> HttpResponse:
    """Return a file to keep, under a name that may be Chinese."""
    answer = HttpResponse(content, content_type=TYPES[kind])
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.{kind}"
    return answer


def table_file(header: Sequence[str], rows: Iterable[Sequence[Any]], name: str, kind: str) -> HttpResponse:
    """Return rows as CSV or XLSX."""
    made = tables.to_xlsx(header, rows, title=name) if kind == "xlsx" else tables.to_csv(header, rows)
    return download(made, name, kind)


class PlaceForm(forms.Form):
    """A place's own values. Lists are words between 、."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=120)
    aliases = forms.CharField(
        label=gettext_lazy("别名"), required=False, help_text=gettext_lazy("几个名字之间用顿号隔开，搜得到")
    )
    population = forms.IntegerField(label=gettext_lazy("人口"), required=False, min_value=0)
    households = forms.IntegerField(label=gettext_lazy("户数"), required=False, min_value=0)
    urban_class = forms.ChoiceField(
        label=gettext_lazy("城乡分类"),
        required=False,
        choices=[("", "—"), *((k, f"{k} {v}") for k, v in codes.URBAN_CLASSES.items())],
    )
    grid_level = forms.TypedChoiceField(
        label=gettext_lazy("网格级别"), required=False, coerce=int, empty_value=None,
        choices=[("", "—"), (1, gettext_lazy("一级")), (2, gettext_lazy("二级")), (3, gettext_lazy("三级"))],
    )  # fmt: skip
    lines = forms.CharField(
        label=gettext_lazy("条线"), required=False, help_text=gettext_lazy("在这个网格上开展工作的部门，用顿号隔开")
    )
    lon = forms.FloatField(label=gettext_lazy("经度（WGS-84）"), required=False, min_value=-180, max_value=180)
    lat = forms.FloatField(label=gettext_lazy("纬度（WGS-84）"), required=False, min_value=-90, max_value=90)

    def __init__(self, *args: Any, level: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if level != terms.Level.GRID:
            del self.fields["grid_level"], self.fields["lines"]
        if terms.RANK[terms.Level(level)] > terms.RANK[terms.Level.COMMUNITY]:
            del self.fields["urban_class"]

    def values(self) -> dict[str, Any]:
        """Return what the services take."""
        kept = dict(self.cleaned_data)
        for key in ("aliases", "lines"):
            if key in kept:
                kept[key] = [
                    w.strip() for w in kept[key].replace("，", "、").replace(",", "、").split("、") if w.strip()
                ]
        return kept

    @staticmethod
    def of(place: Place) -> dict[str, Any]:
        """Return a form's first values from a place."""
        keys = ("name", "population", "households", "urban_class", "grid_level", "lon", "lat")
        joined = {"aliases": "、".join(place.aliases), "lines": "、".join(place.lines)}
        return {k: getattr(place, k) for k in keys} | joined


class CloseForm(forms.Form):
    """When and why a place ends, and into which it goes."""

    on = forms.DateField(
        label=gettext_lazy("从哪天起撤销"), widget=forms.DateInput(attrs={"type": "date"}), initial=queries.tree.today
    )
    reason = forms.CharField(label=gettext_lazy("依据"), max_length=300, help_text=gettext_lazy("文号或说明"))
    successor = forms.CharField(
        label=gettext_lazy("并入哪里"), required=False, help_text=gettext_lazy("写代码或全名；没有就空着")
    )

    def heir(self, by: Actor) -> Place | None:
        """Find the successor by code or whole name. Raises Invalid where none or several fit."""
        said = self.cleaned_data["successor"].strip()
        if not said:
            return None
        found = [p for p in queries.search(said, by, 5) if said in {p.name, p.code, p.path}]
        if len(found) != 1:
            raise Invalid({"successor": _("找到 %(n)d 个「%(said)s」，请写代码") % {"n": len(found), "said": said}})
        return found[0]


class CodeForm(forms.Form):
    """A new code and the day from which it holds."""

    scheme = forms.ChoiceField(
        label=gettext_lazy("编码方案"),
        choices=[
            (terms.Scheme.STAT, gettext_lazy("统计用区划代码")),
            *((scheme, grid.name) for scheme, grid in codes.GRIDS.items()),
            (terms.Scheme.LOCAL, gettext_lazy("本地编码")),
        ],
    )
    code = forms.CharField(label=gettext_lazy("编码"), max_length=40)
    on = forms.DateField(
        label=gettext_lazy("从哪天起用"), widget=forms.DateInput(attrs={"type": "date"}), initial=queries.tree.today
    )


def fail(form: forms.Form, error: Invalid) -> None:
    """Put an Invalid's errors at the fields of a form."""
    for name, text in error.errors.items():
        form.add_error(name if name in form.fields else None, text)
