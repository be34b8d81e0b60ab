"""How a hazard tells itself: the five who, the one next act, the facts, the photos in pairs, the ladder, its course."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from anlan.callout.queries import duties
from anlan.hazards import queries, terms
from anlan.hazards.models import EvidenceRow, Hazard, PleaRow
from anlan.hazards.pages import shared
from anlan.hazards.terms import Did, Phase, PleaState
from anlan.hazards.terms import HazardState as H
from anlan.kernel.authority import Actor
from anlan.kernel.clock import now
from anlan.ledger import queries as ledger
from anlan.people import queries as people

RUNG_NAMES = {"self": "本人", "again": "再催", "deputy": "B\u2060岗", "superior": "上级"}
ENDED = {H.REJECTED, H.MERGED, H.WITHDRAWN}


def five(hazard: Hazard, waiting: list[duties.Open], by: Actor, photos: int) -> list[dict[str, Any]]:
    """Return the six stops: 谁上报 谁确认 谁指派 谁整改 谁验收 销号; each with who, title, when and a note."""
    row = shared.says(hazard)
    h = hazard
    came = [str(row["source"])] + ([_("{n} 张照片").format(n=photos)] if photos else [])
    graded = str(row["grade"]) + (
        _("，限{limit}").format(limit=terms.LIMIT_NAMES[terms.Limit(h.limit)]) if h.limit else ""
    )
    steps = [
        _stop(_("谁上报"), h.reported_name or _("没有留名"), h.reported_title, h.found_at, "，".join(came), done=True),
        _stop(_("谁确认"), h.confirmed_name, h.confirmed_title, h.confirmed_at, graded if h.confirmed_at else ""),
        _stop(_("谁指派"), h.assigned_name, h.assigned_title, h.assigned_at,
              _("派给{owner}").format(owner=h.owner_name) if h.assigned_at else ""),
        _stop(_("谁整改"), h.rectified_name, h.rectified_title, h.rectified_at, _margin(h)),
        _stop(_("谁验收"), h.accepted_name, h.accepted_title, h.accepted_at, _("验收通过") if h.accepted_at else ""),
        _stop(_("销号"), "", "", h.accepted_at if h.state == H.CLOSED else None,
              "" if h.state == H.CLOSED else _("验收通过就销号"), done=h.state == H.CLOSED),
    ]  # fmt: skip
    current = next((s for s in steps if s["state"] != "done"), None)
    if current is None:
        return steps
    if h.state in ENDED:
        return _ended(h, steps, current)
    current["state"] = "now"
    if waiting:
        mine = any(one.person_id == by.person for one in waiting)
        first = next((one for one in waiting if one.person_id == by.person), waiting[0])
        current["who"] = _("{name}（你）").format(name=by.name) if mine else first.name
        current["title"] = first.title
        current["due"] = first.due_at
    elif h.state == H.ASSIGNED:
        current["who"], current["due"] = h.owner_name, h.due_at
    current["note"] = {
        H.REPORTED: _("还没确认"), H.CONFIRMED: _("还没指派"), H.ASSIGNED: _("还没整改完"),
        H.RECTIFIED: _("还没验收"), H.LISTED: _("挂账"),
    }.get(H(h.state), "")  # fmt: skip
    return steps


def _stop(name: str, who: str, title: str, at: Any, note: str, *, done: bool | None = None) -> dict[str, Any]:
    reached = at is not None if done is None else done
    return {"name": name, "who": who, "title": title, "at": at, "note": note, "state": "done" if reached else ""}


def _ended(hazard: Hazard, steps: list[dict[str, Any]], current: dict[str, Any]) -> list[dict[str, Any]]:
    current["state"], current["note"] = "now", str(terms.STATE_NAMES[H(hazard.state)][1])
    current["at"] = hazard.state_at
    return steps[: steps.index(current) + 1]


def _margin(hazard: Hazard) -> str:
    """Say how much earlier or later than its limit it was rectified."""
    if not hazard.rectified_at or not hazard.due_at:
        return ""
    left = hazard.due_at - hazard.rectified_at
    words = _lasting(abs(left))
    return (
        _("比期限早 {time}").format(time=words) if left >= dt.timedelta() else _("比期限晚 {time}").format(time=words)
    )


def _lasting(span: dt.timedelta) -> str:
    days, rest = span.days, span.seconds
    hours, minutes = rest // 3600, rest % 3600 // 60
    parts = [(days, _("{n} 天")), (hours, _("{n} 小时")), (minutes, _("{n} 分"))]
    said = [words.format(n=count) for count, words in parts if count][:2]
    return " ".join(said) or _("不到 1 分")


def since(hazard: Hazard) -> str:
    """Say how long it has been open, or how long it took."""
    end = hazard.accepted_at if hazard.state == H.CLOSED and hazard.accepted_at else now()
    words = _lasting(max(end - hazard.found_at, dt.timedelta()))
    return (
        _("从报到销号 {time}").format(time=words)
        if hazard.state == H.CLOSED
        else _("从报到现在 {time}").format(time=words)
    )


@dataclass(frozen=True, slots=True)
class Next:
    """The one next act: what and why in plain words; `acts` are (verb, label, is it the primary one, icon)."""

    what: str
    why: str
    acts: tuple[tuple[str, str, bool, str], ...] = ()


def next_of(hazard: Hazard, acts: list[Did], waiting: list[duties.Open], by: Actor) -> Next:
    """Return what this actor may do now, or whom it waits for."""
    can = set(acts)
    return _judging(hazard, can) or _working(hazard, can, by) or _waiting(hazard, can, waiting)


def _judging(hazard: Hazard, can: set[Did]) -> Next | None:
    if Did.GRANTED in can:
        return Next(_("有一个申请等你批"), _("申请的人不能自己批；批了才延、才停、才挂。"),
                    (("decide", _("看申请，批或不批"), True, "check"),))  # fmt: skip
    if Did.ACCEPTED in can:
        why = _("整改人是{owner}，谁整改谁不能验收。通过就销号，不通过退回整改并记 1 次。")
        return Next(_("你来验收：去现场看，或看照片"), why.format(owner=hazard.rectified_name or hazard.owner_name),
                    (("refuse", _("退回整改"), False, ""), ("accept", _("验收通过，销号"), True, "check")))  # fmt: skip
    if Did.CONFIRMED in can:
        return Next(_("你来确认：是不是隐患，算一般还是重大"), _("确认以后才派人整改；不是隐患也给报的人一句话。"),
                    (("reject", _("不算隐患"), False, ""), ("confirm", _("确认隐患"), True, "check")))  # fmt: skip
    return None


def _working(hazard: Hazard, can: set[Did], by: Actor) -> Next | None:
    own = queries.is_owner(hazard, by)
    named = not (hazard.owner_organisation or hazard.owner_post or hazard.owner_person)
    if Did.ASSIGNED in can:
        return Next(_("指派给谁整改"), _("整改的期限从指派那一刻算起。"), (("assign", _("指派整改"), True, "send"),))
    if Did.RECTIFIED in can and (own or named):
        why = _("拍一张改好的照片，验收的人看得明白。")
        if not own:
            why = _("{owner}没有账号，你替它填。填的人不能验收。").format(owner=hazard.owner_name)
        return Next(_("改好了就报验收"), why, (
            ("ask", _("做不完，申请延期"), False, ""), ("rectify", _("整改完，报验收"), True, "check"),
        ))  # fmt: skip
    if Did.LOOKED_BACK in can and hazard.look_back_owed:
        offers = (("look-back", _("记回头看"), True, "eye"),)
        return Next(_("到了回头看的日子"), _("还好就记一笔；又犯了就重新打开。"), offers)
    if Did.RESUMED in can:
        return Next(_("挂着账"), _("条件够了就摘账，接着整改。"), (("resume", _("摘账，接着整改"), False, ""),))
    return None


def _waiting(hazard: Hazard, can: set[Did], waiting: list[duties.Open]) -> Next:
    names = "、".join(dict.fromkeys(one.name for one in waiting if one.name))
    who = names or hazard.owner_name
    told = {
        H.REPORTED: (_("等{who}确认").format(who=names or _("值班员")), _("没人确认会一级一级往上催。")),
        H.CONFIRMED: (_("等{who}指派").format(who=names or _("值班员")), _("指派了谁整改，期限就开始算。")),
        H.ASSIGNED: (_("等{who}整改").format(who=who), _("过了期限会升到上一级。")),
        H.RECTIFIED: (_("等{who}验收").format(who=names or _("验收的人")), _("谁整改谁不能验收。")),
        H.LISTED: (_("挂账，等条件"), _("到复核的日子再看。")),
        H.CLOSED: (_("办完了，已经销号"), ""),
        H.REJECTED: (_("看了，不算隐患"), hazard.opinion),
        H.MERGED: (_("和另一条一起办"), _("那一条办完，这一条跟着办完；报的人都会收到消息。")),
        H.WITHDRAWN: (_("报的人撤回了"), hazard.opinion),
    }[H(hazard.state)]
    offers: list[tuple[str, str, bool, str]] = []
    if hazard.paused_at and hazard.state == H.ASSIGNED:
        told = (_("暂停计时"), _("能接着改了，就让时间接着走。"))
        if Did.CONTINUED in can:
            offers.append(("continue", _("接着计时"), False, "clock"))
    elif Did.REMINDED in can:
        offers.append(("remind", _("催一下"), False, "horn"))
    if Did.LOOKED_BACK in can:
        offers.append(("look-back", _("记回头看"), False, "eye"))
    return Next(*told, tuple(offers))


def pairs(photos: list[EvidenceRow]) -> dict[str, Any]:
    """Return the photos as the page shows them: the first before, the last after side by side, and all of them."""
    before = [p for p in photos if p.phase == Phase.BEFORE]
    after = [p for p in photos if p.phase == Phase.AFTER]
    latest = max((p.round for p in after), default=0)
    after = [p for p in after if p.round == latest] or after
    return {
        "before": before[0] if before else None, "after": after[0] if after else None, "count": len(photos),
        "rest": [
            (p, terms.PHASE_NAMES[Phase(p.phase)]) for p in photos
            if p is not (before[0] if before else None) and p is not (after[0] if after else None)
        ],
    }  # fmt: skip


def ladder(waiting: list[duties.Open]) -> list[dict[str, Any]]:
    """Return what comes when nobody acts, as the shared stair draws it: at most four treads."""
    if not waiting or len(waiting[0].rungs) < 2:
        return []
    rungs = [r for r in waiting[0].rungs if r.act != "again"][:4]
    reached = max((n for n, r in enumerate(rungs) if r.reached), default=0)
    return [
        {"name": RUNG_NAMES.get(r.act, r.act), "who": r.name, "at": r.at,
         "state": "now" if n == reached else "done" if n < reached else ""}
        for n, r in enumerate(rungs)
    ]  # fmt: skip


def contacts(hazard: Hazard, by: Actor) -> list[dict[str, str]]:
    """Return whom to ask, each once: masked phone and way to the person's page, as far as the actor may see them."""
    named = [
        (hazard.rectified_by, hazard.rectified_name, hazard.rectified_title, _("整改人")),
        (hazard.reported_by, hazard.reported_name, hazard.reported_title, _("上报人")),
        (hazard.confirmed_by, hazard.confirmed_name, hazard.confirmed_title, _("确认人")),
        (hazard.assigned_by, hazard.assigned_name, hazard.assigned_title, _("指派人")),
        (hazard.accepted_by, hazard.accepted_name, hazard.accepted_title, _("验收人")),
    ]
    ids = people.persons_of({pseudonym for pseudonym, *_rest in named if pseudonym})
    wanted = set(ids.values()) | ({hazard.owner_person} if hazard.owner_person else set())
    known = {p.id: p for p in people.persons(by).filter(id__in=wanted)}
    if hazard.owner_person and not hazard.rectified_by:
        named.insert(0, (None, hazard.owner_name, "", _("责任人")))
    found: dict[str, dict[str, str]] = {}
    for pseudonym, name, title, part in named:
        if not name or (pseudonym is not None and pseudonym == by.pseudonym):
            continue
        line = found.setdefault(name, {"name": name, "title": title, "part": part, "phone": "", "href": ""})
        if line["part"] != part:
            line["part"] += "、" + part
        identifier = ids.get(pseudonym) if pseudonym else hazard.owner_person
        person = known.get(identifier) if identifier else None
        if person is not None and person.name == name:
            line |= {"phone": people.masked(person), "href": f"/people/{person.id}"}
    return list(found.values())


