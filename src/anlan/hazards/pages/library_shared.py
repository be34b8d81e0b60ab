"""What the pages of the library share: who may, the words of values, files to take away."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anlan.hazards import kind_rows, terms
from anlan.hazards.terms.inspections import KIND_NAMES
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid

READERS = (terms.Can.REPORT, terms.Can.SEE, terms.Can.INSPECT, terms.Can.LIBRARY)
LABELS = {
    "code": gettext_lazy("编码"), "name": gettext_lazy("名称"), "trade": gettext_lazy("行业"),
    "words": gettext_lazy("一句话说清"), "signs": gettext_lazy("怎么认"), "basis": gettext_lazy("依据"),
    "advice": gettext_lazy("怎么办"), "control": gettext_lazy("没改好以前怎么管住"), "grade": gettext_lazy("一般定级"),
    "limit": gettext_lazy("一般期限"), "responsible": gettext_lazy("谁来改"), "consult": gettext_lazy("找谁协商"),
    "professional": gettext_lazy("需要专业部门看"), "icon": gettext_lazy("图标"), "aliases": gettext_lazy("大家怎么说"),
    "codes": gettext_lazy("部件、事件编码"), "quick": gettext_lazy("现场页第几格"),
    "tile": gettext_lazy("格子上写什么"),
    "choices": gettext_lazy("选项"), "section": gettext_lazy("分组"), "question": gettext_lazy("问题"),
    "how": gettext_lazy("怎么看"),
    "kind": gettext_lazy("不合格算什么隐患"), "list": gettext_lazy("检查表码"), "title": gettext_lazy("检查表"),
    "line": gettext_lazy("条线"), "objects": gettext_lazy("适用对象"), "own": gettext_lazy("可自查"),
    "standard": gettext_lazy("按什么标准"),
}  # fmt: skip
GRADES = {k: v for k, v in terms.GRADE_NAMES.items() if k}


def reader(request: HttpRequest) -> Actor:
    """Return who asks, if they may read the library: whoever may report, see or inspect. Raises Refused."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    if not authority.anywhere(by, READERS):
        raise authority.Refused(terms.Can.REPORT, "")
    return by


def editor(request: HttpRequest) -> Actor:
    """Return who asks, if they keep the library somewhere; the services ask for the whole city. Raises Refused."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    if not authority.anywhere(by, [terms.Can.LIBRARY]):
        raise authority.Refused(terms.Can.LIBRARY, "")
    return by


def may_edit(by: Actor) -> bool:
    """Say whether to show the buttons of an editor."""
    return authority.anywhere(by, [terms.Can.LIBRARY])


def shown(name: str, value: Any) -> str:
    """Say a field's value in words."""
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    if name == "objects":
        return "、".join(str(KIND_NAMES.get(one, one)) for one in value)
    if isinstance(value, list):
        return "、".join(value)
    if isinstance(value, Mapping):
        return "、".join(f"{scheme}：{code}" for scheme, code in value.items())
    tables_of: dict[str, Mapping[Any, Any]] = {
        "trade": terms.TRADE_NAMES, "grade": terms.GRADE_NAMES, "limit": terms.LIMIT_NAMES,
    }  # fmt: skip
    words = tables_of.get(name)
    return str(words[value]) if words and value in words else ("" if value is None else str(value))


def option(name: str, word: str) -> str:
    """Say a choice of a form, which the files write in Chinese, in the language of the page."""
    among: dict[str, Mapping[str, Any]] = {
        "trade": kind_rows.TRADES, "grade": kind_rows.GRADES, "limit": kind_rows.LIMITS, "professional": kind_rows.YES,
    }  # fmt: skip
    return shown(name, among[name][word])


def differing(old: Mapping[str, Any], new: Mapping[str, Any], names: Iterable[str]) -> list[tuple[Any, str, str]]:
    """Return (label, was, now) of the fields that differ."""
    return [
        (LABELS[name], shown(name, old[name]) or _("（空）"), shown(name, new[name]) or _("（空）"))
        for name in names
        if old[name] != new[name]
    ]


def faults_of(faults: Mapping[str, Sequence[str]]) -> list[tuple[Any, str, str]]:
    """Return (label, what is wrong, what was expected) of a row's faults."""
    return [(LABELS.get(name, name), wrong, expected) for name, (wrong, expected) in faults.items()]


def uploaded(request: HttpRequest) -> tuple[bytes, str]:
    """Return the bytes and the name of the file that was sent. Raises Invalid where there is none."""
    upload = request.FILES.get("file")
    if upload is None:
        raise Invalid({"file": _("还没有选文件。选一个 .xlsx 或 .csv")})
    return upload.read(), upload.name or ""
