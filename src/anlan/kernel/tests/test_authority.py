"""PLT-04: authority comes from posts only and is a prefix test over places."""

from uuid import uuid4

import pytest

from anlan.kernel.authority import Actor, Grant, Refused, Seat, anywhere, holds, machine, require, scopes

STREET, COMMUNITY = uuid4(), uuid4()
ACTOR = Actor(
    name="周慧敏",
    seats=(
        Seat(STREET, "柳荫街道应急办主任", "duty", "00010001"),
        Seat(COMMUNITY, "结对责任人", "pair", "000100010002", "B"),
    ),
    grants=frozenset({Grant("callout.start", "00010001", STREET), Grant("places.read", "000100010002", COMMUNITY)}),
)


@pytest.mark.parametrize(
    ("can", "at", "may"),
    [
        ("callout.start", "00010001", True),
        ("callout.start", "000100010007", True),
        ("callout.start", "0001", False),
        ("callout.start", "00010002", False),
        ("places.read", "00010001", False),
        ("ledger.read", "00010001", False),
    ],
)
def test_a_grant_reaches_down_and_never_up_or_across(can, at, may):
    assert holds(ACTOR, can, at=at) is may
    if may:
        require(ACTOR, can, at=at)
    else:
        with pytest.raises(Refused):
            require(ACTOR, can, at=at)


def test_the_acting_seat_is_the_nearest_that_grants_it():
    assert ACTOR.acting("0001000100020001").seat == "B"
    assert ACTOR.acting("0001000100020001", "callout.start").post == STREET
    assert ACTOR.acting("0002") is None


def test_scopes_are_the_fewest_prefixes_and_a_machine_is_everywhere():
    assert scopes(ACTOR, "places.read") == ("000100010002",)
    assert scopes(ACTOR, "nothing") == ()
    assert scopes(machine("sealer"), "anything") == ("",)
    assert anywhere(ACTOR, ["ledger.read", "places.read"])
    assert not anywhere(ACTOR, ["ledger.read"])
