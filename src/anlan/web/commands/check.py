"""What stands between this installation and a bad day: Django's own deployment checks and ours."""

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator

from django.conf import settings
from django.core.checks import WARNING, run_checks
from django.db import Error, connection

from anlan.web import islands, watch
from anlan.web.commands.init import KEYS
from anlan.web.commands.migrate import pending

HELP = "检查这套安装是否可以上线"

Finding = tuple[str, str]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--strict", action="store_true", help="提醒也算失败")


def keys() -> Iterator[Finding]:
    folder = settings.HOME / "keys"
    for name in KEYS:
        kept = folder / name.lower()
        if not kept.is_file():
            if len(getattr(settings, name)) < 32:
                yield "error", f"{name} 太短（至少 32 字符）"
            continue
        if kept.stat().st_mode & 0o077:
            yield "error", f"{kept} 别人也能读：chmod 600"


def roles() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolcreatedb OR rolcreaterole, has_schema_privilege('public', 'CREATE'), "
            "has_table_privilege('ledger_entry', 'UPDATE'), has_table_privilege('ledger_entry', 'DELETE') "
            "FROM pg_roles WHERE rolname = current_user"
        )
        name, root, wide, create, update, delete = cursor.fetchone()
    if root or wide or create:
        yield "error", f"网页用的数据库角色 {name} 权限太大，应只能读写行：见 docs/deploy.md「两个角色」"
    if update or delete:
        yield "error", f"角色 {name} 能改台账"


def tables() -> Iterator[Finding]:
    waiting = pending()
    if waiting:
        yield "error", f"有 {len(waiting)} 个迁移没有应用：anlan migrate"


def outside() -> Iterator[Finding]:
    if not settings.SECURE:
        yield "warning", f"ANLAN_PUBLIC_URL 是 {settings.PUBLIC_URL}，不是 https：只适合本机试用"
    if settings.DEBUG:
        yield "error", "ANLAN_DEBUG 开着"
    if not islands.DIST.joinpath("manifest.json").is_file():
        yield "warning", "地图和图表没有构建：make frontend"


def watched() -> Iterator[Finding]:
    if not (settings.WATCHDOG_URL or settings.WATCHDOG_MAIL or settings.WATCHDOG_COMMAND):
        yield "warning", "看门狗没有自己的通道：设置 ANLAN_WATCHDOG_URL、_MAIL 或 _COMMAND"
    if not watch.report().is_file():
        yield "warning", "这台机器上没有看门狗在跑：anlan watch"
    if shutil.disk_usage(settings.HOME).free < settings.DISK_FREE_MB * 2**20:
        yield "error", "磁盘快满了"


OURS: tuple[Callable[[], Iterator[Finding]], ...] = (keys, tables, roles, outside, watched)


def run(args: argparse.Namespace) -> int:
    found = [
        ("error" if m.level > WARNING else "warning", f"{m.id}: {m.msg}")
        for m in run_checks(include_deployment_checks=True)
        if m.level >= WARNING and m.id not in SETTLED
    ]
    for look in OURS:
        try:
            found += list(look())
        except Error as error:
            connection.close()
            found.append(("error", f"{look.__name__}: {str(error).strip()}"))
    for level, text in found:
        sys.stdout.write(f"{'错误' if level == 'error' else '提醒'}  {text}\n")
    errors = sum(level == "error" for level, _text in found)
    sys.stdout.write(f"{errors} 个错误，{len(found) - errors} 个提醒\n" if found else "没有问题\n")
    return 1 if errors or (args.strict and found) else 0


# Said once and better by `outside`: without https none of these can be on.
NEED_HTTPS = {"security.W004", "security.W008", "security.W012", "security.W016"}
SETTLED: set[str] = set() if settings.SECURE else NEED_HTTPS
