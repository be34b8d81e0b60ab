"""Accounts: opened by an administrator, entered by a one-time link, closed without loss of the person's record."""

import base64
from typing import NamedTuple
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.encoding import force_str
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import gettext as _

from anlan.kernel.authority import Actor, Conflict, Hidden, Invalid
from anlan.ledger import services as ledger
from anlan.people import queries, secrecy, terms
from anlan.people.models import Account, Post
from anlan.people.services.persons import PersonDraft, enrol
from anlan.people.services.posts import PostDraft, appoint, create_post


class Link(NamedTuple):
    """The two parts of a one-time link to set a password."""

    uid: str
    token: str


def password_link(account: Account) -> Link:
    """Return the link by which the account's password is set once; void after use and after PASSWORD_RESET_TIMEOUT."""
    return Link(urlsafe_base64_encode(account.pk.bytes), default_token_generator.make_token(account))


@transaction.atomic
def open_account(person_id: UUID, username: str, *, by: Actor, password: str | None = None) -> Account:
    """Open a person's account. Without a password it is entered by `password_link`.

    Raises Hidden, Refused, Conflict (has one already), Invalid (username, password).
    """
    person = queries.lock_person(person_id, by, terms.Can.ACCOUNTS, everywhere=True)
    if Account.objects.filter(person=person).exists():
        raise Conflict(_("这个人已经有账号了，一人只有一个账号"))
    username = Account.normalize_username(username.strip())
    account = Account(username=username, person=person, email=person.email)
    try:
        account.clean_fields(exclude=["password"])
    except ValidationError as error:
        raise Invalid({"username": "; ".join(error.message_dict.get("username", error.messages))}) from error
    if Account.objects.filter(username__iexact=username).exists():
        raise Invalid({"username": _("这个用户名已经有人用了，换一个")})
    if password is not None:
        _good(password, account)
    account.set_password(password)
    account.save(force_insert=True)
    ledger.record(terms.Did.ACCOUNT_OPENED, person, by=by, account=account.id)
    return account


def account_by_link(uid: str, token: str) -> Account:
    """Return the account of a valid link. Raises Hidden for any other."""
    try:
        account = Account.objects.select_related("person").get(pk=UUID(bytes=urlsafe_base64_decode(force_str(uid))))
    except (ValueError, OverflowError, Account.DoesNotExist):
        raise Hidden from None
    if not account.is_active or not default_token_generator.check_token(account, token):
        raise Hidden
    return account


@transaction.atomic
def set_password(uid: str, token: str, password: str) -> Account:
    """Set the password of a one-time link; every session of the account ends. Raises Hidden, Invalid (password)."""
    account = account_by_link(uid, token)
    _good(password, account)
    account.set_password(password)
    account.save(update_fields=["password"])
    _end_all(account)
    ledger.record(terms.Did.PASSWORD_SET, account.person, by=queries.actor_for(account), account=account.id)
    return account


@transaction.atomic
def reset_account(account_id: UUID, *, by: Actor) -> Link:
    """Void the password and every session, and return a link to set a new one. Raises Hidden, Refused, Conflict."""
    account = mine_to_manage(account_id, by)
    if not account.is_active:
        raise Conflict(_("账号已经停用，先恢复"))
    account.set_unusable_password()
    account.save(update_fields=["password"])
    _end_all(account)
    ledger.record(terms.Did.ACCOUNT_RESET, account.person, by=by, account=account.id, what="password")
    return password_link(account)


@transaction.atomic
def drop_second_factor(account_id: UUID, *, by: Actor) -> int:
    """Remove the second factor of somebody who lost their phone; they set up a new one at the next sign-in."""
    account = mine_to_manage(account_id, by)
    dropped = int(Authenticator.objects.filter(user=account).delete()[0])
    _end_all(account)
    ledger.record(terms.Did.ACCOUNT_RESET, account.person, by=by, account=account.id, what="second-factor")
    return dropped


