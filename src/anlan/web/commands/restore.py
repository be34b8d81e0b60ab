"""Brings a backup into an empty place, opens a new era of the ledger, and verifies it."""

import argparse
import sys
from pathlib import Path

from anlan.ledger import services as ledger
from anlan.web import dump

HELP = "把备份恢复到一个空的地方，并校验台账"
AS_OWNER = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path)
    parser.add_argument("--check", action="store_true", help="只检查文件是否完整，不恢复")


def run(args: argparse.Namespace) -> int:
    try:
        if args.check:
            dump.check(args.file)
            sys.stdout.write("文件完整\n")
            return 0
        manifest = dump.restore(args.file, lambda line: sys.stdout.write(f"  {line}\n"))
    except dump.Unfit as error:
        sys.stderr.write(f"没有恢复：{error}\n")
        return 1
    ledger.grant()
    ledger.open_era(f"restored from a backup of {manifest['made_at']}")
    found = ledger.verify()
    sys.stdout.write(f"已恢复 {manifest['made_at']} 的备份\n台账：校验 {found.blocks} 块、{found.entries} 条")
    sys.stdout.write(f"，另有 {found.unsealed} 条待封存；" + ("完好\n" if found.ok else "不符\n"))
    for fault in found.faults:
        sys.stderr.write(f"  第 {fault.block} 块 {fault.entry or ''} {fault.finding}：{fault.detail}\n")
    return 0 if found.ok else 1
