"""HZD-01: what the services refuse, the database refuses to raw SQL too."""

import pytest
from django.db import IntegrityError, connection, transaction

from anlan.hazards import services
from anlan.hazards.models import RoundRow
from anlan.hazards.tests.finding import assigned, closed, confirmed, find, rectified

pytestmark = pytest.mark.django_db


def refused(sql, *params, because):
    with pytest.raises(IntegrityError, match=because), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


def test_no_step_is_left_out(cast):
    made = find(cast.grid)
    for state in ("assigned", "rectified", "closed", "listed"):
        refused("UPDATE hazards_hazard SET state = %s WHERE id = %s", state, made.id, because="not a step")
    refused("UPDATE hazards_hazard SET state = 'confirmed' WHERE id = %s", made.id, because="confirmed_by_somebody")
    refused("UPDATE hazards_hazard SET state = 'merged' WHERE id = %s", made.id, because="merged_has_lead")
    made = confirmed(cast)
    refused("UPDATE hazards_hazard SET state = 'assigned' WHERE id = %s", made.id, because="assigned_by_somebody")
    made = assigned(cast)
    refused("UPDATE hazards_hazard SET state = 'rectified' WHERE id = %s", made.id, because="rectified_by_somebody")


def test_nobody_accepts_their_own_work(cast):
    made = rectified(cast)
    mine = made.rectified_by
    sql = "UPDATE hazards_hazard SET state = 'closed', accepted_by = %s, accepted_at = now() WHERE id = %s"
    refused(sql, mine, made.id, because="no_self_acceptance")
    refused("UPDATE hazards_hazard SET state = 'closed' WHERE id = %s", made.id, because="accepted_by_somebody")
    row = RoundRow.objects.get()
    refused("UPDATE hazards_round SET judged_by = done_by WHERE id = %s", row.id, because="two_persons")
    done = closed(cast)
    refused("UPDATE hazards_hazard SET rectified_by = accepted_by WHERE id = %s", done.id, because="no_self_acceptance")


def test_whoever_entered_it_for_another_does_not_judge_it(cast):
    made = assigned(cast)
    services.rectify(made.id, "清走了", name="老王", by=cast.community.actor)
    row = RoundRow.objects.get()
    other = cast.street.person.pseudonym
    sql = "UPDATE hazards_round SET done_by = %s, judged_by = entered_by WHERE id = %s"
    refused(sql, other, row.id, because="not_entered")


def test_nobody_grants_their_own_plea(cast):
    made = assigned(cast)
    plea = services.ask(made.id, "pause", "等材料", by=cast.street.actor)
    refused("UPDATE hazards_plea SET decided_by = asked_by WHERE id = %s", plea.id, because="plea_two_persons")
    refused(
        """INSERT INTO hazards_plea (id, hazard_id, kind, reason, state, asked_at, asked_by, asked_name, decided_name,
             opinion, review_owed) SELECT gen_random_uuid(), hazard_id, 'list', 'x', 'asked', now(), asked_by, 'x', '',
             '', false FROM hazards_plea WHERE id = %s""",
        plea.id, because="one_open",
    )  # fmt: skip
