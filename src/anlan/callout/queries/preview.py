"""Before a call leaves: whom it reaches as a table, what each hears by which carrier, who gets a copy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anlan.callout import ladder, role_words, wording
from anlan.callout.carriers import Carrier, discover
from anlan.callout.models import Carrier as Row
from anlan.callout.terms import Act, Directive
from anlan.people import queries as people
from anlan.people.queries import Preview
from anlan.people.terms import Targeting
from anlan.places import queries as places
from anlan.places.terms import LEVEL_NAMES, LEVELS

DIRECTIVES = {
    Directive.WARNING: gettext_lazy("预警叫应"),
    Directive.NOTICE: gettext_lazy("通知"),
    Directive.REMINDER: gettext_lazy("提醒"),
    Directive.TASK: gettext_lazy("任务"),
    Directive.COMMAND: gettext_lazy("命令"),
}
ASKS = {
    Directive.NOTICE: gettext_lazy("只是告诉，不用应，也不用报结果。"),
    Directive.REMINDER: gettext_lazy("提个醒，可以点“知道了”，不点也行。不能要求打卡、签到、拍照。"),
    Directive.TASK: gettext_lazy("到时间要报结果：办好了，或者办不了。不用先应。"),
    Directive.COMMAND: gettext_lazy("先应，再按时报结果。不办要写原因，没应、没报结果都往上叫。"),
}
ACTS = {
    Act.AGAIN: gettext_lazy("再叫本人"),
    Act.DEPUTY: gettext_lazy("叫 B\u2060岗"),
    Act.SUPERIOR: gettext_lazy("报上级"),
    Act.DOOR: gettext_lazy("派人上门"),
}
BESIDE = 6  # roles that stand beside one another; more stand below one another, and the levels beside


def table(seen: Preview) -> dict[str, Any]:
    """Return the persons by level and role as head, rows and foot, the most senior roles first, with sums.

    With many roles they are the rows: a table that must be scrolled sideways is not read.
    """
    roles, levels = list(seen.roles), [level for level in LEVELS if level in seen.table]
    tall = len(roles) > BESIDE and len(roles) > len(levels)
    across = [(level, LEVEL_NAMES[level]) for level in levels] if tall else [(r, seen.roles[r]) for r in roles]
    down = [(r, seen.roles[r]) for r in roles] if tall else [(level, LEVEL_NAMES[level]) for level in levels]

    def count(row: str, column: str) -> int:
        level, role = (column, row) if tall else (row, column)
        return seen.table[level].get(role, 0)

    cells = [(name, [count(key, c) for c, _column in across]) for key, name in down]
    return {
        "corner": _("岗位") if tall else _("层级"),
        "head": [name for _key, name in across],
        "rows": [{"name": name, "cells": row, "sum": sum(row)} for name, row in cells],
        "foot": [sum(count(key, c) for key, _name in down) for c, _column in across],
        "total": seen.persons,
    }


@dataclass(frozen=True, slots=True)
class Means:
    """A carrier that a policy would use: when, whether it is on, how it speaks (voice, mail, text), what follows it."""

    name: str
    label: str
    when: str
    on: bool
    speaks: str
    then: tuple[str, ...]


def means(policy: Mapping[str, Any]) -> list[Means]:
    """Return the carriers of a policy in the order in which they would be used, each once.

    Of a group it is the first that is switched on, as channels.usable would choose; the first named where none is.
    """
    on = set(Row.objects.filter(enabled=True).values_list("name", flat=True))
    there = discover()
    rounds = [(_("第一遍"), ladder.groups(policy["send"]))]
    steps = ladder.steps(policy.get("ladder"))
    rounds += [(_("满 {at}再叫").format(at=_minutes(s.at)), s.send) for s in steps if s.send]
    found: dict[str, Means] = {}
    for when, groups in rounds:
        for group in groups:
            known = [name for name in group if name in there]
            usable = [name for name in known if name in on] or known
            if usable and usable[0] not in found:
                first, *rest = usable
                then = tuple(str(there[name].label) for name in rest)
                found[first] = Means(first, str(there[first].label), when, first in on, _speaks(there[first]), then)
    return list(found.values())


def result_rungs(policy: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the stair of what happens when a result does not come: before and after it is due."""
    made: list[dict[str, Any]] = []
    for step in ladder.steps(policy.get("result_ladder")):
        if step.at < 0:
            line = _("到期前 {at}").format(at=_minutes(-step.at))
        else:
            line = _("过期 {at}").format(at=_minutes(step.at)) if step.at else _("到期时")
        made.append({"name": ACTS[step.act], "lines": [line], "state": ""})
    return made


