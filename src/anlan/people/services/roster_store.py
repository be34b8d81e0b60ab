"""The sets behind a roster import: what is there, and what the plan writes, each in a handful of statements."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import orjson
from django.db import connection
from psycopg.types.json import Jsonb

from anlan.kernel.authority import machine
from anlan.kernel.clock import now
from anlan.people import rosters, secrecy, terms
from anlan.people.models import Address, Holding, Import, Organisation, Role
from anlan.people.roster_plan import Held, Known, Made, NewPerson, NewPost, Planner, Snapshot
from anlan.people.services import addresses
from anlan.people.services.copying import HoldingSeed, PersonSeed, PostSeed, copy_holdings, copy_persons, copy_posts
from anlan.people.services.posts import relink_superiors
from anlan.places import queries as places

END = "\x7f"
KEYS = ("persons", "posts", "holdings", "released", "checkins")
MACHINE = machine("people.roster")


class Numbered(Protocol):
    """A row of any kind of roster, understood."""

    number: int
    faults: dict[str, rosters.Fault]


def json_of(value: object) -> Jsonb | None:
    """Return a value for a jsonb column, NULL for an empty one."""
    return Jsonb(value) if value else None


def gazetteer(root: str) -> rosters.Gazetteer:
    """Return every open place at a path and below, by the words that name it."""
    open_places = places.visible(MACHINE).filter(places.under([root]), until=None)
    found = open_places.values_list("path", "name", "level", "code", "aliases")
    above = [name for path, name in places.breadcrumb(root) if path != root]
    return rosters.Gazetteer((rosters.Spot(*row) for row in found), root, above)


def titles() -> rosters.Titles:
    """Return the roles by the words that name them."""
    return rosters.Titles(Role.objects.order_by("-rank").values_list("code", "name", "aliases"))


def strong_roles() -> set[str]:
    """Return the roles that only whoever may manage accounts gives."""
    return set(Role.objects.filter(second_factor=True).values_list("code", flat=True))


def snapshot(root: str, lines: Sequence[rosters.Line]) -> Snapshot:
    """Return the persons whom the lines may mean (by phone, identity, or a post under the root) and the open posts."""
    numbers = {n for line in lines for n in (line.phone, line.deputy_phone, line.identity) if n}
    marks = [secrecy.digest(n) for n in numbers]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, name, phone_digest, id_digest FROM people_person "
            "WHERE phone_digest = ANY(%(marks)s) OR id_digest = ANY(%(marks)s) OR id IN ("
            "SELECT person_id FROM people_holding "
            "WHERE until IS NULL AND place_path >= %(root)s AND place_path < %(end)s)",
            {"marks": marks, "root": root, "end": root + END},
        )
        persons = [Known(r[0], r[1], _bytes(r[2]), _bytes(r[3])) for r in cursor.fetchall()]
        _add_addresses(persons)
        cursor.execute(
            "SELECT p.place_path, p.role_code, p.id, p.title, h.seat, h.id, h.person_id FROM people_post p "
            "LEFT JOIN people_holding h ON h.post_id = p.id AND h.until IS NULL "
            "WHERE p.until IS NULL AND p.place_path >= %s AND p.place_path < %s ORDER BY p.id",
            [root, root + END],
        )
        posts: dict[tuple[str, str], list[Held]] = {}
        for path, role, post, title, seat, holding, person in cursor.fetchall():
            there = posts.setdefault((path, role), [])
            if not there or there[-1].id != post:
                there.append(Held(post, title))
            if seat:
                there[-1].seats[seat] = (holding, person)
    return Snapshot(persons, posts)


def _add_addresses(persons: Sequence[Known]) -> None:
    by_id = {one.id: one for one in persons}
    living = Address.objects.filter(person_id__in=list(by_id), dead=False).exclude(digest=None)
    for person, kind, mark in living.values_list("person_id", "kind", "digest"):
        by_id[person].addresses[kind] = bytes(mark or b"")


def cells_of(batch: Import) -> list[tuple[int, list[str]]]:
    """Return (number, cells) of the rows that are not in yet, in the file's order."""
    found = batch.rows.filter(made__isnull=True).exclude(cells_cipher=None).order_by("number")
    rows = list(found.values_list("number", "cells_cipher"))
    texts = secrecy.decrypt_many([cells for _number, cells in rows])
    return [(number, orjson.loads(text)) for (number, _cells), text in zip(rows, texts, strict=True)]


