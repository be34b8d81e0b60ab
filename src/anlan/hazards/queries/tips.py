"""Tips for the desk (narrowed to the actor's places) and for whoever holds a receipt."""

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from anlan.hazards.models import Hazard, Informant, Muted, RewardRow, Tip
from anlan.hazards.terms import OPEN, Can, TipState
from anlan.kernel import authority, likeness
from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import now
from anlan.places import queries as places

WAITING = (TipState.RECEIVED, TipState.HELD)
NEAR_METRES = 200.0
NEAR_DAYS = 30
LOOKED_AT = 200  # neighbours compared by words


def visible(by: Actor) -> QuerySet[Tip]:
    """Return the tips of the actor's places."""
    return Tip.objects.filter(places.under(authority.scopes(by, Can.TIPS), "place_path"))


def tip(tip_id: UUID, *, by: Actor, locked: bool = False) -> Tip:
    """Return one tip. Raises Hidden."""
    rows = visible(by).filter(id=tip_id)
    found = (rows.select_for_update(of=("self",)) if locked else rows).select_related("lead").first()
    if found is None:
        raise Hidden
    return found


def tips(by: Actor, *, view: str = "todo", place: str = "", text: str = "") -> QuerySet[Tip]:
    """Return the queue: `view` todo (due first), held, accepted, declined, all (newest first)."""
    rows = visible(by).select_related("hazard", "reward")
    if place:
        rows = rows.filter(places.under([place], "place_path"))
    if text:
        rows = rows.filter(Q(text__icontains=text) | Q(where__icontains=text) | Q(tail__iexact=text[-4:]))
    match view:
        case "todo":
            return rows.filter(state=TipState.RECEIVED).order_by("due_at", "id")
        case "held":
            return rows.filter(state=TipState.HELD).order_by("arrived_at", "id")
        case "accepted":
            rows = rows.filter(state=TipState.ACCEPTED)
        case "declined":
            rows = rows.filter(state__in=[TipState.DECLINED, TipState.FORWARDED, TipState.FOLDED])
    return rows.order_by("-arrived_at", "-id")


def counts(by: Actor) -> dict[str, int]:
    """Return how many stand in each view."""
    by_state = dict(visible(by).values_list("state").annotate(n=Count("id")))
    ended = sum(by_state.get(s, 0) for s in (TipState.DECLINED, TipState.FORWARDED, TipState.FOLDED))
    return {
        "todo": by_state.get(TipState.RECEIVED, 0), "held": by_state.get(TipState.HELD, 0),
        "accepted": by_state.get(TipState.ACCEPTED, 0), "declined": ended, "all": sum(by_state.values()),
    }  # fmt: skip


def by_digest(digest: bytes) -> Tip | None:
    """Return the tip of a receipt's keyed hash."""
    return Tip.objects.select_related("hazard", "lead__hazard", "reward").filter(receipt_digest=digest).first()


def by_client(client: UUID) -> Tip | None:
    """Return the tip that a page sent already."""
    return Tip.objects.filter(client_id=client).first()


def sent_since(field: str, mark: bytes, since: dt.datetime) -> int:
    """Return how many tips one sender sent since: `field` is network or device."""
    return Informant.objects.filter(**{field: mark}, at__gte=since).count()


def is_muted(marks: Iterable[bytes], path: str) -> bool:
    """Say whether one of these senders is muted at a place now."""
    known = [m for m in marks if m]
    above = [path[:n] for n in range(4, len(path) + 1, 4)]
    return Muted.objects.filter(mark__in=known, until__gt=now(), lifted_at=None, place_path__in=above).exists()


def muted(by: Actor) -> QuerySet[Muted]:
    """Return who is muted at the actor's places now, the latest first."""
    rows = Muted.objects.filter(places.under(authority.scopes(by, Can.TIPS), "place_path"))
    return rows.filter(until__gt=now(), lifted_at=None).select_related("tip").order_by("-at")


