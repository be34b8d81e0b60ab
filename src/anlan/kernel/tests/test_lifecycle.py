"""A lifecycle is one table that services obey."""

from types import SimpleNamespace

import pytest

from anlan.kernel.authority import Actor, Conflict, Grant, Refused, machine
from anlan.kernel.lifecycle import Lifecycle, step

DOOR = Lifecycle("door", "shut", step("open", "shut", "open", can="door.open"), step("shut", ("open", "ajar"), "shut"))


def test_a_step_moves_and_a_missing_one_conflicts():
    door = SimpleNamespace(state="shut", place_path="0001")
    DOOR.move(door, "open", by=machine("test"))
    assert door.state == "open"
    with pytest.raises(Conflict, match="no «open» from «open»"):
        DOOR.move(door, "open", by=machine("test"))


def test_who_may_is_asked_at_the_things_place():
    door = SimpleNamespace(state="shut", place_path="00010002")
    with pytest.raises(Refused):
        DOOR.move(door, "open", by=Actor("x", grants=frozenset({Grant("door.open", "00010001")})))
    assert door.state == "shut"
    assert DOOR.verbs("shut", by=Actor("y", grants=frozenset({Grant("door.open", "0001")})), at="00010002") == ["open"]


def test_every_state_is_known_and_the_defence_names_each_pair():
    assert DOOR.states == {"shut", "open", "ajar"}
    assert all(pair in DOOR.defence("x_door") for pair in ("('shut', 'open')", "('open', 'shut')", "('ajar', 'shut')"))
