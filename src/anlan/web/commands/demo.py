"""The demonstration, one command: an invented city (or invented staff over a real tree), a storm, every seat free."""

import argparse
import logging.config
import os
import subprocess
import sys
from pathlib import Path

from anlan.web import cluster, logs, store
from anlan.web.commands import init
from anlan.web.processes import Child, stop_on_signals, supervise

HELP = "演示：生成一座虚构的城市，放一场暴雨，任何位置都能坐"
DJANGO = False
STORE = False
HOME = "~/.anlan-demo"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scale", choices=("community", "district", "city"), default="district")
    parser.add_argument("--places", type=Path, help="用真的区划表（CSV）代替虚构的城市，人仍是虚构的")
    parser.add_argument("--boundaries", type=Path, help="真的边界（GeoJSON），配合 --places")
    parser.add_argument("--crs", default="gcj02", choices=("wgs84", "gcj02", "bd09"), help="边界的坐标系")
    parser.add_argument("--posts", type=int, help="岗位数（默认按规模）")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--minutes", type=float, default=25, help="暴雨放多少分钟")
    parser.add_argument("--no-storm", action="store_true", help="不放暴雨")


def run(args: argparse.Namespace) -> int:
    os.environ.setdefault("ANLAN_HOME", str(Path(HOME).expanduser()))
    os.environ["ANLAN_DEMO"] = "1"
    os.environ.setdefault("ANLAN_LOG_PLAIN", "1")
    logging.config.dictConfig(logs.config("WARNING", plain=True))
    home = store.home()
    init.make_keys(home)
    if os.environ.get("DATABASE_URL"):
        return play(args, home)
    with cluster.hold(home):
        return play(args, home)


def play(args: argparse.Namespace, home: Path) -> int:
    """Make what is not there yet, then run everything until a signal."""
    anlan = [sys.executable, "-m", "anlan"]
    for command in missing(args, home):
        hushed = subprocess.DEVNULL if command == ["migrate"] else None  # a hundred lines that tell a visitor nothing
        done = subprocess.run([*anlan, *command], check=False, stdout=hushed)  # noqa: S603
        if done.returncode:
            return done.returncode
    (home / "demo-made").touch()
    url = f"http://{args.host}:{args.port}"
    os.environ.setdefault("ANLAN_PUBLIC_URL", url)
    children = [
        Child("web", [*anlan, "web", "--host", args.host, "--port", str(args.port)]),
        Child("worker", [*anlan, "worker"]),
        Child("watch", [*anlan, "watch"]),
    ]
    played = ["--calm"] if args.no_storm else ["--loop", "--minutes", str(args.minutes)]
    children.append(Child("storm", [*anlan, "storm", "--url", url, *played]))
    sys.stdout.write(f"安澜演示：{url}\n数据在 {home}（删掉这个文件夹就从头再来）；按 Ctrl-C 结束\n")
    sys.stdout.flush()
    supervise(children, stop_on_signals())
    return 0


def missing(args: argparse.Namespace, home: Path) -> list[list[str]]:
    """Return the commands that make the demonstration's data; none the second time."""
    if (home / "demo-made").exists():
        return []
    if args.places is None:
        return [["migrate"], ["city", "--scale", args.scale]]
    commands = [["migrate"], ["import", "divisions", str(args.places)]]
    if args.boundaries:
        commands.append(["import", "boundaries", str(args.boundaries), "--crs", args.crs, "--good"])
    return [*commands, ["city", "--staff-only", *(["--posts", str(args.posts)] if args.posts else [])]]
