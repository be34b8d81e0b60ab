"""Reads what a town keeps itself: grids, estates and buildings, as CSV, XLSX or GeoJSON."""

from collections.abc import Mapping
from typing import Any

from anlan.kernel.authority import Invalid
from anlan.kernel.tables import decode, read_table
from anlan.places import codes, coords, drafts, geojson
from anlan.places.drafts import Draft, Finding
from anlan.places.terms import LEVEL_NAMES, RANK, Crs, Level, Scheme

WORDS: dict[str, tuple[str, ...]] = {
    "name": ("名称", "网格名称", "小区名称", "院落名称", "楼栋名称", "楼栋", "网格"),
    "level": ("级别", "类型", "层级", "种类"),
    "code": ("编码", "代码", "网格编码", "网格编号", "编号", "小区编码", "楼栋编码"),
    "scheme": ("编码方案", "编码规则"),
    "parent": ("上级", "上级名称", "所属社区", "所属网格", "社区", "社区名称", "所属小区", "所在社区", "村社区"),
    "parent_code": ("上级代码", "上级编码", "社区代码", "所属社区代码"),
    "households": ("户数", "总户数", "常住户数"),
    "population": ("人口", "常住人口", "人口数", "人数"),
    "grid_level": ("网格级别", "网格层级", "级"),
    "lines": ("条线", "关联条线", "关联部门", "部门"),
    "aliases": ("别名", "俗称", "曾用名"),
    "lon": ("经度", "lng", "longitude", "x"),
    "lat": ("纬度", "latitude", "y"),
}
KNOWN = {word for name, synonyms in WORDS.items() for word in (name, *synonyms)}
_LEVELS: dict[str, Level] = {str(level): level for level in Level} | {
    "网格": Level.GRID,
    "基础网格": Level.GRID,
    "专属网格": Level.GRID,
    "一级网格": Level.GRID,
    "二级网格": Level.GRID,
    "三级网格": Level.GRID,
    "微网格": Level.GRID,
    "小区": Level.ESTATE,
    "院落": Level.ESTATE,
    "住宅小区": Level.ESTATE,
    "楼栋": Level.BUILDING,
    "楼": Level.BUILDING,
    "幢": Level.BUILDING,
    "社区": Level.COMMUNITY,
    "村": Level.COMMUNITY,
}
_GRID_LEVELS = {"1": 1, "2": 2, "3": 3, "一级": 1, "二级": 2, "三级": 3, "一级网格": 1, "二级网格": 2, "三级网格": 3}


def read(content: bytes, name: str, *, crs: Crs | str, level: str = "") -> tuple[list[Draft], list[Finding]]:
    """Read a file; `level` is that of rows which do not say. Drafts come higher levels first. Raises Invalid."""
    if crs not in set(Crs):
        raise Invalid({"crs": f"请声明坐标系：{'、'.join(Crs)} 之一"})
    if level and level not in _LEVELS:
        raise Invalid({"level": f"级别「{level}」不认识，应为 {'、'.join(LEVEL_NAMES.values())} 之一"})
    if not content.startswith(b"PK") and decode(content[:4096] + b" ")[0].lstrip("\ufeff \r\n\t").startswith("{"):
        records, findings = _features(content, crs)
    else:
        records, findings = _rows(content, name)
    reader = _Reader(_LEVELS[level] if level else None, crs, findings)
    for row, record, raw, feature in records:
        reader.take(row, record, raw, feature)
    made = sorted(reader.drafts, key=lambda d: (RANK[Level(d.level)], d.grid_level or 0, d.row))
    return made, findings


_Record = tuple[int, dict[str, str], dict[str, Any], geojson.Feature | None]


def _rows(content: bytes, name: str) -> tuple[list[_Record], list[Finding]]:
    table = read_table(content, name, known=KNOWN)
    found = drafts.columns(table.header, WORDS)
    if "name" not in found:
        raise Invalid({"file": f"表头是「{'、'.join(table.header)[:120]}」；应有「名称」列"})
    return [
        (row, {ours: record[column] for ours, column in found.items()}, dict(record), None)
        for row, record in table.records()
    ], []


