"""What the questions brought: numbers proven, dead, another's, silent; and the superior's one duty to mend them."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from anlan.callout.ladder import TEXT
from anlan.callout.models import Check, Obligation, Round
from anlan.callout.services import asked, obligations, revival
from anlan.callout.terms import Act, Did, ObligationState, Owed, Part
from anlan.kernel import authority
from anlan.kernel.clock import now
from anlan.people import queries as people
from anlan.people import services as people_services

MOST = 5_000
DAY = 86_400
MACHINE = "callout.check"

# What each question came to. A batch that was hung up puts its silent ones back; a late answer is an answer.
_CAME = """
SELECT c.id, c.person_id, c.tries,
  CASE WHEN o.state = 'met' AND o.declined THEN 'wrong' WHEN o.state = 'met' OR o.late_at IS NOT NULL THEN 'ok'
    WHEN o.dead THEN 'dead' WHEN k.state IN ('cancelled', 'superseded') THEN 'waiting'
    WHEN o.id IS NULL THEN 'gone' ELSE 'silent' END
FROM callout_check c JOIN callout_call k ON k.id = c.call_id
LEFT JOIN callout_obligation o ON o.call_id = k.id AND o.part = 'self' AND o.person_id = c.person_id
WHERE c.state = 'asked' AND (o.state = 'met' OR o.dead OR k.state NOT IN ('running', 'draft', 'approved'))
ORDER BY c.id LIMIT %s FOR UPDATE OF c SKIP LOCKED"""
_NOTED = """
UPDATE callout_check c SET state = g.state, at = %(now)s,
  tries = CASE WHEN g.state = 'waiting' THEN greatest(c.tries - 1, 0) ELSE c.tries END,
  not_before = CASE WHEN g.state = 'silent' AND c.tries < 2 THEN %(again)s::timestamptz END
FROM unnest(%(ids)s::uuid[], %(states)s::text[]) AS g (id, state) WHERE c.id = g.id"""
# A number that was changed anywhere (a person's page, a roster) leaves the list of those to mend and is asked anew.
_MENDED = """
UPDATE callout_check c SET state = CASE WHEN NOT n.seated THEN 'gone' WHEN n.reach = 'ok' THEN 'ok' ELSE 'waiting' END,
  hurry = n.seated AND n.reach = 'unchecked', tries = 0, not_before = NULL, call_id = NULL, at = %(now)s
FROM ({numbers}) n
WHERE n.person_id = c.person_id AND c.quarter >= %(quarter)s AND c.state IN ('dead', 'wrong', 'none', 'silent')
  AND (NOT n.seated OR (n.has AND n.reach IN ('ok', 'unchecked')))
RETURNING c.person_id, c.state"""


def settle() -> int:
    """Note what came of the questions, and lay or close the superiors' duties. Returns how many numbers."""
    count = 0
    while True:
        took = _settle_chunk()
        count += took
        if took < MOST:
            break
    mended()
    lay_duties()
    close_duties()
    return count


@transaction.atomic
def _settle_chunk() -> int:
    moment = now()
    again = moment + dt.timedelta(days=asked.settings()["again_after"])
    with connection.cursor() as cursor:
        cursor.execute(_CAME, [MOST])
        rows = cursor.fetchall()
        if not rows:
            return 0
        cursor.execute(
            _NOTED, {"now": moment, "again": again, "ids": [r[0] for r in rows], "states": [r[3] for r in rows]}
        )
    reach = {r[1]: r[3] for r in rows if r[3] in {"ok", "wrong", "silent"}}
    people_services.mark_reach(reach, by=authority.machine(MACHINE))
    return len(rows)


@transaction.atomic
def mended() -> int:
    """Notice numbers that were changed or whose holder left; they are asked anew, or done with. Returns how many."""
    oldest = (now() - dt.timedelta(days=200)).strftime("%YQ0")
    with connection.cursor() as cursor:
        cursor.execute(_MENDED.format(numbers=people.numbers()), {"now": now(), "quarter": oldest})
        rows = cursor.fetchall()
    revival.revive([row[0] for row in rows if row[1] != "gone"])
    return len(rows)


