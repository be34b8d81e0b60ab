"""What a phone keeps to work without a network: the library, hazards of its owner's places, what they inspect."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q

from anlan.hazards.models import ChecklistVersion, EvidenceRow, Hazard, KindRow, Object, Task
from anlan.hazards.queries import library, objects, scope, tasks
from anlan.hazards.terms import GRADE_NAMES, OPEN, STATE_NAMES, Can, Grade, HazardState
from anlan.kernel import authority, clock
from anlan.kernel.authority import Actor

MOST, PHOTOS = 150, 4  # hazards that a phone keeps, photos shown of each
THINGS, TASKS = 500, 100  # objects and tasks that a phone keeps


class Library:
    """The typical hazards, the tiles and the checklists: the city's, the same for everybody."""

    def of(self, by: Actor, since: dt.datetime | None) -> Mapping[str, Any]:  # noqa: ARG002 - ports.Pack's signature
        """Return {"kinds", "quick", "checklists"} whole (`library.for_pack`); {} where nothing was published since."""
        if since is not None and not _published_since(since):
            return {}
        return {"whole": True} | library.for_pack()


def _published_since(since: dt.datetime) -> bool:
    fresh = Q(published_at__gte=since)
    return KindRow.objects.filter(fresh).exists() or ChecklistVersion.objects.filter(fresh).exists()


class Hazards:
    """Open hazards of the actor's places and those that are theirs to rectify; small, so it is always given whole."""

    def of(self, by: Actor, since: dt.datetime | None) -> Mapping[str, Any]:  # noqa: ARG002 - ports.Pack's signature
        """Return {"hazards": [...]}: what waits for the actor first, then the newest. Four queries at most.

        Each is {id, number, text, kind, where, state, state_name, grade_name, due_at, revision, acts, lon, lat, photos,
        attempt, attempt_by, refused}; `acts` says which buttons to show and gives no right: the services ask again.
        """
        owned = set(Hazard.objects.filter(scope.owned(by), state=HazardState.ASSIGNED).values_list("id", flat=True))
        near = scope.within(by).filter(state__in=list(OPEN)) | Hazard.objects.filter(
            scope.owned(by), exercise_id=by.exercise, state__in=list(OPEN)
        )
        found = list(near.distinct().order_by("-arrived_at")[:MOST])
        rows = [(one, _acts(one, by, owned=one.id in owned)) for one in found]
        rows.sort(key=lambda row: not row[1])
        photos = _photos([one for one, _acts in rows])
        return {"whole": True, "hazards": [_shown(one, acts, photos.get(str(one.id), [])) for one, acts in rows]}


def _acts(one: Hazard, by: Actor, *, owned: bool) -> list[str]:
    if one.state == HazardState.ASSIGNED:
        return ["rectify"] if owned or authority.holds(by, Can.RECTIFY, at=one.place_path) else []
    judges = by.pseudonym not in {None, one.rectified_by} and authority.holds(by, Can.ACCEPT, at=one.place_path)
    return ["accept", "refuse"] if one.state == HazardState.RECTIFIED and judges else []


def _photos(found: Sequence[Hazard]) -> dict[str, list[dict[str, str]]]:
    shown: dict[str, list[dict[str, str]]] = {}
    for row in EvidenceRow.objects.filter(hazard__in=found).order_by("-added_at", "-id"):
        kept = shown.setdefault(str(row.hazard_id), [])
        if len(kept) < PHOTOS:
            kept.append({"id": str(row.id), "phase": row.phase, "url": f"/hazards/photos/{row.id}?small"})
    return shown


def _shown(one: Hazard, acts: list[str], photos: list[dict[str, str]]) -> dict[str, Any]:
    waits = one.state == HazardState.RECTIFIED
    return {
        "id": str(one.id), "number": one.number, "text": one.text, "kind": one.kind, "where": one.where,
        "state": one.state, "state_name": str(STATE_NAMES[HazardState(one.state)][1]),
        "grade_name": str(GRADE_NAMES[Grade(one.grade)]) if one.grade else "", "due_at": one.due_at,
        "revision": one.revision, "acts": acts, "lon": one.lon, "lat": one.lat, "photos": photos,
        "attempt": one.opinion if waits else "", "attempt_by": one.rectified_name if waits else "",
        "refused": one.opinion if one.state == HazardState.ASSIGNED and one.refusals else "",
    }  # fmt: skip


class Inspections:
    """The objects that the actor inspects and their tasks of the next days; given whole."""

    def of(self, by: Actor, since: dt.datetime | None) -> Mapping[str, Any]:  # noqa: ARG002 - ports.Pack's signature
        """Return {"tasks", "objects"}.

        A task is {id, title, object, where, due_at, lists, note}, an object {id, name, kind, where, place, lon, lat,
        due_at, lists}; `lists` of an object are the checklists that fit it, of a task those that its plan names (none:
        the object's).
        """
        if not authority.anywhere(by, [Can.INSPECT]):
            return {"whole": True, "tasks": [], "objects": []}
        due = [*tasks.mine_today(by)[:TASKS], *tasks.mine_soon(by)[:TASKS]][:TASKS]
        named = {c for one in due for part in one.parts.all() for c in part.checklists}
        versions = {v.checklist_id: str(v.id) for v in tasks.versions_of(named)} if named else {}
        here = Object.objects.filter(objects.within(by, Can.INSPECT), closed_at=None)
        things = list(here.order_by("next_due_on", "name", "id")[:THINGS])
        lists = library.for_kinds({t.kind for t in things})
        return {
            "whole": True,
            "tasks": [_task(one, versions) for one in due],
            "objects": [
                {
                    "id": str(t.id), "name": t.name, "kind": t.kind, "where": t.where, "place": t.place_path,
                    "lon": t.lon, "lat": t.lat, "due_at": _evening(t.next_due_on),
                    "lists": lists[t.kind],
                }
                for t in things
            ],
        }  # fmt: skip


def _task(one: Task, versions: Mapping[Any, str]) -> dict[str, Any]:
    lists = dict.fromkeys(versions[c] for part in one.parts.all() for c in part.checklists if c in versions)
    thing = one.object
    return {
        "id": str(one.id), "title": thing.name if thing else "", "object": str(thing.id) if thing else None,
        "where": thing.where if thing else "", "due_at": _evening(one.due_on), "lists": list(lists),
        "note": "、".join(dict.fromkeys(part.programme.name for part in one.parts.all() if part.programme)),
    }  # fmt: skip


def _evening(day: dt.date | None) -> dt.datetime | None:
    """Return the end of a day on China's wall clock: a task may be done all day."""
    return (
        clock.local(clock.now()).replace(
            year=day.year, month=day.month, day=day.day, hour=23, minute=59, second=59, microsecond=0
        )
        if day
        else None
    )
