"""Persons, posts and who holds them; accounts; roster imports. A post outlives its holders."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.people import terms


def path_field(*, blank: bool = False) -> "models.CharField[str, str]":
    """Return a column for a place path: base-36 segments of four, compared byte by byte."""
    if blank:
        return models.CharField(max_length=40, db_collation="C", blank=True, default="")
    return models.CharField(max_length=40, db_collation="C")


class Person(models.Model):
    """One human being. The ledger knows only the pseudonym.

    `place_path` is the home place: the deepest place of the first post. `pinyin` holds the initials and the
    full spelling, apart by a space ("lxm lixiaoman"). `phone_digest` and `id_digest` are keyed hashes to find by.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    pseudonym = models.UUIDField(unique=True, default=uuid7, editable=False)
    name = models.CharField(max_length=60, db_collation="C")
    pinyin = models.CharField(max_length=200, blank=True, default="", db_collation="C")
    phone_cipher = models.BinaryField(null=True)
    phone_digest = models.BinaryField(null=True)
    phone_tail = models.CharField(max_length=4, blank=True, default="")
    id_cipher = models.BinaryField(null=True)
    id_digest = models.BinaryField(null=True)
    email = models.EmailField(blank=True, default="")
    reach = models.CharField(max_length=10, default=terms.Reach.UNCHECKED)
    reach_at = models.DateTimeField(null=True)
    place_path = path_field(blank=True)
    since = models.DateTimeField(default=now)
    seats_now: list["Holding"]  # of a list (queries.held): what is held at present

    class Meta:
        """A phone is not unique: husband and wife on one line is common in villages."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["phone_digest"], name="people_person_phone"),
            models.Index(fields=["place_path"], name="people_person_path"),
            models.Index(fields=["name"], name="people_person_name"),
            models.Index(fields=["pinyin"], name="people_person_pinyin"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["id_digest"], name="people_person_identity"),
            models.CheckConstraint(condition=models.Q(reach__in=list(terms.Reach)), name="people_person_reach"),
        ]


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts with a normalised user name."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "Account":
        """Make an account; without a password it cannot sign in until one is set by its link."""
        account = self.model(username=self.model.normalize_username(username), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser):
    """What signs in. It holds no authority of its own: that comes from its person's posts only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(
        _("用户名"),
        max_length=60,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": _("这个用户名已经有人用了")},
    )
    email = models.EmailField(blank=True, default="")
    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="account")
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=now)

    second_factor_owed: bool | None = None  # set by queries.actor_for; None: not asked yet

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def get_full_name(self) -> str:
        """Return the person's name."""
        return self.person.name


class Organisation(models.Model):
    """A body that people belong to; `line` is its 条线 ("防汛", "消防"), empty for a general one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, default=terms.OrganisationKind.GOVERNMENT)
    line = models.CharField(max_length=40, blank=True, default="")
    place_path = path_field()

    class Meta:
        """One name once per place."""

        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["place_path"], name="people_organisation_path")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["place_path", "name"], name="people_organisation_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=list(terms.OrganisationKind)), name="people_organisation_kind"
            ),
        ]


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


class Import(models.Model):
    """A roster on its way in. `mapping` maps a field to a column's index; `counts` maps a row state to a number."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    filename = models.CharField(max_length=200)
    state = models.CharField(max_length=10, default=terms.ImportState.READ)
    header = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    defaults = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    by_name = models.CharField(max_length=60, default="")
    at = models.DateTimeField(default=now)
    done_at = models.DateTimeField(null=True)

    class Meta:
        """Listed by place, newest first."""

        db_table = "people_import"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["place_path", "id"], name="people_import_path")]


class ImportRow(models.Model):
    """One row of a roster. Its cells hold phones, so they are encrypted; they are wiped once the row is in.

    `faults` maps a field to what is wrong and what was expected. `made` says what the row wrote, to undo it; the
    values it replaced are in `before_cipher`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=8, default=terms.RowState.NEW)
    cells_cipher = models.BinaryField(null=True)
    faults = models.JSONField(null=True)
    person_id = models.UUIDField(null=True)
    made = models.JSONField(null=True)
    before_cipher = models.BinaryField(null=True)

    class Meta:
        """Read by state, in the file's order."""

        db_table = "people_import_row"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["batch", "state", "number"], name="people_import_row_order")
        ]
