"""What a role may do, changed as data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Invalid
from anlan.ledger import services as ledger
from anlan.people import queries, terms
from anlan.people.models import Post, Role
from anlan.people.services.posts import relink_superiors


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What to change of a role; None leaves a value as it is."""

    grants: Sequence[str] | None = None
    rank: int | None = None
    deputy_acts: bool | None = None
    leads: bool | None = None
    second_factor: bool | None = None


@transaction.atomic
def change_role(code: str, change: RoleChange, *, by: Actor, known: Sequence[str]) -> Role:
    """Change a role for everybody who holds it, at once. `known` are the permissions of every context.

    It takes `people.roles` over every root of the tree. Raises Hidden, Refused, Invalid (grants, rank).
    """
    root = queries.require_roots(by, terms.Can.ROLES)
    role = Role.objects.select_for_update().filter(code=code).first()
    if role is None:
        raise authority.Hidden
    _check(change, known)
    changed: dict[str, Any] = {}
    if change.grants is not None and set(change.grants) != set(role.grants):
        changed["added"] = sorted(set(change.grants) - set(role.grants))
        changed["taken"] = sorted(set(role.grants) - set(change.grants))
        role.grants = sorted(set(change.grants))
    for name in ("rank", "deputy_acts", "leads", "second_factor"):
        value = getattr(change, name)
        if value is not None and value != getattr(role, name):
            setattr(role, name, value)
            changed[name] = value
    if not changed:
        return role
    role.save()
    if {"rank", "leads"} & set(changed):
        Post.objects.filter(role=role).update(rank=role.rank)
        for top in queries.roots():
            relink_superiors(top)
    ledger.record(terms.Did.ROLE_CHANGED, queries.Rooted(role.id, "people.role", root), by=by, role=code, **changed)
    return role


def _check(change: RoleChange, known: Sequence[str]) -> None:
    errors = {}
    strange = sorted(set(change.grants or ()) - set(known))
    if strange:
        errors["grants"] = _("没有这些权限：%s") % "、".join(strange)
    if change.rank is not None and not 1 <= change.rank <= 999:
        errors["rank"] = _("级别是 1 到 999 的整数")
    if errors:
        raise Invalid(errors)
