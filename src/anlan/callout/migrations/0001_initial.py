import datetime as dt

from django.db import migrations, models

import anlan.callout.terms
import anlan.kernel.clock
import anlan.kernel.ids
from anlan.callout import lifecycle
from anlan.callout.ladder import STARTING
from anlan.callout.terms import SAFE_CARRIERS, ReceiptState
from anlan.kernel.ids import floor_of, uuid7

SQL = f"""
CREATE FUNCTION callout_uuid7(ms bigint, n integer) RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT (lpad(to_hex(ms), 12, '0') || '7' || lpad(to_hex((n >> 12) & 4095), 3, '0')
          || '8' || lpad(to_hex(n & 4095), 3, '0') || right(gen_random_uuid()::text, 12))::uuid
$$;

CREATE SEQUENCE callout_number AS integer MINVALUE 1 MAXVALUE 536870911 CYCLE CACHE 20;
ALTER TABLE callout_obligation ALTER COLUMN number SET DEFAULT nextval('callout_number');
ALTER TABLE callout_obligation SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE callout_tally SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

CREATE TABLE callout_receipt (
  id uuid NOT NULL PRIMARY KEY,
  obligation_id uuid NOT NULL,
  call_id uuid,
  place_path varchar(40) COLLATE "C" NOT NULL,
  exercise_id uuid,
  drill boolean NOT NULL DEFAULT false,
  carrier text NOT NULL,
  fallback text NOT NULL DEFAULT '',
  attempt smallint NOT NULL DEFAULT 1,
  state text NOT NULL DEFAULT 'queued'
    CHECK (state IN ({", ".join(f"'{s}'" for s in ReceiptState)})),
  made_at timestamptz NOT NULL,
  handing_at timestamptz,
  handed_at timestamptz,
  delivered_at timestamptz,
  read_at timestamptz,
  answered_at timestamptz,
  failed_at timestamptz,
  tries smallint NOT NULL DEFAULT 0,
  reason text NOT NULL DEFAULT '',
  ref text NOT NULL DEFAULT '',
  CONSTRAINT callout_receipt_drill CHECK (NOT drill OR carrier IN ({", ".join(f"'{s}'" for s in SAFE_CARRIERS)})),
  CONSTRAINT callout_receipt_exercise CHECK (exercise_id IS NULL OR drill)
) PARTITION BY RANGE (id);
CREATE INDEX callout_receipt_later ON callout_receipt (obligation_id) WHERE id <> obligation_id;

-- A mass has just been written and the planner believes the tables empty: the application may not ANALYZE by itself.
CREATE FUNCTION callout_analyze() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  ANALYZE callout_obligation;
  ANALYZE callout_receipt;
  ANALYZE callout_tally;
END $$;

-- A drill reaches no real carrier even if a row forgets to say that it is one: the call, or the obligation, says so.
CREATE FUNCTION callout_receipt_drill() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM (SELECT DISTINCT call_id FROM made WHERE call_id IS NOT NULL AND NOT drill) m
               JOIN callout_call c ON c.id = m.call_id WHERE c.drill)
     OR (EXISTS (SELECT FROM made WHERE call_id IS NULL AND NOT drill)
         AND EXISTS (SELECT FROM made m JOIN callout_obligation o ON o.id = m.obligation_id
                     WHERE m.call_id IS NULL AND NOT m.drill AND o.drill)) THEN
    RAISE EXCEPTION 'a drill may use safe carriers only' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER callout_receipt_drill AFTER INSERT ON callout_receipt
  REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION callout_receipt_drill();
CREATE FUNCTION callout_receipt_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the carrier and the drill flag of a receipt are fixed' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER callout_receipt_fixed BEFORE UPDATE OF drill, carrier, call_id, obligation_id ON callout_receipt
  FOR EACH ROW WHEN ((OLD.drill, OLD.carrier, OLD.call_id, OLD.obligation_id)
                     IS DISTINCT FROM (NEW.drill, NEW.carrier, NEW.call_id, NEW.obligation_id))
  EXECUTE FUNCTION callout_receipt_fixed();

-- What was frozen stays frozen: a running call keeps its words, its policy, its targets and whether it is a drill.
CREATE FUNCTION callout_call_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a call that has started is frozen' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER callout_call_frozen BEFORE UPDATE ON callout_call FOR EACH ROW
  WHEN (OLD.started_at IS NOT NULL AND (OLD.title, OLD.body, OLD.level, OLD.instructions, OLD.targeting, OLD.policy,
        OLD.drill, OLD.exercise_id, OLD.chain_id, OLD.started_at) IS DISTINCT FROM (NEW.title, NEW.body, NEW.level,
        NEW.instructions, NEW.targeting, NEW.policy, NEW.drill, NEW.exercise_id, NEW.chain_id, NEW.started_at))
  EXECUTE FUNCTION callout_call_frozen();
CREATE TRIGGER callout_call_drill BEFORE UPDATE OF drill, exercise_id ON callout_call FOR EACH ROW
  WHEN ((OLD.drill, OLD.exercise_id) IS DISTINCT FROM (NEW.drill, NEW.exercise_id))
  EXECUTE FUNCTION callout_call_frozen();
"""


