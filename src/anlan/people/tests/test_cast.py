"""PLC-02, TEA-01: the cast that every other test stands on."""

import pytest

from anlan.kernel.authority import holds


def test_everybody_has_one_account_and_acts_where_their_post_is(cast):
    for member in cast.everybody:
        assert member.actor.name == member.name
        assert [seat.path for seat in member.actor.seats] == ([member.post.place_path] if member.post else [])
    assert holds(cast.street.actor, "people.write", at=cast.places.grid.path)
    assert not holds(cast.street.actor, "people.write", at=cast.places.district.path)
    assert not holds(cast.elsewhere.actor, "people.write", at=cast.places.grid.path)
    assert cast.nobody.actor.grants == frozenset()


@pytest.mark.parametrize(
    ("who", "above"),
    [
        ("grid", "community"),
        ("community", "street"),
        ("street", "district"),
        ("district", "city"),
        ("city", "approver"),
    ],
)
def test_the_superior_is_the_next_leading_post_up(cast, who, above):
    assert getattr(cast, who).post.superior_id == getattr(cast, above).post.id
