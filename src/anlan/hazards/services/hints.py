"""Photos used before and records faster than anybody walks become hints to whoever checks (反形式主义, EVL-05).

A hint says "look at these two"; it blames nobody, counts for nobody, and is put aside with a reason. Exercises are
compared among themselves alone.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from anlan.fieldwork.queries import uploads
from anlan.hazards.models import Hazard, Hint, Shot, Visit
from anlan.hazards.queries import hints as queries
from anlan.hazards.services import acting
from anlan.hazards.terms import Did
from anlan.hazards.terms.hints import HintState
from anlan.kernel import clock
from anlan.kernel.authority import Actor, Conflict
from anlan.kernel.ids import floor_of
from anlan.ledger import services as ledger

CHUNK = 500  # photos compared at once
SAME = 2  # bits, between before and after on one hazard, where a like view is what is asked for
SLACK = 200.0  # metres that a phone's position may be off
DAYS = 2  # arrivals that are looked at again


def hang(uploads_: Sequence[UUID], subject: Hazard | Visit, phase: str = "", *, by: Actor) -> None:
    """Note that photos are used on a hazard or a visit, to be compared once they are drawn."""
    Shot.objects.bulk_create(
        [
            Shot(
                upload_id=one, subject_id=subject.id, phase=phase, by=by.pseudonym, by_name=by.name[:60],
                subject_type="visit" if isinstance(subject, Visit) else "hazard", exercise_id=subject.exercise_id,
            )
            for one in uploads_
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def lay_earlier() -> int:
    """Note the photos that were used before this was kept. Returns how many; none the second time."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO hazards_shot
                 (upload_id, subject_type, subject_id, phase, by, by_name, exercise_id, at, bands)
               SELECT e.upload_id, 'hazard', e.hazard_id, e.phase, e.added_by, e.added_name, h.exercise_id, e.added_at,
                 '{}' FROM hazards_evidence e JOIN hazards_hazard h ON h.id = e.hazard_id
               WHERE NOT EXISTS (SELECT FROM hazards_shot s WHERE s.subject_id = e.hazard_id
                 AND s.upload_id = e.upload_id AND s.phase = e.phase)
               UNION ALL
               SELECT DISTINCT u, 'visit', v.id, '', v.by, v.by_name, v.exercise_id, v.arrived_at, '{}'::int[]
               FROM hazards_visit v, unnest(v.uploads) u WHERE v.uploads <> '{}' AND NOT EXISTS (
                 SELECT FROM hazards_shot s WHERE s.subject_id = v.id AND s.upload_id = u AND s.phase = '')
               ON CONFLICT DO NOTHING"""
        )
        return int(cursor.rowcount)


def compare() -> int:
    """Look at the photos that have been drawn since, and hint at those that look like another's. Returns how many."""
    done = after = 0
    unlooked = Shot.objects.filter(looked_at=None).order_by("id").values_list("id", "upload_id")
    while waiting := list(unlooked.filter(id__gt=after)[:CHUNK]):
        after = waiting[-1][0]
        looks = uploads.looks({upload for _id, upload in waiting})
        ready = [(shot, looks[upload]) for shot, upload in waiting if upload in looks]
        _keep(ready)
        done += len(ready)
    return done


@transaction.atomic
def _keep(ready: Sequence[tuple[int, int]]) -> None:
    """Write down how photos look, then find what looks like them: by a quarter that differs in one bit at most."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE hazards_shot s SET look = r.look, looked_at = %(now)s, bands = CASE WHEN r.look = 0 THEN '{}' ELSE
                 ARRAY(SELECT (k << 16) | ((r.look >> (16 * k)) & 65535)::int FROM generate_series(0, 3) k) END
               FROM unnest(%(ids)s::bigint[], %(looks)s::bigint[]) r (id, look) WHERE s.id = r.id""",
            {"ids": [i for i, _look in ready], "looks": [look for _id, look in ready], "now": clock.now()},
        )
        cursor.execute(
            _PHOTOS,
            {"ids": [i for i, _look in ready], "alike": settings.HINT_PHOTO_BITS, "same": SAME, "now": clock.now()},
        )


_PHOTOS = """
WITH mine AS MATERIALIZED (
  SELECT s.*, ARRAY(SELECT b # m FROM unnest(s.bands) b,
    unnest(ARRAY[0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768]) m) AS near
  FROM hazards_shot s WHERE s.id = ANY(%(ids)s) AND s.look <> 0
), pairs AS (
  SELECT CASE WHEN (s.at, s.id) > (o.at, o.id) THEN s.id ELSE o.id END AS later,
    CASE WHEN (s.at, s.id) > (o.at, o.id) THEN o.id ELSE s.id END AS earlier,
    bit_count((s.look # o.look)::bit(64))::int AS bits
  FROM mine s JOIN LATERAL (
    SELECT * FROM hazards_shot o WHERE o.bands && s.near AND o.id <> s.id
      AND o.exercise_id IS NOT DISTINCT FROM s.exercise_id AND bit_count((s.look # o.look)::bit(64)) <= %(alike)s
  ) o ON true
), told AS (
  SELECT l.*, e.subject_type AS other_type, e.subject_id AS other_id, e.upload_id AS other_upload, p.bits, e.at AS used,
    count(*) OVER (PARTITION BY l.id) AS uses,
    row_number() OVER (PARTITION BY l.subject_id, l.upload_id ORDER BY p.bits, e.at, e.id) AS nth,
    COALESCE(lh.place_path, lv.place_path) AS place_path
  FROM (SELECT DISTINCT * FROM pairs) p JOIN hazards_shot l ON l.id = p.later JOIN hazards_shot e ON e.id = p.earlier
    LEFT JOIN hazards_hazard lh ON l.subject_type = 'hazard' AND lh.id = l.subject_id
    LEFT JOIN hazards_hazard eh ON e.subject_type = 'hazard' AND eh.id = e.subject_id
    LEFT JOIN hazards_visit lv ON l.subject_type = 'visit' AND lv.id = l.subject_id
  WHERE CASE WHEN l.subject_id = e.subject_id THEN p.bits <= %(same)s AND l.phase = 'after' AND e.phase = 'before'
    ELSE COALESCE(lh.visit_id, l.subject_id) <> COALESCE(eh.visit_id, e.subject_id)
      AND COALESCE(lh.lead_id, l.subject_id) <> COALESCE(eh.lead_id, e.subject_id) END
)
INSERT INTO hazards_hint (id, genre, place_path, subject_type, subject_id, upload_id, other_type, other_id,
  other_upload_id, figures, by, by_name, exercise_id, made_at, state, opinion, dismissed_name)
SELECT gen_random_uuid(), 'photo', place_path, subject_type, subject_id, upload_id, other_type, other_id, other_upload,
  jsonb_build_object('bits', bits, 'uses', uses), by, by_name, exercise_id, %(now)s, 'open', '', ''
FROM told WHERE nth = 1 AND place_path IS NOT NULL
ON CONFLICT (subject_id, genre, upload_id) DO UPDATE SET
  figures = jsonb_set(hazards_hint.figures, '{uses}', excluded.figures -> 'uses')
WHERE (hazards_hint.figures ->> 'uses')::int < (excluded.figures ->> 'uses')::int"""


