"""A drill without a screen: the same code as a bad night, as an exercise, in a database of its own, and its report."""

import argparse
import contextlib
import logging.config
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from anlan.web import cluster, logs
from anlan.web.commands import init
from anlan.web.processes import PARENT

HELP = "演练：rainstorm，一场暴雨从头到尾，打印报告（不碰真实数据）"
DJANGO = False
STORE = False


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", choices=("rainstorm",))
    parser.add_argument("--scale", choices=("community", "district", "city"), default="community")
    parser.add_argument("--speed", type=float, default=20, help="时钟走得快几倍")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="把演练的数据留在这个空文件夹里")


def run(args: argparse.Namespace) -> int:
    if args.speed <= 0:
        sys.stderr.write("--speed 要大于 0\n")
        return 2
    logging.config.dictConfig(logs.config("WARNING", plain=True))
    with contextlib.ExitStack() as stack:
        home = args.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="anlan-drill-")))
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o711)
        if any(home.iterdir()):
            sys.stderr.write(f"{home} 不是空的\n")
            return 2
        for name in ("DATABASE_URL", "ANLAN_OWNER_DATABASE_URL"):
            os.environ.pop(name, None)
        os.environ |= {"ANLAN_HOME": str(home), "ANLAN_LOG_PLAIN": "1", "ANLAN_DEMO": "1"}
        init.make_keys(home)
        stack.enter_context(cluster.hold(home))
        return _through(args)


def _through(args: argparse.Namespace) -> int:
    """Make the city, then let one process work and another play the storm, both on the same fast clock."""
    anlan = [sys.executable, "-m", "anlan"]
    for command in (["migrate"], ["city", "--scale", args.scale, "--seed", str(args.seed), "--no-sensors"]):
        done = subprocess.run([*anlan, *command], check=False)  # noqa: S603
        if done.returncode:
            return done.returncode
    os.environ["ANLAN_CLOCK"] = f"{time.time()}*{args.speed}"
    worker = subprocess.Popen([*anlan, "worker"], env={**os.environ, PARENT: str(os.getpid())})  # noqa: S603
    try:
        return subprocess.run([*anlan, "exercise"], check=False).returncode  # noqa: S603
    finally:
        worker.terminate()
        worker.wait(30)
