from django.db import migrations

ROLES = ("city_duty", "district_duty", "street_duty", "system_admin")


def grant(apps, _schema_editor):
    """Let the starting roles of an installation that has them already look after robots of group chats."""
    for role in apps.get_model("people", "Role").objects.filter(code__in=ROLES):
        if "callout.robots" not in role.grants:
            role.grants = [*role.grants, "callout.robots"]
            role.save(update_fields=["grants"])


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0004_numbers"),
    ]

    operations = [
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
