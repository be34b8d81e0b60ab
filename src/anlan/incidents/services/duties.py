"""What a report leaves others to do (look into it), and what its reporter is told."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from anlan.callout.services import obligations
from anlan.callout.terms import Owed
from anlan.incidents import queries
from anlan.incidents.models import Report
from anlan.incidents.terms import Can, Did
from anlan.kernel.authority import Actor
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people import queries as people

ASKED = 3  # duty officers who owe it at once; the first to act frees the others
TEXT = (("webpush", "sms_http", "email"),)
RING = (("voice_http", "sms_http", "email"), ("sms_http", "email"))


def ask(report: Report, *, by: Actor) -> int:
    """Lay the verifying on the duty desk nearest to the report's place. Returns on how many.

    A life at stake rings; anything else is a text. Nobody is asked to verify what they saw themselves. It climbs to the
    superior's desk, and on to theirs, after as many minutes as the settings say.
    """
    able = _able(report)
    nearest = max((len(t.place_path) for t in able), default=0)
    asked = [t for t in able if len(t.place_path) == nearest][:ASKED]
    carriers = RING if report.urgent else TEXT
    obligations.owe_many([_verifying(report, t, ladder(report), carriers) for t in asked], by=by)
    if not asked:
        ledger.record(Did.UNWATCHED, report, by=by)
    return len(asked)


def keep(report: Report, *, by: Actor) -> None:
    """Whoever took it up owes the end of it: the others are free, and it climbs from there if nothing comes of it."""
    met(report, by=by)
    mine = next((t for t in _able(report) if t.pseudonym == by.pseudonym), None)
    if mine is not None:
        steps = tuple(step for step in ladder(report, slower=2) if step["act"] == "superior")
        obligations.owe(_verifying(report, mine, steps, ()), by=by)
    elif not by.machine:
        ask(report, by=by)


def _able(report: Report) -> list[people.Target]:
    own = {report.reporter} - {None}
    return [t for t in people.holders(Can.VERIFY, at=report.place_path) if t.pseudonym not in own]


def _verifying(
    report: Report, t: people.Target, steps: tuple[dict[str, Any], ...], carriers: tuple[tuple[str, ...], ...]
) -> Owed:
    first = next(step["at"] for step in steps if step["act"] == "superior")
    return Owed(
        subject_type="incidents.report", subject_id=report.id, did=Did.VERIFIED, person=t.person_id,
        pseudonym=t.pseudonym, place_path=report.place_path, why=why(report),
        due_at=now() + dt.timedelta(seconds=first), post=t.post_id, post_title=t.post_title, role=t.role_code,
        rank=t.rank, deputy=t.deputy_person_id, superior=t.superior_post_id, chain=report.chain_id,
        exercise=report.exercise_id, drill=report.exercise_id is not None, ladder=steps, carriers=carriers,
        link=f"/incidents/reports/{report.id}",
    )  # fmt: skip


def ladder(report: Report, *, slower: int = 1) -> tuple[dict[str, Any], ...]:
    """Return the steps by which a report that nobody looks into climbs: again, the B岗, one desk up, two desks up."""
    minutes = settings.REPORT_URGENT_MINUTES if report.urgent else settings.REPORT_MINUTES
    first, second = (round(60 * slower * m) for m in minutes)
    send = [list(group) for group in RING[:1]]
    return (
        {"at": max(first * 2 // 5, 1), "act": "again", "send": send},
        {"at": max(first * 3 // 5, 2), "act": "deputy"},
        {"at": max(first, 3), "act": "superior"},
        {"at": max(second, 4), "act": "superior"},
    )


def why(report: Report) -> str:
    """Return the line of the inbox, and what is read aloud: the place, then what was said."""
    where = queries.where_of({report.place_path}).get(report.place_path, "")
    said = " ".join(report.text.split())[:60]
    head = _("人命关天，马上核实") if report.urgent else _("核实")
    return _("{head}：{where}，{said}").format(head=head, where=where, said=said)


def met(report: Report, *, by: Actor) -> None:
    """Somebody looked into it, whoever: nobody owes it any more."""
    obligations.meet_all(report.id, Did.VERIFIED, by=by)


def free(report: Report, reason: str, *, by: Actor) -> None:
    """Nobody has to look into it any more."""
    obligations.void(report.id, reason, by=by, did=Did.VERIFIED)


def ask_back(report: Report, question: str, *, by: Actor) -> bool:
    """Lay the question on the reporter, who answers it on the report's own page. False where there is nobody to ask."""
    if report.reporter_person is None or report.reporter is None:
        return False
    obligations.owe(
        _to_reporter(
            report, did=Did.REPLIED, why=_("补一句你报的情况：{question}").format(question=question),
            due_at=now() + dt.timedelta(minutes=settings.REPORT_MINUTES[-1]), link=f"/report/sent/{report.id}",
        ),
        by=by,
    )  # fmt: skip
    return True


def answered_back(report: Report, *, by: Actor) -> None:
    """The reporter added what was asked, or the desk needs it no more."""
    obligations.meet_all(report.id, Did.REPLIED, by=by)


def tell(report: Report, words: str, *, by: Actor) -> bool:
    """Tell the reporter what became of it. False where it came from nobody whom we can reach."""
    if report.reporter_person is None or report.reporter is None:
        return False
    said = " ".join(report.text.split())
    said = said if len(said) <= 20 else said[:20] + "…"
    text = _("你报的「{said}」：{words}").format(said=said, words=words)
    obligations.tell([_to_reporter(report, did=Did.TOLD, why=text, link=f"/report/sent/{report.id}")], by=by)
    ledger.record(Did.TOLD, report, by=by)
    return True


def _to_reporter(report: Report, **values: Any) -> Owed:
    return Owed(
        subject_type="incidents.report", subject_id=report.id, person=report.reporter_person or report.id,
        pseudonym=report.reporter or report.id, place_path=report.place_path, post=report.reporter_post,
        post_title=report.reporter_title, chain=report.chain_id, exercise=report.exercise_id,
        drill=report.exercise_id is not None, carriers=TEXT, **values,
    )  # fmt: skip
