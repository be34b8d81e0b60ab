"""What a hazard leaves each to do, on the one inbox; and what its reporter is told (HZD-05)."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from anlan.callout.services import obligations
from anlan.callout.terms import Owed
from anlan.hazards.models import FollowUp, Hazard, MajorReport, PleaRow
from anlan.hazards.services import clock
from anlan.hazards.terms import PLEA_NAMES, Can, Did, HazardState, Plea
from anlan.kernel.authority import Actor
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.people.queries import Target
from anlan.places import queries as places

ASKED = 3  # persons who owe it at once; the first to act frees the others
TEXT = (("webpush", "sms_http", "email"),)
STEPS = (Did.CONFIRMED, Did.ASSIGNED, Did.RECTIFIED, Did.ACCEPTED, Did.GRANTED, Did.LOOKED_BACK, Did.RESUMED)


def confirm(hazard: Hazard, *, by: Actor) -> int:
    """Lay the confirming on whoever holds it nearest. Returns on how many."""
    return _ask([hazard], Did.CONFIRMED, Can.CONFIRM, _("确认隐患"), settings.HAZARD_CONFIRM_HOURS, by=by)


def assign(hazard: Hazard, *, by: Actor) -> int:
    """Lay the assigning on whoever holds it nearest."""
    return _ask([hazard], Did.ASSIGNED, Can.ASSIGN, _("指派整改"), settings.HAZARD_ASSIGN_HOURS, by=by)


def accept(hazard: Hazard, *, by: Actor) -> int:
    """Lay the acceptance on the nearest who did not rectify it."""
    hours = settings.HAZARD_ACCEPT_HOURS
    return _ask([hazard], Did.ACCEPTED, Can.ACCEPT, _("验收整改"), hours, by=by, but=_rectifiers)


def decide(hazard: Hazard, plea: PleaRow, *, by: Actor) -> int:
    """Lay the decision on the nearest who may approve and did not ask."""
    head = _("批{plea}").format(plea=PLEA_NAMES[Plea(plea.kind)])
    hours = settings.HAZARD_DECIDE_HOURS
    return _ask([hazard], Did.GRANTED, Can.APPROVE, head, hours, by=by, but=lambda _one: {plea.asked_by})


def look_back(hazards: Sequence[Hazard], *, by: Actor) -> int:
    """The day came: lay the look back on the nearest who may accept and did not rectify it."""
    hours = settings.HAZARD_ACCEPT_HOURS
    return _ask(hazards, Did.LOOKED_BACK, Can.ACCEPT, _("回头看"), hours, by=by, but=_rectifiers)


def review(hazards: Sequence[Hazard], *, by: Actor) -> int:
    """The day came to look again at what is paused or 挂账: lay it on whoever assigns here."""
    return _ask(hazards, Did.RESUMED, Can.ASSIGN, _("复核挂账或暂停"), settings.HAZARD_ASSIGN_HOURS, by=by)


def take_note(hazards: Sequence[Hazard], *, by: Actor) -> dict[UUID, int]:
    """Lay on the nearest who may supervise, but for whoever graded it, to take note of major hazards (HZD-11).

    Returns on how many persons, by hazard.
    """
    hours = settings.MAJOR_REPORT_HOURS
    return _lay(hazards, Did.TAKEN_NOTE, Can.SUPERVISE, _("重大隐患，请知悉"), (hours, 2 * hours), by=by,
                but=lambda one: {grader(one)}, page="/oversight")  # fmt: skip


def grader(hazard: Hazard) -> UUID | None:
    """Return the pseudonym of whoever gave it its grade."""
    return hazard.graded_by or hazard.confirmed_by


def drop_upward(hazard: Hazard, reason: str, *, by: Actor) -> None:
    """It is not major any more, or over: nobody has to take note of it or to answer a 跟踪函 (HZD-11)."""
    MajorReport.objects.filter(hazard=hazard, ended_at=None).update(ended_at=now())
    letters = FollowUp.objects.filter(supervision__hazard=hazard, answered_at=None).values_list("id", flat=True)
    obligations.void(hazard.id, reason, by=by, did=Did.TAKEN_NOTE)
    obligations.void_many(list(letters), reason, by=by)


def _rectifiers(hazard: Hazard) -> set[UUID | None]:
    """Return who may not judge it: pseudonyms of whoever did it or filled it in, and the person who had to."""
    return {hazard.rectified_by, hazard.owner_person}


def _ask(
    hazards: Sequence[Hazard],
    did: Did,
    can: str,
    head: str,
    hours: tuple[float, float],
    *,
    by: Actor,
    but: Callable[[Hazard], Collection[UUID | None]] = lambda _one: (),
) -> int:
    """Lay a step of several hazards on somebody. Returns on how many persons."""
    return sum(_lay(hazards, did, can, head, hours, by=by, but=but).values())


def _lay(
    hazards: Sequence[Hazard],
    did: Did,
    can: str,
    head: str,
    hours: tuple[float, float],
    *,
    by: Actor,
    but: Callable[[Hazard], Collection[UUID | None]],
    page: str = "",
) -> dict[UUID, int]:
    """Lay a step of several hazards on the nearest holders of a permission; it climbs to their superiors, and on.

    `but` says who is not asked: pseudonyms or persons. Where nobody can be, an entry says so. `page` is the end of
    the address that the inbox opens. Returns on how many persons, by hazard.
    """
    first, second = (round(3600 * h) for h in hours)
    steps: tuple[Mapping[str, Any], ...] = (
        {"at": max(first * 2 // 3, 1), "act": "again", "send": [list(group) for group in TEXT]},
        {"at": max(first, 2), "act": "superior"},
        {"at": max(second, 3), "act": "superior"},
    )
    due = now() + dt.timedelta(seconds=first)
    able = {path: people.holders(can, at=path) for path in {one.place_path for one in hazards}}
    names = names_of(hazards)
    laid: list[Owed] = []
    lost: list[ledger.Line] = []
    many: dict[UUID, int] = {}
    for one in hazards:
        not_these = set(but(one)) - {None}
        others = [t for t in able[one.place_path] if not {t.pseudonym, t.person_id} & not_these]
        nearest = max((len(t.place_path) for t in others), default=0)
        asked = [t for t in others if len(t.place_path) == nearest][:ASKED]
        laid += [_owed(one, did, t, head, due, steps, names=names, page=page) for t in asked]
        many[one.id] = len(asked)
        if not asked:
            lost.append(line(one, wanted=did))
    ledger.record_many(Did.UNWATCHED, lost, by=by)
    obligations.owe_many(laid, by=by)
    return many


def line(hazard: Hazard, **values: Any) -> ledger.Line:
    """Return one entry of a mass about a hazard."""
    return ledger.Line(
        "hazards.hazard", hazard.id, hazard.place_path, hazard.chain_id, hazard.exercise_id, dict(values)
    )


def above(hazards: Sequence[Hazard], *, by: Actor) -> int:
    """What is over its end goes up: the n-th time to who assigns n levels above the nearest that does.

    It is owed there too, beside its owner; at the top it is told only, since it is owed already. Returns on how many.
    """
    able = {path: people.holders(Can.ASSIGN, at=path, limit=60) for path in {one.place_path for one in hazards}}
    names = names_of(hazards)
    laid: list[Owed] = []
    told: list[Owed] = []
    for one in hazards:
        levels = sorted({len(t.place_path) for t in able[one.place_path]}, reverse=True)
        up = levels[min(one.lapses, len(levels) - 1)] if levels else 0
        head = _("过期没整改，第 {count} 次往上：{owner}").format(count=one.lapses, owner=one.owner_name or _("没人"))
        did = Did.RECTIFIED if one.state == HazardState.ASSIGNED else Did.ASSIGNED
        asked = [_owed(one, did, t, head, None, names=names) for t in able[one.place_path] if len(t.place_path) == up]
        (laid if one.lapses < len(levels) else told).extend(asked[:ASKED])
    obligations.tell_many(told)
    return len(obligations.owe_many(laid, by=by)) + len(told)


def rectify(hazard: Hazard, *, by: Actor, quietly: bool = False) -> int:
    """Lay the rectification on the owner, with a reminder before its end; on the assigner where nobody can be asked.

    What comes after the end is the overdue job's (overdue.py). `quietly`: it is on their list already, only newly due.
    """
    targets = owners(hazard)
    if not targets and hazard.assigned_by:
        targets = persons(people.persons_of([hazard.assigned_by]).values())
    if not targets:
        ledger.record(Did.UNWATCHED, hazard, by=by, wanted=Did.RECTIFIED)
        return 0
    moment = now()
    due = hazard.due_at or moment
    left = (due - moment).total_seconds()
    ahead = min(settings.HAZARD_REMIND_HOURS * 3600, left / 3)
    steps = ({"at": max(round(left - ahead), 1), "act": "again", "send": [list(group) for group in TEXT]},)
    head = _("整改（{due}）").format(due=clock.words(hazard))
    laid = [_owed(hazard, Did.RECTIFIED, t, head, due, steps, () if quietly else TEXT) for t in targets]
    return len(obligations.owe_many(laid, by=by))


def again(hazard: Hazard, *, by: Actor) -> None:
    """The end of rectification moved: the duty goes along, quietly."""
    if hazard.state == HazardState.ASSIGNED:
        obligations.void(hazard.id, _("期限变了"), by=by, did=Did.RECTIFIED)
        if hazard.paused_at is None:
            rectify(hazard, by=by, quietly=True)


def owners(hazard: Hazard) -> list[Target]:
    """Return who answers for the owner: the person with an account, else the post, else the organisation's posts."""
    if hazard.owner_person and people.account_of(hazard.owner_person):
        return persons([hazard.owner_person])
    posts = [hazard.owner_post] if hazard.owner_post else []
    if not posts and hazard.owner_organisation:
        posts = people.posts_of(hazard.owner_organisation)[:ASKED]
    found: dict[UUID, Target] = {}
    for target in people.answering([p for p in posts if p]).values():
        found.setdefault(target.person_id, target)
    return list(found.values())


