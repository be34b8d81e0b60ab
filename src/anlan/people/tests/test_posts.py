"""TEA-01, PLC-02: posts are filled, emptied, minded and closed; a change holds at once and is recorded once."""

import datetime as dt
from uuid import uuid4

import pytest
from django.db import connection

from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused, holds
from anlan.kernel.clock import now
from anlan.people import queries, services
from anlan.people.models import Holding


def entries(did):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_entry WHERE did = %s", [did])
        return cursor.fetchone()[0]


def test_a_successor_holds_the_authority_at_once_and_the_predecessor_none(cast):
    assert not holds(cast.nobody.actor, "people.write", at=cast.places.community.path)
    services.appoint(cast.community.post.id, cast.nobody.person.id, by=cast.street.actor)
    assert holds(cast.nobody.actor, "people.write", at=cast.places.community.path)
    assert cast.community.actor.grants == frozenset()


def test_twice_is_once(cast):
    before = entries("people.appointed"), entries("people.released")
    one = services.appoint(cast.grid.post.id, cast.nobody.person.id, by=cast.street.actor, seat="B")
    two = services.appoint(cast.grid.post.id, cast.nobody.person.id, by=cast.street.actor, seat="B")
    assert one.id == two.id
    services.release(one.id, by=cast.street.actor)
    services.release(one.id, by=cast.street.actor)
    assert (entries("people.appointed"), entries("people.released")) == (before[0] + 1, before[1] + 1)


def test_one_person_several_posts_one_account(cast):
    extra = services.create_post(services.PostDraft("volunteer", cast.places.street.path), by=cast.street.actor)
    services.appoint(extra.id, cast.grid.person.id, by=cast.street.actor)
    actor = cast.grid.actor
    assert {seat.role for seat in actor.seats} == {"grid_worker", "volunteer"}
    assert actor.acting(cast.places.grid.path).role == "grid_worker"


def test_the_deputy_holds_the_grants_only_where_the_role_says_so(cast):
    services.appoint(cast.community.post.id, cast.nobody.person.id, by=cast.street.actor, seat="B")
    assert holds(cast.nobody.actor, "people.write", at=cast.places.community.path)
    services.change_role(
        "community_duty", services.RoleChange(deputy_acts=False), by=cast.admin.actor, known=["people.write"]
    )
    assert not holds(cast.nobody.actor, "people.write", at=cast.places.community.path)


def test_nobody_lifts_themselves(cast):
    with pytest.raises(Refused):
        services.create_post(services.PostDraft("approver", cast.places.street.path), by=cast.street.actor)
    with pytest.raises(Refused):
        services.appoint(cast.approver.post.id, cast.city.person.id, by=cast.city.actor)
    with pytest.raises(Refused):
        services.change_role("street_duty", services.RoleChange(rank=99), by=cast.city.actor, known=[])


@pytest.mark.parametrize("who", ["elsewhere", "nobody"])
def test_wrong_place_is_hidden(cast, who):
    by = getattr(cast, who).actor
    for act in (
        lambda: services.appoint(cast.grid.post.id, cast.nobody.person.id, by=by),
        lambda: services.release(cast.grid.holding.id, by=by),
        lambda: services.close_post(cast.grid.post.id, "", by=by),
        lambda: services.set_away(cast.grid.holding.id, now() + dt.timedelta(days=1), by=by),
        lambda: services.reveal(cast.grid.person.id, "phone", "理由", by),
    ):
        with pytest.raises(Hidden):
            act()


def test_wrong_role_is_refused_and_oneself_may_go_on_leave(cast):
    by = cast.grid.actor
    with pytest.raises(Refused):
        services.release(cast.grid.holding.id, by=by)
    with pytest.raises(Refused):
        services.enrol(services.PersonDraft(name="某"), place_path=cast.places.grid.path, by=by)
    assert services.set_away(cast.grid.holding.id, now() + dt.timedelta(days=1), by=by).away_until
    assert services.reveal(cast.grid.person.id, "phone", "", by) == "13712340418"


def test_bad_input_says_what_is_wrong(cast):
    by, grid = cast.street.actor, cast.grid
    with pytest.raises(Invalid) as caught:
        services.change_person(grid.person.id, services.PersonDraft(phone="1", identity="2", email="3"), by=by)
    assert set(caught.value.errors) == {"phone", "identity", "email"}
    for field, act in {
        "seat": lambda: services.appoint(grid.post.id, cast.nobody.person.id, by=by, seat="C"),
        "person": lambda: services.appoint(grid.post.id, uuid4(), by=by),
        "role": lambda: services.create_post(services.PostDraft("king", cast.places.street.path), by=by),
        "until": lambda: services.set_away(grid.holding.id, now() - dt.timedelta(days=1), by=by),
        "superior": lambda: services.change_post(cast.community.post.id, by=by, superior=grid.post.id),
    }.items():
        with pytest.raises(Invalid) as caught:
            act()
        assert set(caught.value.errors) == {field}


def test_a_and_b_are_two_people(cast):
    with pytest.raises(Invalid):
        services.appoint(cast.grid.post.id, cast.grid.person.id, by=cast.street.actor, seat="B")


def test_a_closed_post_releases_its_people_and_the_line_closes_over_it(cast):
    services.close_post(cast.community.post.id, "并岗", by=cast.street.actor)
    cast.grid.post.refresh_from_db()
    assert cast.grid.post.superior_id == cast.street.post.id
    assert not Holding.objects.filter(post=cast.community.post, until=None).exists()
    with pytest.raises(Conflict):
        services.appoint(cast.community.post.id, cast.nobody.person.id, by=cast.street.actor)


def test_a_superior_chosen_by_hand_stays(cast):
    services.change_post(cast.grid.post.id, by=cast.street.actor, superior=cast.street.post.id)
    services.relink_superiors(cast.places.city.path)
    cast.grid.post.refresh_from_db()
    assert cast.grid.post.superior_id == cast.street.post.id
    services.change_post(cast.grid.post.id, by=cast.street.actor, automatic_superior=True)
    cast.grid.post.refresh_from_db()
    assert cast.grid.post.superior_id == cast.community.post.id


def test_a_minded_post_stands_between_held_and_vacant(cast):
    services.release(cast.grid.holding.id, by=cast.street.actor)
    assert queries.coverage(cast.places.grid.path, by=cast.street.actor)["vacant"] == 1
    services.appoint(cast.grid.post.id, cast.community.person.id, by=cast.street.actor, minding=True)
    counts = queries.coverage(cast.places.grid.path, by=cast.street.actor)
    assert (counts["posts"], counts["vacant"], counts["minded"]) == (1, 0, 1)
    assert [seat.role for seat in cast.community.actor.seats] == ["community_duty", "grid_worker"]


def test_a_known_identity_is_not_enrolled_twice(cast):
    by, path = cast.street.actor, cast.places.street.path
    services.enrol(services.PersonDraft(name="甲", identity="110101199003074477"), place_path=path, by=by)
    with pytest.raises(Conflict):
        services.enrol(services.PersonDraft(name="乙", identity="110101199003074477"), place_path=path, by=by)


def test_an_actor_takes_one_query(cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        queries.actor_for(cast.grid.account)
