"""The duty roster: rotas (值班表), months, shifts (班次), who has which seat, and what changes hands.

No column says when somebody came, left or looked: there is no check-in, no time online, no ranking of persons.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.people import terms
from anlan.people.models.columns import path_field
from anlan.people.models.persons import Organisation, Person


class Rota(models.Model):
    """Who keeps watch at a place. `pattern` maps "workday" and "rest" to shifts [name, "08:00", "20:00"]; one that
    ends no later than it starts ends the next day. `needs` maps a position to how many. `rest_hours`: the least
    rest between two shifts of one person. `phone` is the office's line, not a person's.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=80)
    place_path = path_field()
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, db_index=False)
    line = models.CharField(max_length=40, blank=True, default="")
    phone = models.CharField(max_length=20, blank=True, default="")
    keeper = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    pattern = models.JSONField(default=dict)
    needs = models.JSONField(default=dict)
    rest_hours = models.PositiveSmallIntegerField(default=12)
    since = models.DateTimeField(default=now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        """One open rota of a name at a place."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["place_path", "name"], condition=Q(closed_at=None), name="people_rota_once")
        ]


class RotaMember(models.Model):
    """One who takes turns in a position, in this order."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="members", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    position = models.CharField(max_length=10)
    number = models.PositiveSmallIntegerField(default=0)

    class Meta:
        """Each once per position."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["rota", "position", "person"], name="people_rota_member_once"),
            models.CheckConstraint(condition=Q(position__in=list(terms.Position)), name="people_rota_member_position"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["person"], name="people_rota_member_person")]


class RotaMonth(models.Model):
    """One month of a rota. `provisional`: laid before the State Council's holidays of the year were known."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="months", db_index=False)
    place_path = path_field()
    month = models.DateField()
    state = models.CharField(max_length=10, default=terms.MonthState.DRAFT)
    version = models.PositiveIntegerField(default=0)
    provisional = models.BooleanField(default=False)
    published_at = models.DateTimeField(null=True)

    class Meta:
        """Each month once."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["rota", "month"], name="people_rota_month_once"),
            models.CheckConstraint(condition=Q(state__in=list(terms.MonthState)), name="people_rota_month_state"),
        ]


class RotaVersion(models.Model):
    """A month as it stood after a change; `lines` are [seat, person or None, since this version changed] by seat."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    month = models.ForeignKey(RotaMonth, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    at = models.DateTimeField(default=now)
    by_name = models.CharField(max_length=60, default="")
    what = models.CharField(max_length=120, default="")
    lines = models.JSONField(default=dict)

    class Meta:
        """Counted up from 1."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["month", "number"], name="people_rota_version_once")
        ]


class Shift(models.Model):
    """One stretch of duty, at most 24 hours. `day` is the day it belongs to: the local day on which it starts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="shifts", db_index=False)
    month = models.ForeignKey(RotaMonth, on_delete=models.CASCADE, related_name="shifts")
    place_path = path_field()
    day = models.DateField()
    name = models.CharField(max_length=20)
    kind = models.CharField(max_length=10, default=terms.DayKind.WORKDAY)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        """One shift of a name a day."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["rota", "starts_at", "name"], name="people_shift_once"),
            models.CheckConstraint(condition=Q(kind__in=list(terms.DayKind)), name="people_shift_kind"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="people_shift_span"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["rota", "ends_at"], name="people_shift_ends")]


class ShiftSeat(models.Model):
    """One seat of a shift, filled or empty. Times, place and `published` are copies, so that "who is on duty now" is
    one read of one index. `sequence` counts its changes, for calendars (RFC 5545 SEQUENCE).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="seats", db_index=False)
    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="+", db_index=False)
    place_path = path_field()
    position = models.CharField(max_length=10)
    number = models.PositiveSmallIntegerField(default=1)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    published = models.BooleanField(default=False)
    sequence = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(default=now)

    class Meta:
        """The first index finds who is on duty, the second a person's shifts."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["shift", "position", "number"], name="people_shift_seat_once"),
            models.CheckConstraint(condition=Q(position__in=list(terms.Position)), name="people_shift_seat_position"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["ends_at"], name="people_shift_seat_now", condition=Q(published=True)),
            models.Index(fields=["person", "ends_at"], name="people_shift_seat_person"),
        ]


class ShiftChange(models.Model):
    """替班 or 换班: `seat` is the asker's; `other_seat` the taker's, in a swap. `seen_at`: the keeper has seen it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="changes")
    place_path = path_field()
    kind = models.CharField(max_length=10)
    state = models.CharField(max_length=10, default=terms.ChangeState.ASKED)
    seat = models.ForeignKey(ShiftSeat, on_delete=models.CASCADE, related_name="changes")
    other_seat = models.ForeignKey(ShiftSeat, on_delete=models.CASCADE, null=True, related_name="+")
    asker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    taker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=120, blank=True, default="")
    asked_at = models.DateTimeField(default=now)
    settled_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        """One open question per seat."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["seat"], condition=Q(state=terms.ChangeState.ASKED), name="people_shift_change_open"
            ),
            models.CheckConstraint(condition=Q(state__in=list(terms.ChangeState)), name="people_shift_change_state"),
            models.CheckConstraint(condition=Q(kind__in=list(terms.ChangeKind)), name="people_shift_change_kind"),
        ]


class ShiftGap(models.Model):
    """A hole in a shift of the next hours: told once, open until it is filled or the shift is over."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    seat = models.ForeignKey(ShiftSeat, on_delete=models.CASCADE, related_name="gaps", db_index=False)
    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="+")
    place_path = path_field()
    reason = models.CharField(max_length=10)
    opened_at = models.DateTimeField(default=now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        """One open gap per seat and reason."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["seat", "reason"], condition=Q(closed_at=None), name="people_shift_gap_once"
            ),
            models.CheckConstraint(condition=Q(reason__in=list(terms.GapReason)), name="people_shift_gap_reason"),
        ]


class ShiftSheet(models.Model):
    """A month's table on its way in: its cells are encrypted (they may hold phones) and wiped once it is applied."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="sheets")
    place_path = path_field()
    month = models.DateField()
    filename = models.CharField(max_length=200)
    state = models.CharField(max_length=10, default=terms.SheetState.CHECKED)
    header = models.JSONField(default=list)
    cells_cipher = models.BinaryField(null=True)
    by_name = models.CharField(max_length=60, default="")
    at = models.DateTimeField(default=now)


class CalendarFeed(models.Model):
    """A private address of a calendar: of the owner's own shifts, or of a rota. Only the token's digest is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    digest = models.BinaryField(unique=True)
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    made_at = models.DateTimeField(default=now)
    revoked_at = models.DateTimeField(null=True)
