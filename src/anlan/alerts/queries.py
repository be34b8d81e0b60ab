"""Reads of warnings, notices, intake and sources, narrowed to the actor's scope."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from anlan.alerts import terms
from anlan.alerts.models import Alert, AlertPlace, Intake, Notice, Rule, Source
from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import CHINA, now
from anlan.places import queries as places

AFTER = "["  # the character behind Z: all below a prefix sorts before prefix + AFTER (COLLATE "C")


def _below(prefixes: Iterable[str], field: str = "place_path") -> Q:
    found = Q(pk__in=[])
    for prefix in prefixes:
        if not prefix:
            return Q()
        found |= Q(**{f"{field}__gte": prefix, f"{field}__lt": prefix + AFTER})
    return found


def _touching(prefixes: Sequence[str]) -> Q:
    """Return the condition "covers something below one of these, or one of these lies inside it"."""
    above = {path for prefix in prefixes for path in paths.ancestors(prefix)}
    return _below(prefixes) | Q(place_path__in=above)


# --- alerts


def visible(by: Actor) -> QuerySet[Alert]:
    """Return the alerts that touch where the actor may see: a grid officer sees the warning of the whole city."""
    scopes = authority.scopes(by, terms.Can.SEE)
    rows = Alert.objects.all()
    if "" not in scopes:
        covers = AlertPlace.objects.filter(_touching(scopes), alert=OuterRef("pk"))
        rows = rows.filter(Exists(covers) | _below(scopes))
    return rows.filter(exercise_id=by.exercise) if by.exercise else rows


def alert(alert_id: UUID, *, by: Actor) -> Alert:
    """Return an alert. Raises Hidden, also where it is absent."""
    found = visible(by).select_related("intake", "supersedes").filter(pk=alert_id).first()
    if found is None:
        raise Hidden(_("没有这条预警"))
    return found


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of alerts may be narrowed by; empty means any. `view`: active, all, drill, unplaced."""

    view: str = "active"
    level: str = ""
    hazard: str = ""
    place: str = ""
    text: str = ""
    since: dt.date | None = None
    until: dt.date | None = None


VIEWS = {
    "active": Q(state="active", drill=False),
    "todo": Q(state="active", drill=False, handled_at=None, rank__gte=3),
    "all": Q(drill=False),
    "drill": Q(drill=True),
    "unplaced": Q(unplaced=True, drill=False),
}


def alerts(by: Actor, where: Filter) -> QuerySet[Alert]:
    """Return the alerts of a list: the highest level first among the active ones, else the newest first."""
    rows = visible(by).filter(VIEWS.get(where.view, VIEWS["active"]))
    if where.level:
        rows = rows.filter(level=where.level if where.level != "none" else "")
    if where.hazard:
        rows = rows.filter(hazard=where.hazard)
    if where.place:
        covers = AlertPlace.objects.filter(_touching([where.place]), alert=OuterRef("pk"))
        rows = rows.filter(Exists(covers))
    if where.text:
        words = Q(headline__icontains=where.text) | Q(sender_name__icontains=where.text)
        rows = rows.filter(words | Q(identifier__startswith=where.text))
    if where.since:
        rows = rows.filter(received_at__gte=dt.datetime.combine(where.since, dt.time(), CHINA))
    if where.until:
        end = dt.datetime.combine(where.until, dt.time(), CHINA) + dt.timedelta(days=1)
        rows = rows.filter(received_at__lt=end)
    order = ("-rank", "-received_at") if where.view in {"active", "todo"} else ("-received_at",)
    return rows.defer("infos", "findings", "description", "instruction").order_by(*order)


def counts(by: Actor) -> dict[str, int]:
    """Return how many alerts each saved view holds."""
    rows = visible(by)
    return {view: rows.filter(condition).count() for view, condition in VIEWS.items()}


def hazards(by: Actor) -> list[str]:
    """Return the hazards that occur, for a filter."""
    return list(visible(by).exclude(hazard="").values_list("hazard", flat=True).distinct().order_by("hazard")[:100])


def places_of(alert_id: UUID) -> list[tuple[str, str, float | None]]:
    """Return (path, name, share) of the places an alert covers, the widest first."""
    rows = list(AlertPlace.objects.filter(alert_id=alert_id).order_by("place_path").values_list("place_path", "share"))
    names = places.names(path for path, _share in rows)
    return [(path, names.get(path, path), share) for path, share in rows]


def chain(found: Alert, *, by: Actor) -> QuerySet[Alert]:
    """Return the alerts of the same affair, the newest first."""
    return visible(by).filter(chain_id=found.chain_id).defer("infos", "findings").order_by("-sent", "-id")


@dataclass(frozen=True, slots=True)
class InForce:
    """A warning in force as the shell shows it."""

    level: str
    title: str
    where: str
    issuer: str
    issued_at: dt.datetime
    until: dt.datetime
    url: str


BAND = 20


def in_force(by: Actor) -> list[InForce]:
    """Return the real red and orange warnings in force where the actor stands, the gravest first."""
    mine = paths.minimal(path for path in authority.scopes(by, terms.Can.SEE))
    if not mine or not Alert.objects.filter(state=terms.AlertState.ACTIVE, drill=False, rank__gte=3).exists():
        return []
    rows = list(
        visible(by)
        .filter(state=terms.AlertState.ACTIVE, drill=False, rank__gte=3, expires_at__gt=now())
        .exclude(msg_type="Cancel")
        .defer("infos", "findings")
        .order_by("-rank", "-sent")[:BAND]
    )
    where = where_of(rows)
    return [
        InForce(a.level, title_of(a), where.get(a.id, ""), a.sender_name, a.sent, a.expires_at, f"/alerts/{a.id}")
        for a in rows
    ]