def persons(ids: Iterable[UUID]) -> list[Target]:
    """Return persons as they are asked, by the post that they hold if there is one."""
    wanted = list(ids)
    known, names = people.pseudonyms(wanted), people.names(wanted)
    return [
        Target(
            person_id=one, pseudonym=known[one], name=names[one], phone_cipher=None, reach="", post_id=one,
            post_title="", role_code="", rank=0, place_path="", deputy_person_id=None, superior_post_id=None, level="",
            seat="A", away=False,
        )
        for one in wanted
        if one in known
    ]  # fmt: skip


def _owed(
    hazard: Hazard,
    did: Did,
    target: Target,
    head: str,
    due: dt.datetime | None,
    steps: tuple[Mapping[str, Any], ...] = (),
    carriers: tuple[tuple[str, ...], ...] = TEXT,
    *,
    names: Mapping[str, str] | None = None,
    page: str = "",
) -> Owed:
    seated = target.post_id != target.person_id
    return Owed(
        subject_type="hazards.hazard", subject_id=hazard.id, did=did, person=target.person_id,
        pseudonym=target.pseudonym, place_path=hazard.place_path, why=why(hazard, head, names), due_at=due,
        post=target.post_id if seated else None, post_title=target.post_title, role=target.role_code, rank=target.rank,
        deputy=target.deputy_person_id, superior=target.superior_post_id, chain=hazard.chain_id,
        exercise=hazard.exercise_id, drill=hazard.exercise_id is not None, ladder=steps, carriers=carriers,
        link=f"/hazards/{hazard.id}{page}",
    )  # fmt: skip


