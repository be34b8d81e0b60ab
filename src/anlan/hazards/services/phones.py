"""Records of phones about hazards: each kind is one service, a change in between is told with both versions."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anlan.fieldwork.ports import OneByOne, Outcome, Record, one_by_one
from anlan.fieldwork.terms import RecordState
from anlan.hazards import queries
from anlan.hazards.models import Hazard
from anlan.hazards.services import acting
from anlan.hazards.services.accepting import accept, refuse
from anlan.hazards.services.rectifying import rectify
from anlan.hazards.services.reporting import add_photos, note, report
from anlan.hazards.services.visits import visit
from anlan.hazards.terms import Found, Phase, Source
from anlan.hazards.terms.inspections import Done
from anlan.kernel.authority import Actor, Conflict, Invalid

Step = Callable[[UUID, Record, Actor], Hazard]


def _report(record: Record, *, by: Actor) -> Outcome:
    """Take a hazard in: {"text", "kind", "source", "place", "where", "lon", "lat", "accuracy", "object", "item"}."""
    said = record.body
    made = report(
        Found(
            text=_text(said, "text"), client=record.id, kind=_text(said, "kind"),
            source=_text(said, "source") or Source.DAILY, place=_text(said, "place"), where=_text(said, "where")[:120],
            lon=_number(said, "lon"), lat=_number(said, "lat"), accuracy=_number(said, "accuracy"),
            found_at=record.at, offline=record.offline, object=_uuid(said, "object"), visit=_uuid(said, "visit"),
            item=_uuid(said, "item"), uploads=record.uploads,
        ),
        by=by,
    )  # fmt: skip
    return _done(made, _("报上去了"))


def _done(made: Hazard, words: str) -> Outcome:
    return Outcome(message=words, subject=made.id, href=f"/hazards/{made.id}")


def _rectify(hazard: UUID, record: Record, by: Actor) -> Hazard:
    said = record.body
    cost = said.get("cost")
    return rectify(
        hazard, _opinion(said, "words"), uploads=record.uploads, cost=cost if isinstance(cost, int) else None,
        name=_text(said, "name"), by=by, revision=record.base,
    )  # fmt: skip


def _accept(hazard: UUID, record: Record, by: Actor) -> Hazard:
    made = accept(hazard, _opinion(record.body, "opinion"), by=by, revision=record.base)
    return _with_photos(made, record, Phase.RECHECK, by)


def _refuse(hazard: UUID, record: Record, by: Actor) -> Hazard:
    made = refuse(hazard, _opinion(record.body, "opinion"), by=by, revision=record.base)
    return _with_photos(made, record, Phase.RECHECK, by)


def _note(hazard: UUID, record: Record, by: Actor) -> Hazard:
    made = note(hazard, _text(record.body, "words"), by=by)
    return _with_photos(made, record, Phase.BEFORE, by)


def _with_photos(made: Hazard, record: Record, phase: str, by: Actor) -> Hazard:
    if record.uploads:
        add_photos(made.id, list(record.uploads), phase, by=by)
    return made


def _visit(record: Record, *, by: Actor) -> Outcome:
    """Keep an inspection: {"task", "object", "answers": {item: {"result", "note"}}, "nothing_wrong", "lists"}.

    A task that somebody else did meanwhile keeps theirs: this one becomes a visit beside it, so that nothing is lost.
    """
    said = record.body
    given = said.get("answers")
    lists = said.get("lists")
    made = visit(
        Done(
            client=record.id, object=_uuid(said, "object"), place=_text(said, "place"), task=_uuid(said, "task"),
            answers=_answers(given if isinstance(given, dict) else {}),
            versions=[_uuid({"lists": one}, "lists") or record.id for one in lists] if isinstance(lists, list) else (),
            nothing_wrong=said.get("nothing_wrong") is True, conclusion=_text(said, "conclusion"), done_at=record.at,
            offline=record.offline, uploads=record.uploads, lon=_number(said, "lon"), lat=_number(said, "lat"),
        ),
        by=by,
    )  # fmt: skip
    return Outcome(message=_("记下了"), subject=made.id, href=f"/inspections/visits/{made.id}")


def _answers(given: Mapping[str, Any]) -> dict[UUID, tuple[str, str]]:
    found: dict[UUID, tuple[str, str]] = {}
    for item, said in given.items():
        known = _uuid({"answers": item}, "answers")
        if known is None or not isinstance(said, dict):
            raise Invalid({"answers": _("有一项答的看不懂，重新答一下")})
        found[known] = (_text(said, "result"), _text(said, "note"))
    return found


def _visit_words(record: Record) -> Mapping[str, str]:
    wrong = record.body.get("nothing_wrong") is True
    return {_("查下来"): _("没问题") if wrong else _("有问题"), _("写的"): _text(record.body, "conclusion")}


def _step(step: Step, words: Any) -> OneByOne:
    """Return the handler of a step on a hazard; what somebody else did meanwhile becomes a conflict of two versions."""

    def take(record: Record, *, by: Actor) -> Outcome:
        hazard = _uuid(record.body, "hazard")
        if hazard is None:
            raise Invalid({"hazard": _("没说是哪一条隐患")})
        try:
            with transaction.atomic():
                return _done(step(hazard, record, by), str(words))
        except Conflict as changed:
            now = queries.hazard(hazard, by=by)
            return Outcome(
                RecordState.CONFLICT,
                str(changed),
                now.id,
                f"/hazards/{now.id}",
                _standing(now),
                {**tell(record), _("谁办的"): by.name},
            )

    def tell(record: Record) -> Mapping[str, str]:
        said = record.body
        return {_("走到哪一步"): str(words), _("写的"): _text(said, "words") or _text(said, "opinion")}

    return one_by_one(take, tell)


def _standing(now: Hazard) -> dict[str, str]:
    who = now.accepted_name or now.rectified_name or now.assigned_name or now.confirmed_name or now.reported_name
    return {_("走到哪一步"): acting.word(now), _("写的"): now.opinion or now.text, _("谁办的"): who}


def _text(said: Mapping[str, Any], name: str) -> str:
    found = said.get(name)
    return found.strip() if isinstance(found, str) else ""


def _opinion(said: Mapping[str, Any], name: str) -> str:
    """Return the words of a step; the reason why somebody keeps to them after a conflict stands with them."""
    reason = _text(said, "reason")
    return f"{_text(said, name)}（{reason}）" if reason else _text(said, name)


def _number(said: Mapping[str, Any], name: str) -> float | None:
    found = said.get(name)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def _uuid(said: Mapping[str, Any], name: str) -> UUID | None:
    try:
        return UUID(str(said[name])) if said.get(name) else None
    except ValueError:
        raise Invalid({name: _("这个编号不对")}) from None


def _report_words(record: Record) -> Mapping[str, str]:
    return {_("看到了什么"): _text(record.body, "text"), _("在哪里"): _text(record.body, "where")}


def handlers() -> dict[str, OneByOne]:
    """Return the kinds of record that this context takes."""
    return {
        "hazards.report": one_by_one(_report, _report_words),
        "hazards.visit": one_by_one(_visit, _visit_words),
        "hazards.rectify": _step(_rectify, gettext_lazy("整改完，报验收")),
        "hazards.accept": _step(_accept, gettext_lazy("验收通过，销号")),
        "hazards.refuse": _step(_refuse, gettext_lazy("没改好，退回去")),
        "hazards.note": _step(_note, gettext_lazy("加了备注")),
    }
