"""Reads tables of statistical divisions: one column pair per level (省…社区), or one code and one name per row."""

from collections.abc import Mapping

from anlan.kernel.authority import Invalid
from anlan.kernel.tables import Table, read_table
from anlan.places import codes, drafts
from anlan.places.drafts import Draft, Finding
from anlan.places.terms import LEVEL_NAMES, Level, Scheme

_WIDE = {
    Level.PROVINCE: ("province", "省", "省级", "省份"),
    Level.CITY: ("city", "市", "地市", "市级", "地级市"),
    Level.DISTRICT: ("area", "county", "district", "区县", "区", "县", "县级"),
    Level.STREET: ("street", "town", "街道", "街镇", "乡镇", "乡镇街道", "镇街", "乡级"),
    Level.COMMUNITY: ("village", "community", "社区", "村", "村社区", "社区村", "村级"),
}
_NARROW = {
    "code": ("统计用区划代码", "区划代码", "行政区划代码", "代码", "编码", "adcode", "统计用区划代码和城乡划分代码"),
    "name": ("名称", "区划名称", "单位名称", "地名"),
    "urban": ("urbanRuralCode", "城乡分类代码", "城乡分类", "城乡划分代码"),
    "population": ("人口", "常住人口", "人口数"),
    "households": ("户数", "总户数"),
}


def _vocabulary() -> dict[str, tuple[str, ...]]:
    words: dict[str, tuple[str, ...]] = dict(_NARROW)
    for level, stems in _WIDE.items():
        words[f"{level}.code"] = tuple(f"{s}{tail}" for s in stems for tail in ("Code", "代码", "编码", "区划代码"))
        words[f"{level}.name"] = tuple(f"{s}{tail}" for s in stems for tail in ("Name", "名称", "名", ""))
    return words


WORDS = _vocabulary()
KNOWN = {word for name, synonyms in WORDS.items() for word in (name, *synonyms)}


def read(content: bytes, name: str) -> tuple[list[Draft], list[Finding], Table]:
    """Read a file of divisions. Drafts come parents first, each code once. Raises Invalid for the file as a whole."""
    table = read_table(content, name, known=KNOWN)
    found = drafts.columns(table.header, WORDS)
    pairs = [(level, found[f"{level}.code"], found[f"{level}.name"]) for level in _WIDE if _has(found, level)]
    if not pairs and not {"code", "name"} <= found.keys():
        raise Invalid(
            {
                "file": f"表头是「{'、'.join(table.header)[:120]}」；应有各级的代码和名称两列"
                "（如 areaCode、areaName），或「代码」「名称」两列"
            }
        )
    reader = _Reader(found, pairs)
    for row, record in table.records():
        reader.take(row, record)
    made = sorted(reader.drafts.values(), key=lambda d: (len(d.code), d.code))
    return made, reader.findings, table


def _has(found: Mapping[str, str], level: Level) -> bool:
    return f"{level}.code" in found and f"{level}.name" in found


class _Reader:
    def __init__(self, found: Mapping[str, str], pairs: list[tuple[Level, str, str]]) -> None:
        self.found, self.pairs = found, pairs
        self.drafts: dict[str, Draft] = {}
        self.findings: list[Finding] = []

    def take(self, row: int, record: dict[str, str]) -> None:
        values: dict[str, str] = {}
        try:
            made = self._wide(row, record, values) if self.pairs else [self._narrow(row, record, values)]
            for draft in made:
                self._clash(draft, values)
        except Invalid as error:
            self.findings.append(drafts.finding(row, error, values, dict(record)))
            return
        for draft in made:
            self.drafts.setdefault(draft.code, draft)

    def _cell(self, record: Mapping[str, str], name: str) -> str:
        return record.get(self.found.get(name, ""), "")

    def _wide(self, row: int, record: Mapping[str, str], values: dict[str, str]) -> list[Draft]:
        made: list[Draft] = []
        above = ""
        for level, code_column, name_column in self.pairs:
            raw_code, raw_name = record[code_column], record[name_column]
            if not raw_code and not raw_name:
                continue
            values |= {code_column: raw_code, name_column: raw_name}
            code = _named(code_column, codes.normalise, raw_code)
            if code == above:
                continue  # a city without districts repeats itself one level down (441900)
            if codes.level(code) != level:
                raise Invalid({code_column: f"应为{LEVEL_NAMES[level]}级代码，得到{LEVEL_NAMES[codes.level(code)]}级"})
            if above and not code.startswith(above):
                raise Invalid({code_column: f"应以上级代码 {above} 开头"})
            made.append(
                Draft(row, level, drafts.text(raw_name, name_column), code, Scheme.STAT, above, Scheme.STAT, raw={})
            )
            above = code
        if not made:
            raise Invalid({self.pairs[-1][1]: "这一行没有任何代码"})
        if made[-1].level == self.pairs[-1][0]:
            self._details(made[-1], record, values)
        made[-1].raw = dict(record)
        return made

    def _narrow(self, row: int, record: Mapping[str, str], values: dict[str, str]) -> Draft:
        column = self.found["code"]
        values |= {column: record[column], self.found["name"]: record[self.found["name"]]}
        code = _named(column, codes.normalise, record[column])
        name = drafts.text(record[self.found["name"]], self.found["name"])
        draft = Draft(
            row, codes.level(code), name, code, Scheme.STAT, codes.parent(code), Scheme.STAT, raw=dict(record)
        )
        if len(record[column].strip()) == codes.WHOLE:
            draft.urban_class = _named(column, codes.urban_class, record[column].strip())
        self._details(draft, record, values)
        return draft

    def _details(self, draft: Draft, record: Mapping[str, str], values: dict[str, str]) -> None:
        for name in ("urban", "population", "households"):
            if name in self.found:
                values[self.found[name]] = self._cell(record, name)
        if "urban" in self.found and self._cell(record, "urban"):
            draft.urban_class = _named(self.found["urban"], codes.urban_class, self._cell(record, "urban"))
        draft.population = drafts.whole(self._cell(record, "population"), self.found.get("population", ""))
        draft.households = drafts.whole(self._cell(record, "households"), self.found.get("households", ""))

    def _clash(self, draft: Draft, values: dict[str, str]) -> None:
        """Refuse a second name for a code that the file has named before."""
        before = self.drafts.get(draft.code)
        if before and before.name != draft.name:
            column = next((c for c, v in values.items() if v == draft.name), "name")
            values[column] = draft.name
            raise Invalid(
                {column: f"代码 {draft.code} 在第 {before.row} 行叫「{before.name}」，同一代码只能有一个名称"}
            )


def _named(column: str, check: object, value: str) -> str:
    """Run a check and name the file's own column in its error."""
    try:
        return str(check(value))  # type: ignore[operator]
    except Invalid as error:
        raise Invalid({column: next(iter(error.errors.values()))}) from error
