"""Persons, their accounts, the bodies they belong to."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.people import terms
from anlan.people.models.columns import path_field

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from anlan.people.models.checkins import Checkin
    from anlan.people.models.posts import Holding


class Person(models.Model):
    """One human being. The ledger knows only the pseudonym.

    `place_path` is the home place: the deepest place of the first post. `pinyin` holds the initials and the
    full spelling, apart by a space ("lxm lixiaoman"). `phone_digest` and `id_digest` are keyed hashes to find by.
    `phone_at` is when the number was last changed, NULL for the one they came with: an older answer proves nothing.
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
    phone_at = models.DateTimeField(null=True)
    place_path = path_field(blank=True)
    since = models.DateTimeField(default=now)
    checkins: "RelatedManager[Checkin]"
    seats_now: list["Holding"]  # of a list (queries.held): what is held at present

    class Meta:
        """A phone is not unique: husband and wife on one line is common in villages."""

        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["phone_digest"], name="people_person_phone"),
            models.Index(fields=["place_path"], name="people_person_path"),
            models.Index(fields=["name"], name="people_person_name"),
            models.Index(fields=["pinyin"], name="people_person_pinyin"),
            models.Index(
                fields=["place_path", "id"],
                name="people_person_to_mend",
                condition=models.Q(reach__in=["dead", "wrong", "silent"]) | models.Q(phone_cipher=None),
            ),
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
    """What signs in. It holds no authority of its own: that comes from its person's posts only.

    `external_id` is the name that the city's directory knows it by (SCIM); it took the account away at `left_at`, and
    the account then stays closed with its person's record.
    """

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
    external_id = models.CharField(max_length=200, null=True, blank=True, unique=True, db_collation="C")
    left_at = models.DateTimeField(null=True, blank=True)

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
