"""Posts and who holds them. A post outlives its holders; authority comes from posts only."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people import queries, terms
from anlan.people.ladder import nearest
from anlan.people.models import Holding, Organisation, Person, Post, Role
from anlan.places import queries as places


@dataclass(frozen=True, slots=True)
class PostDraft:
    """A post to create. An empty title becomes the place's name and the role's."""

    role: str
    place_path: str
    title: str = ""
    organisation: UUID | None = None
    skills: tuple[str, ...] = ()


@transaction.atomic
def create_post(draft: PostDraft, *, by: Actor) -> Post:
    """Create a vacant post and link it to its superior. Raises Refused, Hidden (no such place), Invalid (role)."""
    authority.require(by, terms.Can.WRITE, at=draft.place_path)
    role = _role(draft.role)
    _guard(role, draft.place_path, by)
    place = places.by_path(draft.place_path)
    title = " ".join(draft.title.split()) or f"{place.name}{role.name}"
    if len(title) > 80:
        raise Invalid({"title": _("岗位名称最多 80 个字")})
    post = Post.objects.create(
        title=title,
        role=role,
        place_id=place.id,
        place_path=place.path,
        level=place.level,
        rank=role.rank,
        organisation=_organisation(draft.organisation),
        skills=sorted({one.strip() for one in draft.skills if one.strip()}),
    )
    relink_superiors(place.path)
    post.refresh_from_db(fields=["superior"])
    ledger.record(terms.Did.POST_CREATED, post, by=by, title=title, role=role.code)
    return post


@transaction.atomic
def change_post(
    post_id: UUID,
    *,
    by: Actor,
    title: str | None = None,
    skills: tuple[str, ...] | None = None,
    superior: UUID | None = None,
    automatic_superior: bool = False,
) -> Post:
    """Change a post's title or skills, or fix its superior by hand (`automatic_superior` undoes that).

    Raises Hidden, Refused, Conflict (closed), Invalid (title, superior).
    """
    post = queries.lock_post(post_id, by, terms.Can.WRITE)
    changed: dict[str, Any] = {}
    if title is not None and title.strip() != post.title:
        if not 1 <= len(title.strip()) <= 80:
            raise Invalid({"title": _("岗位名称要 1 到 80 个字")})
        post.title = changed["title"] = title.strip()
    if skills is not None and sorted(set(skills)) != sorted(post.skills):
        post.skills = changed["skills"] = sorted({one.strip() for one in skills if one.strip()})
    if superior is not None:
        _not_below(post, superior)
        post.superior_id, post.superior_fixed = superior, True
        changed["superior"] = superior
    elif automatic_superior and post.superior_fixed:
        post.superior_fixed = False
        changed["superior"] = None
    if changed:
        post.save()
        if automatic_superior:
            relink_superiors(post.place_path)
            post.refresh_from_db(fields=["superior"])
        ledger.record(terms.Did.POST_CHANGED, post, by=by, **changed)
    return post


@transaction.atomic
def close_post(post_id: UUID, reason: str, *, by: Actor) -> Post:
    """Close a post: its holders are released, and the posts below find another superior. Twice is once."""
    post = queries.lock_post(post_id, by, terms.Can.WRITE, closed=True)
    if post.until is not None:
        return post
    for holding in post.holdings.filter(until=None):
        _end(holding, by=by, reason=reason)
    post.until = now()
    post.save(update_fields=["until"])
    Post.objects.filter(superior=post).update(superior=None, superior_fixed=False)
    relink_superiors(post.place_path)
    ledger.record(terms.Did.POST_CLOSED, post, by=by, reason=reason)
    return post


@transaction.atomic
def appoint(post_id: UUID, person_id: UUID, *, by: Actor, seat: str = terms.Seat.A, minding: bool = False) -> Holding:
    """Put a person into a post; whoever sat there is released in the same breath. Twice is once.

    `minding`: 代管, for a vacant post until somebody is found. Raises Hidden, Refused, Invalid.
    """
    if seat not in set(terms.Seat):
        raise Invalid({"seat": _("只有 A 岗和 B 岗")})
    post = queries.lock_post(post_id, by, terms.Can.WRITE)
    _guard(post.role, post.place_path, by)
    person = Person.objects.filter(id=person_id).first()
    if person is None:
        raise Invalid({"person": _("没有这个人，先把他登记进来")})
    sitting = {one.seat: one for one in post.holdings.filter(until=None)}
    kept = sitting.get(seat)
    if kept and kept.person_id == person_id and kept.minding == minding:
        return kept
    other = sitting.get(terms.Seat.B if seat == terms.Seat.A else terms.Seat.A)
    if other and other.person_id == person_id:
        raise Invalid({"person": _("A 岗和 B 岗不能是同一个人；先把他从另一个岗上撤下")})
    if kept:
        _end(kept, by=by, reason=_("换人"))
    holding = Holding.objects.create(post=post, person=person, place_path=post.place_path, seat=seat, minding=minding)
    ledger.record(
        terms.Did.APPOINTED, post, by=by, pseudonym=person.pseudonym, seat=seat, minding=minding, holding=holding.id
    )
    return holding


@transaction.atomic
def release(holding_id: UUID, *, by: Actor, reason: str = "") -> Holding:
    """Take a person off a post; the post stays, vacant or with its other seat. Twice is once."""
    holding = _holding(holding_id, by)
    authority.require(by, terms.Can.WRITE, at=holding.place_path)
    if holding.until is None:
        _end(holding, by=by, reason=reason)
    return holding


@transaction.atomic
def set_away(
    holding_id: UUID, until: dt.datetime | None, *, by: Actor, since: dt.datetime | None = None, reason: str = ""
) -> Holding:
    """Say from when until when the holder is on leave; the B岗 is called meanwhile. None: they are back.

    Everybody may do it for themselves. Raises Hidden, Refused, Conflict (released), Invalid (until).
    """
    holding = _holding(holding_id, by)
    if holding.person_id != by.person:
        authority.require(by, terms.Can.WRITE, at=holding.place_path)
    if holding.until is not None:
        raise Conflict(_("这个人已经不在这个岗上了"))
    if until is not None and (until <= now() or (since is not None and since >= until)):
        raise Invalid({"until": _("离岗要到以后的某个时间，而且在开始之后")})
    holding.away_since, holding.away_until = (since, until) if until else (None, None)
    holding.away_reason = reason[:60] if until else ""
    holding.save(update_fields=["away_since", "away_until", "away_reason"])
    ledger.record(
        terms.Did.AWAY_SET, holding.post, by=by, seat=holding.seat, since=since, until=until, holding=holding.id
    )
    return holding


@transaction.atomic
def found_organisation(
    name: str, *, place_path: str, by: Actor, kind: str = "government", line: str = ""
) -> Organisation:
    """Add an organisation, or return the one of that name at that place. Raises Refused, Invalid (name, kind)."""
    authority.require(by, terms.Can.WRITE, at=place_path)
    if not 1 <= len(name.strip()) <= 120:
        raise Invalid({"name": _("单位名称要 1 到 120 个字")})
    if kind not in set(terms.OrganisationKind):
        raise Invalid({"kind": _("没有这种单位")})
    made, new = Organisation.objects.get_or_create(
        name=name.strip(), place_path=place_path, defaults={"kind": kind, "line": line.strip()}
    )
    if new:
        ledger.record(terms.Did.ORGANISATION_FOUNDED, made, by=by, name=made.name, kind=kind)
    return made


def relink_superiors(path_prefix: str) -> int:
    """Point every open post under a path to its superior, in three statements; returns how many changed."""
    below = Post.objects.filter(queries.under(path_prefix), until=None)
    above = Post.objects.filter(until=None, role__leads=True).filter(
        queries.under(path_prefix) | Q(place_path__in=paths.ancestors(path_prefix))
    )
    spots = list(below.values_list("place_path", "rank").distinct().order_by())
    found = nearest(spots, above.values_list("place_path", "rank", "id"))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_post p SET superior_id = w.superior "
            "FROM unnest(%s::varchar[], %s::int[], %s::uuid[]) AS w(path, rank, superior) "
            "WHERE p.place_path = w.path AND p.rank = w.rank AND p.until IS NULL AND NOT p.superior_fixed "
            "AND p.superior_id IS DISTINCT FROM w.superior",
            [[one[0] for one in found], [one[1] for one in found], list(found.values())],
        )
        return int(cursor.rowcount)


def _role(code: str) -> Role:
    role = Role.objects.filter(code=code).first()
    if role is None:
        raise Invalid({"role": _("没有这种岗位")})
    return role


def _guard(role: Role, at: str, by: Actor) -> None:
    """A strong role is given only by whoever may give accounts: nobody lifts themselves."""
    if role.second_factor:
        authority.require(by, terms.Can.ACCOUNTS, at=at)


def _organisation(identifier: UUID | None) -> Organisation | None:
    if identifier is None:
        return None
    found = Organisation.objects.filter(id=identifier).first()
    if found is None:
        raise Invalid({"organisation": _("没有这个单位")})
    return found


def _holding(holding_id: UUID, by: Actor) -> Holding:
    holding = Holding.objects.select_for_update(of=("self",)).select_related("post").filter(id=holding_id).first()
    mine = holding is not None and holding.person_id == by.person
    if holding is None or not (mine or authority.holds(by, terms.Can.READ, at=holding.place_path)):
        raise authority.Hidden
    return holding


def _end(holding: Holding, *, by: Actor, reason: str) -> None:
    holding.until = now()
    holding.save(update_fields=["until"])
    ledger.record(
        terms.Did.RELEASED,
        holding.post,
        by=by,
        pseudonym=holding.person.pseudonym,
        seat=holding.seat,
        reason=reason,
        holding=holding.id,
    )


def _not_below(post: Post, superior: UUID) -> None:
    """Refuse a superior that is the post itself, closed, or stands below it: a ladder must not turn in a circle."""
    seen: UUID | None = superior
    for _step in range(40):
        if seen is None:
            break
        if seen == post.id:
            raise Invalid({"superior": _("上级岗位不能是自己，也不能是自己的下级")})
        above = Post.objects.filter(id=seen, until=None).values_list("superior_id", flat=True)
        if not above:
            raise Invalid({"superior": _("没有这个岗位，或者它已经撤销")})
        seen = above[0]
