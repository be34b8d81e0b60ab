"""Actors for the tests of places: values only, no accounts."""

import pytest

from anlan.kernel.authority import Actor, Grant, machine
from anlan.kernel.ids import uuid7


def actor_at(path, *cans, name="王芳"):
    return Actor(name=name, person=uuid7(), pseudonym=uuid7(), grants=frozenset(Grant(can, path) for can in cans))


@pytest.fixture
def system():
    return machine("test")
