"""XLSForm (xlsform.org) read into what the phone shows and the server checks: bytes → Form. Pure.

pyxform reads the sheets and knows the aliases; what Anlan does not do is named by its row, and nothing of it is
dropped in silence. A question is {"name", "type", "label", "row"} and, where given, label_en, hint, required,
required_message, relevant, constraint, constraint_message, calculation, default, list, filter, children, repeats;
relevant, constraint, calculation, filter and a required that depends are trees (expressions.py).
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyxform.errors import PyXFormError
from pyxform.xls2json import workbook_to_json
from pyxform.xls2json_backends import get_xlsform

from anlan.fieldwork import expressions
from anlan.fieldwork.expressions import Tree, Wrong

MOST, QUESTIONS, CHOICES = 2 * 2**20, 500, 20_000  # bytes of a workbook, questions and choices of a form
UNPACKED = 60 * 2**20  # bytes of a workbook, unpacked
TYPES = {
    "text": "text", "string": "text", "integer": "integer", "int": "integer", "decimal": "decimal", "date": "date",
    "select one": "select_one", "select all that apply": "select_multiple", "note": "note", "calculate": "calculate",
    "geopoint": "geopoint", "location": "geopoint", "photo": "image", "image": "image", "barcode": "barcode",
    "group": "group", "repeat": "repeat",
}  # fmt: skip
TOLD = {"start", "end", "today", "deviceid", "username", "phonenumber", "email", "simserial", "subscriberid",
        "start-geopoint", "audit"}  # fmt: skip
_LANGUAGE = re.compile(r"(english|\(en\)|^en$)", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, or not done: `code` of WHY in services.forms, the row of the sheet (0: the whole), what it says.

    `stops`: the form cannot be used as it is; otherwise something of it is left out.
    """

    code: str
    row: int = 0
    said: str = ""
    stops: bool = True


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is frozen on publishing: `questions` and `choices` are JSON."""

    title: str
    code: str
    version: str
    questions: list[dict[str, Any]] = field(default_factory=list)
    choices: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return what is kept and what the phone gets."""
        return {
            "title": self.title, "code": self.code, "version": self.version, "questions": self.questions,
            "choices": self.choices,
        }  # fmt: skip


def read(content: bytes) -> tuple[Form | None, list[Fault]]:
    """Return the form, None where something stops it, and all that is wrong or not done, by row. Never raises."""
    if fault := _unfit(content):
        return None, [fault]
    try:
        sheets = get_xlsform(io.BytesIO(content), file_type=".xlsx")
        rows = [dict(row) for row in sheets.survey]
        told = workbook_to_json(workbook_dict=sheets, form_name="form", warnings=[])
    except PyXFormError as error:
        return None, [_pyxform(error)]
    except Exception as error:  # noqa: BLE001 - a workbook can be broken in any way it likes; all of it is bad input
        return None, [Fault("unreadable", said=f"{type(error).__name__}: {error}"[:200])]
    compiler = _Compiler(rows)
    form = compiler.form(told)
    faults = sorted(compiler.faults, key=lambda f: f.row)
    return (None if any(f.stops for f in faults) else form), faults


def _unfit(content: bytes) -> Fault | None:
    if len(content) > MOST:
        return Fault("large")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > UNPACKED:
                return Fault("large")
    except zipfile.BadZipFile:
        return Fault("kind")
    return None


def _pyxform(error: PyXFormError) -> Fault:
    said = re.sub(r"\s+", " ", str(error)).strip()
    row = re.search(r"\[row : (\d+)\]", said)
    return Fault("pyxform", int(row.group(1)) if row else 0, said[:300])