def _features(content: bytes, crs: Crs | str) -> tuple[list[_Record], list[Finding]]:
    features, findings = geojson.read(content, crs)
    records: list[_Record] = []
    for feature in features:
        found = drafts.columns(feature.properties, WORDS)
        record = {ours: _plain(feature.properties[column]) for ours, column in found.items()}
        records.append((feature.row, record, {"properties": feature.properties}, feature))
    return records, findings


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return "、".join(str(v) for v in value) if isinstance(value, list) else str(value).strip()


class _Reader:
    def __init__(self, level: Level | None, crs: Crs | str, findings: list[Finding]) -> None:
        self.level, self.crs, self.findings = level, crs, findings
        self.drafts: list[Draft] = []
        self.seen: dict[tuple[str, str], int] = {}

    def take(self, row: int, record: Mapping[str, str], raw: dict[str, Any], feature: geojson.Feature | None) -> None:
        try:
            draft = self._draft(row, record, raw)
            if feature:
                self._place(draft, feature)
            self._once(draft)
        except Invalid as error:
            self.findings.append(drafts.finding(row, error, record, raw))
            return
        self.drafts.append(draft)

    def _draft(self, row: int, record: Mapping[str, str], raw: dict[str, Any]) -> Draft:
        said = record.get("level", "")
        level = _LEVELS.get(said) if said else self.level
        if level is None:
            raise Invalid({"level": f"应写明级别：{'、'.join(LEVEL_NAMES[x] for x in Level)}"})
        draft = Draft(row, level, drafts.text(record.get("name", ""), "name"), raw=raw)
        if record.get("code"):
            draft.scheme = record.get("scheme", "").strip() or codes.guess_scheme(record["code"])
            draft.code = codes.check(record["code"], draft.scheme)
        draft.parent_name = record.get("parent", "").strip()
        self._parent_code(draft, record.get("parent_code", "").strip())
        draft.households = drafts.whole(record.get("households", ""), "households")
        draft.population = drafts.whole(record.get("population", ""), "population")
        draft.grid_level = self._grid_level(level, record.get("grid_level", ""), said)
        draft.lines = drafts.listed(record.get("lines", ""))
        draft.aliases = [drafts.text(a, "aliases") for a in drafts.listed(record.get("aliases", ""))]
        self._point(draft, record)
        return draft

    def _parent_code(self, draft: Draft, said: str) -> None:
        if said:
            draft.parent_scheme = codes.guess_scheme(said)
            draft.parent_code = codes.check(said, draft.parent_scheme)
        elif draft.code and not draft.parent_name:
            draft.parent_code = codes.community_of(draft.code, draft.scheme)
            draft.parent_scheme = Scheme.STAT if draft.parent_code else ""

    def _grid_level(self, level: Level, value: str, said: str) -> int | None:
        text = value.strip() or (said if said in _GRID_LEVELS else "")
        if not text:
            return 1 if level == Level.GRID else None
        if level != Level.GRID:
            raise Invalid({"grid_level": "只有网格才有网格级别"})
        if text not in _GRID_LEVELS:
            raise Invalid({"grid_level": "应为 1、2、3（一级、二级、三级）"})
        return _GRID_LEVELS[text]

    def _point(self, draft: Draft, record: Mapping[str, str]) -> None:
        lon = drafts.degrees(record.get("lon", ""), "lon", 180)
        lat = drafts.degrees(record.get("lat", ""), "lat", 90)
        if (lon is None) != (lat is None):
            raise Invalid({"lat" if lat is None else "lon": "经度和纬度要么都填，要么都不填"})
        if lon is not None and lat is not None:
            draft.lon, draft.lat = (float(v) for v in coords.to_wgs84([[lon, lat]], self.crs)[0])

    def _place(self, draft: Draft, feature: geojson.Feature) -> None:
        area = geojson.areal(feature.shape)
        if area is not None:
            draft.wkb = geojson.wkb(area)
        if draft.lon is None:
            draft.lon, draft.lat = geojson.centre(feature.shape if area is None else area)

    def _once(self, draft: Draft) -> None:
        if not draft.code:
            return
        before = self.seen.setdefault((draft.scheme, draft.code), draft.row)
        if before != draft.row:
            raise Invalid({"code": f"与第 {before} 行重复，同一编码只能有一个"})
