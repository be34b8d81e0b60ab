"""What a roster would change: every line matched with who and what is there already. Pure, and the same twice."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from anlan.kernel.ids import uuid7
from anlan.people.rosters import Line
from anlan.people.terms import FIELD


@dataclass(slots=True)
class Known:
    """A person there already, or made by an earlier line (`new`)."""

    id: UUID
    name: str
    phone: bytes | None = None
    identity: bytes | None = None
    new: bool = False
    addresses: dict[str, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class Held:
    """A post there already, or made by an earlier line; `seats` maps "A" and "B" to (holding or None, person)."""

    id: UUID
    title: str
    seats: dict[str, tuple[UUID | None, UUID]] = field(default_factory=dict)

    def sits(self, person: UUID) -> bool:
        """Say whether a person has one of its seats."""
        return any(one == person for _holding, one in self.seats.values())


@dataclass(slots=True)
class Snapshot:
    """What is there: persons by keyed hash, posts by (place path, role), and the names of their holders."""

    persons: list[Known]
    posts: dict[tuple[str, str], list[Held]]


@dataclass(slots=True)
class NewPost:
    """A post to create."""

    id: UUID
    title: str
    role: str
    path: str
    organisation: str
    skills: tuple[str, ...]


@dataclass(slots=True)
class Made:
    """What one row writes."""

    state: str = "same"
    persons: list[UUID] = field(default_factory=list)
    posts: list[UUID] = field(default_factory=list)
    holdings: list[UUID] = field(default_factory=list)
    released: list[UUID] = field(default_factory=list)
    checkins: list[UUID] = field(default_factory=list)
    changed: dict[UUID, dict[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class NewPerson:
    """A person to enrol."""

    id: UUID
    name: str
    phone: str
    identity: str
    email: str
    path: str
    addresses: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class NewHolding:
    """A holding to make."""

    id: UUID
    post: UUID
    person: UUID
    seat: str
    path: str


class Planner:
    """Plans lines one after another. `digest` turns a number into its keyed hash; `title_of` names a post.

    `address_digest` does the same for (kind, address).
    """

    def __init__(
        self,
        there: Snapshot,
        *,
        digest: Callable[[str], bytes],
        title_of: Callable[[str, str], str],
        shared_phones: bool = False,
        address_digest: Callable[[str, str], bytes] = lambda kind, value: f"{kind}:{value}".encode(),
    ) -> None:
        self._digest, self._title, self._shared = digest, title_of, shared_phones
        self._address = address_digest
        self._posts = there.posts
        self._by_id = {one.id: one for one in there.persons}
        self._by_phone: dict[bytes, list[Known]] = {}
        self._by_identity: dict[bytes, Known] = {}
        for one in there.persons:
            self._keep(one)
        self.persons: list[NewPerson] = []
        self.posts: list[NewPost] = []
        self.holdings: list[NewHolding] = []

    def _keep(self, one: Known) -> None:
        if one.phone:
            self._by_phone.setdefault(one.phone, []).append(one)
        if one.identity:
            self._by_identity[one.identity] = one

    def plan(self, line: Line) -> Made:
        """Return what the line writes; a fault found here is added to the line, and then it writes nothing."""
        made = Made()
        if line.faults:
            made.state = "fault"
            return made
        who = self._who(line, line.name, line.phone, line.identity, "phone")
        deputy = self._who(line, line.deputy_name, line.deputy_phone, "", "deputy_phone") if line.deputy_name else None
        if line.deputy_name == line.name and line.deputy_phone == line.phone:
            line.faults["deputy_name"] = ("A 岗和 B 岗是同一个人", "换一个 B 岗，或把 B 岗去掉")
        if line.faults or who is None:
            made.state = "fault"
            return made
        enrolled = self._enrol(who, line, made)
        for role in line.roles:
            post = self._post(line, role, who, made)
            self._sit(post, line.seat, who, line, made)
            if deputy is not None:
                enrolled |= self._enrol(deputy, line, made, deputy=True)
                self._sit(post, "B", deputy, line, made)
        wrote = made.posts or made.holdings or made.changed
        made.state = "new" if enrolled else "update" if wrote else "same"
        return made

    def _who(self, line: Line, name: str, phone: str, identity: str, where: str) -> Known | None:
        mark = self._digest(phone) if phone else None
        paper = self._digest(identity) if identity else None
        if paper and paper in self._by_identity:
            found = self._by_identity[paper]
            if found.name != name:
                line.faults["identity"] = (f"这个身份证号登记的是「{found.name}」", "核对姓名和身份证号")
                return None
            return found
        same_phone = self._by_phone.get(mark, []) if mark else []
        for one in same_phone:
            if one.name == name and (not paper or not one.identity or one.identity == paper):
                return one
        if same_phone and not self._shared:
            line.faults[where] = (
                f"这个电话登记的是「{same_phone[0].name}」",
                "核对号码；真是两人合用一个电话，在上面勾「允许合用电话」",
            )
            return None
        for role in line.roles:
            for post in self._posts.get((line.path, role), ()):
                for _holding, person in post.seats.values():
                    sitting = self._by_id.get(person)
                    if sitting and sitting.name == name and not sitting.new and not (paper and sitting.identity):
                        return sitting
        return Known(uuid7(), name, mark, paper, new=True)

    def _enrol(self, who: Known, line: Line, made: Made, *, deputy: bool = False) -> bool:
        """Note a new person, or what changed of a known one; say whether they are new."""
        phone, identity = (line.deputy_phone, "") if deputy else (line.phone, line.identity)
        if who.new and who.id not in self._by_id:
            self._by_id[who.id] = who
            self._keep(who)
            email, accounts = ("", {}) if deputy else (line.email, dict(line.addresses))
            self.persons.append(NewPerson(who.id, who.name, phone, identity, email, line.path, accounts))
            made.persons.append(who.id)
            return True
        mark = self._digest(phone) if phone else None
        if mark and mark != who.phone:
            who.phone = mark
            self._by_phone.setdefault(mark, []).append(who)
            made.changed.setdefault(who.id, {})["phone"] = phone
        paper = self._digest(identity) if identity else None
        if paper and paper != who.identity:
            who.identity = paper
            self._by_identity[paper] = who
            made.changed.setdefault(who.id, {})["identity"] = identity
        for kind, value in ({} if deputy else line.addresses).items():
            if (mark := self._address(kind, value)) != who.addresses.get(kind):
                who.addresses[kind] = mark
                made.changed.setdefault(who.id, {})[FIELD + kind] = value
        return False

    def _post(self, line: Line, role: str, who: Known, made: Made) -> Held:
        there = self._posts.setdefault((line.path, role), [])
        title = line.title or self._title(line.path, role)
        fitting = [one for one in there if one.title == title] if line.title else there
        found = (
            next((one for one in fitting if one.seats.get(line.seat, (None, None))[1] == who.id), None)
            or next((one for one in fitting if line.seat not in one.seats and not one.sits(who.id)), None)
            or self._replaced(line, fitting, who)
        )
        if found is None:
            found = Held(uuid7(), title)
            there.append(found)
            self.posts.append(NewPost(found.id, title, role, line.path, line.organisation, line.skills))
            made.posts.append(found.id)
        return found

    @staticmethod
    def _replaced(line: Line, fitting: list[Held], who: Known) -> Held | None:
        """Return the one post of that very title whose holder this roster puts somebody else in for."""
        if not line.title or len(fitting) != 1 or fitting[0].sits(who.id):
            return None
        return fitting[0] if fitting[0].seats.get(line.seat, (None, None))[0] is not None else None

    def _sit(self, post: Held, seat: str, who: Known, line: Line, made: Made) -> None:
        if post.sits(who.id):
            return
        holding = post.seats.get(seat, (None, None))[0]
        if holding is not None:
            made.released.append(holding)
        elif seat in post.seats:  # an earlier line of this roster sits there already
            return
        fresh = uuid7()
        post.seats[seat] = (None, who.id)
        self.holdings.append(NewHolding(fresh, post.id, who.id, seat, line.path))
        made.holdings.append(fresh)


def plan_all(planner: Planner, lines: Iterable[Line]) -> list[Made]:
    """Plan every line in order."""
    return [planner.plan(line) for line in lines]
