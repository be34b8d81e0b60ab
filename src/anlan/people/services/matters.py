"""The duty list: publish a version, note and settle what nobody owns, stop what the list forbids to pass down."""

import datetime as dt
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from anlan.kernel import clock
from anlan.kernel.authority import Actor, Conflict, Invalid, Refused
from anlan.ledger import services as ledger
from anlan.people import queries, terms
from anlan.people.models import DutyList, Matter, Ownerless, Stopped
from anlan.people.services import rosters
from anlan.places.terms import RANK, Level

STREET, COMMUNITY = RANK[Level.STREET], RANK[Level.COMMUNITY]


@transaction.atomic
def publish_list(list_id: UUID, effective_from: dt.date, *, by: Actor) -> DutyList:
    """Publish a draft: it replaces the version before it from a day on. Twice is once.

    Raises Hidden, Refused, Invalid (effective_from: the past, or before the version it replaces; an empty list).
    """
    one = queries.lock_version(list_id, by)
    if one.state != terms.ListState.DRAFT:
        return one
    before = (
        DutyList.objects.select_for_update()
        .filter(place_path=one.place_path, state=terms.ListState.PUBLISHED)
        .order_by("-number")
        .first()
    )
    count = one.matters.count()
    if not count:
        raise Invalid({"effective_from": _("这一版里一件事也没有，不能发布")})
    if effective_from < clock.local(clock.now()).date():
        raise Invalid({"effective_from": _("从今天或以后的某天起用；过去的派单按当时的版本算")})
    if before is not None and before.effective_from and effective_from < before.effective_from:
        raise Invalid({"effective_from": _("上一版 %s 才起用，新版不能比它早") % before.effective_from})
    if before is not None:
        before.state, before.effective_until = terms.ListState.REPLACED, effective_from
        before.save(update_fields=["state", "effective_until"])
    one.state, one.effective_from = terms.ListState.PUBLISHED, effective_from
    one.published_at, one.published_by = clock.now(), by.name
    one.save()
    ledger.record(
        terms.Did.MATTERS_PUBLISHED, one, by=by, number=one.number, count=count,
        effective_from=effective_from.isoformat(), replaces=before.id if before else None,
    )  # fmt: skip
    return one


@transaction.atomic
def plant_list(place_path: str, *, by: Actor) -> DutyList:
    """Publish the starting list (常见的事) over a place from today on, as its import would: for a demonstration."""
    batch = rosters.read_roster(
        queries.starting_matters(), "starting_matters.csv", place_path=place_path, by=by, kind=terms.RosterKind.MATTERS
    )
    rosters.import_roster(batch.id, by=by, mode="all")
    draft = DutyList.objects.get(batch=batch.id)
    return publish_list(draft.id, clock.local(clock.now()).date(), by=by)


@transaction.atomic
def drop_list(list_id: UUID, *, by: Actor) -> None:
    """Throw a draft away. Raises Hidden, Refused, Conflict (published)."""
    one = queries.lock_version(list_id, by)
    if one.state != terms.ListState.DRAFT:
        raise Conflict(_("发布过的版本不能丢，要改就导入新的一版"))
    ledger.record(terms.Did.MATTERS_DROPPED, one, by=by, number=one.number)
    one.delete()


@transaction.atomic
def note_ownerless(text: str, where: str, *, by: Actor, at: str) -> Ownerless:
    """Put a matter for which no lead was found into the queue of its district; the same words again only count up.

    Whoever holds a post at or above the place may. Raises Refused, Invalid (text).
    """
    if not by.machine and by.acting(at) is None:
        raise Refused(terms.Can.MATTERS, at)
    words, spot = " ".join(text.split()), " ".join(where.split())[:120]
    if not 2 <= len(words) <= 120:
        raise Invalid({"text": _("写清楚是什么事，2 到 120 个字")})
    again = Ownerless.objects.select_for_update().filter(
        place_path=at, text=words, state=terms.OwnerlessState.OPEN, exercise=by.exercise
    )
    kept = again.first()
    if kept is not None:
        again.update(asked=F("asked") + 1)
        kept.refresh_from_db()
        return kept
    made = Ownerless.objects.create(place_path=at, text=words, where=spot, by_name=by.name, exercise=by.exercise)
    ledger.record(terms.Did.OWNERLESS_NOTED, made, by=by, private={"text": words, "where": spot})
    return made


