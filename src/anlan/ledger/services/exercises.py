"""Drills: opened and closed like anything else that is done."""

from uuid import UUID

from django.db import transaction

from anlan.kernel import authority, clock
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.ledger.models import Exercise
from anlan.ledger.services.recording import record
from anlan.ledger.terms import Can, Did


@transaction.atomic
def open_exercise(name: str, *, place_path: str, by: Actor) -> Exercise:
    """Start a drill at a place. Raises Invalid without a name, Refused without the permission."""
    authority.require(by, Can.EXERCISE, at=place_path)
    if not name.strip():
        raise Invalid({"name": "演练需要一个名称"})
    exercise = Exercise.objects.create(name=name.strip(), place_path=place_path, started_at=clock.now())
    record(Did.EXERCISE_OPENED, exercise, by=by, name=exercise.name)
    return exercise


@transaction.atomic
def close_exercise(exercise_id: UUID, *, by: Actor) -> Exercise:
    """End a drill. Raises Hidden if there is none, Conflict if it has ended already."""
    exercise = Exercise.objects.select_for_update().filter(id=exercise_id).first()
    if exercise is None:
        raise Hidden
    authority.require(by, Can.EXERCISE, at=exercise.place_path)
    if exercise.ended_at is not None:
        raise Conflict(f"演练「{exercise.name}」已经结束")
    exercise.ended_at = clock.now()
    exercise.save(update_fields=["ended_at"])
    record(Did.EXERCISE_CLOSED, exercise, by=by)
    return exercise