def write(planner: Planner, made: Sequence[Made]) -> dict[UUID, dict[str, str]]:
    """Write what the plan makes; returns what was before of every person changed, whole, to undo it."""
    before = _change_persons({who: new for one in made for who, new in one.changed.items()})
    released = [key for one in made for key in one.released]
    if released:
        Holding.objects.filter(id__in=released).update(until=now())
    copy_persons([_person_seed(one) for one in planner.persons])
    given = [(one.id, kind, value) for one in planner.persons for kind, value in one.addresses.items()]
    addresses.put(given, source=terms.Source.ROSTER)
    _add_posts(planner.posts)
    copy_holdings(HoldingSeed(one.post, one.person, one.path, one.seat, one.id) for one in planner.holdings)
    return before


def _person_seed(one: NewPerson) -> PersonSeed:
    return PersonSeed(one.id, one.name, one.path, one.phone, one.identity, terms.Reach.UNCHECKED, one.email)


def _add_posts(posts: Sequence[NewPost]) -> None:
    found = places.visible(MACHINE).filter(path__in={one.path for one in posts}).values_list("path", "id", "level")
    spots = {path: (key, level) for path, key, level in found}
    bodies = _organisations({(one.path, one.organisation) for one in posts if one.organisation})
    copy_posts([
        PostSeed(one.id, one.title, one.role, spots[one.path][0], one.path, spots[one.path][1], one.skills,
                 bodies.get((one.path, one.organisation)))
        for one in posts
    ])  # fmt: skip


def _organisations(wanted: set[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    """Return the organisations by (path, name), made where they are missing."""
    Organisation.objects.bulk_create(
        [Organisation(place_path=path, name=name) for path, name in sorted(wanted)],
        ignore_conflicts=True,
    )
    found = Organisation.objects.filter(place_path__in={p for p, _n in wanted}, name__in={n for _p, n in wanted})
    return {(path, name): key for path, name, key in found.values_list("place_path", "name", "id")}


def _change_persons(changes: dict[UUID, dict[str, str]]) -> dict[UUID, dict[str, str]]:
    before: dict[UUID, dict[str, str]] = {}
    if not changes:
        return before
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, phone_cipher, id_cipher FROM people_person WHERE id = ANY(%s) FOR UPDATE", [list(changes)]
        )
        for key, phone, paper in cursor.fetchall():
            before[key] = {
                "phone": secrecy.decrypt(bytes(phone)) if phone else "",
                "identity": secrecy.decrypt(bytes(paper)) if paper else "",
            }
        for field, columns in (("phone", _PHONE), ("identity", _IDENTITY)):
            set_number(field, columns, [(k, v[field]) for k, v in changes.items() if field in v])
    _change_addresses(changes, before)
    return before


def _change_addresses(changes: dict[UUID, dict[str, str]], before: dict[UUID, dict[str, str]]) -> None:
    """Set the addresses that a roster changes, and note what each was before ("" for none)."""
    given = [
        (who, name.removeprefix(terms.FIELD), value)
        for who, new in changes.items()
        for name, value in new.items()
        if name.startswith(terms.FIELD)
    ]
    if not given:
        return
    there = Address.objects.filter(person_id__in={who for who, _kind, _value in given}, dead=False)
    rows = list(there.values_list("person_id", "kind", "cipher"))
    was = dict(zip([row[:2] for row in rows], secrecy.decrypt_many([row[2] for row in rows]), strict=True))
    for who, kind, _value in given:
        before.setdefault(who, {})[terms.FIELD + kind] = was.get((who, kind), "")
    addresses.put(given, source=terms.Source.ROSTER)


_PHONE = (
    "phone_cipher = f.cipher, phone_digest = f.digest, phone_tail = f.tail, reach = 'unchecked', reach_at = NULL, "
    "phone_at = now()"
)
_IDENTITY = "id_cipher = f.cipher, id_digest = f.digest"


def set_number(field: str, columns: str, given: Sequence[tuple[UUID, str]]) -> None:
    """Set the phone or identity number of many persons at once."""
    if not given:
        return
    texts = [text for _key, text in given]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE people_person n SET {columns} "
            "FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[], %s::varchar[]) AS f(id, cipher, digest, tail) "
            "WHERE n.id = f.id",
            [
                [key for key, _text in given],
                secrecy.encrypt_many(texts),
                [secrecy.digest(text) if text else None for text in texts],
                [text[-4:] if field == "phone" else "" for text in texts],
            ],
        )


