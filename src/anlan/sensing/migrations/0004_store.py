from django.db import migrations, models

# Streams are looked up in memory (queries/directory.py); a row of sensing_registry_change tells that something changed.
# Rows and not a counter: writers of the registry must not wait for each other.
SQL = """
CREATE TABLE sensing_registry_change (id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
CREATE FUNCTION sensing_registry_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO sensing_registry_change DEFAULT VALUES;
  RETURN NULL;
END $$;
CREATE TRIGGER sensing_changed AFTER INSERT OR DELETE OR UPDATE OF kind, device, place_path, stopped_at, exercise_id,
  life_safety ON sensing_thing FOR EACH STATEMENT EXECUTE FUNCTION sensing_registry_changed();
CREATE TRIGGER sensing_changed AFTER INSERT OR DELETE OR UPDATE ON sensing_datastream
  FOR EACH STATEMENT EXECUTE FUNCTION sensing_registry_changed();
CREATE TRIGGER sensing_changed AFTER INSERT OR DELETE OR UPDATE ON sensing_observedproperty
  FOR EACH STATEMENT EXECUTE FUNCTION sensing_registry_changed();
CREATE TRIGGER sensing_changed AFTER INSERT OR DELETE OR UPDATE ON sensing_purpose
  FOR EACH STATEMENT EXECUTE FUNCTION sensing_registry_changed();
CREATE TRIGGER sensing_changed AFTER INSERT OR DELETE OR UPDATE ON sensing_rule
  FOR EACH STATEMENT EXECUTE FUNCTION sensing_registry_changed();
ALTER TABLE sensing_arrival ALTER packed SET STORAGE EXTERNAL;
ALTER TABLE sensing_hour SET (fillfactor = 70);
ALTER TABLE sensing_day SET (fillfactor = 70);
"""


class Migration(migrations.Migration):
    dependencies = [("sensing", "0003_alarm_cases")]

    operations = [
        migrations.AddIndex(
            model_name="latest",
            index=models.Index(
                fields=["stream"],
                condition=models.Q(("silent_since", None), _negated=True),
                name="sensing_latest_silent",
            ),
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
