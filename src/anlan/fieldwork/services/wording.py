"""What pyxform complains of, in plain words; what it says otherwise is shown as it is, never hidden."""

import re
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_ROW = re.compile(r"^\[row : \d+\]\s*")
SAYS: tuple[tuple[str, Any], ...] = (
    (r"List name not in choices sheet: (?P<name>\S+)", gettext_lazy("choices 表里没有选项组「{name}」")),
    (r"Unmatched 'begin_(?P<name>\w+)'", gettext_lazy("有 begin_{name}，没有配对的 end_{name}")),
    (r"Unmatched 'end_(?P<name>\w+)'", gettext_lazy("有 end_{name}，没有配对的 begin_{name}")),
    (r"the 'name' value '(?P<name>[^']*)' is invalid\. Questions, groups", gettext_lazy(
        "name「{name}」在同一组里用了两次")),
    (r"'survey' sheet, the 'name' value is invalid", gettext_lazy(
        "survey 表的 name 只能用字母、数字、下划线、短横和点，不能用数字开头")),
    (r"Question or group with no name", gettext_lazy("这道题没有 name")),
    (r"Question with no type", gettext_lazy("这道题没有 type")),
    (r"the '(?P<column>\w+)' value is invalid\. .*Could not find the name '(?P<name>[^']*)'", gettext_lazy(
        "{column} 里用到的 ${{{name}}}，survey 表里没有这道题")),
    (r"the '(?P<column>\w+)' value is invalid\. Reference variables must start", gettext_lazy(
        "{column} 里的引用写得不对：美元号、花括号，里面是题目的 name")),
    (r"There should be a choices sheet", gettext_lazy(
        "有选择题，却没有 choices 表（要有 list_name、name、label 三列）")),
    (r"Choice names must be unique", gettext_lazy("choices 表里，同一个选项组的 name 用了两次")),
    (r"Choices must have a name", gettext_lazy("choices 表里这个选项没有 name")),
    (r"for sheet: '(?P<name>\w+)'\. One or more required column headers were not found: (?P<column>[^.]+)\.",
     gettext_lazy("{name} 表缺少这几列：{column}")),
    (r"for sheet: '(?P<name>\w+)'\. Headers that are different names for the same column", gettext_lazy(
        "{name} 表里有两列是同一个意思，去掉一列")),
)  # fmt: skip


def plainly(said: str) -> str:
    """Return pyxform's words as a form's author can use them; the row stands elsewhere."""
    bare = _ROW.sub("", said)
    for pattern, words in SAYS:
        found = re.search(pattern, bare)
        if found:
            return str(words).format(**found.groupdict())
    return _("表写得不合 XLSForm：{said}").format(said=bare)
