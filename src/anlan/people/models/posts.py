"""Roles, posts and who holds them. A post outlives its holders."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.people import terms
from anlan.people.models.columns import path_field
from anlan.people.models.persons import Organisation, Person


class Role(models.Model):
    """What a kind of post may do, as data. `rank`: higher is more senior and is called first.

    `leads`: takes what climbs from the posts below. `deputy_acts`: the B岗 holds the same grants. `second_factor`:
    whoever holds it must sign in with a second factor, and appointing to it takes `people.accounts`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=40, unique=True, db_collation="C")
    name = models.CharField(max_length=40)
    rank = models.PositiveSmallIntegerField()
    grants = ArrayField(models.CharField(max_length=60), default=list)
    aliases = ArrayField(models.CharField(max_length=40), default=list)
    deputy_acts = models.BooleanField(default=True)
    leads = models.BooleanField(default=False)
    second_factor = models.BooleanField(default=False)


class Post(models.Model):
    """A role at a place. `rank` and `level` are copies (of the role's and of the place's), so that a mass of posts is
    read in calling order from one index. It is open while `until` is NULL.

    `superior` is the nearest leading post, at this place or above, that is more senior (services.relink_superiors),
    unless `superior_fixed` says that somebody chose it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.CharField(max_length=80)
    role = models.ForeignKey(Role, on_delete=models.PROTECT, to_field="code", db_column="role_code")
    place = models.ForeignKey("places.Place", on_delete=models.PROTECT, related_name="+")
    place_path = path_field()
    level = models.CharField(max_length=12)
    rank = models.PositiveSmallIntegerField()
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, db_index=False)
    skills = ArrayField(models.CharField(max_length=40), default=list)
    superior = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="inferiors")
    superior_fixed = models.BooleanField(default=False)
    since = models.DateTimeField(default=now)
    until = models.DateTimeField(null=True)
    seats_now: list["Holding"]  # of a list (queries.held): who sits there at present

    class Meta:
        """The first index gives the calling order, the second a place's posts."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(models.F("rank").desc(), "id", name="people_post_calling", condition=models.Q(until=None)),
            models.Index(fields=["place_path", "role"], name="people_post_path"),
        ]


class Holding(models.Model):
    """A person in a post. In force while `until` is NULL; one A岗 and one B岗 at a time.

    `minding`: 代管, the person minds a vacant post beside their own. Away (休假) from `away_since` to `away_until`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="holdings", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="holdings", db_index=False)
    place_path = path_field()
    seat = models.CharField(max_length=1, default=terms.Seat.A)
    minding = models.BooleanField(default=False)
    since = models.DateTimeField(default=now)
    until = models.DateTimeField(null=True)
    away_since = models.DateTimeField(null=True)
    away_until = models.DateTimeField(null=True)
    away_reason = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        """The indexes on a holding in force serve targeting; the ended ones are few and are found by person."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["person"], name="people_holding_person"),
            models.Index(fields=["post"], name="people_holding_post"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["post", "seat"], condition=models.Q(until=None), name="people_holding_one_per_seat"
            ),
            models.CheckConstraint(condition=models.Q(seat__in=list(terms.Seat)), name="people_holding_seat"),
        ]