def quarters(first: int, last: int) -> str:
    """Return the receipts' partitions, one per quarter of a year, and one for whatever lies outside."""
    starts = [dt.datetime(y, m, 1, tzinfo=dt.UTC) for y in range(first, last + 1) for m in (1, 4, 7, 10)]
    bounds = [floor_of(int(s.timestamp() * 1000)) for s in starts]
    made = [
        f"CREATE TABLE callout_receipt_{s:%Y_%m} PARTITION OF callout_receipt "
        f"FOR VALUES FROM ('{low}') TO ('{high}') WITH (fillfactor = 60);"
        for s, low, high in zip(starts, bounds, bounds[1:], strict=False)
    ]
    return "\n".join([*made, "CREATE TABLE callout_receipt_other PARTITION OF callout_receipt DEFAULT;"])


def starting_policies(apps, _schema_editor):
    """Lay down the starting set; officers edit it as data."""
    model = apps.get_model("callout", "Policy")
    for code, name, level, kind, body in STARTING:
        model.objects.create(id=uuid7(), code=code, name=name, level=level, kind=kind, body=body)


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Receipt",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("obligation_id", models.UUIDField()),
                ("call_id", models.UUIDField(null=True)),
                ("place_path", models.CharField(db_collation="C", max_length=40)),
                ("exercise_id", models.UUIDField(null=True)),
                ("drill", models.BooleanField(default=False)),
                ("carrier", models.TextField()),
                ("fallback", models.TextField(default="")),
                ("attempt", models.SmallIntegerField(default=1)),
                ("state", models.TextField(default=anlan.callout.terms.ReceiptState["QUEUED"])),
                ("made_at", models.DateTimeField()),
                ("handing_at", models.DateTimeField(null=True)),
                ("handed_at", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                ("read_at", models.DateTimeField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("failed_at", models.DateTimeField(null=True)),
                ("tries", models.SmallIntegerField(default=0)),
                ("reason", models.TextField(default="")),
                ("ref", models.TextField(default="")),
            ],
            options={
                "db_table": "callout_receipt",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Carrier",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.CharField(db_collation="C", max_length=40, unique=True)),
                ("enabled", models.BooleanField(default=False)),
                ("rate", models.PositiveIntegerField(default=0)),
                ("allowance", models.FloatField(default=0)),
                ("allowance_at", models.DateTimeField(null=True)),
                ("settings", models.JSONField(default=dict)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("failing_since", models.DateTimeField(null=True)),
                ("retry_at", models.DateTimeField(null=True)),
                ("last_error", models.TextField(blank=True, default="")),
                ("last_ok_at", models.DateTimeField(null=True)),
                ("tested_at", models.DateTimeField(null=True)),
                ("test_result", models.TextField(blank=True, default="")),
                ("place_path", models.CharField(blank=True, db_collation="C", default="", max_length=40)),
            ],
            options={
                "db_table": "callout_carrier",
            },
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "call_id", "place_path", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("call_id", models.UUIDField()),
                ("place_path", models.CharField(db_collation="C", max_length=40)),
                ("touched_at", models.DateTimeField(default=anlan.kernel.clock.now)),
                ("owed", models.IntegerField(db_default=0, default=0)),
                ("told", models.IntegerField(db_default=0, default=0)),
                ("handed", models.IntegerField(db_default=0, default=0)),
                ("reached", models.IntegerField(db_default=0, default=0)),
                ("answered", models.IntegerField(db_default=0, default=0)),
                ("in_time", models.IntegerField(db_default=0, default=0)),
                ("first_try", models.IntegerField(db_default=0, default=0)),
                ("covered", models.IntegerField(db_default=0, default=0)),
                ("proxied", models.IntegerField(db_default=0, default=0)),
                ("dead", models.IntegerField(db_default=0, default=0)),
                ("lapsed", models.IntegerField(db_default=0, default=0)),
                ("void", models.IntegerField(db_default=0, default=0)),
                ("at_deputy", models.IntegerField(db_default=0, default=0)),
                ("at_superior", models.IntegerField(db_default=0, default=0)),
                ("at_door", models.IntegerField(db_default=0, default=0)),
                ("silent", models.IntegerField(db_default=0, default=0)),
                ("silent_reached", models.IntegerField(db_default=0, default=0)),
                ("silent_dead", models.IntegerField(db_default=0, default=0)),
                ("failed", models.IntegerField(db_default=0, default=0)),
                ("h00", models.IntegerField(db_default=0, default=0)),
                ("h01", models.IntegerField(db_default=0, default=0)),
                ("h02", models.IntegerField(db_default=0, default=0)),
                ("h03", models.IntegerField(db_default=0, default=0)),
                ("h04", models.IntegerField(db_default=0, default=0)),
                ("h05", models.IntegerField(db_default=0, default=0)),
                ("h06", models.IntegerField(db_default=0, default=0)),
                ("h07", models.IntegerField(db_default=0, default=0)),
                ("h08", models.IntegerField(db_default=0, default=0)),
                ("h09", models.IntegerField(db_default=0, default=0)),
                ("h10", models.IntegerField(db_default=0, default=0)),
                ("h11", models.IntegerField(db_default=0, default=0)),
                ("h12", models.IntegerField(db_default=0, default=0)),
                ("h13", models.IntegerField(db_default=0, default=0)),
                ("h14", models.IntegerField(db_default=0, default=0)),
                ("h15", models.IntegerField(db_default=0, default=0)),
                ("h16", models.IntegerField(db_default=0, default=0)),
                ("h17", models.IntegerField(db_default=0, default=0)),
            ],
            options={
                "db_table": "callout_tally",
            },
        ),
        migrations.CreateModel(
            name="Call",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("serial", models.PositiveIntegerField(null=True)),
                ("chain_id", models.UUIDField()),
                ("exercise_id", models.UUIDField(null=True)),
                ("drill", models.BooleanField(default=False)),
                ("place_path", models.CharField(db_collation="C", max_length=40)),
                ("kind", models.CharField(default=anlan.callout.terms.Kind["FIRST"], max_length=12)),
                ("level", models.CharField(blank=True, default="", max_length=10)),
                ("hazard", models.CharField(blank=True, default="", max_length=60)),
                ("title", models.CharField(max_length=120)),
                ("body", models.TextField()),
                ("instructions", models.JSONField(default=dict)),
                ("targeting", models.JSONField()),
                ("policy_code", models.CharField(max_length=40)),
                ("policy", models.JSONField(default=dict)),
                ("token", models.UUIDField(default=anlan.kernel.ids.uuid7)),
                ("state", models.CharField(default=anlan.callout.terms.CallState["DRAFT"], max_length=20)),
                ("alert_id", models.UUIDField(null=True)),
                ("supersedes", models.UUIDField(null=True)),
                ("superseded_by", models.UUIDField(null=True)),
                ("prepared_at", models.DateTimeField(default=anlan.kernel.clock.now)),
                ("prepared_by", models.UUIDField(null=True)),
                ("approved_at", models.DateTimeField(null=True)),
                ("approved_by", models.UUIDField(null=True)),
                ("urgent_reason", models.TextField(blank=True, default="")),
                ("review_due", models.DateTimeField(null=True)),
                ("reviewed_at", models.DateTimeField(null=True)),
                ("reviewed_by", models.UUIDField(null=True)),
                ("auto_send_at", models.DateTimeField(null=True)),
                ("valid_until", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("fan_run", models.UUIDField(null=True)),
                ("fanned", models.IntegerField(default=0)),
                ("fanned_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "callout_call",
                "indexes": [
                    models.Index(fields=["place_path", "id"], name="callout_call_path"),
                    models.Index(fields=["chain_id"], name="callout_call_chain"),
                    models.Index(
                        condition=models.Q(("alert_id__isnull", False)), fields=["alert_id"], name="callout_call_alert"
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["awaiting_approval", "approved", "running"])),
                        fields=["state"],
                        name="callout_call_live",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("exercise_id", None), ("drill", True), _connector="OR"),
                        name="callout_call_drill",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    anlan.callout.terms.CallState["DRAFT"],
                                    anlan.callout.terms.CallState["AWAITING"],
                                    anlan.callout.terms.CallState["APPROVED"],
                                    anlan.callout.terms.CallState["RUNNING"],
                                    anlan.callout.terms.CallState["SUPERSEDED"],
                                    anlan.callout.terms.CallState["ENDED"],
                                    anlan.callout.terms.CallState["CANCELLED"],
                                ],
                            )
                        ),
                        name="callout_call_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "running"), _negated=True),
                            ("started_at__isnull", False),
                            _connector="OR",
                        ),
                        name="callout_call_started",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("state__in", ["running", "superseded", "ended"]), ("supersedes__isnull", False)
                        ),
                        fields=("supersedes",),
                        name="callout_call_one_heir",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Obligation",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("number", models.IntegerField(db_index=True)),
                ("subject_type", models.TextField()),
                ("subject_id", models.UUIDField()),
                ("call_id", models.UUIDField(null=True)),
                ("did", models.TextField()),
                ("part", models.TextField(default=anlan.callout.terms.Part["SELF"])),
                ("stands_for", models.UUIDField(null=True)),
                ("person_id", models.UUIDField()),
                ("pseudonym", models.UUIDField()),
                ("deputy_id", models.UUIDField(null=True)),
                ("superior_id", models.UUIDField(null=True)),
                ("post", models.UUIDField(null=True)),
                ("post_title", models.TextField(default="")),
                ("role", models.TextField(default="")),
                ("rank", models.SmallIntegerField(default=0)),
                ("place_path", models.CharField(db_collation="C", max_length=40)),
                ("why", models.TextField(default="")),
                ("link", models.TextField(default="")),
                ("weight", models.IntegerField(default=0)),
                ("began_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(null=True)),
                ("next_at", models.DateTimeField(null=True)),
                ("step", models.SmallIntegerField(default=0)),
                ("rung", models.TextField(default=anlan.callout.terms.Rung["SELF"])),
                ("tries", models.SmallIntegerField(default=0)),
                ("state", models.TextField(default=anlan.callout.terms.ObligationState["OPEN"])),
                ("dead", models.BooleanField(default=False)),
                ("handed_at", models.DateTimeField(null=True)),
                ("reached_at", models.DateTimeField(null=True)),
                ("met_at", models.DateTimeField(null=True)),
                ("met_how", models.TextField(default="")),
                ("met_part", models.TextField(default="")),
                ("met_by", models.UUIDField(null=True)),
                ("declined", models.BooleanField(default=False)),
                ("late_at", models.DateTimeField(null=True)),
                ("receipt_id", models.UUIDField(null=True)),
                ("chain_id", models.UUIDField()),
                ("exercise_id", models.UUIDField(null=True)),
                ("drill", models.BooleanField(default=False)),
                ("ladder", models.JSONField(null=True)),
                ("carriers", models.JSONField(null=True)),
            ],
            options={
                "db_table": "callout_obligation",
                "indexes": [
                    models.Index(
                        condition=models.Q(("call_id__isnull", False)),
                        fields=["call_id", "place_path", "id"],
                        name="callout_obl_call",
                    ),
                    models.Index(
                        condition=models.Q(("next_at__isnull", False), ("state", "open")),
                        fields=["next_at"],
                        name="callout_obl_next",
                    ),
                    models.Index(
                        condition=models.Q(("state", "open")), fields=["person_id"], name="callout_obl_person"
                    ),
                    models.Index(
                        condition=models.Q(("stands_for__isnull", False)),
                        fields=["stands_for"],
                        name="callout_obl_stands",
                    ),
                    models.Index(
                        condition=models.Q(("call_id", None)), fields=["subject_id"], name="callout_obl_subject"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("part", "superior"), ("state", "open")),
                        fields=("call_id", "person_id"),
                        name="callout_obl_one_superior",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    anlan.callout.terms.ObligationState["OPEN"],
                                    anlan.callout.terms.ObligationState["MET"],
                                    anlan.callout.terms.ObligationState["LAPSED"],
                                    anlan.callout.terms.ObligationState["VOID"],
                                    anlan.callout.terms.ObligationState["TOLD"],
                                ],
                            )
                        ),
                        name="callout_obl_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("exercise_id", None), ("drill", True), _connector="OR"),
                        name="callout_obl_drill",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("part", "deputy"), ("stands_for__isnull", False)),
                            models.Q(models.Q(("part", "deputy"), _negated=True), ("stands_for", None)),
                            _connector="OR",
                        ),
                        name="callout_obl_stands_for",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Policy",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("code", models.CharField(db_collation="C", max_length=40)),
                ("version", models.PositiveIntegerField(default=1)),
                ("name", models.CharField(max_length=60)),
                ("level", models.CharField(blank=True, default="", max_length=10)),
                ("kind", models.CharField(default=anlan.callout.terms.Kind["FIRST"], max_length=12)),
                ("body", models.JSONField()),
                ("current", models.BooleanField(default=True)),
                ("made_at", models.DateTimeField(default=anlan.kernel.clock.now)),
                ("made_by", models.UUIDField(null=True)),
                ("place_path", models.CharField(blank=True, db_collation="C", default="", max_length=40)),
            ],
            options={
                "db_table": "callout_policy",
                "constraints": [
                    models.UniqueConstraint(fields=("code", "version"), name="callout_policy_version"),
                    models.UniqueConstraint(
                        condition=models.Q(("current", True)), fields=("code",), name="callout_policy_current"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SimulatedEvent",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("due_at", models.DateTimeField(db_index=True)),
                ("event", models.JSONField()),
            ],
            options={
                "db_table": "callout_simulated_event",
            },
        ),
        migrations.CreateModel(
            name="Nonce",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("carrier", models.CharField(db_collation="C", max_length=40)),
                ("nonce", models.CharField(db_collation="C", max_length=64)),
                ("at", models.DateTimeField(default=anlan.kernel.clock.now)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("carrier", "nonce"), name="callout_nonce_once")],
            },
        ),
        migrations.CreateModel(
            name="Unmatched",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("carrier", models.CharField(db_collation="C", max_length=40)),
                ("ref", models.CharField(blank=True, db_collation="C", default="", max_length=64)),
                ("reason", models.CharField(max_length=20)),
                ("note", models.CharField(blank=True, default="", max_length=200)),
                ("said_cipher", models.BinaryField(null=True)),
                ("about", models.UUIDField(null=True)),
                ("call_id", models.UUIDField(null=True)),
                ("place_path", models.CharField(blank=True, db_collation="C", default="", max_length=40)),
                ("at", models.DateTimeField(default=anlan.kernel.clock.now)),
                ("settled_at", models.DateTimeField(null=True)),
                ("settled_by", models.UUIDField(null=True)),
                ("outcome", models.CharField(blank=True, default="", max_length=20)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("settled_at", None)),
                        fields=["place_path", "id"],
                        name="callout_unmatched_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ref", ""), _negated=True),
                        fields=("carrier", "ref"),
                        name="callout_unmatched_once",
                    )
                ],
            },
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
        migrations.RunSQL(quarters(2025, 2031), migrations.RunSQL.noop),
        migrations.RunSQL(lifecycle.CALL.defence("callout_call"), migrations.RunSQL.noop),
        migrations.RunSQL(lifecycle.OBLIGATION.defence("callout_obligation"), migrations.RunSQL.noop),
        migrations.RunSQL(lifecycle.RECEIPT.defence("callout_receipt"), migrations.RunSQL.noop),
        migrations.RunPython(starting_policies, migrations.RunPython.noop),
    ]
