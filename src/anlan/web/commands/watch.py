"""The watchdog: looks every ten seconds, from outside the worker."""

import argparse
import sys

from anlan.web.processes import follow_parent, stop_on_signals
from anlan.web.watch import Watchdog, look

HELP = "启动看门狗：停掉的后台任务、卡住的阶梯一分钟内报出来"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="只看一次，打印，有问题时退出码为 1")


def run(args: argparse.Namespace) -> int:
    if args.once:
        found = look()
        sys.stdout.write("".join(f"{a.code}: {a.text}\n" for a in found) or "一切正常\n")
        return 1 if found else 0
    follow_parent()
    Watchdog().run(stop_on_signals())
    return 0
