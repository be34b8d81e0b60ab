"""Kinds of record and packs of contexts that may not know fieldwork, put in at start-up (apps.ready).

Call-out stands beside fieldwork; a report from below is incidents', which could, and stands here so that both are found
in one place.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from anlan.callout.queries import inbox
from anlan.callout.queries.inbox import Filter
from anlan.callout.services import answers
from anlan.callout.terms import Answer, How, Result
from anlan.fieldwork import ports
from anlan.fieldwork.ports import Outcome, Record
from anlan.fieldwork.queries import uploads as files
from anlan.fieldwork.services import uploads
from anlan.fieldwork.terms import RecordState
from anlan.incidents import queries as seen
from anlan.incidents import services as incidents
from anlan.incidents.terms import How as Came
from anlan.incidents.terms import Said
from anlan.kernel.authority import Actor, Invalid

MOST = 100  # duties that a phone keeps
FINISHES = {"", "done", "cannot", "refused"}


class Duties:
    """What the actor owes, as the inbox shows it; small, so it is always given whole."""

    def of(self, by: Actor, since: dt.datetime | None) -> Mapping[str, Any]:  # noqa: ARG002 - ports.Pack's signature
        """Return {"duties": [{"id", "title", "note", "why", "due_at", "href", "answers", "level", "drill"}], "count"}.

        `answers`: it is answered by a record callout.answer; otherwise `href` leads to where it is done.
        """
        rows = inbox.inbox(by, Filter())
        return {
            "duties": [
                {
                    "id": d.id, "title": d.title, "note": d.note, "why": str(d.why), "due_at": d.due_at,
                    "href": d.href, "answers": d.answers, "level": d.level, "drill": d.drill,
                }
                for d in inbox.duties(list(rows[:MOST]))
            ],
            "count": rows.count(),
        }  # fmt: skip


class Answers:
    """Answers to calls and results of instructions, given without a network.

    body: {"obligation": uuid, "declined": bool, "finish": "" | done | cannot | refused, "words": str}. An answer counts
    from when it arrives: only then does anybody know of it. What the phone's clock said stays in the record.
    """

    def apply(self, records: Sequence[Record], *, by: Actor) -> Sequence[Outcome]:
        """Take the answers of one person in."""
        made = [self._answer(record, by) for record in records]
        return [_outcome(one) for one in answers.answer_many(made)]

    def _answer(self, record: Record, by: Actor) -> Answer:
        said = record.body
        try:
            obligation = UUID(str(said.get("obligation")))
        except ValueError:
            raise Invalid({"obligation": _("没说应的是哪一件")}) from None
        finish = str(said.get("finish") or "")
        if finish not in FINISHES:
            raise Invalid({"finish": _("结果只能是办成了、办不了、不办")})
        return Answer(
            How.INBOX, obligation=obligation, person=by.person, declined=said.get("declined") is True, finish=finish,
            words=str(said.get("words") or "")[:500],
        )  # fmt: skip

    def tell(self, record: Record) -> Mapping[str, str]:
        """Say what was answered."""
        if record.body.get("declined") is True:
            return {_("应答"): _("收到了，去不了")}
        words = {"done": _("办成了"), "cannot": _("办不了"), "refused": _("不办")}
        said = {_("应答"): words.get(str(record.body.get("finish")), _("收到了"))}
        return said | ({_("说明"): str(record.body["words"])} if record.body.get("words") else {})


def _outcome(one: Any) -> Outcome:
    kept = {Result.FIRST, Result.REPEAT, Result.LATE, Result.SUPERSEDED}
    state = RecordState.DONE if one.result in kept else RecordState.REFUSED
    return Outcome(state, one.words, one.obligation, "/inbox")


def _report(record: Record, *, by: Actor) -> Outcome:
    """Take a report: {"text", "place", "lon", "lat", "accuracy", "kind", "spoken", "photo_place"}.

    Photos that have not come yet are told, and hung on the report when they do.
    """
    said, late = record.body, _late(record)
    photos = uploads.contents(record.uploads, by=by)
    lon, lat, near = (_number(said.get(name)) for name in ("lon", "lat", "accuracy"))
    made = incidents.report(
        Said(
            text=str(said.get("text") or ""), client=record.id, how=Came.VOICE if said.get("spoken") else Came.PAGE,
            kind=str(said.get("kind") or ""), place=str(said.get("place") or "")[:40], lon=lon, lat=lat, accuracy=near,
            happened_at=record.at, photos=photos[: settings.PHOTOS_MOST], photo_place=said.get("photo_place") is True,
        ),
        by=by,
    )  # fmt: skip
    incidents.expect(made.id, late, by=by)
    message = _("报上去了，还有 {count} 张照片在路上").format(count=len(late)) if late else _("报上去了")
    return Outcome(message=message, subject=made.id, href=f"/report/sent/{made.id}")


def _late(record: Record) -> list[UUID]:
    """Return the photos of a record that are not here yet; asked before the others are read, so that none is missed."""
    here = files.whole(record.uploads)
    return [one for one in record.uploads if one not in here]


def _note(record: Record, *, by: Actor) -> Outcome:
    """Add to one's own report: {"report": uuid, "words": str} and photos; those still on their way follow."""
    try:
        report = UUID(str(record.body.get("report")))
    except ValueError:
        raise Invalid({"report": _("没说补到哪一条")}) from None
    words, late = str(record.body.get("words") or "").strip(), _late(record)
    photos = uploads.contents(record.uploads, by=by)
    if photos:
        incidents.add_photos(report, photos[: settings.PHOTOS_MOST], by=by)
    if words:
        incidents.complete(report, {"more": words}, by=by)
    if late:
        incidents.expect(seen.own_report(report, by=by).id, late, by=by)
    return Outcome(message=_("补上了"), subject=report, href=f"/report/sent/{report}")


def _note_words(record: Record) -> Mapping[str, str]:
    return {_("补一句"): str(record.body.get("words", ""))}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _report_words(record: Record) -> Mapping[str, str]:
    return {_("看到了什么"): str(record.body.get("text", ""))}


def fill() -> None:
    """Put the kinds and packs in."""
    ports.handlers |= {"callout.answer": Answers(), "incidents.report": ports.one_by_one(_report, _report_words)}
    ports.handlers["incidents.note"] = ports.one_by_one(_note, _note_words)
    ports.packs["callout.duties"] = Duties()
