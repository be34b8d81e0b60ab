"""Everything on one machine, in one process group: PostgreSQL, web, worker, watchdog."""

import argparse
import logging
import logging.config
import os
import subprocess
import sys

from anlan.web import logs, marks, store
from anlan.web.processes import Child, stop_on_signals, supervise

HELP = "启动全部：数据库、网页、后台任务、看门狗"
DJANGO = False


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--processes", type=int, default=1, help="网页进程数")
    parser.add_argument("--workers", type=int, default=1, help="后台任务进程数")
    parser.add_argument("--no-migrate", action="store_true", help="启动前不更新数据库结构")


def migrated(anlan: list[str]) -> bool:
    """Bring the tables up to date, unless this very program did so before: a start should take a second."""
    if os.environ.get("DATABASE_URL"):
        if not os.environ.get("ANLAN_OWNER_DATABASE_URL"):
            return True  # whoever deploys migrates as the owner, and /readyz says if it was forgotten
    elif marks.fresh(store.home()):
        return True
    return not subprocess.run([*anlan, "migrate"], check=False, stdout=subprocess.DEVNULL).returncode  # noqa: S603


def run(args: argparse.Namespace) -> int:
    plain = sys.stderr.isatty()
    os.environ.setdefault("ANLAN_LOG_PLAIN", "1" if plain else "0")
    logging.config.dictConfig(logs.config("INFO", plain=plain))
    if not (store.home() / "keys" / "secret_key").is_file() and not os.environ.get("ANLAN_SECRET_KEY"):
        sys.stderr.write("还没有密钥。先运行：anlan init\n")
        return 1
    anlan = [sys.executable, "-m", "anlan"]
    if not (args.no_migrate or migrated(anlan)):
        return 1
    web = ["web", "--host", args.host, "--port", str(args.port), "--processes", str(args.processes)]
    children = [
        Child("web", [*anlan, *web]),
        *(Child(f"worker-{n}", [*anlan, "worker"]) for n in range(1, args.workers + 1)),
        Child("watch", [*anlan, "watch"]),
    ]
    supervise(children, stop_on_signals())
    return 0
