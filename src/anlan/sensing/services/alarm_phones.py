"""Verdicts that phones keep until there is a network; what somebody else said meanwhile is told beside one's own."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.fieldwork.ports import OneByOne, Outcome, Record, one_by_one
from anlan.fieldwork.terms import RecordState
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.sensing.queries import alarms as queries
from anlan.sensing.services import verifying
from anlan.sensing.terms import VERDICT_NAMES, Verdict


def _verify(record: Record, *, by: Actor) -> Outcome:
    """Take a verdict: {"alarm": uuid, "verdict", "opinion"}; photos come before it."""
    said = record.body
    try:
        alarm = UUID(str(said.get("alarm")))
    except ValueError:
        raise Invalid({"alarm": _("没说是哪一条报警")}) from None
    opinion = "（".join(filter(None, (_text(said, "opinion"), _text(said, "reason"))))
    if _text(said, "reason") and _text(said, "opinion"):
        opinion += "）"
    try:
        with transaction.atomic():
            made = verifying.verify(
                alarm, _text(said, "verdict"), opinion, by=by, uploads=record.uploads, revision=record.base
            )
    except Conflict as changed:
        now = queries.alarm(alarm, by=by)
        standing = {
            _("核实结果"): queries.verdict_word(now), _("看到了什么"): now.opinion, _("谁核实的"): now.verifier_name,
        }  # fmt: skip
        mine = {**_words(record), _("谁核实的"): by.name}
        return Outcome(RecordState.CONFLICT, str(changed), now.id, f"/sensing/alarms/{now.id}", standing, mine)
    return Outcome(message=_("记下了"), subject=made.id, href=f"/sensing/alarms/{made.id}")


def _text(said: Mapping[str, object], name: str) -> str:
    found = said.get(name)
    return found.strip() if isinstance(found, str) else ""


def _words(record: Record) -> Mapping[str, str]:
    verdict = _text(record.body, "verdict")
    word = str(VERDICT_NAMES[Verdict(verdict)]) if verdict in set(Verdict) else verdict
    return {_("核实结果"): word, _("看到了什么"): _text(record.body, "opinion")}


def handlers() -> dict[str, OneByOne]:
    """Return the kinds of record that this context takes."""
    return {"sensing.verify": one_by_one(_verify, _words)}
