"""The duty list (责任清单, 权责事项): versions, matters, what nobody owns, assignments that were stopped."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.people import terms
from anlan.people.models.columns import path_field
from anlan.people.models.persons import Organisation


class DutyList(models.Model):
    """A version of the list for a place and all below it; a district's list refines the city's, matter by matter.

    In force from `effective_from` to the day before `effective_until`. `batch`: the import it was drafted by.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, default=terms.ListState.DRAFT)
    batch = models.UUIDField(null=True)
    filename = models.CharField(max_length=200, blank=True, default="")
    by_name = models.CharField(max_length=60, default="")
    at = models.DateTimeField(default=now)
    effective_from = models.DateField(null=True)
    effective_until = models.DateField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=60, default="")

    class Meta:
        """Numbered per place; a version in force has a first day."""

        db_table = "people_duty_list"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["place_path", "number"], name="people_duty_list_number"),
            models.CheckConstraint(condition=models.Q(state__in=list(terms.ListState)), name="people_duty_list_state"),
            models.CheckConstraint(
                condition=models.Q(state=terms.ListState.DRAFT) | models.Q(effective_from__isnull=False),
                name="people_duty_list_from",
            ),
        ]


class Matter(models.Model):
    """One matter (事项) of a version: who leads, who assists, on what basis, by when, who may enforce.

    `limit_value` counts in `limit_unit` from `limit_from` (words: "受理起"); NULL where the law sets none.
    `object_code` is its 部件/事件 code (domain-facts B1), where the town has one. `pinyin` as of a person.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    duty_list = models.ForeignKey(DutyList, on_delete=models.CASCADE, related_name="matters", db_index=False)
    code = models.CharField(max_length=40, db_collation="C")
    name = models.CharField(max_length=80)
    category = models.CharField(max_length=40, blank=True, default="")
    keywords = ArrayField(models.CharField(max_length=40), default=list)
    pinyin = models.CharField(max_length=400, blank=True, default="", db_collation="C")
    roll = models.CharField(max_length=10, blank=True, default="")
    lead_name = models.CharField(max_length=120)
    lead = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    assists = ArrayField(models.CharField(max_length=120), default=list)
    street_part = models.CharField(max_length=8, default=terms.Part.NONE)
    street_does = models.CharField(max_length=200, blank=True, default="")
    community_part = models.CharField(max_length=8, default=terms.Part.NONE)
    community_does = models.CharField(max_length=200, blank=True, default="")
    law = models.CharField(max_length=200, blank=True, default="")
    article = models.CharField(max_length=80, blank=True, default="")
    limit_value = models.PositiveIntegerField(null=True)
    limit_unit = models.CharField(max_length=8, blank=True, default="")
    limit_from = models.CharField(max_length=40, blank=True, default="")
    enforcer = models.CharField(max_length=120, blank=True, default="")
    object_code = models.CharField(max_length=20, blank=True, default="")
    note = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        """One code once per version."""

        db_table = "people_matter"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["duty_list", "code"], name="people_matter_code"),
            models.CheckConstraint(
                condition=models.Q(street_part__in=list(terms.Part)) & models.Q(community_part__in=list(terms.Part)),
                name="people_matter_part",
            ),
            models.CheckConstraint(condition=models.Q(roll__in=["", *terms.Roll]), name="people_matter_roll"),
        ]


class Ownerless(models.Model):
    """A matter for which somebody found no lead (无主事项), asked `asked` times; the district's desk settles it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    text = models.CharField(max_length=120)
    where = models.CharField(max_length=120, blank=True, default="")
    asked = models.PositiveIntegerField(default=1)
    by_name = models.CharField(max_length=60)
    at = models.DateTimeField(default=now)
    state = models.CharField(max_length=8, default=terms.OwnerlessState.OPEN)
    outcome = models.CharField(max_length=10, blank=True, default="")
    settled_as = models.CharField(max_length=200, blank=True, default="")
    settled_by = models.CharField(max_length=60, blank=True, default="")
    settled_at = models.DateTimeField(null=True)
    exercise = models.UUIDField(null=True)

    class Meta:
        """The queue of a place; the same words from the same place wait once."""

        db_table = "people_ownerless"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "id"], name="people_ownerless_path")
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["place_path", "text"], condition=models.Q(state="open", exercise=None),
                name="people_ownerless_once",
            )
        ]  # fmt: skip


class Stopped(models.Model):
    """An assignment that the list forbade (越单拦截). Those of an exercise are in no count."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    matter = models.CharField(max_length=120)
    code = models.CharField(max_length=40, blank=True, default="")
    level = models.CharField(max_length=12)
    why = models.CharField(max_length=14)
    by_name = models.CharField(max_length=60)
    at = models.DateTimeField(default=now)
    exercise = models.UUIDField(null=True)

    class Meta:
        """Counted by place and time."""

        db_table = "people_stopped"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["place_path", "id"], name="people_stopped_path")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(why__in=list(terms.Overstep)), name="people_stopped_why")
        ]