def title_of(found: Alert) -> str:
    """Return «暴雨红色预警»; the event as the sender wrote it where no colour is known."""
    colour = terms.COLOUR[terms.Level(found.level)] if found.level else ""
    return f"{found.hazard}{colour}预警" if colour else found.event or found.headline


def where_of(rows: Sequence[Alert], *, most: int = 4) -> dict[UUID, str]:
    """Return in words where each alert holds: up to four names, then how many more. Two statements for a whole page."""
    covered: dict[UUID, list[str]] = {}
    pairs = AlertPlace.objects.filter(alert__in=[a.id for a in rows]).order_by("place_path")
    for alert_id, path in pairs.values_list("alert_id", "place_path"):
        covered.setdefault(alert_id, []).append(path)
    # Many places of one alert are told by the places right above them, which fewer words can hold.
    short = {key: _fewer(found, most) for key, found in covered.items()}
    names = places.names({path for found in short.values() for path in found})
    return {
        key: "、".join(names.get(p, "") for p in found[:most])
        + (_("等 {count} 处").format(count=len(found)) if len(found) > most else "")
        for key, found in short.items()
    }


def _fewer(found: list[str], most: int) -> list[str]:
    while len(found) > most and len({len(p) for p in found}) == 1 and len(found[0]) > 2 * paths.WIDTH:
        found = sorted({paths.parent(p) for p in found})
    return found


# --- what residents see


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
        .annotate(whole=Exists(covers.filter(place_path__in=above)), part=Exists(covers.filter(_below([path]))))
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


def changes_of(chains: Sequence[UUID]) -> list[Alert]:
    """Return how the warnings of some affairs changed, the newest first: for residents, so nothing of a drill."""
    rows = Alert.objects.filter(chain_id__in=chains, drill=False, exercise_id=None, scope__in=["Public", ""])
    return list(rows.defer("infos", "findings").order_by("-sent")[:30])


# --- intake, sources, rules


def intakes(by: Actor, *, state: str = terms.IntakeState.UNREADABLE) -> QuerySet[Intake]:
    """Return documents of a state within the actor's scope, the newest first, without their bytes."""
    scopes = authority.scopes(by, terms.Can.RECEIVE)
    return Intake.objects.filter(_below(scopes), state=state).select_related("source").defer("raw").order_by("-id")


def intake(intake_id: UUID, *, by: Actor, lock: bool = False) -> Intake:
    """Return a document within the actor's scope. Raises Hidden, also where it is absent."""
    rows = Intake.objects.filter(_below(authority.scopes(by, terms.Can.RECEIVE)), pk=intake_id)
    found = (rows.select_for_update() if lock else rows).first()
    if found is None:
        raise Hidden(_("没有这份文件"))
    return found


def waiting_count(by: Actor) -> int:
    """Return how many documents wait in the queue."""
    return intakes(by).count()


def sources_of(by: Actor) -> QuerySet[Source]:
    """Return the sources within the actor's scope."""
    scopes = authority.scopes(by, terms.Can.SETTINGS)
    return Source.objects.filter(_below(scopes)).order_by("name", "id")


def source(source_id: UUID, *, by: Actor, lock: bool = False) -> Source:
    """Return a source within the actor's scope. Raises Hidden."""
    rows = sources_of(by).filter(pk=source_id)
    found = (rows.select_for_update() if lock else rows).first()
    if found is None:
        raise Hidden(_("没有这个来源"))
    return found


def failing_sources() -> QuerySet[Source]:
    """Return the sources that cannot be reached now."""
    return Source.objects.filter(enabled=True, health=terms.Health.FAILING)


def rules() -> dict[str, Rule]:
    """Return the linkage rules by level."""
    return {rule.level: rule for rule in Rule.objects.all()}


# --- own notices


def live_notices() -> QuerySet[Notice]:
    """Return the notices that are out now."""
    states = [terms.NoticeState.SENT, terms.NoticeState.REVIEW]
    return Notice.objects.filter(state__in=states).order_by("-sent_at")


def notices(by: Actor, *, view: str = "open") -> QuerySet[Notice]:
    """Return notices within the actor's scope: those that still need somebody ("open"), or all."""
    rows = Notice.objects.filter(_below(authority.scopes(by, terms.Can.SEE))).defer("document")
    if by.exercise:
        rows = rows.filter(exercise_id=by.exercise)
    if view == "open":
        rows = rows.filter(state__in=["draft", "waiting", "sent", "review"])
    return rows.order_by("-id")


def notice(notice_id: UUID, *, by: Actor, lock: bool = False) -> Notice:
    """Return a notice within the actor's scope. Raises Hidden."""
    rows = Notice.objects.filter(_below(authority.scopes(by, terms.Can.SEE)), pk=notice_id)
    found = (rows.select_for_update() if lock else rows).first()
    if found is None:
        raise Hidden(_("没有这条内部风险提示"))
    return found


def published(notice_id: UUID) -> Notice:
    """Return a notice that was published, for the open door of the feed. Raises Hidden for drills and drafts."""
    found = Notice.objects.filter(pk=notice_id, document__isnull=False, exercise_id=None).first()
    if found is None:
        raise Hidden(_("没有这条提示"))
    return found


def feed() -> list[Notice]:
    """Return what the public feed lists: published, real, not older than a week."""
    since = now() - dt.timedelta(days=7)
    rows = Notice.objects.filter(document__isnull=False, exercise_id=None, sent_at__gte=since).order_by("-sent_at")
    return list(rows.defer("document")[:200])


def chains_of(intake_id: UUID) -> list[UUID]:
    """Return the affairs that the alerts of one taken-in document belong to."""
    return list(Alert.objects.filter(intake_id=intake_id).values_list("chain_id", flat=True).distinct())