def _minutes(seconds: int) -> str:
    if seconds % 3600 == 0:
        return _("%d 小时") % (seconds // 3600)
    return _("%d 分") % (seconds // 60) if seconds % 60 == 0 else _("%d 秒") % seconds


def _speaks(carrier: Carrier) -> str:
    if "listened" in carrier.answers:
        return "voice"
    return "mail" if carrier.needs == "email" else "text"


@dataclass(frozen=True, slots=True)
class Heard:
    """What one person hears or reads by one carrier. `size` says how much it is, `fine` what counts as an answer,
    `then` by what else where this one fails.
    """

    icon: str
    label: str
    when: str
    on: bool
    size: str
    text: str
    fine: str
    then: str


def heard(
    policy: Mapping[str, Any], title: str, body: str, *, name: str, drill: bool, asks_result: bool = False
) -> list[Heard]:
    """Return what a person hears and reads, as it leaves, by each carrier that the policy would use."""
    needs, made = bool(policy["needs_answer"]), []
    for one in means(policy):
        size, fine = "", ""
        if one.speaks == "voice":
            said = wording.voice(title, body, name=name, needs_answer=needs, drill=drill)
            size = _("{s} 秒，念两遍").format(s=wording.speaking_seconds(said))
            if needs:
                listened = policy.get("listened", 20)
                fine = _("听满 {listened} 秒、按 1 或按 2，都算应。按 2 马上换 B⁠岗。").format(listened=listened)
            said = f"「{said}」"
        elif one.speaks == "mail":
            _subject, said = wording.mail(
                title, body, name=name, needs_answer=needs, drill=drill, asks_result=asks_result
            )
        else:
            counted = wording.sms(title, body, needs_answer=needs, drill=drill, asks_result=asks_result)
            said = counted.text
            size = _("{u} 字").format(u=counted.units)
            if one.name.startswith("sms"):
                size = _("{u} 字，算 {s} 条").format(u=counted.units, s=counted.segments)
            if needs:
                fine = _("没网也能回。只看不回，不算应。")
        icon = {"voice": "phone", "mail": "send"}.get(one.speaks, "sms")
        then = _("发不出去就改用：{carriers}").format(carriers="、".join(one.then)) if one.then else ""
        made.append(Heard(icon, one.label, one.when, one.on, size, said, fine, then))
    return made


def sample(
    where: Targeting,
    title: str,
    body: str,
    *,
    seen: Preview,
    drill: bool,
    policy: Mapping[str, Any],
    role: str = "",
    instructions: Mapping[str, str] | None = None,
    own_first: bool = False,
    asks_result: bool = False,
) -> dict[str, Any]:
    """Return what one person of the call hears and reads, in the words for their role.

    It is the last in the order of calling, nearest to the ground: of the role asked for, or of all.
    """
    asked = role if role in seen.roles else ""
    count = sum(row.get(asked, 0) for row in seen.table.values()) if asked else seen.persons
    narrowed = replace(where, roles=(asked,)) if asked else where
    last = people.preview_list(narrowed, offset=max(count - 1, 0), limit=1)
    here = places.names([last[0].place_path]).get(last[0].place_path, "") if last else ""
    own = role_words.here((instructions or {}).get(last[0].role_code, ""), here) if last else ""
    whole = wording.addressed(body, own, "", first=own_first)
    return {
        "who": last[0] if last else None,
        "heard": heard(policy, title, whole, name=last[0].name if last else "", drill=drill, asks_result=asks_result),
        "to": asked,
        "own": own,
        "choices": [
            (code, name, sum(row.get(code, 0) for row in seen.table.values())) for code, name in seen.roles.items()
        ],
    }


def by_role(seen: Preview, instructions: Mapping[str, str], where: str) -> Sequence[tuple[str, int, str]]:
    """Return for each role that is reached its name, how many, and its own sentence ("" for the general text)."""
    return [
        (name, sum(row.get(code, 0) for row in seen.table.values()), role_words.here(instructions.get(code, ""), where))
        for code, name in seen.roles.items()
    ]
