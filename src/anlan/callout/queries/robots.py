"""Robots of group chats as the settings pages list them."""

from uuid import UUID

from django.db.models import QuerySet

from anlan.callout.models import Robot, RobotPost
from anlan.callout.terms import Can
from anlan.kernel.authority import Actor, Hidden
from anlan.people import queries as people


def robots(*, by: Actor, text: str = "", path: str = "") -> QuerySet[Robot]:
    """Return the robots that the actor looks after, by place and name."""
    found = Robot.objects.filter(people.within(by, Can.ROBOTS))
    if text:
        found = found.filter(name__icontains=text)
    if path:
        found = found.filter(people.under(path))
    return found.order_by("place_path", "name", "id")


def robot(robot_id: UUID, *, by: Actor) -> Robot:
    """Return a robot. Raises Hidden."""
    found = robots(by=by).filter(id=robot_id).first()
    if found is None:
        raise Hidden(str(robot_id))
    return found


def posts(robot: Robot, limit: int = 20) -> list[RobotPost]:
    """Return what a robot said last, and what it could not."""
    return list(robot.posts.exclude(state="idle").order_by("-id")[:limit])
