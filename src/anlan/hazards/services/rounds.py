"""What each post inspects today: one duty for the day («今天要查 7 处»), not one for each object."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from anlan.callout.services import obligations
from anlan.callout.terms import Owed
from anlan.hazards.models import Rounds, Task
from anlan.hazards.queries.objects import today
from anlan.hazards.terms import Can, Did
from anlan.kernel import paths
from anlan.kernel.authority import Actor, machine
from anlan.kernel.clock import CHINA, now
from anlan.kernel.ids import uuid7
from anlan.ledger import services as ledger
from anlan.people import queries as people
from anlan.people.queries import Rooted, Target
from anlan.people.terms import Targeting

HOUR = 20  # of the evening by which a day's inspection should be in
TODAY = "hazards.rounds"


def lay(*, by: Actor | None = None) -> int:
    """Say who inspects what is due today, and lay one duty on each of them; returns on how many. Twice is once."""
    by = by or machine("hazards.rounds")
    with transaction.atomic():
        _take_back(by)
        nobody = _assign()
        if nobody and not _told_today():
            ledger.record(Did.NOBODY_INSPECTS, Rooted(uuid7(), "hazards.tasks"), by=by, count=nobody)
        return _owe(by)


def _told_today() -> bool:
    """Tasks that nobody can do are told once a day: at the run that lays the day's first duty."""
    return Rounds.objects.filter(day=today()).exists()


def _assign() -> int:
    """Give each task of today a post: the nearest that may inspect and has somebody. Returns how many found none."""
    loose = list(
        Task.objects.filter(state="open", due_on__lte=today(), post_id=None, exercise_id=None)
        .values_list("place_path", flat=True).distinct()
    )  # fmt: skip
    if not loose:
        return 0
    found = _nearest(loose)
    pairs = [(path, post) for path, post in found.items()]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE hazards_task t SET post_id = q.post FROM unnest(%s::text[], %s::uuid[]) AS q(path, post) "
            "WHERE t.place_path = q.path AND t.state = 'open' AND t.due_on <= %s AND t.post_id IS NULL "
            "AND t.exercise_id IS NULL",
            [[p for p, _post in pairs], [post for _p, post in pairs], today()],
        )
    missing = [path for path in loose if path not in found]
    return Task.objects.filter(
        state="open", due_on__lte=today(), post_id=None, exercise_id=None, place_path__in=missing
    ).count() if missing else 0  # fmt: skip


def _nearest(wanted: Iterable[str]) -> dict[str, UUID]:
    """Return {path: the post nearest above it that grants the inspecting and that somebody answers for}."""
    roles = tuple(r.code for r in people.list_roles() if Can.INSPECT in r.grants)
    spots = {up for path in wanted for up in paths.ancestors(path)}
    if not roles or not spots:
        return {}
    at: dict[str, Target] = {}
    for t in people.take(Targeting((), roles, at=tuple(sorted(spots))), limit=200_000):
        kept = at.get(t.place_path)
        if kept is None or (t.rank, str(t.post_id)) < (kept.rank, str(kept.post_id)):
            at[t.place_path] = t  # of several at one place the least senior goes: a grid worker before a leader
    found = {}
    for path in wanted:
        near = next((at[up] for up in reversed(paths.ancestors(path)) if up in at), None)
        if near is not None:
            found[path] = near.post_id
    return found


def _owe(by: Actor) -> int:
    """Lay the day's duty on whoever answers for each post that has something due and has none yet."""
    due = Counter(
        post for post in Task.objects.filter(
            state="open", due_on__lte=today(), post_id__isnull=False, exercise_id=None
        ).values_list("post_id", flat=True) if post
    )  # fmt: skip
    there = set(Rounds.objects.filter(day=today(), post_id__in=list(due)).values_list("post_id", flat=True))
    wanted = [post for post in due if post not in there]
    answering = people.answering(wanted) if wanted else {}
    rows = [Rounds(post_id=p, day=today(), count=due[p]) for p in wanted if p in answering]
    Rounds.objects.bulk_create(rows, ignore_conflicts=True)
    end = dt.datetime.combine(today(), dt.time(HOUR), CHINA)
    obligations.owe_many([_duty(row, answering[row.post_id], max(end, now())) for row in rows], by=by)
    return len(rows)


def _duty(row: Rounds, t: Target, end: dt.datetime) -> Owed:
    return Owed(
        subject_type=TODAY, subject_id=row.id, did=Did.VISITED, person=t.person_id, pseudonym=t.pseudonym,
        place_path=t.place_path, why=_("今天要查 {count} 处").format(count=row.count), due_at=end, post=t.post_id,
        post_title=t.post_title, role=t.role_code, rank=t.rank, deputy=t.deputy_person_id,
        superior=t.superior_post_id, link="/inspections/today",
    )  # fmt: skip


def _take_back(by: Actor) -> None:
    """What was not inspected on its day is counted (漏检) and stands in today's round; yesterday's duty is over."""
    old = list(Rounds.objects.filter(day__lt=today(), met_at=None).values_list("id", flat=True))
    if old:
        obligations.void_many(old, _("这一天过去了"), by=by)
        Rounds.objects.filter(id__in=old).update(met_at=now())


def settle(task: Task, *, by: Actor) -> None:
    """A task is done: the day's duty of its post is met once nothing due is left."""
    if task.post_id is None:
        return
    if Task.objects.filter(post_id=task.post_id, state="open", due_on__lte=today(), exercise_id=None).exists():
        return
    rows: Sequence[Rounds] = list(Rounds.objects.filter(post_id=task.post_id, day=today(), met_at=None))
    for row in rows:  # one at most
        obligations.meet_all(row.id, Did.VISITED, by=by)
        row.met_at = now()
        row.save(update_fields=["met_at"])
