"""The duty list read: whose a matter is (route), what the versions say and how they differ, what waits and was stopped.

Everybody who is signed in may ask whose a matter is; the version that counts is the nearest one above the place.
"""

import codecs
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from anlan.kernel import authority, clock, paths
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.people import matters, terms
from anlan.people.models import DutyList, Matter, Ownerless, Post, Stopped
from anlan.people.queries.scope import under, within
from anlan.places.terms import Level

CANDIDATES = 5
STARTING = Path(__file__).parent.parent / "starting_matters.csv"


@dataclass(frozen=True, slots=True)
class Routing:
    """Whose a matter is. `due` counts from the asked moment; `post`: the most senior post of the leading body, if any.

    `for_street`, `for_community`: what that level may be asked for (terms.Part); `basis` "法律 条款" or "".
    """

    matter: Matter
    lead: UUID | None
    lead_name: str
    post: UUID | None
    assists: tuple[str, ...]
    basis: str
    due: dt.datetime | None
    for_street: str
    for_community: str
    version: int

    @property
    def is_for_community_as_lead_allowed(self) -> bool:
        """Say whether a community may be given the matter as its lead."""
        return self.for_community == terms.Part.LEAD


def around(path: str, field: str = "place_path") -> Q:
    """Return the condition that a row belongs to a place or to one above it."""
    return Q(**{f"{field}__in": paths.ancestors(path)})


def in_force(path: str, on: dt.date | None = None) -> list[DutyList]:
    """Return the versions in force over a place on a day, the nearest place first."""
    day = on or clock.local(clock.now()).date()
    found = DutyList.objects.filter(around(path), effective_from__lte=day).exclude(state=terms.ListState.DRAFT)
    return list(found.filter(Q(effective_until=None) | Q(effective_until__gt=day)).order_by("-place_path", "-number"))


def matters_at(path: str, on: dt.date | None = None) -> list[Matter]:
    """Return the matters that count at a place on a day, by code; a nearer list's matter covers the one above."""
    kept: dict[str, Matter] = {}
    lists = in_force(path, on)
    order = {one.id: i for i, one in enumerate(lists)}
    rows = Matter.objects.filter(duty_list__in=list(order)).select_related("duty_list")
    for one in sorted(rows, key=lambda m: order[m.duty_list_id]):
        kept.setdefault(one.code, one)
    return sorted(kept.values(), key=lambda m: m.code)


def find_matters(text: str, path: str, on: dt.date | None = None) -> list[Matter]:
    """Return the matters at a place that fit some words, a pinyin or a code, the best first; all for no words."""
    found: list[Matter] = matters.best(text, matters_at(path, on))
    return found


def route(
    wanted: str, place_path: str, *, on: dt.date | None = None, start: dt.datetime | None = None
) -> Routing | None:
    """Return whose a matter (its code, name, or plain words) is at a place; None where the list names nobody.

    `on` is the day whose version counts (today), `start` when the time limit begins (now). Raises Invalid (matter)
    where the words fit several matters equally well: ask whoever wrote them which one they mean.
    """
    found = find_matters(wanted, place_path, on) if wanted.strip() else []
    if not found:
        return None
    top = matters.rank(wanted, found[0])
    tied = [one for one in found if matters.rank(wanted, one) == top]
    if len(tied) > 1:
        facts = {"text": wanted, "names": "、".join(one.name for one in tied[:CANDIDATES])}
        raise Invalid({"matter": _("「%(text)s」像这几件事：%(names)s。选一件") % facts})
    return routing_of(found[0], place_path, start=start)


def routing_of(one: Matter, place_path: str, *, start: dt.datetime | None = None) -> Routing:
    """Return the routing of a matter of some version, at a place. Where the street leads, it is the place's own."""
    leading = Post.objects.filter(until=None)
    if one.street_part == terms.Part.LEAD:
        leading = leading.filter(around(place_path), level=Level.STREET)
    else:
        leading = leading.filter(organisation=one.lead_id, organisation__isnull=False)
    post = leading.order_by("-rank", "id").values_list("id", flat=True).first()
    begin = clock.local(start or clock.now())
    return Routing(
        one, one.lead_id, one.lead_name, post, tuple(one.assists), " ".join(filter(None, (one.law, one.article))),
        matters.due(one.limit_value, one.limit_unit, begin), one.street_part, one.community_part, one.duty_list.number,
    )  # fmt: skip


# --- versions


def starting_matters() -> bytes:
    """Return a list of matters that most cities have, as CSV (UTF-8 with a mark, for Excel): a sample to change."""
    return codecs.BOM_UTF8 + STARTING.read_bytes()


