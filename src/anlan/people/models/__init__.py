"""Persons, posts and who holds them; accounts; rosters; the duty list. A post outlives its holders."""

from anlan.people.models.addresses import Address
from anlan.people.models.columns import path_field
from anlan.people.models.imports import Import, ImportRow
from anlan.people.models.matters import DutyList, Matter, Ownerless, Stopped
from anlan.people.models.persons import Account, AccountManager, Organisation, Person
from anlan.people.models.posts import Holding, Post, Role

__all__ = [
    "Account",
    "AccountManager",
    "Address",
    "DutyList",
    "Holding",
    "Import",
    "ImportRow",
    "Matter",
    "Organisation",
    "Ownerless",
    "Person",
    "Post",
    "Role",
    "Stopped",
    "path_field",
]