def same_words(text: str, path: str, since: dt.datetime) -> Tip | None:
    """Return an open tip that says the very same of the same place, to fold into."""
    rows = Tip.objects.filter(place_path=path, arrived_at__gte=since, state__in=[TipState.RECEIVED, TipState.ACCEPTED])
    wanted = likeness.pairs(text)
    for row in rows.order_by("arrived_at", "id")[:LOOKED_AT]:
        if wanted and likeness.pairs(row.text) == wanted:
            return row
    return None


def alike(one: Tip, *, by: Actor) -> list[Hazard]:
    """Return open hazards that may be what a tip tells of, the likeliest first: for the desk to merge into."""
    since = one.arrived_at - dt.timedelta(days=NEAR_DAYS)
    parent = one.place_path[:16] or one.place_path
    rows = Hazard.objects.filter(
        places.under([parent], "place_path"), places.under(authority.scopes(by, Can.SEE), "place_path"),
        state__in=list(OPEN), arrived_at__gte=since, exercise_id=None,
    ).order_by("-arrived_at")  # fmt: skip
    limits = likeness.Limits(metres=NEAR_METRES, seconds=NEAR_DAYS * 86400.0, words=0.35)
    found = [(likeness.same(_sight(one), _sight(h), limits), h) for h in rows[:LOOKED_AT]]
    return [h for score, h in sorted(found, key=lambda f: -(f[0] or 0.0)) if score is not None][:5]


def _sight(row: Any) -> likeness.Sight:
    nan = float("nan")
    return likeness.Sight(
        text=row.text, kind="", place=row.place_path[:16], at=row.arrived_at.timestamp(),
        lon=nan if row.lon is None else row.lon, lat=nan if row.lat is None else row.lat,
    )  # fmt: skip


def ended_before(moment: dt.datetime) -> QuerySet[Tip]:
    """Return the tips that ended before a moment and owe nobody a reward; an accepted one ends with its hazard."""
    waiting = Q(state__in=WAITING) | Q(reward__state__in=["proposed", "approved"])
    open_hazard = Q(hazard__state__in=list(OPEN))
    return Tip.objects.filter(state_at__lt=moment).exclude(waiting).exclude(open_hazard)


def rewards(by: Actor) -> QuerySet[RewardRow]:
    """Return the 奖励台账 of the actor's places, what waits first."""
    rows = RewardRow.objects.filter(places.under(authority.scopes(by, Can.TIPS), "place_path"))
    return rows.select_related("tip").order_by("-proposed_at")


def reward(reward_id: UUID, *, by: Actor, locked: bool = False) -> RewardRow:
    """Return one reward. Raises Hidden."""
    rows = rewards(by).filter(id=reward_id)
    found = (rows.select_for_update(of=("self",)) if locked else rows).first()
    if found is None:
        raise Hidden
    return found


def places_called(text: str) -> list[tuple[str, str]]:
    """Return (path, full name) of the communities and grids that words find, for a resident to pick from."""
    found = places.search(text, authority.machine("hazards.tips"), 12) if text.strip() else []
    named = where_of({p.path for p in found})
    return [(p.path, named[p.path]) for p in found if len(p.path) > 4]


def where_of(paths: set[str]) -> dict[str, str]:
    """Return places as people say them: the community and what is below it; one query."""
    wanted = {p[:n] for p in paths for n in range(4, len(p) + 1, 4)}
    names = places.names(wanted)
    return {
        p: " ".join(names.get(p[:n], "") for n in range(min(12, len(p)), len(p) + 1, 4)).strip() for p in paths
    }  # fmt: skip


def place_named(word: str) -> tuple[str, str] | None:
    """Return (path, name) of a place by its path or code; None where there is none."""
    found = where_of({word}) if places.names([word]) else {}
    if found:
        return word, found[word]
    paths = places.paths_for_codes([word]) if word.isdigit() else {}
    return next(((path, where_of({path})[path]) for path in paths.values()), None)