def settle(batch: Import, lines: Sequence[Numbered], made: Sequence[Made], before: dict[UUID, dict[str, str]]) -> None:
    """Note on every row what it wrote, and wipe the cells of those that are in."""
    kept = secrecy.encrypt_many(
        [orjson.dumps({str(who): before[who] for who in one.changed}).decode() if one.changed else None for one in made]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE people_import_settled (number int PRIMARY KEY, state varchar, faults jsonb, made jsonb, "
            "old bytea, person uuid) ON COMMIT DROP"
        )
        with cursor.copy("COPY people_import_settled FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "varchar", "jsonb", "jsonb", "bytea", "uuid"])
            for line, one, old in zip(lines, made, kept, strict=True):
                copy.write_row((
                    line.number, str(one.state), json_of(line.faults), _written(one), old,
                    one.persons[0] if one.persons else None,
                ))  # fmt: skip
        cursor.execute("ANALYZE people_import_settled")
        cursor.execute(
            "UPDATE people_import_row r SET state = f.state, faults = f.faults, made = f.made, before_cipher = f.old, "
            "cells_cipher = CASE WHEN f.made IS NULL THEN r.cells_cipher END, person_id = f.person "
            "FROM people_import_settled f WHERE r.batch_id = %s AND r.number = f.number AND r.made IS NULL",
            [batch.id],
        )
        cursor.execute("DROP TABLE people_import_settled")


def _written(one: Made) -> Jsonb | None:
    if one.state == terms.RowState.FAULT:
        return None
    said = {name: [str(k) for k in getattr(one, name)] for name in KEYS}
    return Jsonb(said)


def take_back(batch: Import) -> int:
    """Undo what the batch wrote; returns how many rows. Raises IntegrityError where it is used elsewhere."""
    rows = list(batch.rows.exclude(made__isnull=True).values_list("made", "before_cipher"))
    keys: dict[str, list[str]] = {name: [k for made, _old in rows for k in (made or {}).get(name, ())] for name in KEYS}
    old: dict[UUID, dict[str, str]] = {}
    for text in secrecy.decrypt_many([bytes(sealed) for _made, sealed in rows if sealed]):
        for who, was in orjson.loads(text).items():
            old.setdefault(UUID(who), was)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_checkin WHERE id = ANY(%s::uuid[])", [keys["checkins"]])
        cursor.execute("DELETE FROM people_holding WHERE id = ANY(%s::uuid[])", [keys["holdings"]])
        cursor.execute("UPDATE people_post SET superior_id = NULL WHERE superior_id = ANY(%s::uuid[])", [keys["posts"]])
        cursor.execute("DELETE FROM people_post WHERE id = ANY(%s::uuid[])", [keys["posts"]])
        cursor.execute("UPDATE people_holding SET until = NULL WHERE id = ANY(%s::uuid[])", [keys["released"]])
        cursor.execute("DELETE FROM people_address WHERE person_id = ANY(%s::uuid[])", [keys["persons"]])
        cursor.execute("DELETE FROM people_person WHERE id = ANY(%s::uuid[])", [keys["persons"]])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    accounts = [(w, n.removeprefix(terms.FIELD), v) for w, was in old.items() for n, v in was.items() if "." in n]
    addresses.put(accounts, source=terms.Source.ROSTER)
    set_number("phone", _PHONE, [(who, was["phone"]) for who, was in old.items()])
    set_number("identity", _IDENTITY, [(who, was["identity"]) for who, was in old.items()])
    batch.rows.update(before_cipher=None)
    relink_superiors(batch.place_path)
    return len(rows)


def _bytes(value: memoryview | None) -> bytes | None:
    return None if value is None else bytes(value)
