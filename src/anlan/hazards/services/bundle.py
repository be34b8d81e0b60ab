"""The evidence bundle of one hazard: its record, its photos, each entry with its proof, and a verifier (HZD-07)."""

import io
import zipfile
from collections.abc import Mapping
from uuid import UUID

from anlan.fieldwork.queries import uploads
from anlan.hazards import queries
from anlan.hazards.models import Hazard
from anlan.hazards.services import proving
from anlan.hazards.terms import Can, Did
from anlan.kernel import authority
from anlan.kernel.authority import Actor
from anlan.kernel.clock import local, now
from anlan.ledger import services as ledger

README = """隐患证据包 {number}

record.html   这条隐患的记录，双击就能看，能打印
photos/       照片（重画过的副本，不带拍摄者和机器的信息）
entries/      台账里的每一步，一步一个文件夹，带着封存证明
verify_anlan_proof.py   校验程序，只用 Python 3.10 以上的标准库，不联网

校验：  解开以后运行  python3 -I verify_anlan_proof.py
它逐条核对，并算出链头哈希。请与主管单位公布或您先前抄存的同号区块哈希核对：
{heads}
{waits}人员在台账里以代号出现；record.html 里的姓名由本系统按权限给出。

Evidence bundle of a hazard

record.html   the record; photos/ redrawn copies; entries/ each step of the ledger with its proof
Check it:  unpack, then run  python3 -I verify_anlan_proof.py   (standard library only, no network)
Compare the heads that it prints with what the authority published, or what you noted before.
"""


def bundle(hazard_id: UUID, files: Mapping[str, bytes], *, by: Actor) -> bytes:
    """Return the bundle as a ZIP and leave an entry; `files` are what the page made of the record (record.html …).

    Whoever sees the hazard by their post may take it. What is not sealed yet (a second or so) is named in README.txt.
    Raises Hidden, Refused.
    """
    found = queries.hazard(hazard_id, by=by)
    authority.require(by, Can.SEE, at=found.place_path)
    steps = list(reversed(queries.timeline(found)))
    proved = [m for m in steps if m.block is not None]
    last = max((m.block for m in proved if m.block is not None), default=0)
    out, heads = io.BytesIO(), dict[int, str]()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
        for name, content in photos(found).items():
            made.writestr(zipfile.ZipInfo(name, local(now()).timetuple()[:6]), content)
        for number, moment in enumerate(proved, 1):
            parts, head = proving.files(moment.entry.id, moment.block or last, last)
            heads[head.number] = bytes(head.hash).hex()
            for name, content in parts.items():
                made.writestr(f"entries/{number:03d}-{moment.entry.did.rpartition('.')[2]}/{name}", content)
        said = "\n".join(f"  区块 {number}  {digest}" for number, digest in sorted(heads.items()))
        waits = len(steps) - len(proved)
        told = f"还有 {waits} 步刚做，没有封存，过几秒再导出就有。\n" if waits else ""
        made.writestr("README.txt", README.format(number=found.number, heads=said or "  —", waits=told))
        made.writestr("verify_anlan_proof.py", ledger.verifier())
    ledger.record(Did.BUNDLED, found, by=by, count=len(proved))
    return out.getvalue()


def photos(found: Hazard) -> dict[str, bytes]:
    """Return the redrawn photos under the names that they have in the bundle."""
    made = {}
    for number, row in enumerate(queries.evidence_of([found.id]), 1):
        data = uploads.picture(row.upload_id)
        if data is not None:
            made[f"photos/{number:02d}-{row.phase}.jpg"] = data
    return made
