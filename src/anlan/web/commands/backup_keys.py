"""The keys, as a file of their own: whoever has both a backup and the keys can read every phone number."""

import argparse
import json
import os
import sys
from pathlib import Path

from anlan.web import store
from anlan.web.commands.init import KEYS

HELP = "备份或恢复密钥（与数据备份分开保管）"
DJANGO = False
STORE = False


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path)
    parser.add_argument("--restore", action="store_true", help="从文件写回密钥；已有不同的密钥时拒绝")


def run(args: argparse.Namespace) -> int:
    return put_back(args.file) if args.restore else keep(args.file)


def keep(file: Path) -> int:
    folder = store.home() / "keys"
    missing = [name for name in KEYS if not (folder / name.lower()).is_file()]
    if missing:
        sys.stderr.write(f"没有这些密钥文件：{'、'.join(missing)}（由环境变量给的密钥请在给的地方备份）\n")
        return 1
    keys = {name: (folder / name.lower()).read_text(encoding="ascii").strip() for name in KEYS}
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        sys.stderr.write(f"{file} 已存在，没有覆盖\n")
        return 1
    with os.fdopen(handle, "w", encoding="ascii") as out:
        json.dump({"anlan-keys": 1, **keys}, out)
    sys.stdout.write(f"密钥已写入 {file}（只有你能读）。请离线保管，不要和数据备份放在一起。\n")
    return 0


def put_back(file: Path) -> int:
    try:
        said = json.loads(file.read_text(encoding="ascii"))
        keys = {name: bytes.fromhex(said[name]).hex() for name in KEYS}
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.stderr.write(f"读不了密钥文件：{error}\n")
        return 1
    folder = store.home() / "keys"
    folder.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, value in keys.items():
        target = folder / name.lower()
        if target.is_file() and target.read_text(encoding="ascii").strip() != value:
            sys.stderr.write(f"{target} 已有另一把密钥，没有改动：用它加密过的号码离开它就读不出来\n")
            return 1
    for name, value in keys.items():
        handle = os.open(folder / name.lower(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(value + "\n")
    sys.stdout.write(f"密钥已恢复到 {folder}\n")
    return 0
