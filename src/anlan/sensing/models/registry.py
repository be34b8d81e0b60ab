"""What stands where and what it measures, by the names of OGC SensorThings 1.1 (SEN-01)."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7
from anlan.sensing.models.columns import path_field


class Location(models.Model):
    """Where a thing is or was: GeoJSON in WGS-84; `scheme` is the coordinate system it came in (gcj02, bd09, wgs84)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    encoding = models.CharField(max_length=60, default="application/geo+json")
    location = models.JSONField()
    scheme = models.CharField(max_length=10, default="wgs84")
    properties = models.JSONField(default=dict, blank=True)


class Thing(models.Model):
    """A device, at a place. `device` is the name by which gateways call it; `lon`, `lat` degrees, WGS-84.

    `post_id` verifies its alarms, where not whoever stands nearest. `battery` is a share 0…1, null where unknown.
    `life_safety`: somebody is sent first and asked afterwards (SEN-04). `exercise_id`: a thing of a drill.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    exercise_id = models.UUIDField(null=True)
    place_path = path_field()
    kind = models.CharField(max_length=12, default="other")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    properties = models.JSONField(default=dict, blank=True)
    device = models.CharField(max_length=120, null=True, unique=True)
    locations = models.ManyToManyField(Location, related_name="things", blank=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    organisation_id = models.UUIDField(null=True)
    owner = models.CharField(max_length=120, blank=True, default="")
    maker = models.CharField(max_length=120, blank=True, default="")
    post_id = models.UUIDField(null=True)
    life_safety = models.BooleanField(default=False)
    calibration_due = models.DateField(null=True)
    battery = models.FloatField(null=True)
    revision = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField(default=now)
    stopped_at = models.DateTimeField(null=True)
    stopped_why = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["place_path", "kind"], name="sensing_thing_path"),
            models.Index(fields=["calibration_due"], condition=Q(stopped_at=None), name="sensing_thing_due"),
        ]

    def __str__(self) -> str:
        return self.name


class HistoricalLocation(models.Model):
    """Where a thing was from a time on."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    thing = models.ForeignKey(Thing, models.CASCADE, related_name="history")
    time = models.DateTimeField(default=now)
    locations = models.ManyToManyField(Location, related_name="history", blank=True)


class Sensor(models.Model):
    """A procedure or an instrument, as SensorThings has it: shared by many datastreams."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    encoding = models.CharField(max_length=60, default="text/html")
    metadata = models.JSONField(default=str, blank=True)
    properties = models.JSONField(default=dict, blank=True)


class ObservedProperty(models.Model):
    """What is measured. `code` is ours (rain, level, flow, smoke …); `low`, `high` what is physically possible."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=24, null=True, unique=True)
    name = models.CharField(max_length=200)
    definition = models.CharField(max_length=400, blank=True, default="")
    description = models.TextField(blank=True, default="")
    properties = models.JSONField(default=dict, blank=True)
    unit = models.CharField(max_length=24, blank=True, default="")
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)

    def __str__(self) -> str:
        return self.name


class Datastream(models.Model):
    """One property of one thing by one sensor. `id` is small on purpose: each observation carries it.

    `unit` is UCUM (m, mm, m3/s, Cel, 1). `key` is what a payload calls it, unique within a thing. `every` is the
    expected interval in seconds, null where it only speaks on events. `low`, `high` override the property's.
    """

    id = models.AutoField(primary_key=True)
    thing = models.ForeignKey(Thing, models.PROTECT, related_name="datastreams")
    sensor = models.ForeignKey(Sensor, models.PROTECT, related_name="datastreams")
    property = models.ForeignKey(ObservedProperty, models.PROTECT, related_name="datastreams")
    place_path = path_field()
    key = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    observation_type = models.CharField(
        max_length=120, default="http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
    )
    unit = models.CharField(max_length=24, blank=True, default="")
    unit_name = models.CharField(max_length=60, blank=True, default="")
    unit_definition = models.CharField(max_length=200, blank=True, default="")
    properties = models.JSONField(default=dict, blank=True)
    every = models.PositiveIntegerField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    made_at = models.DateTimeField(default=now)
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["place_path"], name="sensing_stream_path")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["thing", "key"], name="sensing_stream_key_once")
        ]

    def __str__(self) -> str:
        return self.name


class FeatureOfInterest(models.Model):
    """What was observed, where an observation says another than its thing's place."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    encoding = models.CharField(max_length=60, default="application/geo+json")
    feature = models.JSONField()
    properties = models.JSONField(default=dict, blank=True)
    location = models.OneToOneField(Location, models.SET_NULL, null=True, related_name="feature")


class ThingImport(models.Model):
    """A list of devices on its way in. `cells` are [row number, cells]; `taken` the rows that became things."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    place_path = path_field()
    filename = models.CharField(max_length=200)
    header = models.JSONField(default=list)
    cells = models.JSONField(default=list)
    taken = ArrayField(models.PositiveIntegerField(), default=list, blank=True)
    scheme = models.CharField(max_length=10, default="wgs84")
    rows = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(default=now)
    made_by = models.UUIDField(null=True)
    made_name = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        db_table = "sensing_thing_import"
