"""What nobody else's job it is: giving the jobs of a killed worker to another one."""

import logging
import threading

from django.db import connection

log = logging.getLogger("anlan.worker")

SILENT_SECONDS = 20
EVERY_SECONDS = 5.0

# A job that must stand in the queue once only, and does already, has nothing to wait for: it is marked failed.
PUT_BACK = """
WITH stalled AS (
  SELECT id, queueing_lock FROM procrastinate_jobs j
  WHERE status = 'doing' AND NOT EXISTS (
    SELECT FROM procrastinate_workers w
    WHERE w.id = j.worker_id AND w.last_heartbeat > now() - make_interval(secs => %s))
  FOR UPDATE SKIP LOCKED
)
UPDATE procrastinate_jobs j
SET worker_id = NULL, attempts = attempts + 1, status = (CASE
  WHEN s.queueing_lock IS NOT NULL AND (
    EXISTS (SELECT FROM procrastinate_jobs q WHERE q.status = 'todo' AND q.queueing_lock = s.queueing_lock)
    OR EXISTS (SELECT FROM stalled q WHERE q.queueing_lock = s.queueing_lock AND q.id < s.id))
  THEN 'failed' ELSE 'todo' END)::procrastinate_job_status
FROM stalled s WHERE s.id = j.id
RETURNING j.id, j.task_name, j.status::text
"""


def put_back(silent_seconds: float = SILENT_SECONDS) -> int:
    """Put back what a silent worker was doing: Procrastinate alone leaves it in `doing`. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(PUT_BACK, [silent_seconds])
        back = cursor.fetchall()
    for number, name, state in back:
        log.warning("its worker fell silent; put back", extra={"job": number, "task": name, "state": state})
    return len(back)


def retry_stalled(stop: threading.Event) -> None:
    """Keep looking. A loop and not a job, since the jobs may be what is stuck."""
    while not stop.is_set():
        put_back()
        stop.wait(EVERY_SECONDS)


LOOPS = (retry_stalled,)
