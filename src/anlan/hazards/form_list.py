"""A checklist made of a form (XLSForm): its select_one questions become items, its groups sections. Pure.

A form is what `fieldwork` compiles: {"title", "code", "questions", "choices"}. What is no pass/fail question stays in
the form, which the version keeps whole (skip logic too), and is named.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from anlan.hazards import checklist_rows
from anlan.hazards.checklist_rows import Listed
from anlan.hazards.kind_rows import Line, squeeze
from anlan.hazards.terms import Result

WORDS = {
    Result.PASS: {"pass", "ok", "yes", "合格", "符合", "是", "正常", "通过", "满足"},
    Result.FAIL: {"fail", "no", "不合格", "不符合", "否", "不正常", "异常", "不通过", "不满足"},
    Result.NA: {"na", "n/a", "not_applicable", "不适用", "不涉及", "无此项", "无"},
}
SURE = {"pass", "fail", "na", "n/a", "合格", "不合格", "不适用"}  # the rest is proposed, and a person says
TYPES = {
    "text": "填字", "integer": "填整数", "decimal": "填数", "date": "填日期", "select_multiple": "多选", "note": "说明",
    "calculate": "计算", "geopoint": "定位", "image": "拍照", "barcode": "扫码", "repeat": "重复组",
}  # fmt: skip
EXTRA = ("basis", "advice", "kind", "grade", "limit", "professional")
COLUMNS = {name: (name, *checklist_rows.SYNONYMS.get(name, ())) for name in EXTRA}  # in English too


@dataclass(slots=True)
class Read:
    """A form read as a checklist. `left`: what is no item.

    `wants`: lists of choices that a person has to settle: {list: [(name, label, "pass" | "fail" | "na" | "")]}.
    """

    listed: Listed
    left: list[str] = field(default_factory=list)
    wants: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)


def guess(name: str, label: str) -> tuple[str, bool]:
    """Return what a choice means ("" where its words do not say) and whether that is beyond doubt."""
    for word in (squeeze(name).casefold(), squeeze(label).casefold()):
        for result, words in WORDS.items():
            if word in words:
                return result, word in SURE
    return "", False


def read(
    form: Mapping[str, Any],
    rows: Mapping[int, Mapping[str, str]],
    kinds: Mapping[str, Mapping[str, Any]],
    chosen: Mapping[str, Mapping[str, str]],
) -> Read:
    """Return the checklist of a form.

    `rows`: cells of the survey by row and column title, for the columns that are ours (依据, 不合格算什么 …). `chosen`:
    what a person said of choices, {list: {choice: result}}.
    """
    code = re.sub(r"[^a-z0-9_-]+", "-", str(form["code"]).lower()).strip("-")[:24] or "form"
    made = Read(Listed(code, str(form["title"])[:80], form=dict(form)))
    meanings = {name: _meanings(name, choices, chosen, made) for name, choices in form["choices"].items()}
    settled = {name for name, found in meanings.items() if {Result.PASS, Result.FAIL} <= set(found.values())}
    settled = {name for name in settled if all(meanings[name].values()) and (name not in made.wants or name in chosen)}
    for question, section, repeated in _flat(form["questions"]):
        if question["type"] == "select_one" and not repeated:
            _item(made, question, section, rows.get(question["row"], {}), kinds, settled)
        else:
            name = TYPES.get(question["type"], "选择")
            why = "在重复组里" if repeated else f"{name}题"
            made.left.append(f"第 {question['row']} 行「{question.get('label', question['name'])[:40]}」是{why}")
    used = {q["list"] for q, _section, repeated in _flat(form["questions"]) if q["type"] == "select_one"}
    made.wants = {name: choices for name, choices in made.wants.items() if name in used}
    return made


def _meanings(
    name: str, choices: Sequence[Mapping[str, str]], chosen: Mapping[str, Mapping[str, str]], made: Read
) -> dict[str, str]:
    found, sure = {}, True
    for one in choices:
        meant, beyond = guess(one["name"], one.get("label", ""))
        said = chosen.get(name, {}).get(one["name"])
        found[one["name"]] = meant if said is None else said
        sure = sure and beyond
    if not sure:
        made.wants[name] = [(c["name"], c.get("label", c["name"]), found[c["name"]]) for c in choices]
    return found


def _flat(questions: Sequence[Mapping[str, Any]], section: str = "", *, repeated: bool = False) -> Iterator[Any]:
    """Yield (question, section, inside a repeat?) in order; a group's label is the section of what stands in it."""
    for one in questions:
        if one["type"] == "group":
            yield from _flat(one["children"], str(one.get("label", section)), repeated=repeated)
        elif one["type"] == "repeat":
            yield from _flat(one["children"], str(one.get("label", section)), repeated=True)
        else:
            yield one, section, repeated


def _item(
    made: Read,
    question: Mapping[str, Any],
    section: str,
    cells: Mapping[str, str],
    kinds: Mapping[str, Mapping[str, Any]],
    settled: set[str],
) -> None:
    line = Line(question["row"])
    take = {name: cells.get(name, "") for name in EXTRA}
    take |= {"section": section, "code": question["name"][:24], "question": str(question.get("label", ""))}
    take["how"] = str(question.get("hint", ""))
    line.values = checklist_rows.item(line, take, kinds)
    if any(other.values["code"] == line.values["code"] for other in made.listed.items):
        line.faults["code"] = (f"题目的 name「{line.values['code']}」前 24 个字和上面一题一样", "改短一点，各不相同")
    if question["list"] not in settled:
        line.faults["choices"] = (
            f"选项组「{question['list']}」里哪个算合格、哪个算不合格还没定",
            "在上面选好，再读一遍",
        )
    made.listed.items.append(line)
    if line.faults:
        made.listed.faults[line.number] = line.faults
