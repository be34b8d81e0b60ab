"""Persons, posts and who holds them; accounts; roster imports. A post outlives its holders."""

from anlan.people.models.columns import path_field
from anlan.people.models.imports import Import, ImportRow
from anlan.people.models.persons import Account, AccountManager, Organisation, Person
from anlan.people.models.posts import Holding, Post, Role

__all__ = [
    "Account",
    "AccountManager",
    "Holding",
    "Import",
    "ImportRow",
    "Organisation",
    "Person",
    "Post",
    "Role",
    "path_field",
]
