from django.db import migrations, models

import anlan.hazards.terms.values

BEFORE = """
UPDATE hazards_hazard h SET graded_by = COALESCE(
  (SELECT e.pseudonym FROM ledger_entry e WHERE e.subject_id = h.id AND e.did = 'hazards.regraded'
   ORDER BY e.id DESC LIMIT 1), h.confirmed_by)
WHERE h.grade = 'major';
UPDATE hazards_major_report r SET asked =
  (SELECT count(*) FROM callout_obligation o WHERE o.subject_id = r.hazard_id AND o.did = 'hazards.taken-note');
UPDATE hazards_major_report r SET ended_at = now() FROM hazards_hazard h
WHERE h.id = r.hazard_id AND (h.grade <> 'major' OR h.state IN ('closed', 'rejected', 'merged', 'withdrawn'));
UPDATE hazards_follow_up SET due_at = at + interval '72 hours';
"""  # major hazards without any report are found by the job hazards.oversight, within the hour


class Migration(migrations.Migration):
    dependencies = [
        ("hazards", "0010_oversight"),
        ("ledger", "0001_initial"),
        ("callout", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="followup",
            name="due_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="hazard",
            name="graded_by",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="majorreport",
            name="asked",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="majorreport",
            name="ended_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="referral",
            name="chased_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="referral",
            name="sent_post",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="supervision",
            name="lapsed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="hazard",
            index=models.Index(
                condition=models.Q(("grade", anlan.hazards.terms.values.Grade["MAJOR"])),
                fields=["place_path", "confirmed_at"],
                name="hazards_hazard_major",
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(
                condition=models.Q(("state", "sent")), fields=["receipt_due"], name="hazards_referral_due"
            ),
        ),
        migrations.RunSQL(BEFORE, migrations.RunSQL.noop),
    ]