@transaction.atomic
def close_account(account_id: UUID, *, by: Actor, reason: str = "") -> Account:
    """Stop an account and end its sessions. Its person, posts and record stay. Raises Conflict for one's own."""
    account = mine_to_manage(account_id, by)
    if account.person_id == by.person:
        raise Conflict(_("不能停用自己的账号，请另一位管理员来办"))
    if account.is_active:
        account.is_active = False
        account.save(update_fields=["is_active"])
        _end_all(account)
        ledger.record(terms.Did.ACCOUNT_CLOSED, account.person, by=by, account=account.id, reason=reason)
    return account


@transaction.atomic
def reopen_account(account_id: UUID, *, by: Actor) -> Account:
    """Let a stopped account sign in again. Twice is once."""
    account = mine_to_manage(account_id, by)
    if not account.is_active:
        account.is_active = True
        account.save(update_fields=["is_active"])
        ledger.record(terms.Did.ACCOUNT_REOPENED, account.person, by=by, account=account.id)
    return account


@transaction.atomic
def end_sessions(account_id: UUID, *, by: Actor, session: int | None = None) -> int:
    """End one session of an account, or all of them; one's own freely. Returns how many ended."""
    account = Account.objects.select_related("person").filter(id=account_id).first()
    if account is None:
        raise Hidden
    if account.person_id != by.person:
        mine_to_manage(account_id, by)
    ended = _end_all(account, session)
    if ended:
        ledger.record(terms.Did.SESSIONS_ENDED, account.person, by=by, account=account.id, count=ended)
    return ended


@transaction.atomic
def found_administrator(
    username: str, name: str, *, place_path: str, by: Actor, password: str | None = None, role: str = "system_admin"
) -> Account:
    """Make a person, a post and an account at a place in one go: the first administrator, or a seat of the demo.

    An account of that name is returned as it is. Raises Invalid (username, password, role).
    """
    known = Account.objects.select_related("person").filter(username=username).first()
    if known is not None:
        return known
    person = enrol(PersonDraft(name=name), place_path=place_path, by=by)
    vacant = Post.objects.filter(place_path=place_path, role_id=role, until=None, holdings=None).first()
    post = vacant or create_post(PostDraft(role=role, place_path=place_path), by=by)
    appoint(post.id, person.id, by=by)
    return open_account(person.id, username, by=by, password=password)


def note_password(account: Account) -> None:
    """Record that a signed-in person changed their own password."""
    ledger.record(terms.Did.PASSWORD_SET, account.person, by=queries.actor_for(account), account=account.id)


def note_linked(account: Account, provider: str) -> None:
    """Record that the city's own sign-in vouched for an account for the first time."""
    by = queries.actor_for(account)
    ledger.record(terms.Did.ACCOUNT_LINKED, account.person, by=by, account=account.id, provider=provider)


def seal(text: str) -> str:
    """Return a secret of sign-in encrypted, as text."""
    return base64.b64encode(secrecy.encrypt(text)).decode()


def unseal(text: str) -> str:
    """Return what `seal` encrypted. Raises secrecy.Sealed under other keys."""
    return secrecy.decrypt(base64.b64decode(text))


def mine_to_manage(account_id: UUID, by: Actor) -> Account:
    """Return an account, locked, that the actor manages. Raises Hidden, Refused."""
    account = Account.objects.select_related("person").select_for_update(of=("self",)).filter(id=account_id).first()
    if account is None:
        raise Hidden
    queries.lock_person(account.person_id, by, terms.Can.ACCOUNTS, everywhere=True)
    return account


def _good(password: str, account: Account) -> None:
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise Invalid({"password": " ".join(error.messages)}) from error


def _end_all(account: Account, session: int | None = None) -> int:
    kept = UserSession.objects.filter(user=account)
    if session is not None:
        kept = kept.filter(pk=session)
    ended = 0
    for one in kept:
        one.end()
        ended += 1
    return ended
