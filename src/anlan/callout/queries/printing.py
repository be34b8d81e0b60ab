"""Who stands on a printed list of a call: the unanswered at a place, or those whom somebody must go to."""

from dataclasses import dataclass
from uuid import UUID

from anlan.callout.models import Call, Obligation
from anlan.callout.queries import board
from anlan.callout.terms import ObligationState, Part, Rung
from anlan.kernel import authority
from anlan.kernel.authority import Actor
from anlan.people import queries as people
from anlan.people.terms import Can as People
from anlan.places import queries as places

MOST = 20_000  # persons on one list: about 900 sheets


@dataclass(frozen=True, slots=True)
class Listed:
    """One person on a list. `phone` is masked unless whole numbers were asked for."""

    path: str
    group: str
    name: str
    post: str
    phone: str
    dead: bool


def listed(call: Call, *, at: str, by: Actor, door: bool, whole: bool) -> list[Listed]:
    """Return who has not answered at a place and below, by place, then the highest posts.

    `door`: only those whom somebody must go to. `whole`: whole numbers; needs `people.reveal` at the place. Raises
    Hidden, Refused.
    """
    board.within(call, at, by)
    if whole:
        authority.require(by, People.REVEAL, at=at)
    rows = Obligation.objects.filter(places.under([at], "place_path"), call_id=call.id, part=Part.SELF)
    rows = rows.filter(state__in=[ObligationState.OPEN, ObligationState.LAPSED])
    if door:
        rows = rows.filter(rung=Rung.DOOR)
    found = list(rows.order_by("place_path", "-rank", "id")[:MOST])
    contacts = people.contacts([r.person_id for r in found])
    heads = {r.place_path: r.place_path[:_GROUP] for r in found}
    names = places.names({head[: i + 4] for head in heads.values() for i in range(0, len(head), 4)})
    return [
        Listed(
            r.place_path, _head(heads[r.place_path], names), contacts[r.person_id].name, r.post_title,
            _phone(contacts[r.person_id].phone, whole=whole), r.dead,
        )
        for r in found if r.person_id in contacts
    ]  # fmt: skip


_GROUP = 16  # letters of a path down to the community


def _head(path: str, names: dict[str, str]) -> str:
    """Return the street and the community, or whatever of them there is."""
    steps = [names.get(path[: i + 4], "") for i in range(0, len(path), 4)]
    return " ".join(steps[-2:]).strip()


def _phone(phone: str, *, whole: bool) -> str:
    if not phone:
        return ""
    return phone if whole else people.mask_phone(phone)


def may_reveal(by: Actor, at: str) -> bool:
    """Say whether the actor may print whole numbers at a place."""
    return authority.holds(by, People.REVEAL, at=at)


def call_at(call_id: UUID, at: str, by: Actor) -> tuple[Call, str]:
    """Return a call and the place of it to list: as asked, else its topmost that the actor sees. Raises Hidden."""
    call, top = board.visible(call_id, by)
    return call, board.within(call, at, by) if at else top
