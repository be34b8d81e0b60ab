"""Sensors that went quiet, and that speak again: an entry for each thing, not for each stream."""

from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray

from anlan.kernel.authority import machine
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.sensing import arrays
from anlan.sensing.terms import Did

_QUIET = """
    UPDATE sensing_latest l SET silent_since = l.at
    FROM sensing_datastream d WHERE d.id = l.stream_id AND l.silent_since IS NULL AND d.every IS NOT NULL
      AND d.stopped_at IS NULL AND l.at < %s - make_interval(secs => d.every * %s)
      AND NOT EXISTS (SELECT FROM sensing_thing t WHERE t.id = d.thing_id AND t.stopped_at IS NOT NULL)
    RETURNING l.stream_id
"""
_HEARD = """
    UPDATE sensing_latest SET silent_since = NULL
    WHERE silent_since IS NOT NULL AND stream_id = ANY(%s) AND at > silent_since RETURNING stream_id
"""
# A thing is silent from its first silent stream on, and heard again once none is.
_WENT = """
    SELECT t.id, t.place_path, t.name, t.exercise_id FROM sensing_thing t
    WHERE t.id IN (SELECT thing_id FROM sensing_datastream WHERE id = ANY(%s))
      AND NOT EXISTS (SELECT FROM sensing_latest l JOIN sensing_datastream d ON d.id = l.stream_id
        WHERE d.thing_id = t.id AND l.silent_since IS NOT NULL AND l.stream_id <> ALL(%s))
    ORDER BY t.id
"""
BY = machine("sensing")


def look() -> int:
    """Mark streams that have been silent for SENSING_SILENT_TIMES expected intervals; return how many are new."""
    with connection.cursor() as cursor:
        cursor.execute(_QUIET, [now(), settings.SENSING_SILENT_TIMES])
        streams = [row[0] for row in cursor.fetchall()]
    _tell(Did.SILENT, streams)
    return len(streams)


def heard(streams: NDArray[Any]) -> None:
    """Note that streams speak again, in the caller's transaction, after their newest readings were written."""
    with arrays.cursor(connection.connection) as cursor:
        cursor.execute(_HEARD, [arrays.Integers(np.asarray(streams))])
        again = [row[0] for row in cursor.fetchall()]
    _tell(Did.HEARD_AGAIN, again)


def _tell(did: Did, streams: list[int]) -> None:
    if not streams:
        return
    with connection.cursor() as cursor:
        cursor.execute(_WENT, [streams, streams])
        things: list[tuple[UUID, str, str, UUID | None]] = cursor.fetchall()
    ledger.record_many(did, [
        ledger.Line("sensing.thing", id_, path, id_, exercise=exercise, values={"name": name})
        for id_, path, name, exercise in things
    ], by=BY)  # fmt: skip
