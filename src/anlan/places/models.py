from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext as _

from anlan.kernel.ids import uuid7
from anlan.places import terms

PATH_LENGTH = 40


class PointField(models.Field):  # type: ignore[type-arg]  # the class takes no arguments at run time
    """PostgreSQL's own `point`, as (lon, lat): no extension needed, GiST serves boxes and nearest neighbours."""

    def db_type(self, connection: Any) -> str:  # noqa: ARG002 - Django's signature
        return "point"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> tuple[float, float] | None:  # noqa: ARG002
        if value is None:
            return None
        lon, lat = value.strip("()").split(",")
        return float(lon), float(lat)


class Light(models.Manager["Place"]):
    """Reads places without their shapes and search grams, which weigh more than all the rest."""

    def get_queryset(self) -> models.QuerySet["Place"]:
        return super().get_queryset().defer("shape", "grams")


class Place(models.Model):
    """A node of the tree. Codes are data; the path is the identity that authority and roll-ups stand on."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    path = models.CharField(max_length=PATH_LENGTH, db_collation="C")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    last_child = models.PositiveIntegerField(default=0)  # numbers of removed children are never given again
    level = models.CharField(max_length=12, choices=[(v, terms.LEVEL_NAMES[v]) for v in terms.Level])
    name = models.CharField(max_length=120, db_collation="C")
    pinyin = models.CharField(max_length=120, blank=True, default="", db_collation="C")  # initials, lower case
    aliases = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    grams = ArrayField(models.CharField(max_length=8), default=list, blank=True, editable=False)
    scheme = models.CharField(max_length=12, default="", blank=True)
    code = models.CharField(max_length=40, default="", blank=True, db_collation="C")
    since = models.DateField(null=True, blank=True)  # first day it exists; NULL: as long as anybody knows
    until = models.DateField(null=True, blank=True)  # first day it does not
    successor = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    urban_class = models.CharField(max_length=3, default="", blank=True)
    population = models.PositiveIntegerField(null=True, blank=True)
    households = models.PositiveIntegerField(null=True, blank=True)
    grid_level = models.PositiveSmallIntegerField(null=True, blank=True)
    lines = ArrayField(models.CharField(max_length=40), default=list, blank=True)  # 条线 that work on this same grid
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    point = models.GeneratedField(
        expression=models.Func("lon", "lat", function="point"), output_field=PointField(), db_persist=True
    )
    shape = models.BinaryField(null=True, blank=True)  # WKB, WGS-84
    source = models.CharField(max_length=200, default="", blank=True)
    revision = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)

    objects = Light()
    whole: ClassVar[models.Manager["Place"]] = models.Manager()

    class Meta:
        ordering = ("path",)
        indexes = (
            models.Index(fields=["name"], name="places_name"),
            models.Index(fields=["pinyin"], name="places_pinyin"),
            models.Index(fields=["code"], name="places_code_now"),
        )
        constraints = (
            # a named constraint: `unique=True` would add a second index for LIKE, which COLLATE "C" makes idle
            models.UniqueConstraint(fields=["path"], name="places_path"),
            models.CheckConstraint(
                condition=models.Q(lon__isnull=True, lat__isnull=True)
                | models.Q(lon__gte=-180, lon__lte=180, lat__gte=-90, lat__lte=90),
                name="places_lonlat",
            ),
            models.CheckConstraint(
                condition=models.Q(grid_level__isnull=True) | models.Q(grid_level__gte=1, grid_level__lte=3),
                name="places_grid_level",
            ),
            models.CheckConstraint(
                condition=models.Q(since__isnull=True)
                | models.Q(until__isnull=True)
                | models.Q(until__gte=models.F("since")),
                name="places_validity",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def place_path(self) -> str:
        """Where the row belongs, as every row of the house says it."""
        return self.path

    @property
    def level_name(self) -> str:
        """The level in plain words."""
        return _(terms.LEVEL_NAMES[terms.Level(self.level)])


class Code(models.Model):
    """A code that a place has or had under a scheme: old codes still resolve, by date (domain-facts B1)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place = models.ForeignKey(Place, models.CASCADE, related_name="codes")
    scheme = models.CharField(max_length=12)
    code = models.CharField(max_length=40, db_collation="C")
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["code", "scheme", "since"], name="places_code_once", nulls_distinct=False),
            models.UniqueConstraint(
                fields=["code", "scheme"], condition=models.Q(until__isnull=True), name="places_code_open"
            ),
        )

    def __str__(self) -> str:
        return f"{self.scheme} {self.code}"

    @property
    def scheme_name(self) -> str:
        """The scheme in plain words."""
        return _(terms.SCHEME_NAMES[terms.Scheme(self.scheme)])


