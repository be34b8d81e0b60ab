"""Alarms that an actor sees: those of their places, and those that they owe a verdict on."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from anlan.callout.queries import duties
from anlan.fieldwork.queries import uploads
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.ledger import queries as ledger
from anlan.ledger.entry import EntryRow
from anlan.places import queries as places
from anlan.sensing.models import Alarm, AlarmPhoto, Rule
from anlan.sensing.terms import ALARM_NAMES, VERDICT_NAMES, AlarmState, Can, Verdict

OPEN = (AlarmState.RAISED, AlarmState.UNSURE, AlarmState.CONFIRMED)
UNJUDGED = (AlarmState.RAISED, AlarmState.UNSURE)
VIEWS = ("mine", "open", "real", "false", "all")
RELATED = 8
TRAIL = 120


@dataclass(frozen=True, slots=True)
class Filter:
    """What the address asks for. `since`, `until` by when it was raised; `level` "" or "1" … "4"; `kind` of thing."""

    view: str = "open"
    place: str = ""
    kind: str = ""
    level: str = ""
    verdict: str = ""
    rule: UUID | None = None
    thing: UUID | None = None
    text: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    sort: str = ""


SORTS = {
    "": ("-first", "-life_safety", "-level", "-raised_at", "-id"),
    "raised": ("raised_at", "id"),
    "-raised": ("-raised_at", "-id"),
    "level": ("level", "-raised_at", "-id"),
    "-level": ("-level", "-raised_at", "-id"),
    "place": ("place_path", "-raised_at", "-id"),
    "-place": ("-place_path", "-raised_at", "-id"),
}


def within(by: Actor) -> QuerySet[Alarm]:
    """Return the alarms of the actor's places and those they owe a verdict on.

    In an exercise that one's alone, outside it only what is real.
    """
    return Alarm.objects.filter(_seen(by), exercise_id=by.exercise)


def _seen(by: Actor) -> Q:
    scopes = authority.scopes(by, Can.SEE)
    if "" in scopes:
        return Q()
    return places.under(scopes, "place_path") | Q(id__in=duties.subjects(by, "sensing.alarm"))


def _view(name: str, by: Actor) -> Q:
    return {
        "mine": Q(id__in=duties.subjects(by, "sensing.alarm"), state__in=UNJUDGED),
        "open": Q(state__in=OPEN),
        "real": Q(verdict=Verdict.REAL),
        "false": Q(verdict=Verdict.FALSE),
    }.get(name, Q())


def alarms(by: Actor, what: Filter) -> QuerySet[Alarm]:
    """Return the alarms of the actor's places, narrowed; what nobody judged and is about life comes first."""
    rows = within(by).filter(_view(what.view, by))
    if what.place:
        rows = rows.filter(places.under([what.place], "place_path"))
    if what.kind:
        rows = rows.filter(thing__kind=what.kind)
    if what.level:
        rows = rows.filter(level=int(what.level))
    if what.verdict:
        rows = rows.filter(verdict="" if what.verdict == "none" else what.verdict)
    if what.rule:
        rows = rows.filter(rule=what.rule)
    if what.thing:
        rows = rows.filter(thing=what.thing)
    if what.since:
        rows = rows.filter(raised_at__gte=what.since)
    if what.until:
        rows = rows.filter(raised_at__lt=what.until)
    if what.text:
        said = Q(number__icontains=what.text) | Q(words__icontains=what.text) | Q(opinion__icontains=what.text)
        rows = rows.filter(said | Q(thing__name__icontains=what.text) | Q(thing__device__icontains=what.text))
    waits = When(state__in=UNJUDGED, then=Value(1))
    rows = rows.annotate(first=Case(waits, default=Value(0), output_field=IntegerField()))
    return rows.select_related("thing", "rule").order_by(*SORTS.get(what.sort, SORTS[""]))


def counts(by: Actor) -> dict[str, int]:
    """Return how many alarms each view has, in one query; `life` counts those unjudged where a life is at stake."""
    figures: dict[str, Any] = {name: Count("id", filter=_view(name, by)) for name in VIEWS if name != "all"}
    figures |= {"all": Count("id"), "life": Count("id", filter=Q(state__in=UNJUDGED, life_safety=True))}
    return within(by).aggregate(**figures)


def alarm(alarm_id: UUID, *, by: Actor) -> Alarm:
    """Return one alarm that the actor may see, or owes a verdict on. Raises Hidden, also where it is absent."""
    rows = Alarm.objects.select_related("thing", "rule", "version", "stream", "stream__property")
    found = rows.filter(_seen(by), id=alarm_id).first()
    if found is None:
        raise Hidden(_("没有这条报警"))
    return found


