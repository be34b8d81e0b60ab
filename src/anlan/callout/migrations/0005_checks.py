"""Calls of a genre that is no warning, and the quarterly check of numbers with its policies and settings."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import anlan.kernel.clock
import anlan.kernel.ids
from anlan.callout.asking import POLICIES

PATH = {"db_collation": "C", "max_length": 40}


def plant_policies(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Plant the rules of checks and tests where they are not there yet."""
    policies = apps.get_model("callout", "Policy").objects.using(editor.connection.alias)
    for code, name, body in POLICIES:
        if not policies.filter(code=code).exists():
            policies.create(code=code, name=name, level="", kind="first", body=body)


def _id() -> "models.UUIDField[str, str]":
    return models.UUIDField(default=anlan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)


class Migration(migrations.Migration):
    dependencies = [("callout", "0004_followed"), ("people", "0004_numbers")]

    operations = [
        migrations.AddField("call", "genre", models.CharField(blank=True, default="", max_length=8)),
        migrations.CreateModel(
            name="Asking",
            fields=[
                ("id", _id()),
                ("name", models.CharField(db_collation="C", max_length=20, unique=True)),
                ("body", models.JSONField(default=dict)),
                ("version", models.PositiveIntegerField(default=1)),
                ("changed_at", models.DateTimeField(default=anlan.kernel.clock.now)),
                ("changed_by", models.UUIDField(null=True)),
                ("place_path", models.CharField(blank=True, default="", **PATH)),
            ],
            options={"db_table": "callout_asking"},
        ),
        migrations.CreateModel(
            name="Round",
            fields=[
                ("id", _id()),
                ("place_path", models.CharField(**PATH)),
                ("quarter", models.CharField(db_collation="C", max_length=6)),
                ("state", models.CharField(default="running", max_length=10)),
                ("settings", models.JSONField(default=dict)),
                ("last_day", models.DateField()),
                ("total", models.IntegerField(default=0)),
                ("laid_at", models.DateTimeField(null=True)),
                ("next_at", models.DateTimeField(default=anlan.kernel.clock.now)),
                ("started_at", models.DateTimeField(default=anlan.kernel.clock.now)),
                ("started_by", models.UUIDField(null=True)),
                ("paused_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "callout_round",
                "indexes": [models.Index(fields=["place_path", "id"], name="callout_round_path")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "stopped"), _negated=True), fields=("place_path", "quarter"),
                        name="callout_round_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["running", "paused", "done", "stopped"])),
                        name="callout_round_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Check",
            fields=[
                ("id", _id()),
                ("quarter", models.CharField(db_collation="C", max_length=6)),
                ("person_id", models.UUIDField()),
                ("place_path", models.CharField(**PATH)),
                ("superior_id", models.UUIDField(null=True)),
                ("state", models.CharField(default="waiting", max_length=8)),
                ("tries", models.SmallIntegerField(default=0)),
                ("call_id", models.UUIDField(null=True)),
                ("hurry", models.BooleanField(default=False)),
                ("not_before", models.DateTimeField(null=True)),
                ("at", models.DateTimeField(default=anlan.kernel.clock.now)),
                ("duty_id", models.UUIDField(null=True)),
                (
                    "round",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE,
                        related_name="checks", to="callout.round",
                    ),
                ),
            ],
            options={
                "db_table": "callout_check",
                "indexes": [
                    models.Index(fields=["round", "place_path"], name="callout_check_round"),
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "asked", "silent"])), fields=["round", "state"],
                        name="callout_check_open",
                    ),
                    models.Index(condition=models.Q(("hurry", True)), fields=["id"], name="callout_check_hurry"),
                    models.Index(
                        condition=models.Q(("duty_id__isnull", False)), fields=["duty_id"], name="callout_check_duty"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("person_id", "quarter"), name="callout_check_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["waiting", "asked", "ok", "proven", "dead", "wrong", "silent", "none", "gone"],
                            )
                        ),
                        name="callout_check_state",
                    ),
                ],
            },
        ),
        migrations.RunPython(plant_policies, migrations.RunPython.noop),
    ]  # fmt: skip
