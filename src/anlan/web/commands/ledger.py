"""What one does with the ledger itself: verify it, prove an entry, list blocks, shred a key."""

import argparse
import sys
from pathlib import Path
from uuid import UUID

from anlan.kernel.authority import Conflict, Hidden, Invalid, machine
from anlan.ledger import queries
from anlan.ledger import services as ledger

HELP = "台账：校验、导出证据包、列区块、销毁密钥"


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True)
    verify = acts.add_parser("verify", help="逐条重算并与封存比对；不一致时退出码 1")
    verify.add_argument("--head", action="append", default=[], metavar="编号:哈希", help="公布过的区块哈希，可给多个")
    verify.add_argument("--from", dest="start", type=int, default=1, metavar="编号", help="从这一块起（默认 1）")
    proof = acts.add_parser("proof", help="导出一条记录的证据包（zip，含离线校验程序）")
    proof.add_argument("entry", type=UUID)
    proof.add_argument("--out", type=Path, help="写到哪里（默认 proof-<记录号>.zip）")
    proof.add_argument("--to", type=int, metavar="编号", help="链头用这一块（默认最新）")
    blocks = acts.add_parser("blocks", help="列出最近的区块")
    blocks.add_argument("--count", type=int, default=20)
    destroy = acts.add_parser("vault-destroy", help="销毁一个事项的个人信息密钥（不可恢复）")
    destroy.add_argument("chain", type=UUID, help="事项号")
    destroy.add_argument("--reason", required=True)
    destroy.add_argument("--yes", action="store_true", help="确认销毁")


def run(args: argparse.Namespace) -> int:
    acts = {"verify": verify, "proof": proof, "blocks": blocks, "vault-destroy": destroy}
    try:
        return acts[args.act](args)
    except Hidden:
        sys.stderr.write("没有这一条\n")
    except (Conflict, Invalid) as error:
        sys.stderr.write(f"{error}\n")
    return 1


def verify(args: argparse.Namespace) -> int:
    heads = []
    for text in args.head:
        number, _, digest = text.partition(":")
        if not number.isdecimal() or len(digest) != 64:
            sys.stderr.write(f"--head {text}：应写成 编号:64 位十六进制哈希\n")
            return 2
        heads.append((int(number), digest))
    found = ledger.verify(heads=heads, start=args.start)
    sys.stdout.write(
        f"{found.blocks} 块、{found.entries} 条，{found.seconds:.2f} 秒（每秒 {found.rate:,.0f} 条）；"
        f"等封存 {found.unsealed} 条\n链头 {found.head_number}:{found.head}\n"
    )
    for fault in found.faults:
        sys.stdout.write(f"不一致 {fault.finding} 区块 {fault.block} 记录 {fault.entry or '—'}：{fault.detail}\n")
    sys.stdout.write("校验通过\n" if found.ok else "校验不通过\n")
    return 0 if found.ok else 1


def proof(args: argparse.Namespace) -> int:
    out = args.out or Path(f"proof-{args.entry}.zip")
    out.write_bytes(ledger.proof(args.entry, by=machine("anlan ledger proof"), to=args.to))
    sys.stdout.write(f"证据包已写到 {out}\n解开后运行：python3 -I verify_anlan_proof.py\n")
    return 0


def blocks(args: argparse.Namespace) -> int:
    for block in queries.blocks(limit=args.count):
        sys.stdout.write(f"{block.number}:{block.hash_hex}  {block.closed_at:%Y-%m-%d %H:%M:%S}Z  {block.count} 条\n")
    return 0


def destroy(args: argparse.Namespace) -> int:
    if not args.yes:
        sys.stderr.write("这会让该事项的个人信息再也读不出来。确认请加 --yes\n")
        return 2
    ledger.destroy_key(args.chain, by=machine("anlan ledger vault-destroy"), reason=args.reason)
    sys.stdout.write("密钥已销毁，封存不受影响\n")
    return 0
