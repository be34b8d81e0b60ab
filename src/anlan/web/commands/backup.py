"""Everything in the database, as one file that restores into any PostgreSQL from 15 on."""

import argparse
import sys
from pathlib import Path

from anlan.web import dump

HELP = "备份数据到一个文件（不含密钥，密钥用 backup-keys 另存）"
AS_OWNER = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path)
    parser.add_argument("--force", action="store_true", help="文件已存在时覆盖")


def run(args: argparse.Namespace) -> int:
    if args.file.exists() and not args.force:
        sys.stderr.write(f"{args.file} 已存在，没有覆盖（--force）\n")
        return 1
    manifest = dump.backup(args.file, lambda line: sys.stdout.write(f"  {line}\n"))
    rows = sum(t["rows"] for t in manifest["tables"].values())
    dump.check(args.file)
    sys.stdout.write(f"已备份 {len(manifest['tables'])} 张表、{rows} 行，校验通过：{args.file}\n")
    return 0
