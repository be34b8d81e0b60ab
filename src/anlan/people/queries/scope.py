"""What an actor may see and lock: hidden and absent are one answer."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Left
from django.utils.translation import gettext as _

from anlan.kernel import authority, paths
from anlan.kernel.authority import Actor, Conflict, Hidden, Refused
from anlan.people import terms
from anlan.people.models import Holding, Person, Post


@dataclass(frozen=True, slots=True)
class Rooted:
    """A subject of the ledger that belongs to no place of its own: a role, a load."""

    id: UUID
    ledger_type: str
    place_path: str = ""


def within(by: Actor, can: str, field: str = "place_path") -> Q:
    """Return the condition that a row lies where the actor holds `can`."""
    found = Q(pk__in=[])
    for path in authority.scopes(by, can):
        found |= Q(**{f"{field}__gte": path, f"{field}__lt": path + "\x7f"}) if path else ~Q(pk__in=[])
    return found


def under(path: str, field: str = "place_path") -> Q:
    """Return the condition that a row lies at a place or below."""
    return Q(**{f"{field}__gte": path, f"{field}__lt": path + "\x7f"})


def in_force(condition: Q) -> Exists:
    """Return the condition that a person holds a post now for which `condition` (on Holding) is true."""
    return Exists(Holding.objects.filter(condition, person=OuterRef("pk"), until=None))


def persons(by: Actor, can: str = terms.Can.READ) -> QuerySet[Person]:
    """Return the persons over whom the actor holds `can`: by their home place or by a post they hold now."""
    reach = within(by, can)
    return Person.objects.filter(reach | Q(in_force(reach)))


def person(person_id: UUID, *, by: Actor) -> Person:
    """Return a person whom the actor may see; oneself always. Raises Hidden."""
    found = Person.objects.filter(id=person_id).first()
    if found is None or not (by.person == found.id or _over(found, by, terms.Can.READ)):
        raise Hidden
    return found


def require_over(one: Person, by: Actor, can: str) -> None:
    """Raise Refused unless the actor holds `can` over the person."""
    if not _over(one, by, can):
        raise Refused(can, one.place_path)


def lock_person(person_id: UUID, by: Actor, can: str, *, everywhere: bool = False) -> Person:
    """Lock a person for a change. Raises Hidden, Refused.

    `everywhere`: the permission must be held at every post the person holds, so that a street's administrator cannot
    touch the account of somebody who also sits in the city.
    """
    found = Person.objects.select_for_update().filter(id=person_id).first()
    if found is None or not (_over(found, by, terms.Can.READ) or by.person == found.id):
        raise Hidden
    if everywhere:
        for path in _paths(found) or [found.place_path]:
            authority.require(by, can, at=path)
    else:
        require_over(found, by, can)
    return found


def post(post_id: UUID, *, by: Actor) -> Post:
    """Return a post the actor may see: in their scope, or held by themselves. Raises Hidden."""
    found = Post.objects.select_related("role", "organisation", "superior").filter(id=post_id).first()
    mine = any(seat.post == post_id for seat in by.seats)
    if found is None or not (mine or authority.holds(by, terms.Can.READ, at=found.place_path)):
        raise Hidden
    return found


def lock_post(post_id: UUID, by: Actor, can: str, *, closed: bool = False) -> Post:
    """Lock a post for a change. Raises Hidden, Refused, Conflict (closed, unless `closed` lets it through)."""
    found = Post.objects.select_for_update(of=("self",)).select_related("role").filter(id=post_id).first()
    if found is None or not authority.holds(by, terms.Can.READ, at=found.place_path):
        raise Hidden
    authority.require(by, can, at=found.place_path)
    if found.until is not None and not closed:
        raise Conflict(_("这个岗位已经撤销"))
    return found


def roots() -> list[str]:
    """Return the root paths under which there are posts."""
    cut = Left("place_path", paths.WIDTH)
    return sorted(Post.objects.filter(until=None).annotate(root=cut).values_list("root", flat=True).distinct())


def require_roots(by: Actor, can: str) -> str:
    """Raise Refused unless the actor holds `can` over every root of the tree; returns the first root."""
    found = roots()
    if not found:
        authority.require(by, can, at="")
    for root in found:
        authority.require(by, can, at=root)
    return found[0] if found else ""


def _over(one: Person, by: Actor, can: str) -> bool:
    return authority.holds(by, can, at=one.place_path) or any(authority.holds(by, can, at=at) for at in _paths(one))


def _paths(one: Person) -> list[str]:
    return list(one.holdings.filter(until=None).values_list("place_path", flat=True))
