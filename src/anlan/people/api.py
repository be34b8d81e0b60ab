"""Persons and posts over HTTP, numbers masked. Everything is narrowed to the caller's scope; hidden is absent."""

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.pagination import LimitOffsetPagination, paginate
from pydantic import AfterValidator, AwareDatetime

from anlan.kernel import authority
from anlan.kernel.authority import Actor
from anlan.people import queries, services, terms
from anlan.people.queries import PersonFilter, PostFilter

router = Router()


class Pages(LimitOffsetPagination):
    """At most 200 a page; `offset` is bounded by what PostgreSQL takes."""

    class Input(Schema):
        """Which part of the list."""

        limit: int = Field(50, ge=1, le=200)
        offset: int = Field(0, ge=0, le=1_000_000)


class SeatOut(Schema):
    """A person in a post."""

    holding: UUID
    post: UUID
    title: str
    person: UUID
    name: str
    seat: str
    minding: bool
    since: dt.datetime
    away_until: dt.datetime | None


class AddressOut(Schema):
    """An account at a messenger, its middle hidden. `state`: ok, gone (the messenger knows it no more), none."""

    kind: str
    label: str
    address: str
    source: str
    state: str


class AddressIn(Schema):
    """The account, "" to take it away."""

    address: str = Field("", max_length=128)


class PersonOut(Schema):
    """A person; `phone` has its middle hidden."""

    id: UUID
    name: str
    phone: str
    reach: str
    place_path: str
    seats: list[SeatOut]

    @staticmethod
    def resolve_phone(person: Any) -> str:
        return queries.masked(person)

    @staticmethod
    def resolve_seats(person: Any) -> list[SeatOut]:
        return [_seat(one) for one in person.seats_now]


class PostOut(Schema):
    """A post and who holds it."""

    id: UUID
    title: str
    role: str
    rank: int
    level: str
    place_path: str
    superior: UUID | None
    skills: list[str]
    standing: str
    seats: list[SeatOut]

    @staticmethod
    def resolve_role(post: Any) -> str:
        return str(post.role_id)

    @staticmethod
    def resolve_superior(post: Any) -> UUID | None:
        superior: UUID | None = post.superior_id
        return superior

    @staticmethod
    def resolve_standing(post: Any) -> str:
        return queries.standing(post)

    @staticmethod
    def resolve_seats(post: Any) -> list[SeatOut]:
        return [_seat(one) for one in post.seats_now]


def _seat(one: Any) -> SeatOut:
    return SeatOut(
        holding=one.id, post=one.post_id, title=one.post.title, person=one.person_id, name=one.person.name,
        seat=one.seat, minding=one.minding, since=one.since, away_until=one.away_until,
    )  # fmt: skip


class AppointIn(Schema):
    """Who is to sit where."""

    person: UUID
    seat: str = "A"
    minding: bool = False


def _utc(at: dt.datetime) -> dt.datetime:
    """Bring a time to UTC: PostgreSQL takes no offset of 16 hours or more."""
    try:
        return at.astimezone(dt.UTC)
    except OverflowError as beyond:
        raise ValueError("应是公历 1 到 9999 年之间的时间") from beyond


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]


class AwayIn(Schema):
    """Until when, null for back on duty. Times bear their offset."""

    until: Moment | None
    since: Moment | None = None
    reason: str = ""


class RevealIn(Schema):
    """Which number, and why."""

    field: str = "phone"
    reason: str = ""


def _actor(request: HttpRequest, can: str) -> Actor:
    by: Actor = request.actor  # type: ignore[attr-defined]
    if not authority.anywhere(by, [can]):
        raise authority.Refused(can, "")
    return by


@router.get("/people", response=list[PersonOut])
@paginate(Pages)
def list_people(request: HttpRequest, q: str = "", place: str = "", role: str = "", reach: str = "") -> Any:
    """List persons in scope: by name, pinyin, whole phone, its last four digits, or post."""
    what = PersonFilter(text=q, path=place, role=role, reach=reach)
    return queries.list_persons(what, by=_actor(request, terms.Can.READ))


@router.get("/posts", response=list[PostOut])
@paginate(Pages)
def list_posts(request: HttpRequest, q: str = "", place: str = "", role: str = "", standing: str = "") -> Any:
    """List open posts in scope; `standing`: held, minded, vacant."""
    what = PostFilter(text=q, path=place, role=role, standing=standing)
    return queries.list_posts(what, by=_actor(request, terms.Can.READ))


@router.get("/people/{person_id}", response=PersonOut)
def get_person(request: HttpRequest, person_id: UUID) -> Any:
    """Return a person; 404 outside the caller's scope."""
    found = queries.person(person_id, by=request.actor)  # type: ignore[attr-defined]
    found.seats_now = [one for one in queries.holdings_of(found) if one.until is None]
    return found


@router.post("/people/{person_id}/reveal", response=dict[str, str])
def reveal(request: HttpRequest, person_id: UUID, body: RevealIn) -> dict[str, str]:
    """Return a whole number; the ledger keeps who looked and why."""
    return {body.field: services.reveal(person_id, body.field, body.reason, request.actor)}  # type: ignore[attr-defined]


@router.get("/people/{person_id}/addresses", response=list[AddressOut])
def list_addresses(request: HttpRequest, person_id: UUID) -> Any:
    """Return a person's accounts at the messengers that carriers speak to, one for each kind there is."""
    return _addresses(queries.person(person_id, by=request.actor))  # type: ignore[attr-defined]


@router.put("/people/{person_id}/addresses/{kind}", response=list[AddressOut])
def set_address(request: HttpRequest, person_id: UUID, kind: str, body: AddressIn) -> Any:
    """Set an account of a person, "" takes it away. Twice is once."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    return _addresses(services.set_address(person_id, kind, body.address, by=by))


def _addresses(person: Any) -> list[AddressOut]:
    return [
        AddressOut(kind=s.kind.kind, label=str(s.kind.label), address=s.masked, source=s.source, state=s.state)
        for s in queries.addresses_of(person)
    ]


@router.put("/posts/{post_id}/holder", response=SeatOut)
def appoint(request: HttpRequest, post_id: UUID, body: AppointIn) -> SeatOut:
    """Put a person into a seat; whoever sat there is released. Twice is once."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    return _seat(services.appoint(post_id, body.person, by=by, seat=body.seat, minding=body.minding))


@router.put("/holdings/{holding_id}/away", response=SeatOut)
def set_away(request: HttpRequest, holding_id: UUID, body: AwayIn) -> SeatOut:
    """Say until when a holder is on leave."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    return _seat(services.set_away(holding_id, body.until, by=by, since=body.since, reason=body.reason))


@router.delete("/holdings/{holding_id}", response=SeatOut)
def release(request: HttpRequest, holding_id: UUID) -> SeatOut:
    """Take a person off a post. Twice is once."""
    return _seat(services.release(holding_id, by=request.actor))  # type: ignore[attr-defined]