@transaction.atomic
def settle_ownerless(identifier: UUID, outcome: str, settled_as: str, *, by: Actor) -> Ownerless:
    """Say whose an ownerless matter is, or that it is none. Raises Hidden, Conflict (settled), Invalid.

    `settled_as`: the matter's code, the body that takes it, or why it is no matter.
    """
    one = queries.lock_ownerless(identifier, by)
    said = " ".join(settled_as.split())
    if outcome not in set(terms.Outcome):
        raise Invalid({"outcome": _("选一个结果")})
    if not 2 <= len(said) <= 200:
        raise Invalid({"settled_as": _("写明归谁、按清单哪一件，或为什么不办，2 到 200 个字")})
    if outcome == terms.Outcome.LISTED and said not in {m.code for m in queries.matters_at(one.place_path)}:
        raise Invalid({"settled_as": _("清单上没有「%s」这个事项码") % said})
    one.state, one.outcome, one.settled_as = terms.OwnerlessState.SETTLED, outcome, said
    one.settled_by, one.settled_at = by.name, clock.now()
    one.save()
    ledger.record(terms.Did.OWNERLESS_SETTLED, one, by=by, outcome=outcome, private={"as": said})
    return one


def check_assignment(wanted: Matter | str, to_level: str, *, as_lead: bool, at: str, by: Actor) -> Matter | None:
    """Let an assignment pass, or stop it (拦截“清单外下压”): returns the matter, None for one that is on no list.

    `wanted` is a matter, its code or its name; `to_level` a places.terms.Level; `at` the place it would be given to.
    Only streets and below are guarded. Raises OffList (a Refused), and by then the interception is recorded and
    committed: call it before your own transaction, since its record must outlive your refusal (a RuntimeError says so).
    Rule: 《北京市接诉即办工作条例》§17 (domain-facts B8); which rule is cited is settings.ASSIGNMENT_RULE.
    """
    matter = wanted if isinstance(wanted, Matter) else _named(wanted, at)
    why = _overstep(matter, to_level, as_lead=as_lead)
    if why is None:
        return matter
    name = matter.name if matter else str(wanted)[:120]
    with transaction.atomic(durable=True):
        stopped = Stopped.objects.create(
            place_path=at, matter=name, code=matter.code if matter else "", level=to_level, why=why, by_name=by.name,
            exercise=by.exercise,
        )  # fmt: skip
        ledger.record(terms.Did.OVERSTEP_STOPPED, stopped, by=by, matter=name, level=to_level, why=str(why))
    raise terms.OffList(_words(why, name, to_level, matter), at)


def _named(wanted: str, at: str) -> Matter | None:
    plain = wanted.strip()
    return next((one for one in queries.matters_at(at) if plain in {one.code, one.name, *one.keywords}), None)


def _overstep(matter: Matter | None, to_level: str, *, as_lead: bool) -> terms.Overstep | None:
    rank = RANK[Level(to_level)]
    if rank < STREET:
        return None
    if matter is None:
        return terms.Overstep.OFF_LIST
    part = matter.community_part if rank >= COMMUNITY else matter.street_part
    if part == terms.Part.NONE:
        return terms.Overstep.NO_PART
    return terms.Overstep.ONLY_ASSISTS if as_lead and part == terms.Part.ASSIST else None


def _words(why: str, name: str, to_level: str, matter: Matter | None) -> str:
    level = _("社区") if RANK[Level(to_level)] >= COMMUNITY else _("街镇")
    facts = {"name": name, "level": level, "rule": settings.ASSIGNMENT_RULE, "lead": matter.lead_name if matter else ""}
    said = {
        terms.Overstep.OFF_LIST: _(
            "「%(name)s」不在责任清单上，不能交给%(level)s办（%(rule)s）。先查清归谁，查不到就记为无主事项。"
        ),
        terms.Overstep.NO_PART: _("责任清单上「%(name)s」没有%(level)s的份，不能派下去（%(rule)s）。主责是%(lead)s。"),
        terms.Overstep.ONLY_ASSISTS: _("「%(name)s」%(level)s只是协助，不能当主责派（%(rule)s）。主责是%(lead)s。"),
    }  # fmt: skip
    return said[terms.Overstep(why)] % facts
