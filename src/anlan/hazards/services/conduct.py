"""难处, said at the time and never changed; opening somebody's page; its evidence as one stream (HZD-10, EVL-02)."""

import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.callout.queries.owed_by import Way
from anlan.hazards.models import Hazard, ObstacleRow
from anlan.hazards.queries import conduct as queries
from anlan.hazards.queries import scope
from anlan.hazards.services import acting, proving
from anlan.hazards.terms import OBSTACLE_NAMES, WAY_NAMES, Can, Did, Obstacle
from anlan.kernel import tables
from anlan.kernel.authority import Actor, Conflict, Invalid, Refused
from anlan.kernel.clock import local
from anlan.ledger import queries as entries_of
from anlan.ledger import services as ledger
from anlan.ledger.entry import EntryRow

CHUNK = 100  # hazards whose stories are read at once
STAMP = "%Y-%m-%d %H:%M:%S"
README = """履职材料 {name}　{since} 至 {until}

conduct.xlsx   一行一件事：什么时候知道（任务落到名下、消息送达、看了、应了分开写）、做了什么、当时的难处
manifest.csv   台账记录的清单，一行一条：在哪个文件夹，封存在哪一块；没有证明的写明为什么
entries/       每条记录一个文件夹，带着封存证明，一条不少
verify_anlan_proof.py   校验程序，只用 Python 3.10 以上的标准库，不联网

共 {hazards} 条隐患、{entries} 条台账记录，{proved} 条带证明。
校验：  解开以后运行  python3 -I verify_anlan_proof.py
它逐条核对，并算出链头哈希。请与主管单位公布或您先前抄存的同号区块哈希核对：
{heads}
这里只有事实，没有分数、没有排名；系统不认定责任。

Conduct of one person: conduct.xlsx what happened; manifest.csv every entry, its folder, its block;
entries/ each with its proof. Unpack, then run  python3 -I verify_anlan_proof.py  (standard library, no network)
"""


