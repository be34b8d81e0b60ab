"""Brings the tables up to date, as their owner, with limits on waiting so that a live system is not blocked."""

import argparse
import sys

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from anlan.ledger import services as ledger
from anlan.web import marks

HELP = "更新数据库结构（用属主角色，带锁等待和语句时限）"
AS_OWNER = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="只检查：有未应用的迁移时退出码为 1")
    parser.add_argument("--lock-timeout", default="10s", help="等锁最长多久（默认 10s）")
    parser.add_argument("--statement-timeout", default="30min", help="一条语句最长多久（默认 30min）")


def pending() -> list[str]:
    """Return what is not applied, as app.name, in order."""
    executor = MigrationExecutor(connection)
    return [f"{m.app_label}.{m.name}" for m, _back in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def run(args: argparse.Namespace) -> int:
    if args.check:
        waiting = pending()
        sys.stdout.write("\n".join(waiting) + "\n" if waiting else "没有未应用的迁移\n")
        return 1 if waiting else 0
    options = connection.settings_dict["OPTIONS"]
    limits = f"-c lock_timeout={args.lock_timeout} -c statement_timeout={args.statement_timeout}"
    options["options"] = f"{options.get('options', '')} {limits}".strip()
    call_command("migrate", interactive=False, verbosity=1, stdout=sys.stdout)
    ledger.grant()
    if not settings.DATABASE_URL:
        marks.keep(settings.HOME)
    return 0