class _Compiler:
    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.faults: list[Fault] = []
        self.rows: dict[str, list[int]] = {}
        for number, row in enumerate(rows, 2):
            self.rows.setdefault(str(row.get("name", "")), []).append(number)
        self.names: set[str] = set()
        self.trees: list[tuple[int, Tree]] = []
        self.count = 0

    def form(self, told: Mapping[str, Any]) -> Form:
        """Compile what pyxform has read."""
        choices = {
            name: [self.choice(one) for one in rows] for name, rows in (told.get("choices") or {}).items()
        }  # fmt: skip
        questions = list(self.level(told.get("children") or [], depth=0))
        if self.count == 0:
            self.faults.append(Fault("empty"))
        if self.count > QUESTIONS or sum(len(c) for c in choices.values()) > CHOICES:
            self.faults.append(Fault("many"))
        for row, tree in self.trees:
            self.faults += [Fault("reference", row, name) for name in sorted(expressions.references(tree) - self.names)]
        title, code = str(told.get("title") or ""), str(told.get("id_string") or "")
        return Form(title[:120], code[:64], str(told.get("version") or "")[:20], questions, choices)

    def choice(self, row: Mapping[str, Any]) -> dict[str, str]:
        made = {k: str(v) for k, v in row.items() if isinstance(v, str | int | float) and k != "label"}
        return made | _words("label", row.get("label"))

    def level(self, children: list[dict[str, Any]], depth: int) -> Iterator[dict[str, Any]]:
        for child in children:
            if child.get("name") == "meta" and child.get("control", {}).get("bodyless"):
                continue
            made = self.question(child, depth)
            if made is not None:
                yield made

    def question(self, child: dict[str, Any], depth: int) -> dict[str, Any] | None:
        name, said = str(child.get("name", "")), str(child.get("type", ""))
        row = self.row_of(name)
        if said in TOLD:
            self.faults.append(Fault("told", row, said, stops=False))
            return None
        kind = TYPES.get(said)
        if kind is None:
            self.faults.append(Fault("type", row, said))
            return None
        self.name(name, row)
        made: dict[str, Any] = {"name": name, "type": kind, "row": row}
        made |= _words("label", child.get("label")) | _words("hint", child.get("hint"))
        self.bind(child, made, row)
        self.content(child, made, row)
        if kind in {"group", "repeat"}:
            if kind == "repeat" and depth:
                self.faults.append(Fault("nested", row, name))
            made["children"] = list(self.level(child.get("children") or [], depth + (kind == "repeat")))
        return made

    def name(self, name: str, row: int) -> None:
        if not _NAME.fullmatch(name):
            self.faults.append(Fault("name", row, name))
        if name in self.names:
            self.faults.append(Fault("twice", row, name))
        self.names.add(name)
        self.count += 1

    def content(self, child: dict[str, Any], made: dict[str, Any], row: int) -> None:
        if made["type"] in {"select_one", "select_multiple"}:
            made["list"] = str(child.get("itemset") or child.get("list_name") or "")
            if child.get("choice_filter"):
                made["filter"] = self.tree(child["choice_filter"], row)
        if child.get("default") not in {None, ""}:
            self.default(str(child["default"]), made, row)
        control = child.get("control") or {}
        left = [part for part in ("media", "trigger", "parameters") if child.get(part)]
        left += ["repeat_count"] if control.get("jr:count") else []
        self.faults += [Fault("left-out", row, part, stops=False) for part in left]

    def bind(self, child: dict[str, Any], made: dict[str, Any], row: int) -> None:
        bind = child.get("bind") or {}
        required = str(bind.get("required", "")).strip()
        if required.lower() in {"yes", "true", "true()"}:
            made["required"] = True
        elif required and required.lower() not in {"no", "false", "false()"}:
            made["required"] = self.tree(required, row)
        for ours, theirs in (("relevant", "relevant"), ("constraint", "constraint"), ("calculation", "calculate")):
            if bind.get(theirs):
                made[ours] = self.tree(str(bind[theirs]), row)
        made |= _words("constraint_message", bind.get("jr:constraintMsg"))
        made |= _words("required_message", bind.get("jr:requiredMsg"))
        if str(bind.get("readonly", "")).lower() in {"yes", "true", "true()"}:
            made["read_only"] = True
        if made["type"] == "calculate" and "calculation" not in made:
            self.faults.append(Fault("no-calculation", row, made["name"]))

    def default(self, said: str, made: dict[str, Any], row: int) -> None:
        """Keep a default: a plain value, or an expression where it is written as one."""
        if "${" in said or re.search(r"\w\(", said):
            made["default_from"] = self.tree(said, row)
        else:
            made["default"] = said

    def tree(self, said: str, row: int) -> Tree:
        try:
            made = expressions.parse(str(said))
        except Wrong as error:
            self.faults.append(Fault("expression", row, f"{said[:80]} — {error}"))
            return ["lit", ""]
        self.trees.append((row, made))
        return made

    def row_of(self, name: str) -> int:
        found = self.rows.get(name)
        return (found.pop(0) if len(found) > 1 else found[0]) if found else 0


def _words(key: str, said: Any) -> dict[str, str]:
    """Return {key: Chinese or default, key_en: English} of a text that may come in several languages."""
    if said is None or said == "":
        return {}
    if not isinstance(said, Mapping):
        return {key: str(said)}
    english = next((str(v) for k, v in said.items() if _LANGUAGE.search(k)), "")
    other = next((str(v) for k, v in said.items() if not _LANGUAGE.search(k)), "")
    return {key: other or english} | ({f"{key}_en": english} if english and other else {})