def course(hazard: Hazard) -> dict[str, Any]:
    """Return the timeline and what of it is sealed: first and last block, how many still wait."""
    moments = queries.timeline(hazard)
    blocks = [m.block for m in moments if m.block is not None]
    return {
        "items": [item | {"href": ""} for item in ledger.told([m.entry for m in moments])],
        "count": len(moments), "open": len(moments) - len(blocks), "first": min(blocks, default=0),
        "last": max(blocks, default=0),
    }  # fmt: skip


def yuan(fen: int | None) -> str:
    """Return fen as yuan, without idle noughts: 12050 → 120.5."""
    return "" if fen is None else f"{fen / 100:,.2f}".rstrip("0").rstrip(".")


def plea(row: PleaRow) -> tuple[PleaRow, Any, str, Any]:
    """Return a plea, what is asked for, and the shape and word of where it stands."""
    mark, word = {
        PleaState.ASKED: ("wait", _("等批")), PleaState.GRANTED: ("done", _("同意了")),
        PleaState.REFUSED: ("late", _("没同意")), PleaState.ENDED: ("done", _("到期结束")),
        PleaState.VOID: ("done", _("作废")),
    }[PleaState(row.state)]  # fmt: skip
    return row, terms.PLEA_NAMES[terms.Plea(row.kind)], mark, word
