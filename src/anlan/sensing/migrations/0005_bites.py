from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sensing", "0004_store")]

    operations = [
        migrations.AddField(model_name="arrival", name="bite", field=models.BigIntegerField(null=True)),
        migrations.AddIndex(
            model_name="arrival",
            index=models.Index(fields=["id"], condition=models.Q(("bite", None)), name="sensing_arrival_waiting"),
        ),
        migrations.RunSQL("ALTER TABLE sensing_rulememory ALTER packed SET STORAGE EXTERNAL", migrations.RunSQL.noop),
    ]
