"""The ledger's tables: entries in partitions that nobody may rewrite, and what seals and follows them."""

from django.db import migrations, models

import anlan.kernel.ids
import anlan.ledger.models

# The application's role. In production it may log in by itself or be taken on by the login role; the owner must be able
# to become it, so that a test and the embedded server can drop what they may not have.
ROLE = """
DO $$
DECLARE
  member text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'anlan_app') THEN
    BEGIN
      CREATE ROLE anlan_app NOLOGIN;
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL;
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'the role anlan_app is missing and % may not create it', current_user
          USING HINT = format('As a superuser: CREATE ROLE anlan_app NOLOGIN; GRANT anlan_app TO %I;', current_user);
    END;
  END IF;
  IF current_user <> 'anlan_app' AND NOT pg_has_role(current_user, 'anlan_app', member) THEN
    EXECUTE format('GRANT anlan_app TO %I', current_user);
  END IF;
END $$;

GRANT USAGE ON SCHEMA public TO anlan_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anlan_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anlan_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO anlan_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO anlan_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO anlan_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO anlan_app;
"""

ENTRY = """
CREATE TABLE ledger_entry (
  id uuid NOT NULL,
  era integer NOT NULL DEFAULT 1,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  did text NOT NULL,
  pseudonym uuid,
  actor text NOT NULL DEFAULT '',
  post uuid,
  post_title text NOT NULL DEFAULT '',
  subject_type text NOT NULL,
  subject_id uuid NOT NULL,
  chain uuid NOT NULL,
  place_path varchar(40) COLLATE "C" NOT NULL DEFAULT '',
  exercise uuid,
  values jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT ledger_entry_somebody CHECK (pseudonym IS NOT NULL OR actor <> ''),
  CONSTRAINT ledger_entry_pkey PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE INDEX ledger_entry_order ON ledger_entry (era, xid, id);
CREATE INDEX ledger_entry_chain ON ledger_entry (chain, id);
CREATE INDEX ledger_entry_subject ON ledger_entry (subject_id);
CREATE INDEX ledger_entry_person ON ledger_entry (pseudonym, id) WHERE pseudonym IS NOT NULL;

CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON ledger_entry
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON ledger_entry
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
REVOKE ALL ON ledger_entry FROM anlan_app;
GRANT SELECT, INSERT ON ledger_entry TO anlan_app;
"""

# Row triggers are cloned to partitions, TRUNCATE triggers and grants are not: this function gives each partition both.
PARTITIONS = """
CREATE FUNCTION ledger_guard_partition(part regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT '
                 'EXECUTE FUNCTION ledger_refuse()', part);
  EXECUTE format('REVOKE ALL ON %s FROM anlan_app', part);
  EXECUTE format('GRANT SELECT, INSERT ON %s TO anlan_app', part);
END $$;

CREATE FUNCTION ledger_uuid_floor(at timestamptz) RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT rpad(lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0'), 32, '0')::uuid
$$;

CREATE FUNCTION ledger_add_partition(first date) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
  month date := date_trunc('month', first)::date;
  part text := 'ledger_entry_' || to_char(month, 'YYYY_MM');
  low uuid := ledger_uuid_floor(month::timestamp AT TIME ZONE 'UTC');
  high uuid := ledger_uuid_floor((month + interval '1 month') AT TIME ZONE 'UTC');
BEGIN
  IF to_regclass('public.' || part) IS NOT NULL THEN
    RETURN false;
  END IF;
  IF EXISTS (SELECT FROM ledger_entry_default WHERE id >= low AND id < high) THEN
    RETURN false;  -- this month began in the default partition and stays there: moving a row would be an update
  END IF;
  EXECUTE format('CREATE TABLE public.%I PARTITION OF ledger_entry FOR VALUES FROM (%L) TO (%L)', part, low, high);
  PERFORM ledger_guard_partition(('public.' || quote_ident(part))::regclass);
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION ledger_guard_partition(regclass), ledger_add_partition(date) FROM PUBLIC, anlan_app;
GRANT EXECUTE ON FUNCTION ledger_add_partition(date) TO anlan_app;

CREATE TABLE ledger_entry_default PARTITION OF ledger_entry DEFAULT;
SELECT ledger_guard_partition('ledger_entry_default');
SELECT ledger_add_partition((now() + make_interval(months => m))::date) FROM generate_series(0, 6) AS m;
"""

# What is sealed, set aside as private, or numbered by an era is never rewritten either.
SEALED = """
CREATE UNIQUE INDEX ledger_block_last ON ledger_block (last_era, last_xid, last_id);
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON ledger_block
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON ledger_block
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON ledger_secret
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON ledger_secret
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_append_only BEFORE DELETE ON ledger_vault_key
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_destroyed BEFORE UPDATE ON ledger_vault_key
  FOR EACH ROW WHEN (OLD.destroyed_at IS NOT NULL) EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON ledger_vault_key
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_block, ledger_secret, ledger_era FROM anlan_app;
REVOKE INSERT ON ledger_era FROM anlan_app;
REVOKE DELETE, TRUNCATE ON ledger_vault_key FROM anlan_app;
ALTER TABLE ledger_vault_key ADD CONSTRAINT ledger_vault_key_gone
  CHECK ((wrapped_key IS NULL) = (destroyed_at IS NOT NULL));
"""

