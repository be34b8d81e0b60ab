"""Lists of persons, posts, organisations and accounts as pages and exports show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connection
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from anlan.kernel.authority import Actor, Hidden
from anlan.kernel.clock import now
from anlan.people import secrecy, terms
from anlan.people.models import Account, Holding, Organisation, Person, Post, Role
from anlan.people.queries.scope import in_force, persons, under, within

SHORT_TAIL = 4


@dataclass(frozen=True, slots=True)
class PersonFilter:
    """What a list of persons is narrowed by; empty values do not narrow."""

    text: str = ""
    path: str = ""
    role: str = ""
    reach: str = ""
    away: bool = False


@dataclass(frozen=True, slots=True)
class PostFilter:
    """What a list of posts is narrowed by. `standing`: held, minded, vacant; `deputy`: "none" for no B岗."""

    text: str = ""
    path: str = ""
    role: str = ""
    standing: str = ""
    deputy: str = ""


def held() -> "Prefetch[str, QuerySet[Holding], str]":
    """Return the prefetch of a post's or person's holdings in force, as `seats_now`."""
    order = ("-post__rank", "seat")
    return Prefetch(
        "holdings",
        Holding.objects.filter(until=None).select_related("person", "post", "post__role").order_by(*order),
        to_attr="seats_now",
    )


def list_persons(what: PersonFilter, *, by: Actor) -> QuerySet[Person]:
    """Return the persons the actor may see, by name, with `seats_now`."""
    found = persons(by)
    if what.path:
        found = found.filter(under(what.path) | Q(in_force(under(what.path))))
    if what.role:
        found = found.filter(in_force(Q(post__role__code=what.role)))
    if what.reach == "none":
        found = found.filter(phone_cipher=None)
    elif what.reach:
        found = found.filter(reach=what.reach)
    if what.away:
        found = found.filter(in_force(Q(away_until__gt=now()) & (Q(away_since=None) | Q(away_since__lte=now()))))
    if what.text.strip():
        found = found.filter(_named(what.text.strip()))
    return found.order_by("name", "id").prefetch_related(held())


def _named(text: str) -> Q:
    """Match a name, pinyin, phone (whole, or its last four digits), identity number or post title."""
    identity = secrecy.identity_of(text)
    if identity:
        return Q(id_digest=secrecy.digest(identity))
    phone = secrecy.phone_of(text)
    if phone and len(phone) > SHORT_TAIL:
        return Q(phone_digest=secrecy.digest(phone))
    if text.isdigit() and len(text) == SHORT_TAIL:
        return Q(phone_tail=text)
    if text.isascii() and text.isalpha():
        low = text.lower()
        return Q(pinyin__startswith=low) | Q(pinyin__contains=f" {low}")
    return Q(name__contains=text) | Q(in_force(Q(post__title__contains=text)))


def list_posts(what: PostFilter, *, by: Actor) -> QuerySet[Post]:
    """Return the open posts the actor may see, by place and seniority, with `seats_now`."""
    found = Post.objects.filter(within(by, terms.Can.READ), until=None).select_related("role", "organisation")
    if what.path:
        found = found.filter(under(what.path))
    if what.role:
        found = found.filter(role__code=what.role)
    seats = Holding.objects.filter(post=OuterRef("pk"), until=None)
    if what.standing == terms.Standing.VACANT:
        found = found.filter(~Exists(seats.filter(seat=terms.Seat.A)))
    elif what.standing:
        found = found.filter(Exists(seats.filter(seat=terms.Seat.A, minding=what.standing == terms.Standing.MINDED)))
    if what.deputy == "none":
        found = found.filter(~Exists(seats.filter(seat=terms.Seat.B)))
    text = what.text.strip()
    if text:
        found = found.filter(
            Q(title__contains=text) | Exists(seats.filter(person__name__contains=text)) | Q(skills__contains=[text])
        )
    return found.order_by("place_path", "-rank", "id").prefetch_related(held())


def standing(post: Post) -> str:
    """Return how a post of a list stands (it must carry `seats_now`)."""
    first = next((one for one in post.seats_now if one.seat == terms.Seat.A), None)
    if first is None:
        return terms.Standing.VACANT
    return terms.Standing.MINDED if first.minding else terms.Standing.HELD


def coverage(path: str, *, by: Actor) -> dict[str, int]:
    """Return counts of the open posts under a place: posts, vacant, minded, without_deputy (TEA-01 缺岗预警)."""
    open_posts = Post.objects.filter(within(by, terms.Can.READ), under(path), until=None)
    seats = Holding.objects.filter(post=OuterRef("pk"), until=None)
    return {
        "posts": open_posts.count(),
        "vacant": open_posts.filter(~Exists(seats.filter(seat=terms.Seat.A))).count(),
        "minded": open_posts.filter(Exists(seats.filter(seat=terms.Seat.A, minding=True))).count(),
        "without_deputy": open_posts.filter(~Exists(seats.filter(seat=terms.Seat.B))).count(),
    }


def holdings_of(person: Person) -> list[Holding]:
    """Return every holding of a person, those in force first, then the newest ended."""
    found = person.holdings.select_related("post", "post__role").order_by("until", "-since")
    return sorted(found, key=lambda one: (one.until is not None, -one.post.rank))


def holdings_at(post: Post) -> list[Holding]:
    """Return every holding of a post with its person, those in force first."""
    found = post.holdings.select_related("person").order_by("seat", "-since")
    return sorted(found, key=lambda one: one.until is not None)


def superiors(post_id: UUID) -> list[Post]:
    """Return the line of superiors of a post, nearest first, each with `seats_now`."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