class Tree(models.Model):
    """One row. Each change of the tree gives it a new stamp, by which every process knows that its atlas is stale.

    A stamp and not a counter: what a rolled-back transaction counted would be counted again with other content.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    stamp = models.UUIDField(default=uuid7)  # of any change
    shapes = models.UUIDField(default=uuid7)  # of a change that the atlas sees
    last_root = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.stamp)


class Scenery(models.Model):
    """A river or a road, drawn under the places of every map. No duty hangs on it, so it has no place of its own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=10, choices=[(k, k) for k in terms.SCENERY])
    name = models.CharField(max_length=120, blank=True, default="")
    west = models.FloatField()
    south = models.FloatField()
    east = models.FloatField()
    north = models.FloatField()
    length = models.FloatField()  # degrees: the longest are drawn first
    shape = models.BinaryField()  # WKB, WGS-84

    def __str__(self) -> str:
        return self.name or self.kind


class Import(models.Model):
    """A file that somebody checked or brought in, with its report and what it takes to undo it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = models.CharField(max_length=PATH_LENGTH, db_collation="C", blank=True, default="")
    kind = models.CharField(max_length=12)
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    content = models.BinaryField(null=True)  # kept from preview to import, then dropped
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=12, default=terms.ImportState.CHECKED)
    report = models.JSONField(default=dict)
    by_name = models.CharField(max_length=120, default="")
    by_person = models.UUIDField(null=True)
    at = models.DateTimeField(auto_now_add=True)
    stored_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.file_name


class Change(models.Model):
    """What one import did to one place: `was` is NULL where it made the place, else the values it replaced."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey(Import, models.CASCADE, related_name="changes")
    place_id = models.UUIDField(db_index=True)
    revision = models.PositiveIntegerField()  # of the place after the import
    was = models.JSONField(null=True)
    shape_was = models.BinaryField(null=True)

    def __str__(self) -> str:
        return str(self.place_id)


class Reject(models.Model):
    """A row that an import could not place. It waits here until somebody settles it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey(Import, models.CASCADE, related_name="rejects")
    place_path = models.CharField(max_length=PATH_LENGTH, db_collation="C", blank=True, default="")
    row = models.PositiveIntegerField()
    field = models.CharField(max_length=60, default="", blank=True)
    value = models.CharField(max_length=200, default="", blank=True)
    expected = models.CharField(max_length=400)
    raw = models.JSONField(default=dict)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=120, default="", blank=True)
    note = models.CharField(max_length=400, default="", blank=True)

    class Meta:
        ordering = ("batch", "row")
        indexes = (
            models.Index(fields=["place_path"], condition=models.Q(settled_at__isnull=True), name="places_reject_open"),
        )

    def __str__(self) -> str:
        return f"{self.row}: {self.expected}"


class Adjustment(models.Model):
    """A yearly change of divisions: a new table compared with the tree, corrected by people, applied at once.

    `nodes` holds what the table has and the tree has not: {key: {name, code, level, up, urban}}, `up` being a reference
    ("=path" of a place that is there, "+key" of another node). `effects` is what undoing needs (services.undoing).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = models.CharField(max_length=PATH_LENGTH, db_collation="C")
    title = models.CharField(max_length=120)
    basis = models.CharField(max_length=300, blank=True, default="")  # 文号
    day = models.DateField()  # first day of the new boundaries
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=12, default=terms.AdjustmentState.DRAFT)
    same = models.PositiveIntegerField(default=0)
    nodes = models.JSONField(default=dict)
    moved = models.JSONField(default=dict)  # {table: rows} once applied
    effects = models.JSONField(default=dict)
    findings = models.JSONField(default=list)  # rows of the table that could not be read
    by_name = models.CharField(max_length=120, default="")
    at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True)
    applied_by = models.CharField(max_length=120, blank=True, default="")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.title