def list_versions(*, by: Actor) -> QuerySet[DutyList]:
    """Return the versions that the actor may read: published ones of their places and above, drafts they manage."""
    mine = Q(within(by, terms.Can.MATTERS))
    for seat in by.seats:
        mine |= (around(seat.path) | under(seat.path)) & ~Q(state=terms.ListState.DRAFT)
    return DutyList.objects.filter(mine).order_by("place_path", "-number")


def version(list_id: UUID, *, by: Actor) -> DutyList:
    """Return a version. Raises Hidden."""
    found = list_versions(by=by).filter(id=list_id).first()
    if found is None:
        raise Hidden
    return found


def lock_version(list_id: UUID, by: Actor) -> DutyList:
    """Lock a version for a change. Raises Hidden, Refused."""
    found = DutyList.objects.select_for_update().filter(id=list_id).first()
    if found is None or not list_versions(by=by).filter(id=list_id).exists():
        raise Hidden
    authority.require(by, terms.Can.MATTERS, at=found.place_path)
    return found


def latest_list(path: str) -> DutyList | None:
    """Return the newest published version of exactly this place, None before the first."""
    found = DutyList.objects.filter(place_path=path).exclude(state=terms.ListState.DRAFT)
    return found.order_by("-number").first()


def before(one: DutyList) -> DutyList | None:
    """Return the version that a version came after, None for the first."""
    earlier = DutyList.objects.filter(place_path=one.place_path, number__lt=one.number)
    return earlier.exclude(state=terms.ListState.DRAFT).order_by("-number").first()


def matter_values(one: DutyList | None) -> dict[str, dict[str, Any]]:
    """Return {code: columns} of a version's matters; {} for None."""
    return {row["code"]: row for row in one.matters.values(*matters.FIELDS)} if one else {}


@dataclass(frozen=True, slots=True)
class Difference:
    """One matter that differs: `kind` new, changed or dropped; `fields` maps a column to (before, after)."""

    kind: str
    code: str
    name: str
    fields: dict[str, tuple[Any, Any]]


def differences(old: DutyList | None, new: DutyList) -> list[Difference]:
    """Return what a version adds, changes and drops, by code."""
    was, now = matter_values(old), matter_values(new)
    told = []
    for code in sorted(was.keys() | now.keys()):
        if code not in was:
            told.append(Difference("new", code, now[code]["name"], {}))
        elif code not in now:
            told.append(Difference("dropped", code, was[code]["name"], {}))
        elif changes := matters.changed(was[code], now[code]):
            fields = {name: (was[code][name], now[code][name]) for name in changes}
            told.append(Difference("changed", code, now[code]["name"], fields))
    return told


# --- what nobody owns, what was stopped


def list_ownerless(*, by: Actor, state: str = "", path: str = "") -> QuerySet[Ownerless]:
    """Return the ownerless matters that the actor settles, those asked most first, then the oldest."""
    found = Ownerless.objects.filter(within(by, terms.Can.MATTERS))
    if state:
        found = found.filter(state=state)
    if path:
        found = found.filter(under(path))
    return found.order_by(F("settled_at").desc(nulls_first=True), "-asked", "id")


def lock_ownerless(identifier: UUID, by: Actor) -> Ownerless:
    """Lock an ownerless matter. Raises Hidden, Conflict (settled)."""
    found = Ownerless.objects.select_for_update().filter(id=identifier).first()
    if found is None or not authority.holds(by, terms.Can.MATTERS, at=found.place_path):
        raise Hidden
    if found.state != terms.OwnerlessState.OPEN:
        raise Conflict(_("这件事已经有人定了"))
    return found


def list_stopped(*, by: Actor, path: str = "") -> QuerySet[Stopped]:
    """Return the assignments that were stopped in the actor's scope, newest first; exercises are left out."""
    found = Stopped.objects.filter(within(by, terms.Can.MATTERS), exercise=None)
    return (found.filter(under(path)) if path else found).order_by("-id")


def duty_figures(*, by: Actor, since: dt.datetime) -> dict[str, int]:
    """Return 越单拦截数 (stopped since then), 无主事项数 (open now) and how many were settled since then."""
    mine = Ownerless.objects.filter(within(by, terms.Can.MATTERS), exercise=None)
    return {
        "stopped": list_stopped(by=by).filter(at__gte=since).count(),
        "ownerless": mine.filter(state=terms.OwnerlessState.OPEN).count(),
        "settled": mine.filter(settled_at__gte=since).count(),
    }
