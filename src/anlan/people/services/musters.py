"""Temporary teams for a response (急时编组): proposed by address, edited, confirmed, disbanded with a trace.

A member of a confirmed team holds a temporary post whose role grants nothing, so that a call reaches them and the
ladder climbs to the community's desk; authority comes from other posts only. In an exercise no post is made: a real
call must not meet a drill's team.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from anlan.kernel import authority, clock, paths
from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid, machine
from anlan.kernel.ids import uuid7s
from anlan.ledger import services as ledger
from anlan.people import grouping, lifecycle, queries, terms
from anlan.people.models import Checkin, Holding, Muster, Post, Squad, SquadMember
from anlan.people.services.copying import HoldingSeed, PostSeed, copy_holdings, copy_posts
from anlan.places import queries as places

MACHINE = machine("people.muster")
LEADER, MEMBER = "muster_leader", "mustered"


@transaction.atomic
def form_groups(
    place_path: str, *, by: Actor, title: str, least: int = 0, most: int = 0, slot: str = terms.Slot.EMERGENCY,
    response: UUID | None = None,
) -> Muster:  # fmt: skip
    """Propose teams of the people on the list at a place and below, near to one another; nobody is told yet.

    Sizes 0: the settings'. `slot` "" takes everybody, else whoever can come then. A proposal of the same title that
    still waits at the place is returned as it is. Raises Refused, Invalid (title, least, slot; nobody to group).
    """
    authority.require(by, terms.Can.CHECKINS, at=place_path)
    words = " ".join(title.split())
    usual = queries.muster_sizes()
    low, high = least or usual[0], most or usual[1]
    errors: dict[str, str] = {}
    if not 2 <= len(words) <= 80:
        errors["title"] = _("写明为什么编组，比如「11 月 25 日暴雨」，2 到 80 个字")
    if not 1 <= low <= high <= 100:
        errors["least"] = _("每组最少的人数不能比最多的大，最多 100 人")
    if slot and slot not in set(terms.Slot):
        errors["slot"] = _("没有这样的时段")
    if errors:
        raise Invalid(errors)
    waiting = Muster.objects.filter(
        place_path=place_path, title=words, state=terms.MusterState.PROPOSED, exercise=by.exercise
    ).first()
    if waiting is not None:
        return waiting
    cut = grouping.teams(queries.to_group(place_path, slot), low, high)
    if not cut:
        raise Invalid({"slot": _("这里没有能编的人：在册、没在别的组里、这个时段能来的一个也没有")})
    made = Muster.objects.create(
        place_path=place_path, title=words, least=low, most=high, response=response, by_name=by.name,
        exercise=by.exercise,
    )  # fmt: skip
    _write(made, cut)
    ledger.record(
        terms.Did.MUSTER_PROPOSED, made, by=by, title=words, groups=len(cut), people=sum(len(t.members) for t in cut)
    )
    return made


def _write(made: Muster, cut: list[grouping.Team]) -> None:
    spots = dict(Checkin.objects.filter(id__in=[p.id for t in cut for p in t.members]).values_list("id", "spot_path"))
    names = places.names({team.community for team in cut})
    many = len({team.community for team in cut}) > 1
    squads = [
        Squad(
            muster=made, number=number, place_path=_spot(team, spots),
            name=_name(number, names.get(team.community, "") if many else "", team.where),
        )
        for number, team in enumerate(cut, 1)
    ]  # fmt: skip
    Squad.objects.bulk_create(squads)
    SquadMember.objects.bulk_create(
        SquadMember(muster=made, squad=squad, checkin_id=one.id, leads=one is team.leader)
        for squad, team in zip(squads, cut, strict=True)
        for one in team.members
    )


def _name(number: int, *where: str) -> str:
    return " ".join(filter(None, (_("第 %d 组") % number, *where)))[:80]


def _spot(team: grouping.Team, spots: dict[UUID, str]) -> str:
    """Return the deepest place that holds every member of a team, the community if not all lie below it."""
    found = [spots[one.id] for one in team.members]
    if not all(found):
        return team.community
    common = found[0]
    while any(not path.startswith(common) for path in found):
        common = paths.parent(common)
    return max(common, team.community, key=len)


@transaction.atomic
def move_member(member_id: UUID, squad_number: int, *, by: Actor) -> SquadMember:
    """Put somebody into another team of the proposal. Raises Hidden, Conflict (confirmed), Invalid (squad)."""
    member, muster = _member(member_id, by)
    squad = muster.squads.filter(number=squad_number).first()
    if squad is None:
        raise Invalid({"squad": _("没有第 %d 组") % squad_number})
    if squad.id == member.squad_id:
        return member
    member.squad, member.leads = squad, False
    member.save(update_fields=["squad", "leads"])
    _noted(muster, by)
    return member


@transaction.atomic
def name_leader(member_id: UUID, *, by: Actor) -> SquadMember:
    """Let somebody lead their team of the proposal. Raises Hidden, Conflict (confirmed)."""
    member, muster = _member(member_id, by)
    SquadMember.objects.filter(squad=member.squad, leads=True).exclude(id=member.id).update(leads=False)
    member.leads = True
    member.save(update_fields=["leads"])
    _noted(muster, by)
    return member


@transaction.atomic
def leave_out(member_id: UUID, *, by: Actor) -> None:
    """Take somebody out of the proposal. Raises Hidden, Conflict (confirmed)."""
    member, muster = _member(member_id, by)
    member.delete()
    _noted(muster, by)


def _member(member_id: UUID, by: Actor) -> tuple[SquadMember, Muster]:
    member = SquadMember.objects.filter(id=member_id).first()
    if member is None:
        raise Hidden
    muster = queries.lock_muster(member.muster_id, by)
    if muster.state != terms.MusterState.PROPOSED:
        raise Conflict(_("已经编好的组不能再改；要改就撤编，重新编"))
    return member, muster


def _noted(muster: Muster, by: Actor) -> None:
    ledger.record(terms.Did.MUSTER_CHANGED, muster, by=by, title=muster.title)


@dataclass(frozen=True, slots=True)
class _Seat:
    member: SquadMember
    squad: Squad
    post: UUID
    person: UUID
    pseudonym: UUID
    skills: tuple[str, ...]


@transaction.atomic
def confirm_muster(muster_id: UUID, *, by: Actor) -> Muster:
    """Let the proposed teams stand. Whoever left the list since is left out; a team without a leader gets its first.

    Set-based, some ten statements. Twice is once. Raises Hidden, Conflict (disbanded; somebody stands in another
    team since), Invalid (nobody left).
    """
    muster = queries.lock_muster(muster_id, by)
    if muster.state == terms.MusterState.STANDING:
        return muster
    lifecycle.MUSTER.move(muster, terms.Did.MUSTER_CONFIRMED, by=by)
    gone = muster.members.exclude(checkin__state=terms.CheckinState.LISTED)
    gone.delete()
    muster.members.filter(checkin=None).delete()
    muster.squads.filter(members=None).delete()
    mine = list(muster.members.values_list("checkin_id", flat=True))
    if not mine:
        raise Invalid({"": _("组里已经没有人了，重新编一次")})
    if SquadMember.objects.filter(checkin__in=mine, muster__state=terms.MusterState.STANDING).exists():
        raise Conflict(_("有人已经编在别的组里；丢掉这份，重新编一次"))
    _give_leaders(muster)
    seats = _seats(muster)
    if muster.exercise is None:
        _make_posts(muster, seats, by)
        Checkin.objects.filter(squads__in=[s.member for s in seats if s.member.leads]).update(led=F("led") + 1)
    muster.confirmed_at = clock.now()
    muster.save(update_fields=["state", "confirmed_at"])
    groups = len({seat.squad.id for seat in seats})
    ledger.record(
        terms.Did.MUSTER_CONFIRMED, muster, by=by, title=muster.title, groups=groups, people=len(seats)
    )  # fmt: skip
    return muster


def _give_leaders(muster: Muster) -> None:
    led = muster.members.filter(leads=True).values("squad")
    headless = muster.members.exclude(squad__in=led).order_by("squad", "id").distinct("squad")
    SquadMember.objects.filter(id__in=list(headless.values_list("id", flat=True))).update(leads=True)


def _seats(muster: Muster) -> list[_Seat]:
    rows = list(muster.members.select_related("squad", "checkin__person").order_by("squad__number", "-leads", "id"))
    return [
        _Seat(one, one.squad, key, one.checkin.person_id, one.checkin.person.pseudonym, tuple(one.checkin.skills))
        for one, key in zip(rows, uuid7s(len(rows)), strict=True)
        if one.checkin is not None
    ]


def _make_posts(muster: Muster, seats: list[_Seat], by: Actor) -> None:
    spots = places.visible(MACHINE).filter(path__in={seat.squad.place_path for seat in seats})
    known = {path: (key, level) for path, key, level in spots.values_list("path", "id", "level")}
    copy_posts([
        PostSeed(
            seat.post, _title(seat), LEADER if seat.member.leads else MEMBER, known[seat.squad.place_path][0],
            seat.squad.place_path, known[seat.squad.place_path][1], seat.skills,
        )
        for seat in seats
    ])  # fmt: skip
    copy_holdings(HoldingSeed(seat.post, seat.person, seat.squad.place_path) for seat in seats)
    for seat in seats:
        seat.member.post_id = seat.post
    SquadMember.objects.bulk_update([seat.member for seat in seats], ["post_id"], batch_size=2000)
    ledger.record_many(terms.Did.APPOINTED, [_line(muster, seat) for seat in seats], by=by)


def _title(seat: _Seat) -> str:
    what = _("组长") if seat.member.leads else _("队员")
    return f"{seat.squad.name[: 78 - len(what)]} {what}"


def _line(muster: Muster, seat: _Seat, **values: str) -> ledger.Line:
    return ledger.Line(
        subject_type="people.post", subject_id=seat.post, place_path=seat.squad.place_path, chain=muster.chain_id,
        exercise=muster.exercise, values={"pseudonym": seat.pseudonym, "seat": "A", **values},
    )  # fmt: skip


@transaction.atomic
def disband_muster(muster_id: UUID, reason: str, *, by: Actor) -> Muster:
    """End the teams (撤编): the temporary posts close; who stood where stays readable. Twice is once.

    Raises Hidden, Conflict (never stood), Invalid (reason).
    """
    muster = queries.lock_muster(muster_id, by)
    if muster.state == terms.MusterState.DISBANDED:
        return muster
    said = " ".join(reason.split())
    if not 2 <= len(said) <= 120:
        raise Invalid({"reason": _("写明为什么撤编，比如「雨停了，响应结束」，2 到 120 个字")})
    lifecycle.MUSTER.move(muster, terms.Did.MUSTER_DISBANDED, by=by)
    muster.disbanded_at, muster.disbanded_by, muster.reason = clock.now(), by.name, said
    muster.save()
    posts = [key for key in muster.members.values_list("post_id", flat=True) if key]
    rows = Holding.objects.filter(post__in=posts, until=None).select_related("person")
    lines = [
        ledger.Line(
            subject_type="people.post", subject_id=one.post_id, place_path=one.place_path, chain=muster.chain_id,
            exercise=muster.exercise, values={"pseudonym": one.person.pseudonym, "seat": one.seat, "reason": _("撤编")},
        )
        for one in rows
    ]  # fmt: skip
    Holding.objects.filter(post__in=posts, until=None).update(until=clock.now())
    Post.objects.filter(id__in=posts, until=None).update(until=clock.now())
    ledger.record_many(terms.Did.RELEASED, lines, by=by)
    ledger.record(
        terms.Did.MUSTER_DISBANDED, muster, by=by, title=muster.title, groups=muster.squads.count(),
        people=muster.members.count(), reason=said,
    )  # fmt: skip
    return muster


@transaction.atomic
def drop_muster(muster_id: UUID, *, by: Actor) -> Muster:
    """Throw a proposal away. Raises Hidden, Conflict (it stands, or stood)."""
    muster = queries.lock_muster(muster_id, by)
    lifecycle.MUSTER.move(muster, terms.Did.MUSTER_DROPPED, by=by)
    muster.save(update_fields=["state"])
    ledger.record(terms.Did.MUSTER_DROPPED, muster, by=by, title=muster.title)
    return muster
