"""What residents see: real, public, in force; nothing of a drill, nothing internal."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from anlan.alerts import spelling, terms
from anlan.alerts.models import Alert, AlertPlace
from anlan.alerts.queries.alerts import title_of
from anlan.alerts.queries.notices import live_notices
from anlan.alerts.queries.scope import below
from anlan.kernel import paths
from anlan.kernel.authority import machine
from anlan.kernel.clock import now
from anlan.places import queries as places


@dataclass(frozen=True, slots=True)
class Told:
    """A warning or a public notice as a resident reads it."""

    level: str
    title: str
    hazard: str
    issuer: str
    issued_at: dt.datetime
    starts_at: dt.datetime
    until: dt.datetime
    text: str
    measures: str
    kind: str  # "alert" or "notice"
    id: UUID
    chain: UUID
    partly: bool


def told_at(path: str) -> list[Told]:
    """Return what residents of a place must know now, the gravest first: real, public, in force, nothing of a drill."""
    at, above = now(), paths.ancestors(path)
    covers = AlertPlace.objects.filter(alert=OuterRef("pk"))
    rows = (
        Alert.objects.filter(
            state=terms.AlertState.ACTIVE, drill=False, exercise_id=None, expires_at__gt=at, scope__in=["Public", ""]
        )
        .exclude(msg_type__in=["Cancel", "Ack", "Error"])
        .annotate(whole=Exists(covers.filter(place_path__in=above)), part=Exists(covers.filter(below([path]))))
        .filter(Q(whole=True) | Q(part=True))
        .defer("infos", "findings")
        .order_by("-rank", "-sent")[:50]
    )
    found = [
        Told(
            a.level, title_of(a), a.hazard, a.sender_name, a.sent, a.starts_at, a.expires_at, a.description,
            a.instruction, "alert", a.id, a.chain_id, not a.whole,
        )
        for a in rows
    ]  # fmt: skip
    notices = live_notices().filter(public=True, exercise_id=None, expires_at__gt=at)
    for one in notices:
        if one.sent_at and one.starts_at and one.expires_at and any(_meets(p, path) for p in one.covers):
            partly = not any(path.startswith(p) for p in one.covers)
            found.append(
                Told(
                    one.level, one.title, one.hazard, one.issuer, one.sent_at, one.starts_at, one.expires_at,
                    one.matters, one.measures, "notice", one.id, one.chain_id, partly,
                )
            )  # fmt: skip
    return sorted(found, key=lambda t: -terms.RANK.get(terms.Level(t.level), 0) if t.level else 0)


def _meets(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def lately_at(path: str) -> Told | None:
    """Return the newest alert of a place that is over, for a page that has nothing in force."""
    above = paths.ancestors(path)
    over = [terms.AlertState.CANCELLED, terms.AlertState.EXPIRED]
    row = (
        Alert.objects.filter(state__in=over, drill=False, exercise_id=None, scope__in=["Public", ""])
        .filter(state_at__gt=now() - LATELY, msg_type__in=["Alert", "Update"])
        .filter(Exists(AlertPlace.objects.filter(alert=OuterRef("pk"), place_path__in=above)))
        .defer("infos", "findings")
        .order_by("-state_at")
        .first()
    )
    if row is None:
        return None
    return Told(
        row.level, title_of(row), row.hazard, row.sender_name, row.sent, row.starts_at, row.state_at, "", "", "alert",
        row.id, row.chain_id, False,
    )  # fmt: skip


def changes_of(chains: Sequence[UUID]) -> list[Alert]:
    """Return how the warnings of some affairs changed, the newest first: for residents, so nothing of a drill."""
    rows = Alert.objects.filter(chain_id__in=chains, drill=False, exercise_id=None, scope__in=["Public", ""])
    return list(rows.defer("infos", "findings").order_by("-sent")[:30])


FOUND = 20
LATELY = dt.timedelta(days=7)
NEAR = 60


def find_places(text: str) -> list[tuple[str, str, str]]:
    """Return (path, name, where it lies) of the places a resident may mean: by name, full pinyin, initials or code."""
    found = places.search(text, machine("public"), FOUND) or _by_sound(text)
    above = {path for place in found for path in paths.ancestors(place.path)[:-1]}
    names = places.names(above)
    return [(p.path, p.name, " › ".join(names[a] for a in paths.ancestors(p.path)[:-1] if a in names)) for p in found]


def _by_sound(text: str) -> list[Any]:
    """Find places by full pinyin: by the initials it may stand for, then by how each name sounds."""
    typed = spelling.letters(text)
    near = {
        place.path: place
        for letters in spelling.initials(text)
        for place in places.search(letters, machine("public"), NEAR)
    }
    return [place for place in near.values() if spelling.sounds(place.name).startswith(typed)][:FOUND]


def place_named(word: str) -> tuple[str, str] | None:
    """Return (path, name) of a place by its path or its code; None where there is none."""
    names = places.names([word])
    if word in names:
        return word, names[word]
    found = places.paths_for_codes([word]) if word.isdigit() else {}
    return next(((path, places.names([path]).get(path, "")) for path in found.values()), None)
