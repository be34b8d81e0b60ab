"""Accounts by the list: from the city's own directory (SCIM) one at a time, from an office's table all at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority, tables
from anlan.kernel.authority import Actor, Conflict, Invalid
from anlan.kernel.clock import now
from anlan.ledger import services as ledger
from anlan.people import queries, rosters, secrecy, terms
from anlan.people.models import Account, Person
from anlan.people.services import accounts
from anlan.people.services.persons import PersonDraft, change_person, enrol

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "username": ("用户名", "账号", "登录名", "username"),
    "name": ("姓名", "名字", "name"),
    "phone": ("手机", "手机号", "手机号码", "联系电话", "电话", "phone"),
    "stop": ("停用", "停", "stop"),
}
YES = frozenset({"是", "停", "停用", "y", "yes", "1", "true"})
MOST = 5_000  # rows of one table


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account as the directory wants it. `name` "" leaves the person's own; an empty number or mail takes theirs."""

    username: str
    name: str = ""
    phone: str = ""
    email: str = ""
    active: bool = True
    external_id: str = ""


@transaction.atomic
def provision(wanted: Wanted, *, place_path: str, by: Actor) -> Account:
    """Open an account for the person of that name and number, or for a new person at a place, without any post.

    One that had left comes back. Raises Refused, Conflict (the user name or external id is taken), Invalid.
    """
    authority.require(by, terms.Can.ACCOUNTS, at=place_path)
    known = Account.objects.select_for_update().filter(username__iexact=wanted.username.strip()).first()
    if known is not None and known.left_at is None:
        raise Conflict(_("这个用户名已经有人用了，换一个"))
    if known is None:
        person = _person(wanted) or enrol(
            PersonDraft(name=wanted.name or wanted.username, phone=wanted.phone, email=wanted.email),
            place_path=place_path, by=by,
        )  # fmt: skip
        known = accounts.open_account(person.id, wanted.username, by=by)
    return _settle(known, wanted, by)


def _person(wanted: Wanted) -> Person | None:
    """Return the one person without an account who has that name and number."""
    plain = secrecy.phone_of(wanted.phone)
    if not plain:
        return None
    found = Person.objects.filter(phone_digest=secrecy.digest(plain), name=rosters.name_of(wanted.name), account=None)
    named = list(found[:2])
    return named[0] if len(named) == 1 else None


@transaction.atomic
def reprovision(account_id: UUID, wanted: Wanted, *, by: Actor) -> Account:
    """Let an account be as the directory now wants it. Raises Hidden, Refused, Conflict, Invalid."""
    account = accounts.mine_to_manage(account_id, by)
    username = Account.normalize_username(wanted.username.strip())
    if username != account.username:
        if Account.objects.filter(username__iexact=username).exclude(id=account.id).exists():
            raise Conflict(_("这个用户名已经有人用了，换一个"))
        account.username = username
        account.save(update_fields=["username"])
    draft = PersonDraft(name=wanted.name or None, phone=wanted.phone, email=wanted.email)
    change_person(account.person_id, draft, by=by)
    return _settle(account, wanted, by)


def _settle(account: Account, wanted: Wanted, by: Actor) -> Account:
    external = wanted.external_id or None
    if external and Account.objects.filter(external_id=external).exclude(id=account.id).exists():
        raise Conflict(_("目录里的这个编号已经连着另一个账号"))
    account.external_id, account.email, account.left_at = external, wanted.email, None
    account.save(update_fields=["external_id", "email", "left_at"])
    if wanted.active != account.is_active:
        turn = accounts.reopen_account if wanted.active else accounts.close_account
        turn(account.id, by=by)
    account.refresh_from_db()
    return account


@transaction.atomic
def leave(account_id: UUID, *, by: Actor) -> None:
    """Close an account that the directory took away. Its person, posts and record stay. Raises Hidden, Refused."""
    account = accounts.close_account(account_id, by=by, reason=_("目录里已经没有了"))
    Account.objects.filter(id=account.id).update(left_at=now(), external_id=None)


# --- an office's table


@dataclass(slots=True)
class Row:
    """One row: what it does ("open", "stop", "same", "fault"), and what is wrong, field by field."""

    number: int
    username: str
    name: str
    act: str = "same"
    faults: dict[str, str] = field(default_factory=dict)
    person: UUID | None = None
    account: UUID | None = None
    link: accounts.Link | None = None


def read_table(source: bytes | BinaryIO, filename: str, *, by: Actor) -> list[Row]:
    """Say of every row of a CSV or XLSX what it would do; nothing is written. Raises Refused, Invalid (file).

    A person is found by name and number among those whose accounts the actor manages; a table opens accounts for
    people who are there, it enrols nobody.
    """
    if not authority.anywhere(by, [terms.Can.ACCOUNTS]):
        raise authority.Refused(terms.Can.ACCOUNTS, "")
    table = tables.read_table(source, filename, known=frozenset(w for words in COLUMNS.values() for w in words))
    where = {
        name: column
        for name, words in COLUMNS.items()
        if (column := next((i for i, head in enumerate(table.header) if head.strip() in words), None)) is not None
    }
    if lacking := [COLUMNS[name][0] for name in ("username", "name", "phone") if name not in where]:
        raise Invalid({"file": _("缺这几列：%s。要有用户名、姓名、手机三列") % "、".join(lacking)})
    if not table.rows or len(table.rows) > MOST:
        raise Invalid({"file": _("表头下面要有 1 到 %d 行") % MOST})
    cells = [(r.number, {name: r.cells[column].strip() for name, column in where.items()}) for r in table.rows]
    return _judged(cells, by)


