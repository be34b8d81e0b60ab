"""Writes of people, named by verbs. Each is one transaction: may, can, change, record."""

from anlan.people.services.accounts import (
    account_by_link,
    close_account,
    drop_second_factor,
    end_sessions,
    found_administrator,
    open_account,
    password_link,
    reopen_account,
    reset_account,
    set_password,
)
from anlan.people.services.loading import HoldingSeed, PersonSeed, PostSeed, load_many
from anlan.people.services.persons import PersonDraft, change_person, enrol, mark_reach, reveal
from anlan.people.services.posts import (
    PostDraft,
    appoint,
    change_post,
    close_post,
    create_post,
    found_organisation,
    release,
    relink_superiors,
    set_away,
)
from anlan.people.services.roles import RoleChange, change_role

__all__ = [
    "HoldingSeed",
    "PersonDraft",
    "PersonSeed",
    "PostDraft",
    "PostSeed",
    "RoleChange",
    "account_by_link",
    "appoint",
    "change_person",
    "change_post",
    "change_role",
    "close_account",
    "close_post",
    "create_post",
    "drop_second_factor",
    "end_sessions",
    "enrol",
    "found_administrator",
    "found_organisation",
    "load_many",
    "mark_reach",
    "open_account",
    "password_link",
    "release",
    "relink_superiors",
    "reopen_account",
    "reset_account",
    "reveal",
    "set_away",
    "set_password",
]
