"""PLC-01: whoever adds a table that stands on places says whether its rows go along when divisions change."""

from django.apps import apps
from django.db import connection

from anlan.places import ports

HISTORY = {
    "ledger_entry": "the ledger keeps the path as it was",
    "ledger_secret": "private text of entries",
    "hazards_object_import": "what was imported then",
    "sensing_thing_import": "what was imported then",
    "hazards_visit": "what was found then, where the object stood",
    "fieldwork_submission": "what was filled in then, where the sender's post lay",
    "hazards_obstacle": "what stood in the way then; nobody may change it",
    "sensing_sidesjudged": "what was decided then, where the device stood",
    "places_import": "what was imported then",
    "places_adjustment": "the plan itself",
    "callout_asking": "the settings of checks, which stand nowhere",
    "people_stopped": "assignments that were stopped then",
    "callout_play_order": "what loudspeakers were told then, where they stood",
    "analytics_part": "what is counted follows its subject (analytics.services.boundaries)",
    "analytics_fact": "sums of parts",
    "callout_tally": "counters follow their obligations (callout.services.boundaries)",
    "callout_statistic": "sums of past months; callout.queries.boundaries folds them",
}


def test_every_table_with_a_place_path_goes_along_or_is_history():
    known = {goes.table for goes in ports.goes}
    standing = {
        model._meta.db_table
        for model in apps.get_models()
        if any(f.column == "place_path" for f in model._meta.concrete_fields)
    }
    assert not standing - known - HISTORY.keys(), "say in its services/boundaries.py whether these go along"
    assert not (known | HISTORY.keys()) - standing, "no such table any more"
    assert not known & HISTORY.keys()


def test_the_keys_of_what_goes_along_are_their_own_and_uuids(db):
    keys = {model._meta.db_table: model._meta.pk.column for model in apps.get_models()}
    with connection.cursor() as cursor:
        for goes in ports.goes:
            assert f"t.{keys[goes.table]}" in goes.key, goes.table
            cursor.execute(f"SELECT pg_typeof((SELECT {goes.key} FROM {goes.table} t LIMIT 1))")
            assert cursor.fetchone() == ("uuid",), goes.table