@transaction.atomic
def lay_duties() -> int:
    """Bundle the numbers to mend: one duty per superior per round, told by count. Returns how many duties were new."""
    rows = list(
        Check.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(state__in=["dead", "wrong", "none"], duty_id=None, round__state__in=["running", "done"])
        .order_by("id").values_list("id", "round_id", "place_path", "superior_id")[:MOST]
    )  # fmt: skip
    if not rows:
        return 0
    keepers = people.keepers([(r[2], r[3]) for r in rows])
    bundles: dict[tuple[UUID, UUID], list[UUID]] = {}
    targets: dict[UUID, people.Target] = {}
    for check, round_id, path, superior in rows:
        keeper = keepers.get((path, superior))
        if keeper is not None and round_id is not None:
            bundles.setdefault((round_id, keeper.person_id), []).append(check)
            targets[keeper.person_id] = keeper
    have = {
        (subject, person): identifier
        for subject, person, identifier in Obligation.objects.filter(
            subject_id__in={key[0] for key in bundles}, did=Did.NUMBER_MENDED, call_id=None, state="open",
            part=Part.SELF, person_id__in=list(targets),
        ).values_list("subject_id", "person_id", "id")
    }  # fmt: skip
    fresh = [key for key in bundles if key not in have]
    made = obligations.owe_many(
        [_duty(round_id, targets[person], len(bundles[round_id, person])) for round_id, person in fresh],
        by=authority.machine(MACHINE),
    )
    have |= dict(zip(fresh, made, strict=True))
    for key, checks in bundles.items():
        Check.objects.filter(id__in=checks).update(duty_id=have[key])
    _recount([have[key] for key in bundles if key not in set(fresh)])
    return len(made)


def _duty(round_id: UUID, keeper: people.Target, count: int) -> Owed:
    within = asked.settings()["mend_within"] * DAY
    return Owed(
        subject_type="callout.round", subject_id=round_id, did=Did.NUMBER_MENDED, person=keeper.person_id,
        pseudonym=keeper.pseudonym, place_path=keeper.place_path, why=said(count),
        due_at=now() + dt.timedelta(seconds=within), post=keeper.post_id, post_title=keeper.post_title,
        role=keeper.role_code, rank=keeper.rank, superior=keeper.superior_post_id,
        link=f"/people/reach/mend?place={keeper.place_path}",
        ladder=({"at": within * 2 // 3, "act": Act.AGAIN, "send": TEXT}, {"at": within, "act": Act.SUPERIOR}),
    )  # fmt: skip


def said(count: int) -> str:
    """Say a bundle in one line of the inbox, in the house's language whoever set it off."""
    with translation.override(settings.LANGUAGE_CODE):
        return _("你下面有 %d 个号码要改：打不通、不是本人或没登记") % count


def _recount(duties: Sequence[UUID]) -> None:
    """Tell the open duties by how many numbers are left in them."""
    if duties:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT duty_id, count(*) FROM callout_check WHERE duty_id = ANY(%s)
                   AND state IN ('dead', 'wrong', 'none') GROUP BY 1""",
                [list(duties)],
            )
            told: list[tuple[Any, int]] = cursor.fetchall()
            cursor.execute(
                """UPDATE callout_obligation o SET why = q.why FROM unnest(%s::uuid[], %s::text[]) AS q (id, why)
                   WHERE o.id = q.id AND o.why <> q.why""",
                [[r[0] for r in told], [said(r[1]) for r in told]],
            )


@transaction.atomic
def close_duties() -> int:
    """Meet the duties in which no number is left to mend, and free whoever they climbed to. Returns how many."""
    rounds = Round.objects.values("id")
    still = Obligation.objects.filter(did=Did.NUMBER_MENDED, call_id=None, state="open", subject_id__in=rounds)
    mine = list(still.filter(part=Part.SELF).order_by("id").values_list("id", flat=True))
    busy = set(
        Check.objects.filter(duty_id__in=mine, state__in=["dead", "wrong", "none"])
        .values_list("duty_id", flat=True).distinct()
    )  # fmt: skip
    machine = authority.machine(MACHINE)
    done = [identifier for identifier in mine if identifier not in busy]
    for identifier in done:
        obligations.meet(identifier, by=machine, how="arrived")
    waited = set(still.filter(part=Part.SELF, rung="superior").values_list("subject_id", "superior_id"))
    for row in still.filter(part=Part.SUPERIOR):
        if not any(subject == row.subject_id for subject, _post in waited):
            row.state, row.next_at = ObligationState.VOID, None
            row.save(update_fields=["state", "next_at"])
    _recount([one for one in busy if one is not None])
    return len(done)
