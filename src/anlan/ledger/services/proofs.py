"""Evidence bundles: one entry, its way to the root of its block, and the chain up to a head, checkable by anyone."""

import io
import json
import zipfile
from pathlib import Path
from uuid import UUID

from anlan.kernel.authority import Actor, Conflict, Hidden
from anlan.ledger import merkle, queries
from anlan.ledger.models import Block
from anlan.ledger.services.private import Affair
from anlan.ledger.services.recording import record
from anlan.ledger.services.sealing import fields_of
from anlan.ledger.terms import Did

MOST = 20_000  # blocks between the entry's and the head, unless a nearer head is asked for
HERE = Path(__file__).parent.parent
README = """安澜证据包

entry.json       这条记录：谁（代号）、凭哪个岗位、对什么、在何处、何时、做了什么
canonical.json   被封存的原始字节，与 entry.json 内容相同
proof.json       通往区块根哈希的路径，以及从该区块到链头的各区块头
verify_anlan_proof.py   校验程序，只用 Python 3.10 以上的标准库，不联网

校验：  python3 -I verify_anlan_proof.py
校验程序会算出链头哈希。请与主管单位公布或您先前抄存的同号区块哈希核对：
  区块 {number}  {head}
人员以代号出现；姓名由主管单位依法另行提供。加密的个人信息只留有摘要，密钥依法销毁后摘要仍然有效。
时间字段 *_us 为 1970-01-01 00:00:00 UTC 起的微秒数。

Anlan evidence bundle

entry.json       the entry: who (a pseudonym), by which post, on what, where, when, what
canonical.json   the very bytes that were sealed; they say the same as entry.json
proof.json       the path to the root of its block, and every block header from there to a head
verify_anlan_proof.py   the verifier: Python 3.10 or newer, standard library only, no network

Check it:  python3 -I verify_anlan_proof.py
It computes the head. Compare it with what the authority published, or what you noted before, for the same block:
  block {number}  {head}

How it is computed (H is SHA-256 or SM3, as the header says; | joins bytes):
  leaf = H(0x00 | canonical.json), node = H(0x01 | left | right), a node without a sibling rises as it is (RFC 6962)
  block hash = H(header), a header being the JSON array in proof.json written in ASCII without spaces:
  ["anlan-block-1", number, H, closed_us, count, [first era, xid, id], [last era, xid, id], root, previous block hash]
"""


def proof(entry_id: UUID, *, by: Actor, to: int | None = None) -> bytes:
    """Return the evidence bundle of one entry, a zip, up to block `to` (the newest, if not given); leave an entry.

    Raises Hidden where the actor may not see the entry, Conflict where it is not sealed yet (a second or so) or the
    chain to the head is too long, in which case `to` names a nearer head.
    """
    found = queries.entries([entry_id])
    if not found or not queries.may_see(found[0], by):
        raise Hidden
    entry = found[0]
    files, number, head = proof_files(entry.id, to=to)
    files |= {
        "README.txt": README.format(number=head.number, head=bytes(head.hash).hex()).encode(),
        "verify_anlan_proof.py": verifier().encode(),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    about = Affair(entry.id, entry.place_path, entry.chain, "ledger.entry")
    record(Did.PROOF_EXPORTED, about, by=by, block=number, head=head.number)
    return out.getvalue()


def proof_files(entry_id: UUID, *, to: int | None = None) -> tuple[dict[str, bytes], int, Block]:
    """Return the three files that prove one entry (canonical, entry, proof), its block's number, and the head's block.

    It asks nobody and leaves no entry: for a bundle of several entries, whose maker does both. Raises Conflict.
    """
    found = queries.entries([entry_id])
    number = queries.block_of(found[0].position) if found else None
    block = None if number is None else Block.objects.get(number=number)
    if block is None:
        raise Conflict("这条记录还没有封存，请过几秒再导出")
    headers = _headers(block.number, to)
    text = queries.text_at(found[0].position)
    digests = bytes(block.digests)
    leaves = [digests[n : n + merkle.SIZE] for n in range(0, len(digests), merkle.SIZE)]
    index = bytes(block.ids).find(entry_id.bytes) // 16
    path = merkle.path(leaves, index, merkle.hashing(block.algorithm)) if index >= 0 else []
    shown = {
        "path": [[side, digest.hex()] for side, digest in path],
        "headers": [fields_of(b) for b in headers],
        "head": bytes(headers[-1].hash).hex(),
    }
    files = {
        "canonical.json": text,
        "entry.json": _pretty(dict(zip(queries.CANONICAL_FIELDS, json.loads(text), strict=True))),
        "proof.json": _pretty(shown),
    }
    return files, block.number, headers[-1]


def verifier() -> str:
    """Return the stand-alone program: the verifier with SM3 written into it, so that it is one file."""
    own = (HERE / "verify_anlan_proof.py").read_text(encoding="utf-8")
    inlined = (HERE / "sm3.py").read_text(encoding="utf-8").split('"""', 2)[2].replace("import struct\n", "").strip()
    body = own.replace("from anlan.ledger.sm3 import sm3\n", f"\n{inlined}\n", 1)
    return body.replace("import json\n", "import json\nimport struct\n", 1)


def _headers(start: int, to: int | None) -> list[Block]:
    blocks = Block.objects.defer("ids", "digests").filter(number__gte=start).order_by("number")
    headers = list((blocks if to is None else blocks.filter(number__lte=to))[: MOST + 1])
    if not headers:
        raise Conflict(f"区块 {to} 在这条记录之前")
    if len(headers) > MOST:
        raise Conflict(f"到最新链头超过 {MOST} 块，请用更近的链头")
    return headers


def _pretty(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
