"""Writes roles.md, api.md and measures.md of docs/reference from the code: `make reference`. A test holds them so."""

from pathlib import Path
from typing import Any

from django.utils import translation

from anlan.analytics.terms import COUNTERS, FOUND, RULES
from anlan.analytics.terms.starting_measures import STARTING
from anlan.people.starting_roles import ROLES
from anlan.web import names
from anlan.web.api import api

FOLDER = Path(__file__).parents[3] / "docs" / "reference"
ROLES_TOP = """# 岗位和权限 · Roles and permissions

Written by `make reference`; do not edit. 每种岗位一开始能做什么；「设置 › 岗位和权限」里改，改动留台账。级别高的先叫；
「上级」的岗位接没人应的；★ 要两步验证。A right holds at the post's place and everything below it.

| 岗位 role | code | 级别 rank | 上级 leads | 能做什么 may |
|---|---|---|---|---|
"""
CANS_TOP = """
## 权限 · Permissions

| code | 是什么 |
|---|---|
"""
API_TOP = """# 接口 · API

Written by `make reference`; do not edit. Under `/api/v1`; the whole description is `/api/v1/openapi.json`, to try it
`/api/v1/docs` (both need sign-in). A session cookie, and `X-CSRFToken` for writes. Errors are
`application/problem+json`: 401 not signed in, 403 the post may not, 404 absent or hidden, 409 somebody was first,
422 what is wrong, field by field.

Doors of other machines: [carriers](carriers.md) (`/gateway/…`), [SCIM](sign-in.md) (`/scim/v2`), CAP and Atom for
residents ([residents](../how-to/residents.md)), iCalendar ([duty roster](../how-to/duty-roster.md)), `/metrics`,
`/readyz`, `/healthz`.

| method | address | what |
|---|---|---|
"""

MEASURES_TOP = """# 指标和口径 · Measures

Written by `make reference`; do not edit. 新装好时的口径；「统计 › 指标口径」里改，每改一次是新的一版。
不到 30 件的只供参考。How figures are counted: [explanation](../explanation/statistics.md). API: `/api/v1/measures`.

| 指标 measure | code | 怎么算 | 分子 numerator | 分母 denominator | 不算的 left out | 机器照这个数 |
|---|---|---|---|---|---|---|
"""
COUNTERS_TOP = """
## 计数和时段 · Counters and rules

「计数 时段」，前面加 `-` 是减去；应整改和验收的后面能加 `new`、`stock`。

| code | 是什么 |
|---|---|
"""


def roles() -> str:
    """Return the page of starting roles and of permissions."""
    known = names.permissions()
    lines = [
        f"| {r.name}{'★' if r.second_factor else ''} | `{r.code}` | {r.rank} | {'是' if r.leads else ''} | "
        f"{'、'.join(known.get(can, can) for can in r.grants) or '—'} |"
        for r in sorted(ROLES, key=lambda r: -r.rank)
    ]
    cans = [f"| `{code}` | {label} |" for code, label in known.items()]
    return ROLES_TOP + "\n".join(lines) + "\n" + CANS_TOP + "\n".join(cans) + "\n"


def operations() -> str:
    """Return the page of the API's operations."""
    schema: dict[str, Any] = api.get_openapi_schema()
    lines = [
        f"| `{method.upper()}` | `{path}` | {operation.get('summary', '')} |"
        for path, operations in sorted(schema["paths"].items())
        for method, operation in operations.items()
    ]
    return API_TOP + "\n".join(lines) + "\n"


def measures() -> str:
    """Return the page of the measures that a new installation starts with, and of what they are counted from."""
    lines = [
        f"| {m['name']} | `{m['code']}` | {m['words']} | {m['numerator']} | {m.get('denominator', '—')} | "
        f"{m['exclusions']} | {_spec(m['spec'])} |"
        for m in STARTING
    ]
    counters = [f"| `{code}` | {label} |" for code, (_event, _column, label) in COUNTERS.items()]
    rules = [f"| `{code}` | {label} |" for code, label in (*RULES.items(), *FOUND.items())]
    return MEASURES_TOP + "\n".join(lines) + "\n" + COUNTERS_TOP + "\n".join([*counters, *rules]) + "\n"


def _spec(spec: dict[str, Any]) -> str:
    sides = [" ".join(f"`{term}`" for term in spec.get(side, ())) for side in ("of", "over")]
    only = "；".join(f"{k} {v}" for side in ("filter", "part") for k, v in spec.get(side, {}).items())
    return " ÷ ".join(s for s in sides if s) + (f"（{only}）" if only else "") or "—"


def pages() -> dict[str, str]:
    """Return the text of each page by its file's name."""
    with translation.override("zh-hans"):
        return {"roles.md": roles(), "api.md": operations(), "measures.md": measures()}


def write() -> None:
    """Write the pages."""
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
