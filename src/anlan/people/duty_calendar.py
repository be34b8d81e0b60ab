"""Shifts as an iCalendar feed (RFC 5545): stable UIDs, SEQUENCE, times in Asia/Shanghai. Pure."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from icalendar import Calendar, Event

from anlan.kernel.clock import CHINA


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. `sequence` grows with every change of it."""

    id: UUID
    starts_at: dt.datetime
    ends_at: dt.datetime
    summary: str
    description: str
    location: str
    sequence: int
    changed_at: dt.datetime
    url: str = ""


def feed(name: str, entries: Iterable[Entry], *, domain: str) -> bytes:
    """Return a calendar. A shift keeps its UID when its holder changes; one that is gone is simply absent."""
    calendar = Calendar()
    calendar.add("prodid", "-//Anlan//duty roster//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", "Asia/Shanghai")
    calendar.add("refresh-interval", dt.timedelta(minutes=30), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT30M")
    for one in entries:
        event = Event()
        event.add("uid", f"{one.id}@{domain}")
        event.add("dtstamp", one.changed_at.astimezone(dt.UTC))
        event.add("last-modified", one.changed_at.astimezone(dt.UTC))
        event.add("sequence", one.sequence)
        event.add("dtstart", one.starts_at.astimezone(CHINA))
        event.add("dtend", one.ends_at.astimezone(CHINA))
        event.add("summary", one.summary)
        event.add("description", one.description)
        event.add("status", "CONFIRMED")
        if one.location:
            event.add("location", one.location)
        if one.url:
            event.add("url", one.url)
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
