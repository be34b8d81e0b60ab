"""Reads of reports and incidents, narrowed to the actor's scope."""

from anlan.incidents.queries.incidents import incident, incidents, lock_incident, sources_of
from anlan.incidents.queries.near import Alike, like, of_one_thing, where_of
from anlan.incidents.queries.reports import (
    VIEWS,
    Filter,
    brought,
    coming,
    counts,
    desk_report,
    facts_of,
    folded_into,
    latest,
    lock_desk,
    lock_own,
    mine,
    own_report,
    photo,
    photos_of,
    reports,
)

__all__ = [
    "VIEWS",
    "Alike",
    "Filter",
    "brought",
    "coming",
    "counts",
    "desk_report",
    "facts_of",
    "folded_into",
    "incident",
    "incidents",
    "latest",
    "like",
    "lock_desk",
    "lock_incident",
    "lock_own",
    "mine",
    "of_one_thing",
    "own_report",
    "photo",
    "photos_of",
    "reports",
    "sources_of",
    "where_of",
]