# A restore starts transaction ids again: everything recorded from then on must sort after what was restored.
ERAS = """
CREATE FUNCTION ledger_cluster() RETURNS text
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT system_identifier::text FROM pg_control_system()
$$;
CREATE FUNCTION ledger_open_era(why text) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '10s' AS $$
DECLARE
  upcoming integer;
BEGIN
  LOCK TABLE ledger_era IN SHARE ROW EXCLUSIVE MODE;
  SELECT max(number) + 1 INTO upcoming FROM ledger_era;
  EXECUTE format('ALTER TABLE ledger_entry ALTER era SET DEFAULT %s', upcoming);
  INSERT INTO ledger_era (number, opened_at, cluster, reason) VALUES (upcoming, clock_timestamp(), ledger_cluster(), why);
  RETURN upcoming;
END $$;
INSERT INTO ledger_era (number, opened_at, cluster, reason) VALUES (1, clock_timestamp(), ledger_cluster(), 'founded');
"""

# The oldest transaction that may still write here. One that is known to run in another database cannot, and holds nobody
# back. By the owner's right, since a role may not see what others' sessions do; a session that is not seen counts as ours.
HORIZON = """
CREATE FUNCTION ledger_horizon(OUT era integer, OUT xid bigint)
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT (SELECT max(number) FROM ledger_era), coalesce(
    (SELECT min(x::text::bigint) FROM pg_snapshot_xip(s) AS x WHERE NOT EXISTS (
      SELECT FROM pg_stat_activity AS a WHERE a.datname <> current_database()
        AND a.backend_xid::text::bigint = (x::text::bigint & 4294967295))),
    pg_snapshot_xmax(s)::text::bigint)
  FROM pg_current_snapshot() AS s
$$;
"""

# UUIDv7 made by the server, for INSERT … SELECT of masses: a version-4 id whose first 48 bits become milliseconds.
UUID7 = """
CREATE FUNCTION anlan_uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
    substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1),
    'hex')::uuid
$$;
"""


def run(sql: str) -> migrations.RunSQL:
    return migrations.RunSQL(sql, elidable=False)


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        run(ROLE),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.UUIDField(default=anlan.kernel.ids.uuid7, primary_key=True, serialize=False)),
                ("era", models.IntegerField()),
                ("xid", anlan.ledger.models.XidField()),
                ("at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("did", models.TextField()),
                ("pseudonym", models.UUIDField(null=True)),
                ("actor", models.TextField(default="")),
                ("post", models.UUIDField(null=True)),
                ("post_title", models.TextField(default="")),
                ("subject_type", models.TextField()),
                ("subject_id", models.UUIDField()),
                ("chain", models.UUIDField()),
                ("place_path", models.CharField(db_collation="C", max_length=40)),
                ("exercise", models.UUIDField(null=True)),
                ("values", models.JSONField(default=dict)),
            ],
            options={
                "db_table": "ledger_entry",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Block",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("first_era", models.IntegerField()),
                ("first_xid", anlan.ledger.models.XidField()),
                ("first_id", models.UUIDField()),
                ("last_era", models.IntegerField()),
                ("last_xid", anlan.ledger.models.XidField()),
                ("last_id", models.UUIDField()),
                ("count", models.IntegerField()),
                ("algorithm", models.CharField(max_length=10)),
                ("root", models.BinaryField()),
                ("previous", models.BinaryField()),
                ("hash", models.BinaryField()),
                ("closed_at", models.DateTimeField()),
                ("ids", models.BinaryField()),
                ("digests", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Cursor",
            fields=[
                ("name", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("era", models.IntegerField(default=0)),
                ("xid", anlan.ledger.models.XidField(default=0)),
                ("entry", models.UUIDField()),
                ("batch", models.IntegerField(default=1000)),
                ("failures", models.IntegerField(default=0)),
                ("last_error", models.TextField(default="")),
                ("retry_at", models.DateTimeField(null=True)),
                ("moved_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Era",
            fields=[
                ("number", models.IntegerField(primary_key=True, serialize=False)),
                ("opened_at", models.DateTimeField()),
                ("cluster", models.TextField()),
                ("reason", models.TextField(default="")),
            ],
        ),
        migrations.CreateModel(
            name="Exercise",
            fields=[
                ("id", models.UUIDField(default=anlan.kernel.ids.uuid7, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("place_path", models.CharField(db_collation="C", max_length=40)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Secret",
            fields=[
                ("id", models.UUIDField(default=anlan.kernel.ids.uuid7, primary_key=True, serialize=False)),
                ("chain", models.UUIDField(db_index=True)),
                ("place_path", models.CharField(db_collation="C", max_length=40)),
                ("ciphertext", models.BinaryField()),
                ("digest", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="VaultKey",
            fields=[
                ("chain", models.UUIDField(primary_key=True, serialize=False)),
                ("wrapped_key", models.BinaryField(null=True)),
                ("made_at", models.DateTimeField()),
                ("destroyed_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "ledger_vault_key",
            },
        ),
        migrations.CreateModel(
            name="Stuck",
            fields=[
                ("id", models.UUIDField(default=anlan.kernel.ids.uuid7, primary_key=True, serialize=False)),
                ("cursor", models.CharField(max_length=100)),
                ("entry", models.UUIDField()),
                ("chain", models.UUIDField()),
                ("place_path", models.CharField(db_collation="C", max_length=40)),
                ("error", models.TextField()),
                ("failures", models.IntegerField()),
                ("set_aside_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                ("outcome", models.TextField(default="")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("cursor", "entry"), name="ledger_stuck_once")],
            },
        ),
        run(ENTRY),
        run(PARTITIONS),
        run(SEALED),
        run(ERAS),
        run(HORIZON),
        run(UUID7),
    ]