def lock(alarm_id: UUID, *, by: Actor) -> Alarm:
    """Return an alarm that the actor may see, locked. Raises Hidden."""
    rows = Alarm.objects.select_for_update(of=("self",)).select_related("thing")
    found = rows.filter(_seen(by), id=alarm_id).first()
    if found is None:
        raise Hidden(_("没有这条报警"))
    return found


def may_verify(found: Alarm, *, by: Actor) -> bool:
    """Say whether the actor may judge it: they owe it, or verify alarms at its place."""
    if authority.holds(by, Can.VERIFY, at=found.place_path):
        return True
    return duties.subjects(by, "sensing.alarm").filter(subject_id=found.id).exists()


def require(found: Alarm, *, by: Actor) -> None:
    """Raise Refused unless the actor may judge it."""
    if not may_verify(found, by=by):
        raise authority.Refused(Can.VERIFY, found.place_path)


def verdict_word(found: Alarm) -> str:
    """Return the verdict in plain words."""
    return str(VERDICT_NAMES[Verdict(found.verdict)])


def state_word(found: Alarm) -> str:
    """Return the state in plain words."""
    return str(ALARM_NAMES[AlarmState(found.state)])


@dataclass(frozen=True, slots=True)
class Told:
    """A real alarm as higher contexts take it over. Degrees WGS-84; `raised_at` is T0; `about` a GB/T 35561 code."""

    id: UUID
    number: str
    exercise_id: UUID | None
    place_path: str
    lon: float | None
    lat: float | None
    kind: str
    name: str
    words: str
    level: int
    life_safety: bool
    began_at: dt.datetime
    raised_at: dt.datetime
    verifier: UUID | None
    verifier_name: str
    opinion: str
    event: str
    about: str
    advice: str


def real(ids: Iterable[UUID]) -> list[Told]:
    """Return the alarms that stand as real, whoever asks: for reactions alone."""
    rows = Alarm.objects.select_related("thing", "rule").filter(id__in=list(ids), verdict=Verdict.REAL).order_by("id")
    return [
        Told(
            a.id, a.number, a.exercise_id, a.place_path, a.thing.lon, a.thing.lat, a.thing.kind, a.thing.name, a.words,
            a.level, a.life_safety, a.began_at, a.raised_at, a.verifier, a.verifier_name, a.opinion, a.event,
            a.rule.about if a.rule else "", a.rule.advice if a.rule else "",
        )
        for a in rows
    ]  # fmt: skip


def related(found: Alarm, *, by: Actor) -> list[Alarm]:
    """Return other alarms of the same thing that the actor may see, the newest first."""
    rows = within(by.drilling(found.exercise_id)).filter(thing=found.thing_id).exclude(id=found.id)
    return list(rows.select_related("rule").order_by("-raised_at")[:RELATED])


def photos(ids: Iterable[UUID]) -> list[AlarmPhoto]:
    """Return the photos of alarms, the first first."""
    return list(AlarmPhoto.objects.filter(alarm__in=list(ids)).order_by("added_at", "id"))


def photo(photo_id: UUID, *, by: Actor, small: bool = False) -> bytes:
    """Return the redrawn JPEG of a photo whose alarm the actor may see. Raises Hidden, also while there is none."""
    row = AlarmPhoto.objects.filter(id=photo_id).first()
    if row is None:
        raise Hidden
    alarm(row.alarm_id, by=by)
    data = uploads.picture(row.upload_id, thumb=small)
    if data is None:
        raise Hidden
    return data


def timeline(found: Alarm) -> list[EntryRow]:
    """Return what was done to the alarm itself, the newest first: for whoever may see it.

    Duties and receipts of its chain are left out; the ledger's own page has them.
    """
    rows = ledger.trail(by=authority.machine("sensing.timeline"), subject_id=found.id, limit=TRAIL)
    return [row for row in rows if row.did.startswith("sensing.")]


def rules(by: Actor) -> Sequence[Rule]:
    """Return the rules that hold somewhere in the actor's sight, for a filter."""
    scopes = authority.scopes(by, Can.SEE)
    near = places.under(scopes, "place_path") | Q(place_path__in=_above(scopes))
    return list(Rule.objects.filter(near).exclude(state="draft").order_by("name", "id")[:200])


def _above(scopes: Iterable[str]) -> list[str]:
    return sorted({scope[:end] for scope in scopes for end in range(0, len(scope) + 1, 4)})


where_of = places.with_parent
