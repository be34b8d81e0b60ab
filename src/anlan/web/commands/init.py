"""First-run set-up. Runs before there is a key or a table, so it imports no Django; the rest is `anlan found`."""

import argparse
import contextlib
import os
import secrets
import subprocess
import sys
from pathlib import Path

from anlan.web import store

HELP = "第一次安装：数据目录、密钥、数据库、初始角色、管理员、顶级地方"
DJANGO = False
KEYS = ("SECRET_KEY", "FIELD_KEY", "LOOKUP_KEY")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--admin", metavar="NAME", help="管理员登录名（不给就问；没有终端时用 admin）")
    parser.add_argument("--password-file", metavar="FILE", help="从文件第一行读密码；不给就打印一次性设密链接")
    parser.add_argument("--place", metavar="NAME", help="顶级地方的名称，如 成都市")
    parser.add_argument("--place-code", metavar="CODE", default="", help="行政区划代码，如 510100")
    parser.add_argument("--level", default="city", choices=("province", "city", "district"), help="顶级地方的层级")


def make_keys(home: Path) -> list[str]:
    """Make what keys are missing, each a file that only its owner may read; return the names of those made."""
    folder = home / "keys"
    home.mkdir(mode=0o711, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    made = []
    for name in KEYS:
        with contextlib.suppress(FileExistsError):
            handle = os.open(folder / name.lower(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32) + "\n")
            made.append(name)
    return made


def ask(question: str, default: str) -> str:
    """Ask at a terminal; without one take the default."""
    if not sys.stdin.isatty():
        return default
    return input(f"{question} [{default}]: ").strip() or default


def run(args: argparse.Namespace) -> int:
    home = store.home()
    made = make_keys(home)
    sys.stdout.write(f"数据目录 {home}\n密钥 {'已生成：' + '、'.join(made) if made else '已有，未动'}\n")
    found = ["found", "--admin", args.admin or ask("管理员登录名", "admin"), "--level", args.level]
    if place := args.place or ask("顶级地方的名称", ""):
        found += ["--place", place, "--place-code", args.place_code]
    if args.password_file:
        found += ["--password-file", args.password_file]
    for command in (["migrate"], found):
        done = subprocess.run([sys.executable, "-m", "anlan", *command], check=False)  # noqa: S603
        if done.returncode:
            return done.returncode
    sys.stdout.write("完成。备份密钥：anlan backup-keys FILE（与数据备份分开保管）。启动：anlan serve\n")
    return 0
