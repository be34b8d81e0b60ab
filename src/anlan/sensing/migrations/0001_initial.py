import csv
from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

import anlan.kernel.clock
import anlan.kernel.ids
from anlan.sensing import lifecycle

_GIVEN = (
    ("'incidents.see' = ANY(grants) OR 'hazards.inspect' = ANY(grants)", "sensing.see"),
    ("'incidents.verify' = ANY(grants)", "sensing.verify sensing.manage sensing.rules"),
    ("code IN ('system_admin', 'city_duty')", "sensing.feeds sensing.send"),
    ("code = 'system_admin'", "sensing.manage sensing.rules"),
    ("code IN ('district_duty', 'city_duty', 'approver')", "sensing.purpose"),
)
GRANTS = "".join(
    f"UPDATE people_role SET grants = grants || '{{{can}}}' WHERE ({whose}) AND NOT '{can}' = ANY(grants);"
    for whose, cans in _GIVEN
    for can in cans.split()
)

# The application's role has no DDL: months are added, and old ones dropped, by two functions of the owner.
STORE = """
CREATE TABLE sensing_observation (
  stream integer NOT NULL,
  at timestamptz NOT NULL,
  value double precision,
  came timestamptz NOT NULL,
  mark smallint NOT NULL DEFAULT 0,
  other jsonb,
  CONSTRAINT sensing_observation_pkey PRIMARY KEY (stream, at)
) PARTITION BY RANGE (at);
CREATE TABLE sensing_observation_default PARTITION OF sensing_observation DEFAULT;

CREATE FUNCTION sensing_add_partition(first date) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
  month date := date_trunc('month', first)::date;
  part text := 'sensing_observation_' || to_char(month, 'YYYY_MM');
  low timestamptz := month::timestamp AT TIME ZONE 'UTC';
  high timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
  IF to_regclass('public.' || part) IS NOT NULL OR first < '1990-01-01' OR first > now() + interval '13 months' THEN
    RETURN false;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('sensing_add_partition'));
  IF to_regclass('public.' || part) IS NOT NULL
     OR EXISTS (SELECT FROM sensing_observation_default WHERE at >= low AND at < high) THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE public.%I PARTITION OF sensing_observation FOR VALUES FROM (%L) TO (%L)',
                 part, low, high);
  EXECUTE format('CREATE INDEX %I ON public.%I USING brin (at) WITH (pages_per_range = 32, autosummarize = on)',
                 part || '_at', part);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE ON public.%I TO anlan_app', part);
  RETURN true;
END $$;

-- Retention: whole months before a day. What is younger than three months is never dropped.
CREATE FUNCTION sensing_drop_before(day date) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
  part text;
  gone integer := 0;
BEGIN
  IF day > current_date - interval '3 months' THEN
    RAISE EXCEPTION 'readings younger than three months are kept' USING ERRCODE = 'check_violation';
  END IF;
  FOR part IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'public.sensing_observation'::regclass AND c.relname ~ '^sensing_observation_[0-9]{4}_[0-9]{2}$'
      AND to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= day
  LOOP
    EXECUTE format('DROP TABLE public.%I', part);
    gone := gone + 1;
  END LOOP;
  RETURN gone;
END $$;
REVOKE ALL ON FUNCTION sensing_add_partition(date), sensing_drop_before(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sensing_add_partition(date), sensing_drop_before(date) TO anlan_app;
SELECT sensing_add_partition((now() + make_interval(months => m))::date) FROM generate_series(-1, 2) AS m;
REVOKE DELETE, TRUNCATE ON sensing_observation, sensing_observation_default FROM anlan_app;

-- A version that was on says for ever what it said.
CREATE FUNCTION sensing_version_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a rule that was on keeps its words: make a new version' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER sensing_version_frozen BEFORE UPDATE OF spec, number, rule_id ON sensing_ruleversion FOR EACH ROW
  WHEN (OLD.on_at IS NOT NULL AND (OLD.spec, OLD.number, OLD.rule_id) IS DISTINCT FROM (NEW.spec, NEW.number, NEW.rule_id))
  EXECUTE FUNCTION sensing_version_frozen();
ALTER TABLE sensing_latest SET (fillfactor = 50);
"""


def starting_properties(apps, _schema_editor):
    """Lay the observed properties that China's small sensors send, with what is physically possible."""
    made = apps.get_model("sensing", "ObservedProperty")
    with (Path(__file__).parents[1] / "starting_properties.csv").open(encoding="utf-8") as file:
        made.objects.bulk_create(
            made(
                code=row["code"], name=row["name"], unit=row["unit"], definition=row["definition"],
                properties={"unit_name": row["unit_name"]}, low=float(row["low"]), high=float(row["high"]),
            )
            for row in csv.DictReader(file)
        )  # fmt: skip