@dataclass(frozen=True, slots=True)
class About:
    """A person's page, as the ledger's subject."""

    id: UUID
    place_path: str
    ledger_type: str = "hazards.conduct"


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of one day to the end of another."""

    since: dt.datetime
    until: dt.datetime


@transaction.atomic
def say_obstacle(hazard_id: UUID, kind: str, words: str, *, by: Actor) -> ObstacleRow:
    """Register what stands in one's way, at the time. Nobody changes it later, oneself included.

    Only whoever has or had a duty on the hazard, or their superior. Raises Hidden, Refused, Invalid.
    """
    hazard = scope.hazard(hazard_id, by=by)
    if by.pseudonym is None or not queries.may_say(hazard, by=by):
        raise Refused(Can.RECTIFY, hazard.place_path)
    said = words.strip()
    if kind not in set(Obstacle):
        raise Invalid({"kind": _("选一种难处")})
    if not 4 <= len(said) <= 400:
        raise Invalid({"words": _("说清楚一点，4 到 400 个字")})
    seat = by.acting(hazard.place_path)
    made = ObstacleRow.objects.create(
        hazard=hazard, place_path=hazard.place_path, kind=kind, words=said, by=by.pseudonym, by_name=by.name[:60],
        by_title=(seat.title if seat else "")[:120],
    )  # fmt: skip
    acting.record(Did.OBSTACLE, hazard, by=by, obstacle=kind, opinion=said)
    return made


@transaction.atomic
def open_page(pseudonym: UUID, reason: str, *, by: Actor) -> None:
    """Open another person's page, saying why (查看事由). That is an entry, which the person concerned can read.

    Opening is a POST of its own; the page itself is then a GET that writes nothing, for CONDUCT_OPEN_HOURS. One's own
    page needs no reason. Raises Hidden, Invalid.
    """
    person = queries.subject(pseudonym, by=by)
    if by.pseudonym == pseudonym:
        return
    said = reason.strip()
    if not 4 <= len(said) <= 200:
        raise Invalid({"reason": _("写清楚为什么要看，4 到 200 个字")})
    ledger.record(Did.CONDUCT_SEEN, About(pseudonym, person.place_path), by=by, reason=said)


def require_open(pseudonym: UUID, *, by: Actor) -> None:
    """Raise Conflict unless the actor has opened the page, saying why, or it is their own."""
    if by.pseudonym != pseudonym and queries.opened(pseudonym, by=by) is None:
        raise Conflict(_("先写明为什么要看，打开这一页以后再导出"))


@transaction.atomic
def export(pseudonym: UUID, period: Period, *, by: Actor) -> Iterator[bytes]:
    """Return a person's evidence as a ZIP in pieces: every entry with its proof, nothing left out. Leaves an entry.

    Whatever has no proof yet (not sealed, a second or so) stands in manifest.csv with the reason. Raises Hidden,
    Conflict where another's page is not open.
    """
    person = queries.subject(pseudonym, by=by)
    require_open(pseudonym, by=by)
    rows = list(queries.hazards(person, period.since, period.until, by=by))
    ledger.record(Did.CONDUCT_EXPORTED, About(pseudonym, person.place_path), by=by, count=len(rows))
    return _stream(person, rows, period, by)


class _Pipe(io.RawIOBase):
    """Where the ZIP is written: it cannot seek, and gives away what it holds after each member."""

    def __init__(self) -> None:
        self.held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.held += data
        return len(data)

    def take(self) -> bytes:
        taken, self.held = bytes(self.held), bytearray()
        return taken


def _stream(person: Any, rows: list[Hazard], period: Period, by: Actor) -> Iterator[bytes]:
    pipe, last = _Pipe(), entries_of.last_block()
    lines: list[tuple[str, ...]] = []
    manifest: list[tuple[object, ...]] = []
    heads: dict[int, str] = {}
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as package:
        for start in range(0, len(rows), CHUNK):
            told = queries.accounts(person, rows[start : start + CHUNK], by=by)
            lines += [line for account in told for line in lines_of(account)]
            kept = [e for account in told for e in (*account.laid, *account.entries)]
            blocks = entries_of.blocks_of([e.position for e in kept])
            for entry in kept:
                folder = f"entries/{len(manifest) + 1:05d}-{entry.did.rpartition('.')[2]}"
                block = blocks.get(entry.id)
                if block is not None:
                    parts, head = proving.files(entry.id, block, last)
                    heads[head.number] = bytes(head.hash).hex()
                    for name, content in parts.items():
                        package.writestr(f"{folder}/{name}", content)
                manifest.append(_row(entry, folder if block is not None else "", block, len(manifest) + 1))
                yield pipe.take()
        columns = [_("隐患"), _("时间"), _("哪一类"), _("内容"), _("来源"), _("期限"), _("记录号")]
        package.writestr("conduct.xlsx", tables.to_xlsx(columns, lines, title=_("履职材料")))
        header = [_("序号"), _("记录号"), _("时间"), _("内容"), _("文件夹"), _("区块"), _("说明")]
        package.writestr("manifest.csv", tables.to_csv(header, manifest))
        package.writestr("verify_anlan_proof.py", ledger.verifier())
        said = "\n".join(f"  区块 {number}  {digest}" for number, digest in sorted(heads.items()))
        readme = README.format(
            name=person.name, since=f"{local(period.since):%Y-%m-%d}", hazards=len(rows), entries=len(manifest),
            until=f"{local(period.until) - dt.timedelta(seconds=1):%Y-%m-%d}", heads=said or "  —",
            proved=sum(bool(row[4]) for row in manifest),
        )  # fmt: skip
        package.writestr("README.txt", readme)
    yield pipe.take()


def _row(entry: EntryRow, folder: str, block: int | None, number: int) -> tuple[object, ...]:
    why = "" if block is not None else _("刚记下，还没有封存，过几秒再导出就有证明")
    return (number, str(entry.id), f"{local(entry.at):{STAMP}}", entries_of.sentence(entry), folder, block or "", why)


def lines_of(account: queries.Account) -> list[tuple[str, ...]]:
    """Return everything that a person's page says of one hazard as lines, in order of time.

    Hazard, when, which kind, what, by whose word, the end of its time, the entry's or row's id.
    """
    name = account.hazard.number or str(account.hazard.id)
    known = [
        (name, f"{local(k.at):{STAMP}}", str(WAY_NAMES[k.way]), "", k.source, "", "") for k in account.knew
        if k.way != Way.LAID
    ]  # fmt: skip
    laid = [
        (name, f"{local(d.began_at):{STAMP}}", str(WAY_NAMES[Way.LAID]), d.why, d.post_title,
         f"{local(d.due_at):{STAMP}}" if d.due_at else "", str(d.id)) for d in account.duties if d.state != "told"
    ]  # fmt: skip
    did = [
        (name, f"{local(e.at):{STAMP}}", _("做了"), entries_of.sentence(e), e.post_title, "", str(e.id))
        for e in account.entries
    ]
    stood = [
        (name, f"{local(o.at):{STAMP}}", _("当时的难处"), f"{OBSTACLE_NAMES[Obstacle(o.kind)]}：{o.words}",
         f"{o.by_title} {o.by_name}".strip(), "", str(o.id)) for o in account.obstacles
    ]  # fmt: skip
    return sorted(known + laid + did + stood, key=lambda line: line[1])
