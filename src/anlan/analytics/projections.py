"""SQL that says what a subject adds to the figures: one statement for each sort of subject, the only definition of it.

Each selects (subject, event, day, trade, drill, place_path, month, base, kind, grade, source, owner, n, x, y), for the
subjects that `{where}` leaves (a condition over the alias t). Days are those of China's wall. Times count as they
stand now: a hazard that was put aside (挂账), paused, prolonged, regraded or reopened counts by what it is today.
"""

ZONE = "Asia/Shanghai"
COLUMNS = (
    "subject", "event", "day", "trade", "drill", "place_path", "month", "base", "kind", "grade", "source", "owner",
    "n", "x", "y",
)  # fmt: skip
KEY = COLUMNS[:5]


def _month(day: str) -> str:
    return f"(EXTRACT(year FROM {day})::int * 12 + EXTRACT(month FROM {day})::int - 1)"


def _day(moment: str) -> str:
    return f"({moment} AT TIME ZONE '{ZONE}')::date"


HAZARD = f"""
SELECT z.id, e.event, e.day, z.trade, z.drill, z.place_path, {_month("e.day")}, e.base, z.kind, z.grade, z.source,
  z.owner, 1, e.x, e.y
FROM (
  SELECT t.id, t.trade, t.exercise_id IS NOT NULL AS drill, t.place_path, t.kind, t.grade, t.source, t.state,
    COALESCE(t.owner_organisation::text, '-') AS owner, t.refusals, t.reopened > 0 OR t.recurs_id IS NOT NULL AS again,
    t.state IN ('confirmed', 'assigned', 'rectified', 'listed', 'closed') AS valid, {_day("t.arrived_at")} AS found,
    CASE WHEN t.state <> 'listed' AND t.paused_at IS NULL THEN {_day("t.due_at")} END AS due,
    CASE WHEN t.state = 'closed' THEN {_day("t.accepted_at")} END AS accepted,
    t.state = 'closed' AND t.accepted_at > t.due_at AS late
  FROM hazards_hazard t WHERE {{where}}
) z, LATERAL (VALUES
  (1, z.found, 0, z.valid::int, (z.valid AND z.again)::int, z.state <> 'withdrawn'),
  (2, LEAST(z.due, z.accepted), {_month("z.found")}, (z.accepted IS NOT NULL AND z.late IS NOT TRUE)::int, 0,
   z.valid AND LEAST(z.due, z.accepted) IS NOT NULL),
  (3, z.accepted, {_month("z.found")}, (z.refusals = 0)::int, COALESCE(z.late, false)::int, z.accepted IS NOT NULL),
  (4, z.accepted, GREATEST(z.accepted - z.due, 1), 0, 0, COALESCE(z.late, false))
) e (event, day, base, x, y, counts) WHERE e.counts"""

VISIT = f"""
SELECT t.id, 5, {_day("t.done_at")}, COALESCE(a.trade, 'other'), t.exercise_id IS NOT NULL, t.place_path,
  {_month(_day("t.done_at"))}, 0, '', '', t.source, '',
  (row_number() OVER (PARTITION BY t.id ORDER BY a.trade) = 1)::int,
  COALESCE(a.passed, t.passed)::int, COALESCE(a.failed, t.failed)::int
FROM hazards_visit t LEFT JOIN LATERAL (
  SELECT c.trade, count(*) FILTER (WHERE r.result = 'pass') AS passed,
    count(*) FILTER (WHERE r.result = 'fail') AS failed
  FROM hazards_answer r JOIN hazards_item i ON i.id = r.item_id
    JOIN hazards_checklist_version v ON v.id = i.version_id JOIN hazards_checklist c ON c.id = v.checklist_id
  WHERE r.visit_id = t.id GROUP BY c.trade
) a ON true WHERE {{where}}"""

OBJECT = f"""
SELECT m.id, e.event, m.day, '', m.drill, m.place_path, m.month, e.base, '', '', '', '', 1, 0, 0
FROM (
  SELECT g.*, lag(g.month, 1, 0) OVER seen AS seen,
    COALESCE(max(g.month) FILTER (WHERE g.flawed)
      OVER (seen ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS fault
  FROM (
    SELECT t.id, t.place_path, v.exercise_id IS NOT NULL AS drill,
      date_trunc('month', {_day("v.done_at")})::date AS day,
      {_month(_day("v.done_at"))} AS month, bool_or(v.failed > 0) AS flawed
    FROM hazards_object t JOIN hazards_visit v ON v.object_id = t.id WHERE {{where}} GROUP BY 1, 2, 3, 4, 5
  ) g WINDOW seen AS (PARTITION BY g.id, g.drill ORDER BY g.month)
) m, LATERAL (VALUES (6, m.seen, true), (7, m.fault, m.flawed)) e (event, base, counts) WHERE e.counts"""

TASK = f"""
SELECT z.id, 8, z.day, '', z.drill, z.place_path, {_month("z.day")}, 0, '', '', z.source, '', 1, z.done::int,
  (z.done AND z.done_on <= z.due_on)::int
FROM (
  SELECT t.id, t.exercise_id IS NOT NULL AS drill, t.place_path, t.state = 'done' AS done, t.due_on,
    {_day("t.done_at")} AS done_on, LEAST(t.due_on, CASE WHEN t.state = 'done' THEN {_day("t.done_at")} END) AS day,
    CASE WHEN t.joint THEN 'joint' ELSE 'inspection' END AS source
  FROM hazards_task t WHERE t.state <> 'void' AND ({{where}})
) z"""

PROJECTIONS = {"hazard": HAZARD, "visit": VISIT, "object": OBJECT, "task": TASK}
TABLES = {"hazard": "hazards_hazard", "visit": "hazards_visit", "object": "hazards_object", "task": "hazards_task"}
EVENTS = {"hazard": (1, 2, 3, 4), "visit": (5,), "object": (6, 7), "task": (8,)}
