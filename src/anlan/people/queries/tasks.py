"""The task board read: what a community looks for, who claimed it, what somebody may claim."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Hidden
from anlan.people import terms
from anlan.people.models import Checkin, Claim, Task
from anlan.people.queries.scope import under, within

LIVE = (terms.ClaimState.CLAIMED, terms.ClaimState.WAITING)


def _counted(found: QuerySet[Task]) -> QuerySet[Task]:
    return found.annotate(
        claimed=Count("claims", filter=Q(claims__state__in=(terms.ClaimState.CLAIMED, terms.ClaimState.DONE))),
        waiting=Count("claims", filter=Q(claims__state=terms.ClaimState.WAITING)),
    )


def list_tasks(*, by: Actor, state: str = "", path: str = "") -> QuerySet[Task]:
    """Return the tasks of the actor's communities with `claimed` and `waiting`, the soonest first."""
    found = Task.objects.filter(within(by, terms.Can.CHECKINS))
    if state:
        found = found.filter(state=state)
    if path:
        found = found.filter(under(path))
    return _counted(found).order_by("-urgent", "starts_at", "id")


def task(task_id: UUID, *, by: Actor) -> Task:
    """Return a task of the actor's communities. Raises Hidden."""
    found = list_tasks(by=by).filter(id=task_id).first()
    if found is None:
        raise Hidden
    return found


def lock_task(task_id: UUID, by: Actor) -> Task:
    """Lock a task for a change. Raises Hidden."""
    found = Task.objects.select_for_update().filter(id=task_id).first()
    if found is None or not authority.holds(by, terms.Can.CHECKINS, at=found.place_path):
        raise Hidden
    return found


def claims_of(one: Task) -> QuerySet[Claim]:
    """Return who claimed a task, in the order they came, whoever left last."""
    return one.claims.select_related("checkin", "checkin__person").order_by("state", "at", "id")


@dataclass(frozen=True, slots=True)
class Offer:
    """A task as somebody sees it who may claim it. `mine` is their claim's state, "" for none; `fits` their skills."""

    task: Task
    left: int
    mine: str
    fits: bool


def offers(one: Checkin) -> list[Offer]:
    """Return the open tasks of somebody's community and street, and those they claimed. Two queries."""
    mine = dict(one.claims.values_list("task", "state"))
    near = Q(place_path__in=paths.ancestors(one.place_path), state=terms.TaskState.OPEN)
    taken = Q(id__in=[key for key, state in mine.items() if state in LIVE], state=terms.TaskState.OPEN)
    found = _counted(Task.objects.filter(near | taken, exercise=None)).order_by("-urgent", "starts_at", "id")[:100]
    return [
        Offer(
            row,
            max(row.wanted - row.claimed, 0),  # type: ignore[attr-defined]
            mine.get(row.id, ""),
            not row.skills or bool(set(row.skills) & set(one.skills)),
        )
        for row in found
    ]
