"""A number may be another's or unanswered, and tells since when it is the number; duty officers may have it checked."""

from django.db import migrations, models

GRANT = """
UPDATE people_role SET grants = array_append(grants, 'callout.check')
WHERE NOT grants @> ARRAY['callout.check']::varchar[]
  AND (grants @> ARRAY['callout.prepare']::varchar[] OR grants @> ARRAY['callout.policy']::varchar[])"""


class Migration(migrations.Migration):
    dependencies = [("people", "0003_addresses")]

    operations = [
        migrations.AddField("person", "phone_at", models.DateTimeField(null=True)),
        migrations.RemoveConstraint("person", "people_person_reach"),
        migrations.AddConstraint(
            "person",
            models.CheckConstraint(
                condition=models.Q(("reach__in", ["ok", "dead", "wrong", "silent", "unchecked"])),
                name="people_person_reach",
            ),
        ),
        migrations.AddIndex(
            "person",
            models.Index(
                condition=models.Q(("reach__in", ["dead", "wrong", "silent"]), ("phone_cipher", None), _connector="OR"),
                fields=["place_path", "id"],
                name="people_person_to_mend",
            ),
        ),
        migrations.RunSQL(GRANT, migrations.RunSQL.noop),
    ]
