"""What a hazard looks like and how a place is checked: kinds, checklists, their versions and items."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from anlan.hazards import terms
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7


class KindRow(models.Model):
    """One version of a typical hazard (常见隐患, HZD-14). `code` is stable; the highest published version counts.

    A published version never changes (a trigger of the database); only `retired_at` may. `quick` 1 … 8 puts it on a
    tile of the field page, under the words of `tile`.

    `codes` maps it to other schemes: {"部件": "0101", "事件": "0203"}. `responsible` names who rectifies as a rule.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=24)
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=60)
    trade = models.CharField(max_length=12, default=terms.Trade.OTHER)
    words = models.TextField()
    signs = models.TextField(blank=True, default="")
    basis = models.TextField(blank=True, default="")
    advice = models.TextField(blank=True, default="")
    control = models.TextField(blank=True, default="")
    grade = models.CharField(max_length=8, default=terms.Grade.GENERAL)
    limit = models.CharField(max_length=8, default=terms.Limit.D7)
    responsible = models.CharField(max_length=120, blank=True, default="")
    consult = models.CharField(max_length=120, blank=True, default="")
    professional = models.BooleanField(default=False)
    icon = models.CharField(max_length=24, blank=True, default="")
    aliases = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    codes = models.JSONField(default=dict, blank=True)
    quick = models.PositiveSmallIntegerField(null=True)
    tile = models.CharField(max_length=12, blank=True, default="")
    made_at = models.DateTimeField(default=now)
    published_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    by_name = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        db_table = "hazards_kind"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code", "version"], name="hazards_kind_once"),
            models.CheckConstraint(condition=Q(trade__in=list(terms.Trade)), name="hazards_kind_trade"),
            models.CheckConstraint(condition=Q(limit__in=list(terms.Limit)), name="hazards_kind_limit"),
            models.CheckConstraint(condition=Q(grade__in=list(terms.Grade)), name="hazards_kind_grade"),
            models.UniqueConstraint(fields=["code"], condition=Q(published_at=None), name="hazards_kind_one_draft"),
        ]

    def __str__(self) -> str:
        return self.name


class Checklist(models.Model):
    """A checklist (检查表), for objects of some kinds, for the trades of some departments."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=24, unique=True)
    name = models.CharField(max_length=80)
    trade = models.CharField(max_length=12, default=terms.Trade.OTHER)
    line = models.CharField(max_length=40, blank=True, default="")
    object_kinds = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    for_self = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class ChecklistVersion(models.Model):
    """One version. Once published it never changes: a result stays tied to what was checked against (HZD-04).

    `standard` names what it follows, with its number and year («GB 35181-2025»). `form` is the XLSForm that it came
    from, if any, as read by pyxform.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    checklist = models.ForeignKey(Checklist, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    standard = models.CharField(max_length=200, blank=True, default="")
    note = models.CharField(max_length=200, blank=True, default="")
    form = models.JSONField(null=True)
    made_at = models.DateTimeField(default=now)
    made_name = models.CharField(max_length=60, blank=True, default="")
    published_at = models.DateTimeField(null=True)
    published_by = models.UUIDField(null=True)
    published_name = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        db_table = "hazards_checklist_version"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["checklist", "number"], name="hazards_checklist_version_once"),
            models.UniqueConstraint(
                fields=["checklist"], condition=Q(published_at=None), name="hazards_checklist_one_draft"
            ),
        ]


class Item(models.Model):
    """One question of a version. `code` follows the same question through the versions; `kind` is what a fail is."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey(ChecklistVersion, models.PROTECT, related_name="items")
    position = models.PositiveSmallIntegerField()
    section = models.CharField(max_length=60, blank=True, default="")
    code = models.CharField(max_length=24)
    question = models.CharField(max_length=200)
    how = models.TextField(blank=True, default="")
    basis = models.TextField(blank=True, default="")
    advice = models.TextField(blank=True, default="")
    kind = models.CharField(max_length=24, blank=True, default="")
    grade = models.CharField(max_length=8, default=terms.Grade.GENERAL)
    limit = models.CharField(max_length=8, default=terms.Limit.D7)
    professional = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "code"], name="hazards_item_code_once"),
            models.UniqueConstraint(fields=["version", "position"], name="hazards_item_position_once"),
        ]

    def __str__(self) -> str:
        return self.question


class LibrarySheet(models.Model):
    """A file of kinds or checklists that was read and waits for a person to look at it.

    `what`: "kinds", "lists", "form" (XLSForm). `body`: {"lines": [[row, values, faults]]} or {"lists": […]}, as the
    readers make it. `wants`: what an XLSForm still has to be told ({choice list: {choice: pass | fail | na}}).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    what = models.CharField(max_length=8)
    filename = models.CharField(max_length=200, blank=True, default="")
    content = models.BinaryField(null=True)
    body = models.JSONField(default=dict)
    by_person = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60, blank=True, default="")
    at = models.DateTimeField(default=now)
    done_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)

    class Meta:
        db_table = "hazards_library_sheet"