def _judged(cells: Sequence[tuple[int, dict[str, str]]], by: Actor) -> list[Row]:
    marks = {c["phone"]: secrecy.digest(p) for _n, c in cells if (p := secrecy.phone_of(c["phone"]))}
    there: dict[tuple[bytes, str], list[Person]] = {}
    for person in queries.persons(by, terms.Can.ACCOUNTS).filter(phone_digest__in=set(marks.values())).distinct():
        there.setdefault((bytes(person.phone_digest or b""), person.name), []).append(person)
    names = {c["username"].lower() for _n, c in cells}
    taken = {a.username.lower(): a for a in Account.objects.extra(
        where=["lower(username) = ANY(%s)"], params=[list(names)])}  # fmt: skip
    held = {a.person_id: a for a in Account.objects.filter(person__in=[p.id for ps in there.values() for p in ps])}
    made, seen = [], set()
    for number, c in cells:
        row = Row(number, c["username"], c["name"])
        found = there.get((marks.get(c["phone"], b""), rosters.name_of(c["name"])), [])
        _judge(row, c, found, taken.get(c["username"].lower()), held)
        if c["username"].lower() in seen:
            row.faults["username"] = _("这张表里前面已经有这个用户名")
        seen.add(c["username"].lower())
        row.act = "fault" if row.faults else row.act
        made.append(row)
    return made


def _judge(
    row: Row, cells: Mapping[str, str], found: Sequence[Person], taken: Account | None, held: Mapping[UUID, Account]
) -> None:
    try:
        Account(username=row.username).clean_fields(exclude=["password", "person", "email"])
    except ValidationError as error:
        row.faults["username"] = " ".join(error.messages)
    if not secrecy.phone_of(cells["phone"]):
        row.faults["phone"] = _("写的不是电话号码，手机 11 位")
    elif len(found) != 1:
        row.faults["name"] = (
            _("你管的人里没有这个姓名和号码的，先在花名册里登记")
            if not found
            else _("有两个人同名同号，请在页面上一个个开")
        )
    if row.faults:
        return
    row.person = found[0].id
    mine = held.get(found[0].id)
    if taken is not None and taken.person_id != found[0].id:
        row.faults["username"] = _("这个用户名已经有人用了，换一个")
    elif mine is not None and mine.username.lower() != row.username.lower():
        row.faults["username"] = _("这个人已经有账号「%s」了，一人只有一个账号") % mine.username
    elif cells.get("stop", "").lower() in YES:
        row.act = "stop" if mine is not None and mine.is_active else "same"
    elif mine is None:
        row.act = "open"
    row.account = mine.id if mine is not None else None


@transaction.atomic
def bring_in(source: bytes | BinaryIO, filename: str, *, by: Actor, mode: str) -> list[Row]:
    """Open and stop the accounts of a table. `mode` "all" does nothing while one row is wrong, "good" does the rest.

    Each opened row carries its one-time link. Raises Refused, Invalid (file, mode).
    """
    rows = read_table(source, filename, by=by)
    wrong = sum(row.act == "fault" for row in rows)
    if mode == "all" and wrong:
        raise Invalid({"mode": _("还有 %d 行有错，一个也没有开；改好再来，或者选「没错的先开」") % wrong})
    _open([row for row in rows if row.act == "open"], by)
    for row in rows:
        if row.act == "stop" and row.account is not None:
            accounts.close_account(row.account, by=by, reason=_("批量停用"))
    counts = {act: sum(row.act == act for row in rows) for act in ("open", "stop")}
    if by.person is not None and any(counts.values()):
        person = Person.objects.get(id=by.person)
        ledger.record(terms.Did.ACCOUNTS_PROVISIONED, person, by=by, opened=counts["open"], closed=counts["stop"])
    return rows


def _open(rows: Sequence[Row], by: Actor) -> None:
    """Open the accounts of rows in a handful of statements."""
    persons = Person.objects.in_bulk([row.person for row in rows if row.person is not None])
    opened = []
    for row in rows:
        person = persons[row.person]
        account = Account(username=Account.normalize_username(row.username), person=person, email=person.email)
        account.set_unusable_password()
        row.account, row.link = account.id, accounts.password_link(account)
        opened.append(account)
    Account.objects.bulk_create(opened)
    lines = [
        ledger.Line(
            subject_type="people.person", subject_id=a.person_id, chain=a.person_id, place_path=a.person.place_path,
            exercise=by.exercise, values={"account": str(a.id)},
        )
        for a in opened
    ]  # fmt: skip
    ledger.record_many(terms.Did.ACCOUNT_OPENED, lines, by=by)
