"""Tables of objects on their way in: read, every row judged, the good ones registered; the others stay to be seen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from uuid import UUID

import orjson
from django.db import transaction
from django.utils.translation import gettext as _

from anlan.hazards import object_rows
from anlan.hazards.models import Object, ObjectImport
from anlan.hazards.queries import objects as queries
from anlan.hazards.services import objects, pacing
from anlan.hazards.terms import Can, Did
from anlan.hazards.terms.inspections import FACT_NAMES, KIND_NAMES, OBJECT_KINDS, ObjectDraft
from anlan.kernel import authority, tables
from anlan.kernel.authority import Actor, Hidden, Invalid, machine
from anlan.kernel.columns import doubles
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.places import queries as places
from anlan.places.spots import Spots

ROWS_MOST = 20_000


@dataclass(slots=True)
class Line:
    """A row judged. `state`: "new", "taken" (in already by this import), "double", "fault"."""

    number: int
    cells: list[str]
    state: str = "new"
    faults: list[tuple[str, str, str]] = field(default_factory=list)  # field, what is wrong, what was expected
    double: str = ""
    draft: ObjectDraft | None = None


@transaction.atomic
def read_objects(source: bytes | BinaryIO, filename: str, *, place: str, by: Actor) -> ObjectImport:
    """Take a table in; nothing is registered yet. Raises Refused, Hidden, Invalid (file: why it cannot be read)."""
    authority.require(by, Can.PLAN, at=place)
    places.by_path(place)
    table = tables.read_table(source, filename, known={w for words in object_rows.SYNONYMS.values() for w in words})
    if not table.rows:
        raise Invalid({"file": _("表头下面一行也没有")})
    if len(table.rows) > ROWS_MOST:
        raise Invalid({"file": _("一次最多 {most} 行，拆成几个文件再导").format(most=ROWS_MOST)})
    if "name" not in object_rows.columns(table.header):
        raise Invalid(
            {"file": _("表头里要有「名称」这一列；现在有：{titles}").format(titles="、".join(table.header)[:100])}
        )
    cells = orjson.dumps([(row.number, list(row.cells)) for row in table.rows]).decode()
    return ObjectImport.objects.create(
        place_path=place, filename=filename[-200:], header=list(table.header), cells_cipher=people.encrypt(cells),
        rows=len(table.rows), made_name=by.name[:60],
    )  # fmt: skip


def imported(import_id: UUID, *, by: Actor) -> ObjectImport:
    """Return a table that came in. Raises Hidden."""
    found = ObjectImport.objects.filter(id=import_id).first()
    if found is None or not authority.holds(by, Can.PLAN, at=found.place_path):
        raise Hidden
    return found


def lines(batch: ObjectImport) -> list[Line]:
    """Judge every row of a table against what is there now: new, a double, or at fault and why."""
    columns = object_rows.columns(batch.header)
    rows = orjson.loads(people.decrypt(bytes(batch.cells_cipher))) if batch.cells_cipher else []
    here = places.visible(machine("hazards.import")).filter(places.under([batch.place_path]), until=None)
    spots = Spots(list(here.values_list("path", "name", "code")), batch.place_path)
    kinds = {code: str(name) for code, name in KIND_NAMES.items()}
    found = [_line(number, cells, columns, spots, kinds, set(batch.taken)) for number, cells in rows]
    _mark_doubles(found, batch.place_path)
    return found


def _line(
    number: int, cells: list[str], columns: dict[str, int], spots: Spots, kinds: dict[str, str],
    taken: set[int],
) -> Line:  # fmt: skip
    line = Line(number, cells, "taken" if number in taken else "new")
    take = {name: cells[c].strip() if c < len(cells) else "" for name, c in columns.items()}
    path = spots.find(take.get("place", ""))
    if isinstance(path, tuple):
        line.faults.append(("place", *path))
    kind = object_rows.kind_of(take.get("kind", ""), kinds)
    if kind is None:
        said = take.get("kind", "")
        wrong = _("没有「{kind}」这种类型").format(kind=said[:20]) if said else _("没有写类型")
        line.faults.append(("kind", wrong, _("写这些里的一种：{kinds}").format(kinds="、".join(kinds.values()))))
    risk = object_rows.risk_of(take.get("risk", ""))
    if risk is None:
        line.faults.append(("risk", _("看不懂的风险等级"), _("重大、较大、一般、低，或 4 到 1")))
    numbers = {name: _number(line, name, take.get(name, "")) for name in ("lon", "lat", "every")}
    if take.get("keeper_phone") and people.phone_of(take["keeper_phone"]) is None:
        line.faults.append(("keeper_phone", _("写的不是电话号码"), _("手机 11 位，座机带区号")))
    draft = ObjectDraft(
        kind=kind or "", name=take.get("name", ""), place=path if isinstance(path, str) else "",
        where=take.get("where", ""), lon=numbers["lon"], lat=numbers["lat"], scheme=take.get("scheme", ""),
        code=take.get("code", ""), keeper_name=take.get("keeper_name", ""), keeper_phone=take.get("keeper_phone", ""),
        facts={name: take.get(name, "") for name in FACT_NAMES}, risk=risk or 2,
        every=int(numbers["every"]) if numbers["every"] else None,
    )  # fmt: skip
    if not {"kind", "risk"} & {f[0] for f in line.faults}:
        try:
            objects.values(draft)
        except Invalid as error:
            named = {f[0] for f in line.faults}
            line.faults += [(name, text, "") for name, text in error.errors.items() if name not in named]
    if line.faults and line.state == "new":
        line.state = "fault"
    line.draft = draft
    return line


def _number(line: Line, name: str, text: str) -> float | None:
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        line.faults.append((name, _("「{text}」不是数字").format(text=text[:12]), _("只写数字")))
        return None


def _mark_doubles(found: Sequence[Line], root: str) -> None:
    fresh = [one for one in found if one.state == "new" and one.draft]
    drafts = {one.number: one.draft for one in fresh if one.draft}
    marks = {n: (d.place, " ".join(d.name.split())) for n, d in drafts.items()}
    named, coded = queries.known(
        {name for _p, name in marks.values()}, [(d.scheme, d.code) for d in drafts.values() if d.code], root
    )
    within = doubles(marks.items())
    codes = doubles((n, (d.scheme, d.code)) for n, d in drafts.items() if d.code)
    for one in fresh:
        draft = drafts[one.number]
        if one.number in within or one.number in codes:
            earlier = within.get(one.number) or codes[one.number]
            one.state, one.double = "double", _("和第 {number} 行是同一处").format(number=earlier)
        elif draft.code and f"{draft.scheme} {draft.code}" in coded:
            one.state, one.double = "double", _("编码「{code}」已经登记了").format(code=draft.code)
        elif marks[one.number] in named:
            one.state, one.double = "double", _("这里已经有同名的一处")


@transaction.atomic
def take_in(import_id: UUID, *, by: Actor) -> int:
    """Register the rows that are new and without fault, in a few statements; returns how many. Twice is once."""
    batch = ObjectImport.objects.select_for_update().filter(id=import_id).first()
    if batch is None or not authority.holds(by, Can.PLAN, at=batch.place_path):
        raise Hidden
    good = [one for one in lines(batch) if one.state == "new" and one.draft]
    rows: list[Object] = []
    drafts = [one.draft for one in good if one.draft]
    sealed = people.encrypt_many([people.phone_of(d.keeper_phone) if d.keeper_phone else None for d in drafts])
    for draft, cipher in zip(drafts, sealed, strict=True):
        values: dict[str, Any] = objects.values(draft)
        rows.append(Object(**values, keeper_cipher=cipher))
    Object.objects.bulk_create(rows, batch_size=2_000)
    pacing.refresh([row.id for row in rows])
    batch.taken = sorted({*batch.taken, *(one.number for one in good)})
    batch.save(update_fields=["taken"])
    if rows:
        ledger.record(
            Did.OBJECTS_IMPORTED, people.Rooted(batch.id, "hazards.objects", batch.place_path), by=by, count=len(rows)
        )
    return len(rows)


def sample_table() -> tuple[list[str], list[list[str]]]:
    """Return a header and two rows to start from."""
    header = ["类型", "名称", "网格", "位置", "负责人", "电话", "风险", "面积", "人数", "住人", "燃气", "做什么的"]
    kind = {code: str(one[0]) for code, one in OBJECT_KINDS.items()}
    return header, [
        [
            kind["small_food"],
            "老街面馆",
            "第三网格",
            "一层 3 号铺",
            "王师傅",
            "",
            "较大",
            "60",
            "12",
            "否",
            "瓶装",
            "面馆",
        ],
        [kind["house"], "竹苑小区 7 栋", "第三网格", "", "", "", "一般", "", "", "", "管道", ""],
    ]


def titles() -> dict[str, str]:
    """Return what a page calls each column."""
    return {name: words[0] for name, words in object_rows.SYNONYMS.items()}