def names_of(hazards: Sequence[Hazard]) -> dict[str, str]:
    """Return the names of the hazards' places and of those above each, in one query."""
    paths = {one.place_path for one in hazards}
    return places.names({*paths, *(path[:-4] for path in paths)} - {""})


def why(hazard: Hazard, head: str, names: Mapping[str, str] | None = None) -> str:
    """Return the line of the inbox: what to do, the place, then what was said."""
    names = names_of([hazard]) if names is None else names
    path = hazard.place_path
    where = " ".join(filter(None, (names.get(path[:-4], ""), names.get(path, ""), hazard.where)))
    return _("{head}：{where}，{said}").format(head=head, where=where, said=short(hazard, 60))


def short(hazard: Hazard, most: int = 20) -> str:
    """Return the beginning of what was said, on one line."""
    said = " ".join(hazard.text.split())
    return said if len(said) <= most else said[:most] + "…"


def met(hazard: Hazard, did: Did, *, by: Actor) -> None:
    """It was done, whoever did it: nobody owes it any more."""
    obligations.meet_all(hazard.id, did, by=by)


def free(hazard: Hazard, reason: str, *, by: Actor, but: Did | None = None) -> None:
    """Nobody has to do anything about it any more."""
    for did in STEPS:
        if did != but:
            obligations.void(hazard.id, reason, by=by, did=did)


def tell_reporter(hazard: Hazard, words: str, *, by: Actor) -> bool:
    """Tell who reported it what became of it. False where that is nobody we can reach, or whoever did it."""
    if hazard.reported_person is None or hazard.reported_by is None or hazard.reported_by == by.pseudonym:
        return False
    text = _("你报的隐患「{said}」：{words}").format(said=short(hazard), words=words)
    told = persons([hazard.reported_person])
    obligations.tell_many([_news(hazard, t, text) for t in told])
    return bool(told)


def tell_everybody(hazard: Hazard, words: str, *, by: Actor) -> int:
    """Tell its reporter, and each whose report was merged into it, what became of it. Returns how many were told."""
    merged = list(Hazard.objects.filter(lead=hazard, state=HazardState.MERGED).order_by("id"))
    return sum(tell_reporter(one, words, by=by) for one in [hazard, *merged])


def tell_person(hazard: Hazard, pseudonym: UUID, words: str, *, by: Actor) -> None:
    """Tell one person something about it, unless they did it themselves."""
    if pseudonym != by.pseudonym:
        targets = persons(people.persons_of([pseudonym]).values())
        text = _("{words}（{said}）").format(words=words, said=short(hazard))
        obligations.tell_many([_news(hazard, t, text) for t in targets])


def tell_owner(hazard: Hazard, words: str) -> int:
    """Tell whoever has to rectify it. Returns how many were told."""
    targets = owners(hazard)
    obligations.tell_many([_news(hazard, t, why(hazard, words)) for t in targets])
    return len(targets)


def _news(hazard: Hazard, target: Target, text: str) -> Owed:
    return Owed(
        subject_type="hazards.hazard", subject_id=hazard.id, did=Did.NOTED, person=target.person_id,
        pseudonym=target.pseudonym, place_path=hazard.place_path, why=text, post_title=target.post_title,
        chain=hazard.chain_id, exercise=hazard.exercise_id, drill=hazard.exercise_id is not None, carriers=TEXT,
        link=f"/hazards/{hazard.id}",
    )  # fmt: skip
