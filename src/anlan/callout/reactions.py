"""What follows a number that was changed anywhere in people, a call in the group chats of its places, and the news of
the duty roster (RPT-01): who owes an answer, a reading, a filled gap; who is only told.
"""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from anlan.callout.services import checking, obligations, revival, robots, speakers
from anlan.callout.terms import Did as Called
from anlan.callout.terms import Owed
from anlan.kernel import clock
from anlan.kernel.authority import machine
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.people.terms import Did

SAYS = {Called.FANNED: "started", Called.CANCELLED: "cancelled", Called.ENDED: "ended"}
TOLD = (("webpush", "sms_http", "email"),)
SPEAKS = SAYS | {Called.TAKEN_OVER: "taken-over"}
URGENT = (("voice_http", "sms_http", "email"),)
DAY = dt.timedelta(days=1)


@ledger.reaction("callout.number-changed", kinds=(Did.PERSON_CHANGED,))
def number_changed(batch: Sequence[ledger.EntryRow]) -> None:
    """Call the person by the new number where a running call still waits for them, and check the number."""
    changed = [entry.subject_id for entry in batch if "phone" in entry.values.get("fields", ())]
    revival.revive(changed)
    checking.note_mended(changed)


@ledger.reaction("callout.robots", kinds=tuple(SAYS), batch=50)
def say_in_groups(batch: Sequence[ledger.EntryRow]) -> None:
    """Queue what robots say: a start once everybody is laid in, so that its figure is whole."""
    for did, what in SAYS.items():
        if calls := [entry.subject_id for entry in batch if entry.did == did]:
            robots.told(calls, what)


@ledger.reaction("callout.speakers", kinds=tuple(SPEAKS), batch=50)
def say_aloud(batch: Sequence[ledger.EntryRow]) -> None:
    """Have the loudspeakers of the called places say it, and stop with the call."""
    for did, what in SPEAKS.items():
        if calls := [entry.subject_id for entry in batch if entry.did == did]:
            speakers.told(calls, what)


def _owed(news: people.News, entry: ledger.EntryRow, did: str, *, urgent: bool = False) -> list[Owed]:
    return [
        Owed(
            subject_type=entry.subject_type, subject_id=entry.subject_id, did=did, person=one.person_id,
            pseudonym=one.pseudonym, place_path=entry.place_path, why=news.words, due_at=news.due_at,
            post_title=news.as_what, chain=entry.chain, exercise=entry.exercise, link=news.link,
            carriers=URGENT if urgent else TOLD,
        )
        for one in news.persons
    ]  # fmt: skip


@ledger.reaction("callout.rota-told", kinds=(Did.ROTA_PUBLISHED, Did.SEAT_PUT, Did.ROTA_SHEET), batch=20)
def tell_rota(batch: Sequence[ledger.EntryRow]) -> None:
    """A month is published, or a published one is changed by hand: those on it are told; they owe nothing."""
    news: list[Owed] = []
    for entry in batch:
        for found in people.news_of_rota(entry.did, entry.subject_id, entry.values):
            news += _owed(found, entry, entry.did)
    obligations.tell_many(news)


@ledger.reaction("callout.shift-asked", kinds=(Did.SHIFT_ASKED,), batch=50)
def ask(batch: Sequence[ledger.EntryRow]) -> None:
    """Somebody asks a colleague to take a shift: the colleague owes an answer."""
    for entry in batch:
        found = people.news_of_change(entry.subject_id, asked=True)
        if found is not None:
            obligations.owe_many(
                _owed(found, entry, Did.SHIFT_CHANGED), by=machine("callout.shift-asked", exercise=entry.exercise)
            )


@ledger.reaction(
    "callout.shift-settled",
    kinds=(Did.SHIFT_CHANGED, Did.SHIFT_DECLINED, Did.SHIFT_WITHDRAWN, Did.SHIFT_LAPSED),
    batch=50,
)
def settle(batch: Sequence[ledger.EntryRow]) -> None:
    """It is settled: nobody owes an answer any more; the one who asked is told, and the keeper of what changed."""
    news: list[Owed] = []
    for entry in batch:
        by = machine("callout.shift-settled", exercise=entry.exercise)
        if entry.did == Did.SHIFT_CHANGED:
            obligations.meet_all(entry.subject_id, Did.SHIFT_CHANGED, by=by)
        else:
            obligations.void(entry.subject_id, _("不用再答"), by=by, did=Did.SHIFT_CHANGED)
        found = people.news_of_change(entry.subject_id, asked=False)
        news += _owed(found, entry, entry.did) if found is not None else []
    obligations.tell_many(news)


@ledger.reaction("callout.handover", kinds=(Did.HANDOVER_GIVEN, Did.HANDOVER_READ), batch=50)
def hand_over(batch: Sequence[ledger.EntryRow]) -> None:
    """A note is handed over: the next shift owes the reading, until one of them has read it."""
    for entry in batch:
        by = machine("callout.handover", exercise=entry.exercise)
        if entry.did == Did.HANDOVER_READ:
            obligations.meet_all(entry.subject_id, Did.HANDOVER_READ, by=by)
        elif (found := people.news_of_note(entry.subject_id)) is not None:
            obligations.owe_many(_owed(found, entry, Did.HANDOVER_READ), by=by)


@ledger.reaction("callout.gap", kinds=(Did.GAP_OPENED, Did.GAP_CLOSED), batch=50)
def gap(batch: Sequence[ledger.EntryRow]) -> None:
    """A shift has a hole: whoever keeps the rota, and the superior, owe filling it, until it is filled."""
    open_ids: set[UUID] = people.open_gaps([entry.subject_id for entry in batch if entry.did == Did.GAP_OPENED])
    for entry in batch:
        by = machine("callout.gap", exercise=entry.exercise)
        if entry.did == Did.GAP_CLOSED:
            obligations.meet_all(entry.subject_id, Did.GAP_CLOSED, by=by)
        elif entry.subject_id in open_ids and (found := people.news_of_gap(entry.subject_id)) is not None:
            soon = found.due_at is not None and found.due_at - clock.now() < DAY / 2
            obligations.owe_many(_owed(found, entry, Did.GAP_CLOSED, urgent=soon), by=by)
