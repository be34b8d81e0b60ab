"""PLT-04: the starting set of roles names permissions that exist, and every permission is somebody's."""

from anlan.people.starting_roles import ROLES
from anlan.web import names


def test_every_grant_is_a_real_permission():
    known = set(names.permissions())
    assert not {(role.code, can) for role in ROLES for can in role.grants if can not in known}


def test_every_permission_is_granted_to_somebody():
    granted = {can for role in ROLES for can in role.grants}
    assert not set(names.permissions()) - granted


def test_whoever_approves_or_manages_needs_a_second_factor():
    strong = {"alerts.approve", "people.accounts", "people.roles"}
    assert not [role.code for role in ROLES if strong & set(role.grants) and not role.second_factor]