class Migration(migrations.Migration):
    initial = True

    dependencies = [("people", "0009_calendar")]

    operations = [
        migrations.CreateModel(
            name="Observation",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "stream", "at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("stream", models.IntegerField()),
                ("at", models.DateTimeField()),
                ("value", models.FloatField(null=True)),
                ("came", models.DateTimeField()),
                ("mark", models.SmallIntegerField(default=0)),
                ("other", models.JSONField(null=True)),
            ],
            options={
                "db_table": "sensing_observation",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Arrival",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("came", models.DateTimeField()),
                ("count", models.PositiveIntegerField()),
                ("packed", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Datastream",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("place_path", models.CharField(db_collation="C", max_length=40)),
                ("key", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True, default="")),
                (
                    "observation_type",
                    models.CharField(
                        default="http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement", max_length=120
                    ),
                ),
                ("unit", models.CharField(blank=True, default="", max_length=24)),
                ("unit_name", models.CharField(blank=True, default="", max_length=60)),
                ("unit_definition", models.CharField(blank=True, default="", max_length=200)),
                ("properties", models.JSONField(blank=True, default=dict)),
                ("every", models.PositiveIntegerField(null=True)),
                ("low", models.FloatField(null=True)),
                ("high", models.FloatField(null=True)),
                ("made_at", models.DateTimeField(default=anlan.kernel.clock.now)),
                ("stopped_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Day",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "stream", "on", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("stream", models.IntegerField()),
                ("on", models.DateField()),
                ("count", models.IntegerField()),
                ("low", models.FloatField()),
                ("high", models.FloatField()),
                ("total", models.FloatField()),
            ],
        ),
        migrations.CreateModel(
            name="Feed",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("place_path", models.CharField(db_collation="C", max_length=40)),
                ("kind", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=80)),
                ("config", models.JSONField(blank=True, default=dict)),
                ("secret", models.BinaryField(null=True)),
                ("state", models.CharField(default="off", max_length=4)),
                ("health", models.JSONField(blank=True, default=dict)),
                ("revision", models.PositiveIntegerField(default=1)),
                ("made_at", models.DateTimeField(default=anlan.kernel.clock.now)),
            ],
        ),
        migrations.CreateModel(
            name="Hour",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "stream", "at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("stream", models.IntegerField()),
                ("at", models.DateTimeField()),
                ("count", models.IntegerField()),
                ("low", models.FloatField()),
                ("high", models.FloatField()),
                ("total", models.FloatField()),
            ],
        ),
        migrations.CreateModel(
            name="Location",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True, default="")),
                ("encoding", models.CharField(default="application/geo+json", max_length=60)),
                ("location", models.JSONField()),
                ("scheme", models.CharField(default="wgs84", max_length=10)),
                ("properties", models.JSONField(blank=True, default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="ObservedProperty",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("code", models.CharField(max_length=24, null=True, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("definition", models.CharField(blank=True, default="", max_length=400)),
                ("description", models.TextField(blank=True, default="")),
                ("properties", models.JSONField(blank=True, default=dict)),
                ("unit", models.CharField(blank=True, default="", max_length=24)),
                ("low", models.FloatField(null=True)),
                ("high", models.FloatField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Purpose",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("place_path", models.CharField(db_collation="C", max_length=40)),
                ("kind", models.CharField(max_length=12)),
                ("name", models.CharField(max_length=120)),
                ("basis", models.CharField(max_length=200)),
                ("assessment", models.CharField(max_length=60)),
                ("until", models.DateField()),
                ("made_at", models.DateTimeField(default=anlan.kernel.clock.now)),
                ("made_by", models.UUIDField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_why", models.CharField(blank=True, default="", max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="RuleVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("spec", models.JSONField()),
                ("tried", models.JSONField(null=True)),
                ("on_at", models.DateTimeField(null=True)),
                ("off_at", models.DateTimeField(null=True)),
                ("made_at", models.DateTimeField(default=anlan.kernel.clock.now)),
                ("made_by", models.UUIDField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Sensor",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True, default="")),
                ("encoding", models.CharField(default="text/html", max_length=60)),
                ("metadata", models.JSONField(blank=True, default=str)),
                ("properties", models.JSONField(blank=True, default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Latest",
            fields=[
                (
                    "stream",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="latest",
                        serialize=False,
                        to="sensing.datastream",
                    ),
                ),
                ("at", models.DateTimeField()),
                ("value", models.FloatField(null=True)),
                ("came", models.DateTimeField()),
                ("mark", models.SmallIntegerField(default=0)),
                ("level", models.SmallIntegerField(default=0)),
                ("silent_since", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="FeatureOfInterest",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True, default="")),
                ("encoding", models.CharField(default="application/geo+json", max_length=60)),
                ("feature", models.JSONField()),
                ("properties", models.JSONField(blank=True, default=dict)),
                (
                    "location",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="feature",
                        to="sensing.location",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="datastream",
            name="property",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="datastreams", to="sensing.observedproperty"
            ),
        ),
        migrations.CreateModel(
            name="Rule",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("place_path", models.CharField(db_collation="C", max_length=40)),
                ("name", models.CharField(max_length=80)),
                ("kind", models.CharField(max_length=12)),
                ("thing_kind", models.CharField(blank=True, default="", max_length=12)),
                ("property", models.CharField(blank=True, default="", max_length=24)),
                ("about", models.CharField(blank=True, default="", max_length=12)),
                ("advice", models.CharField(blank=True, default="", max_length=400)),
                ("life_safety", models.BooleanField(default=False)),
                ("state", models.CharField(default="draft", max_length=8)),
                ("version", models.PositiveSmallIntegerField(default=1)),
                ("made_at", models.DateTimeField(default=anlan.kernel.clock.now)),
                (
                    "stream",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rules",
                        to="sensing.datastream",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RuleMemory",
            fields=[
                (
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="memory",
                        serialize=False,
                        to="sensing.ruleversion",
                    ),
                ),
                ("packed", models.BinaryField()),
                ("upto", models.DateTimeField(default=anlan.kernel.clock.now)),
            ],
        ),
        migrations.AddField(
            model_name="ruleversion",
            name="rule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="sensing.rule"
            ),
        ),
        migrations.AddField(
            model_name="datastream",
            name="sensor",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="datastreams", to="sensing.sensor"
            ),
        ),
        migrations.CreateModel(
            name="Thing",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("exercise_id", models.UUIDField(null=True)),
                ("place_path", models.CharField(db_collation="C", max_length=40)),
                ("kind", models.CharField(default="other", max_length=12)),
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True, default="")),
                ("properties", models.JSONField(blank=True, default=dict)),
                ("device", models.CharField(max_length=120, null=True, unique=True)),
                ("lon", models.FloatField(null=True)),
                ("lat", models.FloatField(null=True)),
                ("organisation_id", models.UUIDField(null=True)),
                ("owner", models.CharField(blank=True, default="", max_length=120)),
                ("maker", models.CharField(blank=True, default="", max_length=120)),
                ("post_id", models.UUIDField(null=True)),
                ("life_safety", models.BooleanField(default=False)),
                ("calibration_due", models.DateField(null=True)),
                ("battery", models.FloatField(null=True)),
                ("revision", models.PositiveIntegerField(default=1)),
                ("made_at", models.DateTimeField(default=anlan.kernel.clock.now)),
                ("stopped_at", models.DateTimeField(null=True)),
                ("stopped_why", models.CharField(blank=True, default="", max_length=200)),
                ("locations", models.ManyToManyField(blank=True, related_name="things", to="sensing.location")),
            ],
        ),
        migrations.CreateModel(
            name="HistoricalLocation",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("time", models.DateTimeField(default=anlan.kernel.clock.now)),
                ("locations", models.ManyToManyField(blank=True, related_name="history", to="sensing.location")),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="history", to="sensing.thing"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="datastream",
            name="thing",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="datastreams", to="sensing.thing"
            ),
        ),
        migrations.CreateModel(
            name="Alarm",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("number", models.CharField(max_length=24, unique=True)),
                ("exercise_id", models.UUIDField(null=True)),
                ("place_path", models.CharField(db_collation="C", max_length=40)),
                ("kind", models.CharField(max_length=12)),
                ("state", models.CharField(default="raised", max_length=10)),
                ("verdict", models.CharField(blank=True, default="", max_length=8)),
                ("level", models.SmallIntegerField(default=1)),
                ("words", models.CharField(blank=True, default="", max_length=300)),
                ("value", models.FloatField(null=True)),
                ("peak", models.FloatField(null=True)),
                ("count", models.PositiveIntegerField(default=1)),
                ("life_safety", models.BooleanField(default=False)),
                ("began_at", models.DateTimeField()),
                ("came_at", models.DateTimeField()),
                ("raised_at", models.DateTimeField(default=anlan.kernel.clock.now)),
                ("last_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("dispatched_at", models.DateTimeField(null=True)),
                ("verified_at", models.DateTimeField(null=True)),
                ("verifier", models.UUIDField(null=True)),
                ("opinion", models.TextField(blank=True, default="")),
                ("event", models.CharField(blank=True, default="", max_length=80)),
                ("closed_at", models.DateTimeField(null=True)),
                ("revision", models.PositiveIntegerField(default=1)),
                (
                    "stream",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alarms",
                        to="sensing.datastream",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="alarms", to="sensing.rule"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alarms",
                        to="sensing.ruleversion",
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="alarms", to="sensing.thing"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Unclaimed",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("device", models.CharField(max_length=120)),
                ("key", models.CharField(max_length=60)),
                ("unit", models.CharField(blank=True, default="", max_length=24)),
                ("sample", models.TextField(blank=True, default="")),
                ("count", models.PositiveBigIntegerField(default=0)),
                ("first_at", models.DateTimeField(default=anlan.kernel.clock.now)),
                ("last_at", models.DateTimeField(default=anlan.kernel.clock.now)),
                ("state", models.CharField(default="open", max_length=8)),
                ("note", models.CharField(blank=True, default="", max_length=200)),
                (
                    "feed",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="unclaimed",
                        to="sensing.feed",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Held",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("value", models.FloatField(null=True)),
                ("other", models.JSONField(null=True)),
                (
                    "unclaimed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="held", to="sensing.unclaimed"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Rejected",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("door", models.CharField(max_length=20)),
                ("reason", models.CharField(max_length=200)),
                ("field", models.CharField(blank=True, default="", max_length=120)),
                ("payload", models.BinaryField()),
                ("digest", models.BinaryField()),
                ("count", models.PositiveBigIntegerField(default=1)),
                ("first_at", models.DateTimeField(default=anlan.kernel.clock.now)),
                ("last_at", models.DateTimeField(default=anlan.kernel.clock.now)),
                ("settled_at", models.DateTimeField(null=True)),
                ("settled_by", models.UUIDField(null=True)),
                ("opinion", models.CharField(blank=True, default="", max_length=200)),
                (
                    "feed",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="rejected",
                        to="sensing.feed",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["-last_at"], name="sensing_rejected_last")],
                "constraints": [models.UniqueConstraint(fields=("digest",), name="sensing_rejected_once")],
            },
        ),
        migrations.AddIndex(
            model_name="rule",
            index=models.Index(fields=["place_path", "state"], name="sensing_rule_path"),
        ),
        migrations.AddConstraint(
            model_name="ruleversion",
            constraint=models.UniqueConstraint(fields=("rule", "number"), name="sensing_rule_version_once"),
        ),
        migrations.AddIndex(
            model_name="thing",
            index=models.Index(fields=["place_path", "kind"], name="sensing_thing_path"),
        ),
        migrations.AddIndex(
            model_name="thing",
            index=models.Index(
                condition=models.Q(("stopped_at", None)), fields=["calibration_due"], name="sensing_thing_due"
            ),
        ),
        migrations.AddIndex(
            model_name="datastream",
            index=models.Index(fields=["place_path"], name="sensing_stream_path"),
        ),
        migrations.AddConstraint(
            model_name="datastream",
            constraint=models.UniqueConstraint(fields=("thing", "key"), name="sensing_stream_key_once"),
        ),
        migrations.AddIndex(
            model_name="alarm",
            index=models.Index(fields=["place_path", "-raised_at"], name="sensing_alarm_path"),
        ),
        migrations.AddIndex(
            model_name="alarm",
            index=models.Index(
                condition=models.Q(("state", "closed"), _negated=True), fields=["place_path"], name="sensing_alarm_open"
            ),
        ),
        migrations.AddIndex(
            model_name="alarm",
            index=models.Index(fields=["rule", "-raised_at"], name="sensing_alarm_rule"),
        ),
        migrations.AddIndex(
            model_name="alarm",
            index=models.Index(fields=["stream", "-began_at"], name="sensing_alarm_stream"),
        ),
        migrations.AddConstraint(
            model_name="alarm",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None), ("rule__isnull", False)),
                fields=("thing", "rule", "kind"),
                name="sensing_alarm_one_episode",
            ),
        ),
        migrations.AddConstraint(
            model_name="unclaimed",
            constraint=models.UniqueConstraint(fields=("device", "key"), name="sensing_unclaimed_once"),
        ),
        migrations.AddConstraint(
            model_name="held",
            constraint=models.UniqueConstraint(fields=("unclaimed", "at"), name="sensing_held_once"),
        ),
        migrations.RunSQL(STORE, migrations.RunSQL.noop),
        migrations.RunSQL(lifecycle.ALARM.defence("sensing_alarm"), migrations.RunSQL.noop),
        migrations.RunSQL(lifecycle.RULE.defence("sensing_rule"), migrations.RunSQL.noop),
        migrations.RunPython(starting_properties, migrations.RunPython.noop),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
    ]