def pace() -> int:
    """Look at the visits that came these days: many in one second, or faster than anybody gets there."""
    since = floor_of(int((clock.now().timestamp() - DAYS * 86400) * 1000))
    values: dict[str, Any] = {
        "since": since, "now": clock.now(), "burst": settings.HINT_SAME_SECOND, "kmh": settings.HINT_KMH,
        "slack": SLACK,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PACE, values)
        return int(cursor.rowcount)


_PACE = """
WITH visits AS (
  SELECT v.id, v.by, v.by_name, v.exercise_id, v.place_path, v.done_at, v.object_id,
    date_trunc('second', v.done_at) AS moment, radians(COALESCE(v.lon, o.lon)) AS lon,
    radians(COALESCE(v.lat, o.lat)) AS lat
  FROM hazards_visit v LEFT JOIN hazards_object o ON o.id = v.object_id
  WHERE v.id >= %(since)s AND v.by IS NOT NULL AND v.source NOT IN ('self_check', 'third_party')
), seconds AS (
  SELECT *, lag(id) OVER w AS other, count(*) OVER m AS n, row_number() OVER (m ORDER BY id DESC) AS nth
  FROM (SELECT DISTINCT ON (by, exercise_id, moment, COALESCE(object_id, id)) * FROM visits
        ORDER BY by, exercise_id, moment, COALESCE(object_id, id), id) d
  WINDOW m AS (PARTITION BY by, exercise_id, moment), w AS (m ORDER BY id)
), steps AS (
  SELECT *, lag(id) OVER w AS other, EXTRACT(epoch FROM done_at - lag(done_at) OVER w) AS seconds,
    sin((lat - lag(lat) OVER w) / 2) ^ 2
      + cos(lat) * cos(lag(lat) OVER w) * sin((lon - lag(lon) OVER w) / 2) ^ 2 AS half
  FROM visits WINDOW w AS (PARTITION BY by, exercise_id ORDER BY done_at, id)
)
INSERT INTO hazards_hint (id, genre, place_path, subject_type, subject_id, other_type, other_id, figures, by, by_name,
  exercise_id, made_at, state, opinion, dismissed_name)
SELECT gen_random_uuid(), genre, place_path, 'visit', id, 'visit', other, figures, by, by_name, exercise_id, %(now)s,
  'open', '', ''
FROM (
  SELECT 'second' AS genre, place_path, id, other, by, by_name, exercise_id, jsonb_build_object('count', n) AS figures
  FROM seconds WHERE n >= %(burst)s AND nth = 1
  UNION ALL
  SELECT 'pace', place_path, id, other, by, by_name, exercise_id, jsonb_build_object('seconds', seconds::int,
    'metres', metres::int, 'kmh', LEAST(round((metres - %(slack)s) / greatest(seconds, 1) * 3.6), 9999)::int)
  FROM (SELECT *, 2 * 6371008.8 * asin(sqrt(LEAST(half, 1))) AS metres FROM steps WHERE half IS NOT NULL) s
  WHERE metres > 2 * %(slack)s AND (metres - %(slack)s) / greatest(seconds, 1) * 3.6 > %(kmh)s
    AND NOT EXISTS (SELECT FROM seconds t WHERE t.by = s.by AND t.moment = s.moment AND t.n >= %(burst)s)
) found
ON CONFLICT (subject_id, genre, upload_id) DO NOTHING"""


@transaction.atomic
def dismiss(hint_id: UUID, opinion: str, *, by: Actor) -> Hint:
    """Put a hint aside, with the reason. Never by whoever made the record. Raises Hidden, Conflict, Invalid."""
    said = acting.said(opinion)
    found = queries.hint(hint_id, by=by, locked=True)
    if found.state != HintState.OPEN:
        raise Conflict(_("{name}已经看过，收起了").format(name=found.dismissed_name))
    found.state, found.opinion, found.dismissed_at = HintState.DISMISSED, said[:400], clock.now()
    found.dismissed_by, found.dismissed_name = by.pseudonym, by.name[:60]
    found.save(update_fields=["state", "opinion", "dismissed_at", "dismissed_by", "dismissed_name"])
    ledger.record(Did.HINT_SEEN, found, by=by, chain=found.subject_id, opinion=said[:400], hint=found.genre)
    return found
