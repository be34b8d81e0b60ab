"""Lists of devices on their way in: every row judged, the good ones registered if wanted; the others stay."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority, columns, tables
from anlan.kernel.authority import Actor, Hidden, Invalid, machine
from anlan.places import queries as places
from anlan.places.spots import Spots
from anlan.sensing import thing_rows
from anlan.sensing.models import Thing, ThingImport
from anlan.sensing.queries import registry as queries
from anlan.sensing.services import registry
from anlan.sensing.terms import KIND_NAMES, Can
from anlan.sensing.terms.registry import USUAL, ThingDraft

ROWS_MOST = 20_000


@dataclass(slots=True)
class Line:
    """A row judged. `state`: "new", "taken" (in already by this list), "double", "fault"."""

    number: int
    cells: list[str]
    state: str = "new"
    faults: list[tuple[str, str, str]] = field(default_factory=list)  # field, what is wrong, what was expected
    double: str = ""
    draft: ThingDraft | None = None


@transaction.atomic
def read_things(
    source: bytes | BinaryIO, filename: str, *, place: str, scheme: str = "wgs84", by: Actor
) -> ThingImport:
    """Take a list in; nothing is registered yet. `scheme` is the coordinate system where a row says none.

    Raises Refused, Hidden (no such place), Invalid (file: why it cannot be read).
    """
    authority.require(by, Can.MANAGE, at=place)
    places.by_path(place)
    if scheme not in registry.SCHEMES:
        raise Invalid({"scheme": _("坐标系是 wgs84、gcj02 或 bd09")})
    table = tables.read_table(source, filename, known={w for words in thing_rows.SYNONYMS.values() for w in words})
    if not table.rows:
        raise Invalid({"file": _("表头下面一行也没有")})
    if len(table.rows) > ROWS_MOST:
        raise Invalid({"file": _("一次最多 {most} 行，拆成几个文件再导").format(most=ROWS_MOST)})
    if missing := {"name", "kind"} - set(columns.guess(table.header, thing_rows.SYNONYMS)):
        wanted = "、".join(thing_rows.SYNONYMS[name][0] for name in sorted(missing))
        titles = "、".join(table.header)[:100]
        raise Invalid({"file": _("表头里缺「{wanted}」这一列；现在有：{titles}").format(wanted=wanted, titles=titles)})
    return ThingImport.objects.create(
        place_path=place, filename=filename[-200:], header=list(table.header), scheme=scheme, made_by=by.pseudonym,
        cells=[[row.number, list(row.cells)] for row in table.rows], rows=len(table.rows), made_name=by.name[:60],
    )  # fmt: skip


def imported(import_id: UUID, *, by: Actor) -> ThingImport:
    """Return a list that came in. Raises Hidden."""
    found = ThingImport.objects.filter(id=import_id).first()
    if found is None or not authority.holds(by, Can.MANAGE, at=found.place_path):
        raise Hidden(_("没有这张表"))
    return found


def lines(batch: ThingImport) -> list[Line]:
    """Judge every row of a list against what is registered now: new, a double, or at fault and why."""
    found = columns.guess(batch.header, thing_rows.SYNONYMS)
    here = places.visible(machine("sensing.import")).filter(places.under([batch.place_path]), until=None)
    spots = Spots(list(here.values_list("path", "name", "code")), batch.place_path)
    kinds = {str(code): str(name) for code, name in KIND_NAMES.items()}
    taken = set(batch.taken)
    made = [_line(number, cells, found, spots, kinds, batch.scheme) for number, cells in batch.cells]
    for one in made:
        if one.number in taken:
            one.state = "taken"
    _mark_doubles(made, batch.place_path)
    return made


def _line(number: int, cells: list[str], at: dict[str, int], spots: Spots, kinds: dict[str, str], scheme: str) -> Line:
    line = Line(number, cells)
    take = {name: cells[c].strip() if c < len(cells) else "" for name, c in at.items()}
    path = spots.find(take.get("place", ""))
    if isinstance(path, tuple):
        line.faults.append(("place", *path))
    said = take.get("kind", "")
    kind = thing_rows.kind_of(said, kinds)
    if kind is None:
        wrong = _("没有「{kind}」这种类型").format(kind=said[:20]) if said else _("没有写类型")
        line.faults.append(("kind", wrong, _("写这些里的一种：{kinds}").format(kinds="、".join(kinds.values()))))
    crs = thing_rows.scheme_of(take.get("scheme", ""), scheme)
    if crs is None:
        line.faults.append(("scheme", _("看不懂的坐标系"), "WGS-84、GCJ-02、BD-09"))
    lon, lat = (_number(line, name, take.get(name, "")) for name in ("lon", "lat"))
    every = thing_rows.every_of(take["every"]) if take.get("every") else None
    if take.get("every") and every is None:
        line.faults.append(("every", _("看不懂的采集间隔"), _("写 300、5分钟 或 每小时，最长 31 天")))
    due = thing_rows.day_of(take["due"]) if take.get("due") else None
    if take.get("due") and due is None:
        line.faults.append(("due", _("看不懂的日子"), _("写 2027-05-01 这样")))
    usual = USUAL.get(kind or "", ())
    line.draft = ThingDraft(
        place=path if isinstance(path, str) else "", kind=kind or "other", name=take.get("name", ""),
        device=take.get("device", ""), description=take.get("description", ""), lon=lon, lat=lat,
        scheme=crs or "wgs84", owner=take.get("owner", ""), maker=take.get("maker", ""), calibration_due=due,
        streams=tuple(replace(one, every=every) if every and one.every else one for one in usual),
    )  # fmt: skip
    try:
        registry.values(line.draft)
    except Invalid as error:
        named = {f[0] for f in line.faults}
        line.faults += [(name, text, "") for name, text in error.errors.items() if name not in named]
    if line.faults:
        line.state = "fault"
    return line


def _number(line: Line, name: str, text: str) -> float | None:
    if not text:
        return None
    try:
        return float(text.rstrip("°EN东北经纬 "))
    except ValueError:
        line.faults.append((name, _("「{text}」不是数字").format(text=text[:12]), _("写成 104.065 这样，不写度分秒")))
        return None


def _mark_doubles(found: Sequence[Line], root: str) -> None:
    fresh = [one for one in found if one.state == "new" and one.draft]
    drafts = {one.number: one.draft for one in fresh if one.draft}
    devices = {n: d.device.strip() for n, d in drafts.items() if d.device.strip()}
    marks = {n: (d.place, d.kind, " ".join(d.name.split())) for n, d in drafts.items() if n not in devices}
    known = queries.taken(devices.values())
    here = Thing.objects.filter(
        places.under([root], "place_path"), name__in={m[2] for m in marks.values()}, stopped_at=None
    )
    named = set(here.values_list("place_path", "kind", "name")) if marks else set()
    within = {**columns.doubles(devices.items()), **columns.doubles(marks.items())}
    for one in fresh:
        if one.number in within:
            one.state, one.double = "double", _("和第 {number} 行是同一台").format(number=within[one.number])
        elif devices.get(one.number) in known:
            one.state, one.double = "double", _("设备编号 {device} 已经登记过了").format(device=devices[one.number])
        elif marks.get(one.number) in named:
            one.state, one.double = "double", _("这里已经有同名的一台")


@transaction.atomic
def take_in(import_id: UUID, *, by: Actor) -> int:
    """Register the rows that are new and without fault, in a few statements; return how many. Twice is once.

    Raises Hidden, Refused (a row's place), Conflict (a device was registered meanwhile: then none is).
    """
    batch = ThingImport.objects.select_for_update().filter(id=import_id).first()
    if batch is None or not authority.holds(by, Can.MANAGE, at=batch.place_path):
        raise Hidden(_("没有这张表"))
    good = [one for one in lines(batch) if one.state == "new" and one.draft]
    if good:
        registry.lay_things([one.draft for one in good if one.draft], by=by)
        batch.taken = sorted({*batch.taken, *(one.number for one in good)})
        batch.save(update_fields=["taken"])
    return len(good)


@transaction.atomic
def discard(import_id: UUID, *, by: Actor) -> None:
    """Throw a list away of which nothing was registered. Raises Hidden, Invalid (some of it was)."""
    batch = imported(import_id, by=by)
    if batch.taken:
        raise Invalid({"": _("这张表里有登记好的，留着它好对账")})
    batch.delete()


def sample_table() -> tuple[list[str], list[list[str]]]:
    """Return a header and two rows to start from."""
    header = [
        "设备编号", "名称", "类型", "地点", "经度", "纬度", "坐标系", "型号", "权属单位", "检定到期", "采集间隔",
    ]  # fmt: skip
    return header, [
        ["WL-0007", "竹苑路下穿积水点", "积水点", "竹苑社区 第三网格", "104.0650", "30.6570", "GCJ-02", "聚水 JS-3",
         "江岸区排水管理处", "2027-05-01", "5分钟"],
        ["YG-1021", "竹苑小区 7 栋烟感", "烟感", "竹苑社区 第三网格", "", "", "", "", "竹苑物业", "", ""],
    ]  # fmt: skip


def titles() -> dict[str, str]:
    """Return what a page calls each column."""
    return {name: words[0] for name, words in thing_rows.SYNONYMS.items()}
