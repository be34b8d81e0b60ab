"""The gate of new forms (准入闸门, EVL-03): basis, frequency, each field's source; what is known is not asked again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from anlan.analytics.models import FormEntry
from anlan.analytics.queries import forms as queries
from anlan.analytics.terms import FORM_GENRES, FREQUENCIES, Can, Did, dictionary
from anlan.fieldwork.ports import Finding
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger

MOST_FIELDS = 100


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as a door hands it in.

    `fields` are (name, where it comes from); `answers` say why a known one is asked for all the same.
    """

    place: str
    name: str
    genre: str
    basis: str
    frequency: str
    filled_by: str
    fields: Sequence[tuple[str, str]]
    answers: Mapping[str, str]
    form: str = ""
    minutes: int | None = None


def verdicts(draft: Draft) -> list[dict[str, Any]]:
    """Return the verdict on each field: {name, source, known, answer}; `known` is "" where the system has it not."""
    others = queries.asked_elsewhere(draft.place)
    found = []
    for name, source in draft.fields:
        match = dictionary.look_up(name, others)
        known = (
            _("系统里有，自动带出：{whence}（{name}）").format(whence=match.whence, name=match.name) if match else ""
        )
        found.append({"name": name, "source": source, "known": known, "answer": draft.answers.get(name, "").strip()})
    return found


def check(draft: Draft) -> list[dict[str, Any]]:
    """Return the verdicts. Raises Invalid: no basis, over the quota, a known field asked again without a reason …"""
    found = verdicts(draft)
    wrong = _head(draft) | _fields(draft)
    if queries.admitted_count(draft.place) >= settings.FORM_QUOTA:
        wrong[""] = _("这里已经有 {most} 张表，先停掉一张再加").format(most=settings.FORM_QUOTA)
    known = [f["name"] for f in found if f["known"] and not f["answer"]]
    if known:
        wrong["answers"] = _("这些系统里有，删掉，或者写为什么还要填：{names}").format(names="、".join(known))
    if wrong:
        raise Invalid(wrong)
    return found


def _head(draft: Draft) -> dict[str, str]:
    wrong = {name: _("要写") for name in ("name", "filled_by") if not getattr(draft, name).strip()}
    if not draft.basis.strip():
        wrong["basis"] = _("没有依据的表不能让人填：写明哪份文件、哪一条")
    for name, known in (("genre", FORM_GENRES), ("frequency", FREQUENCIES)):
        if getattr(draft, name) not in known:
            wrong[name] = _("选一个")
    return wrong


def _fields(draft: Draft) -> dict[str, str]:
    names = [name for name, _s in draft.fields]
    if draft.genre != "system" and not names:
        return {"fields": _("一行写一个字段")}
    if len(names) > MOST_FIELDS or len(set(names)) < len(names):
        return {"fields": _("最多 {most} 个字段，名称不能重复").format(most=MOST_FIELDS)}
    bare = [name for name, source in draft.fields if not source.strip()]
    if bare:
        return {"fields": _("每个字段要写来源（谁知道、从哪儿来）：{names}").format(names="、".join(bare[:5]))}
    return {}


@transaction.atomic
def enter(draft: Draft, *, by: Actor) -> FormEntry:
    """Register a form for the gate. Raises Refused without Can.SEE there, Invalid."""
    authority.require(by, Can.SEE, at=draft.place)
    fields = check(draft)
    row = FormEntry.objects.create(
        id=uuid7(), place_path=draft.place, name=draft.name.strip()[:80], genre=draft.genre,
        basis=draft.basis.strip()[:400], frequency=draft.frequency, filled_by=draft.filled_by.strip()[:200],
        form=draft.form.strip()[:64], minutes=draft.minutes, fields=fields,
        asked_by=by.pseudonym or uuid7(), asked_name=by.name[:60],
    )  # fmt: skip
    _record(Did.ENTERED, row, by, title=row.name)
    return row


@transaction.atomic
def decide(entry_id: UUID, *, admitted: bool, opinion: str, by: Actor) -> FormEntry:
    """Let a form in or turn it away; never whoever asked. Raises Refused, Hidden, Conflict, Invalid."""
    row = queries.entry(entry_id, by=by, locked=True)
    authority.require(by, Can.GATE, at=row.place_path)
    if row.state != "asked":
        raise Conflict(_("{name}已经审过了").format(name=row.decided_name))
    if row.asked_by == by.pseudonym:
        raise Conflict(_("登记的人不能自己审，请另一个人来审"))
    if not opinion.strip():
        raise Invalid({"opinion": _("写一句意见")})
    if admitted and queries.admitted_count(row.place_path) >= settings.FORM_QUOTA:
        raise Conflict(_("这里已经有 {most} 张表，先停掉一张再加").format(most=settings.FORM_QUOTA))
    row.state, row.opinion = "admitted" if admitted else "refused", opinion.strip()[:400]
    row.decided_at, row.decided_by, row.decided_name = now(), by.pseudonym, by.name[:60]
    row.save()
    _record(Did.ADMITTED if admitted else Did.TURNED_AWAY, row, by, opinion=row.opinion)
    return row


@transaction.atomic
def end(entry_id: UUID, opinion: str, *, by: Actor) -> FormEntry:
    """Stop an admitted form: nobody fills it any more. Twice is once. Raises Refused, Hidden, Conflict, Invalid."""
    row = queries.entry(entry_id, by=by, locked=True)
    authority.require(by, Can.GATE, at=row.place_path)
    if row.state != "admitted":
        raise Conflict(_("没准入的表不用停"))
    if row.ended_at is None:
        if not opinion.strip():
            raise Invalid({"opinion": _("写一句为什么停")})
        row.ended_at = now()
        row.save(update_fields=["ended_at"])
        _record(Did.ENDED, row, by, opinion=opinion.strip()[:400])
    return row


def _record(did: Did, row: FormEntry, by: Actor, **values: Any) -> None:
    ledger.record_many(did, [ledger.Line("analytics.form", row.id, row.place_path, row.id, by.exercise, values)], by=by)


def of_published(form: Any, *, by: Actor) -> list[Finding]:  # noqa: ARG001 - fieldwork's port gives who publishes
    """Say of a form that is about to be published what the system knows already, and whether it passed the gate."""
    matches = [(q, dictionary.look_up(queries.label_of(q))) for q in form.questions]
    found = [
        Finding(str(question.get("name", "")), _("系统里有，自动带出：{whence}").format(whence=match.whence))
        for question, match in matches if match
    ]  # fmt: skip
    if not queries.passed(form.code):
        message = _("这张表还没登记准入：在「统计 › 新表准入」登记，由另一个人审")
        found.append(Finding("", message, stops=settings.FORM_GATE_STOPS))
    return found