WITH RECURSIVE line AS (
  SELECT superior_id AS id, 1 AS step FROM people_post WHERE id = %s
  UNION ALL
  SELECT p.superior_id, line.step + 1 FROM line JOIN people_post p ON p.id = line.id WHERE line.step < 20
)
SELECT id FROM line WHERE id IS NOT NULL ORDER BY step""",
            [post_id],
        )
        order = [row[0] for row in cursor.fetchall()]
    found = {one.id: one for one in Post.objects.filter(id__in=order).prefetch_related(held())}
    return [found[key] for key in order if key in found]


def list_organisations(text: str, path: str, *, by: Actor) -> QuerySet[Organisation]:
    """Return the organisations the actor may see."""
    found = Organisation.objects.filter(within(by, terms.Can.READ))
    if path:
        found = found.filter(under(path))
    if text.strip():
        found = found.filter(Q(name__contains=text.strip()) | Q(line=text.strip()))
    return found.order_by("place_path", "name")


def list_roles() -> QuerySet[Role]:
    """Return every role, most senior first."""
    return Role.objects.order_by("-rank", "code")


def list_accounts(text: str, state: str, *, by: Actor) -> QuerySet[Account]:
    """Return the accounts the actor may manage. `state`: "", "active", "closed", "unset" (no password yet)."""
    found = Account.objects.filter(person__in=persons(by, terms.Can.ACCOUNTS)).select_related("person")
    if state == "active":
        found = found.filter(is_active=True)
    elif state == "closed":
        found = found.filter(is_active=False)
    elif state == "unset":
        found = found.filter(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    if text.strip():
        found = found.filter(Q(username__icontains=text.strip()) | Q(person__name__contains=text.strip()))
    return found.order_by("username")


def phones(ciphers: "list[bytes | None]") -> list[str]:
    """Return whole phones of ciphertexts, "" for None: for a carrier at the moment of sending, never for a screen."""
    return secrecy.decrypt_many(ciphers)


def masked(person: Person) -> str:
    """Return a person's phone with its middle hidden, "" if there is none."""
    return secrecy.mask_phone(secrecy.decrypt(bytes(person.phone_cipher))) if person.phone_cipher else ""


def masked_identity(person: Person) -> str:
    """Return a person's identity number with its middle hidden, "" if there is none."""
    return secrecy.mask_identity(secrecy.decrypt(bytes(person.id_cipher))) if person.id_cipher else ""


def names_of(pseudonyms: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names behind pseudonyms, for the ledger's pages; unknown ones are left out."""
    return dict(Person.objects.filter(pseudonym__in=set(pseudonyms)).values_list("pseudonym", "name"))


def account_of(person_id: UUID) -> Account | None:
    """Return a person's account, None if they have none."""
    return Account.objects.filter(person_id=person_id).first()


def account(account_id: UUID, *, by: Actor) -> Account:
    """Return an account the actor may manage. Raises Hidden."""
    found = list_accounts("", "", by=by).filter(id=account_id).first()
    if found is None:
        raise Hidden
    return found


def sessions_of(one: Account) -> QuerySet[UserSession]:
    """Return where an account is signed in, the last used first."""
    found: QuerySet[UserSession] = UserSession.objects.filter(user=one).order_by("-last_seen_at")
    return found


def has_second_factor(one: Account) -> bool:
    """Say whether an account signs in with a second factor."""
    return bool(is_mfa_enabled(one))
