import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import anlan.kernel.clock
import anlan.kernel.ids

ANSWERS = """
INSERT INTO hazards_lead_answer (id, lead_id, words, at, by)
SELECT gen_random_uuid(), id, answer, coalesce(answered_at, opened_at), person FROM hazards_lead WHERE answer <> '';
"""
GUARDS = """
CREATE FUNCTION hazards_answer_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an answer to a lead stays as it was said' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER hazards_answer_kept BEFORE UPDATE OR DELETE ON hazards_lead_answer FOR EACH ROW
  EXECUTE FUNCTION hazards_answer_kept();
CREATE TRIGGER hazards_answer_whole BEFORE TRUNCATE ON hazards_lead_answer FOR EACH STATEMENT
  EXECUTE FUNCTION hazards_answer_kept();
CREATE FUNCTION hazards_lead_heard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.ended_at < NEW.answer_due AND NOT EXISTS (SELECT FROM hazards_lead_answer a WHERE a.lead_id = NEW.id) THEN
    RAISE EXCEPTION 'lead: the person concerned was not heard' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER hazards_lead_heard BEFORE UPDATE OF state ON hazards_lead FOR EACH ROW
  WHEN (NEW.state IN ('unfounded', 'exempt', 'passed') AND OLD.state IS DISTINCT FROM NEW.state)
  EXECUTE FUNCTION hazards_lead_heard();
CREATE FUNCTION hazards_lead_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'lead: what it was opened on stays' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER hazards_lead_kept BEFORE UPDATE ON hazards_lead FOR EACH ROW
  WHEN ((OLD.person, OLD.entries, OLD.reason, OLD.opened_by, OLD.opened_at, OLD.answer_due)
    IS DISTINCT FROM (NEW.person, NEW.entries, NEW.reason, NEW.opened_by, NEW.opened_at, NEW.answer_due))
  EXECUTE FUNCTION hazards_lead_kept();
CREATE TRIGGER hazards_lead_stays BEFORE DELETE ON hazards_lead FOR EACH ROW EXECUTE FUNCTION hazards_lead_kept();
CREATE TRIGGER hazards_lead_whole BEFORE TRUNCATE ON hazards_lead FOR EACH STATEMENT
  EXECUTE FUNCTION hazards_lead_kept();
"""


class Migration(migrations.Migration):
    """Every answer to a lead is kept; nobody ends what they opened, or before the person was heard."""

    dependencies = [
        ("hazards", "0011_oversight_mended"),
    ]

    operations = [
        migrations.CreateModel(
            name="LeadAnswer",
            fields=[
                (
                    "id",
                    models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="hazards.neglectlead"
                    ),
                ),
                ("words", models.TextField()),
                ("at", models.DateTimeField(default=anlan.kernel.clock.now)),
                ("by", models.UUIDField()),
            ],
            options={
                "db_table": "hazards_lead_answer",
                "ordering": ["at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("words", ""), _negated=True), name="hazards_lead_answer_says"
                    )
                ],
            },
        ),
        migrations.RunSQL(ANSWERS, migrations.RunSQL.noop),
        migrations.RemoveField(model_name="neglectlead", name="answer"),
        migrations.RemoveField(model_name="neglectlead", name="answered_at"),
        migrations.AddField(
            model_name="neglectlead",
            name="answer_due",
            field=models.DateTimeField(default=anlan.kernel.clock.now),
        ),
        AddConstraintNotValid(
            model_name="neglectlead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ended_by", None),
                    models.Q(("ended_by", models.F("opened_by")), _negated=True),
                    _connector="OR",
                ),
                name="hazards_lead_other_ends",
            ),
        ),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
