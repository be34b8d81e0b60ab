"""Reads a newer table of divisions for comparing: with codes as any other, or with names only (区县、街道、社区)."""

from anlan.kernel.authority import Invalid
from anlan.kernel.tables import read_table
from anlan.places import divisions, drafts
from anlan.places.comparing import New
from anlan.places.drafts import Finding
from anlan.places.terms import Level

_LEVELS = (Level.PROVINCE, Level.CITY, Level.DISTRICT, Level.STREET, Level.COMMUNITY)


def read(content: bytes, name: str) -> tuple[list[New], list[Finding]]:
    """Read a file. Raises Invalid for the file as a whole."""
    table = read_table(content, name, known=divisions.KNOWN)
    found = drafts.columns(table.header, divisions.WORDS)
    if "code" in found or any(f"{level}.code" in found for level in _LEVELS):
        made, findings, _ = divisions.read(content, name)
        return [New(d.code, d.level, d.name, d.code, d.parent_code, d.urban_class) for d in made], [
            f for f in findings if not f.note
        ]
    pairs = [(level, found[f"{level}.name"]) for level in _LEVELS if f"{level}.name" in found]
    if not pairs:
        header = "、".join(table.header)[:120]
        raise Invalid({"file": f"表头是「{header}」；应有代码和名称，或只有各级名称（如 区县、街道、社区）"})
    news: dict[str, New] = {}
    bad: list[Finding] = []
    for row, record in table.records():
        up = ""
        try:
            for level, column in pairs:
                if not record[column].strip():
                    continue
                said = drafts.text(record[column], column)
                key = f"{up}/{said}" if up else said
                news.setdefault(key, New(key, level, said, "", up))
                up = key
        except Invalid as error:
            bad.append(drafts.finding(row, error, dict(record), dict(record)))
            continue
        if not up:
            bad.append(Finding(row, pairs[-1][1], "", "这一行没有任何名称", dict(record)))
    return list(news.values()), bad
