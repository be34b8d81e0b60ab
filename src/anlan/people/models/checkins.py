"""Double check-in (双报到): registrations, task board, temporary teams. No points, hours or ranking: no columns."""

from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.people import terms
from anlan.people.models.columns import path_field
from anlan.people.models.persons import Organisation, Person

OPEN = (terms.CheckinState.REGISTERED, terms.CheckinState.LISTED)


class Checkin(models.Model):
    """A person × their employer × the community they live in. One that is open per person.

    `place_path` is the community, `spot_path` the estate or building if the tree has it. No door number is asked. The
    person's own row lies at no place, so that only a community that has them sees them. `party`: NULL, not said.
    `employer` is what was written, `organisation` the registered body of that name.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="checkins", db_index=False)
    place_path = path_field()
    spot_path = path_field(blank=True)
    estate = models.CharField(max_length=60, blank=True, default="")
    building = models.CharField(max_length=40, blank=True, default="")
    unit = models.CharField(max_length=20, blank=True, default="")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, db_index=False)
    employer = models.CharField(max_length=120, blank=True, default="")
    skills = ArrayField(models.CharField(max_length=40), default=list)
    times = ArrayField(models.CharField(max_length=12), default=list)
    party = models.BooleanField(null=True)
    state = models.CharField(max_length=10, default=terms.CheckinState.REGISTERED)
    source = models.CharField(max_length=10, default=terms.CheckinSource.SELF)
    led = models.PositiveSmallIntegerField(default=0)
    since = models.DateTimeField(default=now)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=60, blank=True, default="")
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        """Listed by community, by employer, by skill: 130,000 of them (S1)."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "state", "id"], name="people_checkin_place"),
            models.Index(fields=["organisation", "state", "id"], name="people_checkin_employer"),
            models.Index(fields=["person"], name="people_checkin_person"),
            GinIndex(fields=["skills"], name="people_checkin_skills"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(state__in=list(OPEN)), name="people_checkin_once"
            ),
            models.CheckConstraint(condition=models.Q(state__in=list(terms.CheckinState)), name="people_checkin_state"),
        ]


class Task(models.Model):
    """A task on a community's board: what, where, when, how many, which skills help. `urgent`: 急时, else 平时."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    title = models.CharField(max_length=60)
    what = models.CharField(max_length=300, blank=True, default="")
    where = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    wanted = models.PositiveSmallIntegerField()
    skills = ArrayField(models.CharField(max_length=40), default=list)
    urgent = models.BooleanField(default=False)
    state = models.CharField(max_length=10, default=terms.TaskState.OPEN)
    by_name = models.CharField(max_length=60)
    at = models.DateTimeField(default=now)
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=60, blank=True, default="")
    exercise = models.UUIDField(null=True)

    class Meta:
        """A community's board, the open ones first."""

        db_table = "people_task"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "state", "starts_at"], name="people_task_board")
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(state__in=list(terms.TaskState)), name="people_task_state"),
            models.CheckConstraint(condition=models.Q(wanted__gte=1), name="people_task_wanted"),
        ]


class Claim(models.Model):
    """Somebody takes a task on. Erased with their registration."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="claims", db_index=False)
    checkin = models.ForeignKey(Checkin, on_delete=models.CASCADE, related_name="claims")
    state = models.CharField(max_length=10, default=terms.ClaimState.CLAIMED)
    at = models.DateTimeField(default=now)

    class Meta:
        """Once per task and person."""

        db_table = "people_claim"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["task", "checkin"], name="people_claim_once"),
            models.CheckConstraint(condition=models.Q(state__in=list(terms.ClaimState)), name="people_claim_state"),
        ]


class Muster(models.Model):
    """A grouping of a place's registered people for one response. `response`: the affair it serves, if any."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    title = models.CharField(max_length=80)
    state = models.CharField(max_length=10, default=terms.MusterState.PROPOSED)
    least = models.PositiveSmallIntegerField()
    most = models.PositiveSmallIntegerField()
    response = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60)
    at = models.DateTimeField(default=now)
    confirmed_at = models.DateTimeField(null=True)
    disbanded_at = models.DateTimeField(null=True)
    disbanded_by = models.CharField(max_length=60, blank=True, default="")
    reason = models.CharField(max_length=120, blank=True, default="")
    exercise = models.UUIDField(null=True)

    class Meta:
        """The history of a place's groupings, and of a response's."""

        db_table = "people_muster"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "id"], name="people_muster_place"),
            models.Index(fields=["response"], name="people_muster_response"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(state__in=list(terms.MusterState)), name="people_muster_state")
        ]

    @property
    def chain_id(self) -> UUID:
        """The affair that the ledger counts it to."""
        return self.response or self.id


class Squad(models.Model):
    """One temporary team of a grouping, at the estate or building where its people live."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    muster = models.ForeignKey(Muster, on_delete=models.CASCADE, related_name="squads", db_index=False)
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    place_path = path_field()
    people: list["SquadMember"]  # of queries.squads_of: its members, the leader first

    class Meta:
        """Numbered within its grouping."""

        db_table = "people_squad"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["muster", "number"], name="people_squad_number")
        ]


class SquadMember(models.Model):
    """Somebody in a team. `post` is the temporary post that lets a call reach them; it grants nothing.

    The registration may be erased; the row then says only that there was somebody.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    muster = models.ForeignKey(Muster, on_delete=models.CASCADE, related_name="members", db_index=False)
    squad = models.ForeignKey(Squad, on_delete=models.CASCADE, related_name="members")
    checkin = models.ForeignKey(Checkin, on_delete=models.SET_NULL, null=True, related_name="squads")
    leads = models.BooleanField(default=False)
    post_id = models.UUIDField(null=True)

    class Meta:
        """Once per grouping; one leader per team."""

        db_table = "people_squad_member"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["muster", "checkin"], name="people_squad_member_once"),
            models.UniqueConstraint(
                fields=["squad"], condition=models.Q(leads=True), name="people_squad_one_leader"
            ),
        ]  # fmt: skip