class AdjustmentLine(models.Model):
    """What becomes of one place that is there (`was`), or one that is new (`was` empty).

    `into` holds references; the first one is the main heir. `choices` says of a split what goes to another heir:
    {path or post id: index into `into`}; `shares` in percent, as `into`. `sure` 0 … 100; below terms.SURE a person
    must look. `taken`: another line says that this new place is an old one under another name.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Adjustment, models.CASCADE, related_name="lines")
    kind = models.CharField(max_length=10)
    level = models.CharField(max_length=12)
    was = models.CharField(max_length=PATH_LENGTH, db_collation="C", blank=True, default="")
    was_name = models.CharField(max_length=120, blank=True, default="")
    was_code = models.CharField(max_length=40, blank=True, default="")
    revision = models.PositiveIntegerField(default=0)
    name = models.CharField(max_length=120, blank=True, default="")
    code = models.CharField(max_length=40, blank=True, default="")
    into = ArrayField(models.CharField(max_length=400), default=list)
    shares = ArrayField(models.PositiveSmallIntegerField(), default=list)
    choices = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, blank=True, default="")
    sure = models.PositiveSmallIntegerField(default=0)
    taken = models.BooleanField(default=False)
    settled_by = models.CharField(max_length=120, blank=True, default="")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("plan", "was", "id")
        constraints = (
            models.UniqueConstraint(fields=["plan", "was"], condition=~models.Q(was=""), name="places_line_once"),
        )

    def __str__(self) -> str:
        return self.was_name or self.name


class Lineage(models.Model):
    """What a path became: rows of before `day` at `was` belong, in later boundaries, to `now` by `share` (0 … 1]."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Adjustment, models.CASCADE, null=True, related_name="lineage")
    kind = models.CharField(max_length=10)
    was = models.CharField(max_length=PATH_LENGTH, db_collation="C")
    now = models.CharField(max_length=PATH_LENGTH, db_collation="C")
    day = models.DateField()
    share = models.FloatField(default=1.0)

    class Meta:
        indexes = (models.Index(fields=["was"], name="places_lineage_was"),
                   models.Index(fields=["now"], name="places_lineage_now"))  # fmt: skip
        constraints = (
            models.CheckConstraint(condition=models.Q(share__gt=0, share__lte=1), name="places_lineage_share"),
        )

    def __str__(self) -> str:
        return f"{self.was} → {self.now}"


class Carried(models.Model):
    """A row of some table that went along with an adjustment: what it takes to bring it back."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Adjustment, models.CASCADE, related_name="+", db_index=False)
    source = models.CharField(max_length=60)  # the table
    row = models.UUIDField()
    run = models.PositiveSmallIntegerField(default=0, db_default=0)  # 0: with the plan; later ones: stragglers
    was = models.CharField(max_length=PATH_LENGTH, db_collation="C")
    now = models.CharField(max_length=PATH_LENGTH, db_collation="C")

    class Meta:
        indexes = (models.Index(fields=["plan", "source"], name="places_carried_plan"),)

    def __str__(self) -> str:
        return f"{self.source} {self.row}"
