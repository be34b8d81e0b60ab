"""The fixed cast: one person per level in one town, the same in every test of the house."""

from dataclasses import dataclass
from types import SimpleNamespace

from allauth.mfa.models import Authenticator
from django.test import Client

from anlan.kernel.authority import Actor, machine
from anlan.people import queries, services
from anlan.people.models import Account, Holding, Person, Post
from anlan.places import services as places

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SCRIPT = (
    # who, name, phone, role, place
    ("city", "陈立群", "13712348801", "city_duty", "city"),
    ("approver", "方建国", "13712348802", "approver", "city"),
    ("admin", "邹敏", "13712348803", "system_admin", "city"),
    ("district", "周建平", "13712348804", "district_duty", "district"),
    ("street", "吴晓燕", "13712348805", "street_duty", "street"),
    ("community", "何秀兰", "13712348806", "community_duty", "community"),
    ("grid", "李小满", "13712340418", "grid_worker", "grid"),
    ("elsewhere", "郑海波", "13712348808", "district_duty", "other_district"),
)


@dataclass
class Member:
    """One of the cast."""

    name: str
    phone: str
    person: Person
    account: Account
    post: Post | None = None
    holding: Holding | None = None

    @property
    def actor(self) -> Actor:
        """Their actor as a request would carry it now."""
        return queries.actor_for(self.account)


class Cast(SimpleNamespace):
    """`cast.city` … `cast.nobody` (an account without a post), `cast.places.city` … , `cast.client(who)`."""

    def client(self, who: "Member | str | None" = None) -> Client:
        """Return a test client signed in as one of the cast; nobody signed in for None."""
        client = Client()
        if who is not None:
            member = getattr(self, who) if isinstance(who, str) else who
            client.force_login(member.account, backend=BACKEND)
        return client

    @property
    def everybody(self) -> "list[Member]":
        """All members, the most senior first."""
        return [getattr(self, line[0]) for line in SCRIPT] + [self.nobody]


def town() -> SimpleNamespace:
    """Found 澜江市 › 江岸区 › 柳荫街道 › 竹苑社区 › 第三网格, and 北埠区 › 码头街道 beside it."""
    by = machine("cast")
    city = places.found_root("澜江市", "city", "519900", by)
    district = places.add(city, name="江岸区", level="district", code="519901", by=by)
    street = places.add(district, name="柳荫街道", level="street", code="519901001", by=by)
    community = places.add(street, name="竹苑社区", level="community", code="519901001001", by=by)
    grid = places.add(community, name="第三网格", level="grid", by=by)
    other = places.add(city, name="北埠区", level="district", code="519902", by=by)
    other_street = places.add(other, name="码头街道", level="street", code="519902001", by=by)
    return SimpleNamespace(
        city=city, district=district, street=street, community=community, grid=grid,
        other_district=other, other_street=other_street,
    )  # fmt: skip


def assemble() -> Cast:
    """Make the town and everybody in it by the services, as real set-up would."""
    by = machine("cast")
    spots = town()
    cast = Cast(places=spots)
    for who, name, phone, role, where in SCRIPT:
        path = getattr(spots, where).path
        person = services.enrol(services.PersonDraft(name=name, phone=phone), place_path=path, by=by)
        post = services.create_post(services.PostDraft(role=role, place_path=path), by=by)
        holding = services.appoint(post.id, person.id, by=by)
        account = services.open_account(person.id, who, by=by)
        if post.role.second_factor:
            Authenticator.objects.create(user=account, type=Authenticator.Type.TOTP, data={"secret": "cast"})
        setattr(cast, who, Member(name, phone, person, account, post, holding))
    stranger = services.enrol(services.PersonDraft(name="路平", phone="13712348809"), place_path=spots.grid.path, by=by)
    cast.nobody = Member("路平", "13712348809", stranger, services.open_account(stranger.id, "nobody", by=by))
    for member in cast.everybody:
        if member.post:
            member.post.refresh_from_db()
    return cast
