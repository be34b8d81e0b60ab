"""PLC-02, WRN-03: who is called: once each, by the most senior post, the deputy where the holder is away."""

import datetime as dt
from collections import Counter

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anlan.kernel.authority import machine
from anlan.kernel.clock import now
from anlan.kernel.ids import uuid7s
from anlan.people import queries, services
from anlan.people.models import Holding
from anlan.people.services import HoldingSeed, PersonSeed, PostSeed
from anlan.people.terms import Targeting


def everybody(cast, **narrowed):
    return queries.take(Targeting((cast.places.city.path,), **narrowed))


def test_the_most_senior_come_first_and_each_once(cast):
    services.appoint(
        services.create_post(services.PostDraft("volunteer", cast.places.street.path), by=cast.admin.actor).id,
        cast.grid.person.id, by=cast.admin.actor,
    )  # fmt: skip
    found = everybody(cast)
    assert [one.rank for one in found] == sorted((one.rank for one in found), reverse=True)
    assert Counter(one.person_id for one in found)[cast.grid.person.id] == 1
    assert next(one for one in found if one.person_id == cast.grid.person.id).role_code == "grid_worker"
    volunteers = everybody(cast, roles=("volunteer",))
    assert [(one.name, one.role_code) for one in volunteers] == [("李小满", "volunteer")]


def test_the_deputy_is_called_while_the_holder_is_away(cast):
    services.appoint(cast.grid.post.id, cast.nobody.person.id, by=cast.street.actor, seat="B")
    (one,) = everybody(cast, roles=("grid_worker",))
    assert (one.name, one.seat, one.deputy_person_id) == ("李小满", "A", cast.nobody.person.id)
    services.set_away(cast.grid.holding.id, now() + dt.timedelta(days=3), by=cast.grid.actor)
    (one,) = everybody(cast, roles=("grid_worker",))
    assert (one.name, one.seat, one.deputy_person_id) == ("路平", "B", None)
    services.set_away(
        cast.grid.holding.id, now() + dt.timedelta(days=9), since=now() + dt.timedelta(days=3), by=cast.grid.actor
    )
    (one,) = everybody(cast, roles=("grid_worker",))
    assert one.name == "李小满"


def test_whoever_is_away_without_a_deputy_is_called_all_the_same_unless_only_the_present_are_wanted(cast):
    services.set_away(cast.grid.holding.id, now() + dt.timedelta(days=3), by=cast.street.actor)
    (one,) = everybody(cast, roles=("grid_worker",))
    assert (one.name, one.away) == ("李小满", True)
    assert everybody(cast, roles=("grid_worker",), on_duty=True) == []


def test_narrowing_by_place_level_skill_and_person(cast):
    assert [o.name for o in queries.take(Targeting((cast.places.other_district.path,)))] == ["郑海波"]
    assert {o.name for o in everybody(cast, levels=("grid", "community"))} == {"李小满", "何秀兰"}
    services.change_post(cast.grid.post.id, by=cast.street.actor, skills=("冲锋舟",))
    assert [o.name for o in everybody(cast, skills=("冲锋舟", "急救"))] == ["李小满"]
    assert "李小满" not in {o.name for o in everybody(cast, exclude=(cast.grid.person.id,))}
    assert [o.name for o in everybody(cast, persons=(cast.grid.person.id,))] == ["李小满"]
    assert [o.name for o in everybody(cast, posts=(cast.street.post.id,))] == ["吴晓燕"]
    assert queries.take(Targeting(())) == []


def test_chunks_follow_each_other_and_miss_nobody(cast):
    whole, taken, after = everybody(cast), [], None
    while chunk := queries.take(Targeting((cast.places.city.path,)), after=after, limit=3):
        taken += chunk
        after = (chunk[-1].rank, chunk[-1].post_id)
    assert taken == whole


def test_it_stands_inside_insert_select(cast):
    sql, params = queries.targets(Targeting((cast.places.city.path,)))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE t ON COMMIT DROP AS SELECT person_id, rank FROM ({sql}) s", params)
        cursor.execute("SELECT count(*) FROM t")
        assert cursor.fetchone() == (8,)


def test_a_vacant_post_answers_through_its_line(cast):
    services.release(cast.community.holding.id, by=cast.street.actor)
    found = queries.answering([cast.grid.post.id, cast.community.post.id])
    assert found[cast.grid.post.id].name == "李小满"
    assert found[cast.community.post.id].name == "吴晓燕"


def test_the_preview_counts_what_will_go_wrong(cast):
    services.release(cast.community.holding.id, by=cast.street.actor)
    services.appoint(cast.grid.post.id, cast.nobody.person.id, by=cast.street.actor, seat="B")
    services.set_away(cast.grid.holding.id, now() + dt.timedelta(days=1), by=cast.grid.actor)
    services.mark_reach([cast.nobody.person.id], reach="dead", by=machine("check"))
    seen = queries.preview(Targeting((cast.places.street.path,)))
    assert (seen.persons, seen.posts, seen.vacant) == (2, 2, 1)
    assert (seen.stand_in, seen.no_deputy, seen.dead, seen.no_phone) == (1, 1, 1, 0)
    assert seen.table == {"grid": {"grid_worker": 1}, "street": {"street_duty": 1}}
    assert list(seen.roles) == ["street_duty", "grid_worker"]
    assert [one.name for one in queries.preview_list(Targeting((cast.places.street.path,)), "dead")] == ["路平"]


ROLES = ("city_duty", "street_duty", "grid_worker", "volunteer")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(-1, 5), st.booleans(), st.booleans()), max_size=12
    )
)
def test_it_agrees_with_a_plain_recount(cast, lines):
    """(holder, role, deputy or -1, holder away, deputy away) per post, in any mixture."""
    Holding.objects.all().delete()
    people, posts = uuid7s(6), uuid7s(len(lines))
    place, by = cast.places.grid, machine("test")
    seats = []
    for post, (holder, _role, deputy, _a, _b) in zip(posts, lines, strict=True):
        seats.append(HoldingSeed(post, people[holder], place.path))
        if deputy not in (-1, holder):
            seats.append(HoldingSeed(post, people[deputy], place.path, "B"))
    kept = transaction.savepoint()
    services.load_many(
        [PersonSeed(key, "某", place.path, "13900000000") for key in people],
        [PostSeed(key, "岗", ROLES[line[1]], place.id, place.path, "grid")
         for key, line in zip(posts, lines, strict=True)],
        seats, by=by,
    )  # fmt: skip
    for post, line in zip(posts, lines, strict=True):
        for seat, gone in (("A", line[3]), ("B", line[4])):
            if gone:
                Holding.objects.filter(post=post, seat=seat).update(away_until=now() + dt.timedelta(days=1))
    best = {}
    for post, (holder, role, deputy, gone, deputy_gone) in sorted(zip(posts, lines, strict=True)):
        there = deputy not in (-1, holder)
        who = people[deputy] if gone and there and not deputy_gone else people[holder]
        key = (-RANKS[ROLES[role]], post)
        best[who] = min(best.get(who, key), key)
    found = queries.take(Targeting((place.path,)))
    assert {(one.person_id, one.post_id) for one in found} == {(who, key[1]) for who, key in best.items()}
    transaction.savepoint_rollback(kept)


RANKS = {"city_duty": 80, "street_duty": 60, "grid_worker": 30, "volunteer": 10}


@pytest.mark.slow
def test_the_first_chunk_comes_from_the_calling_index(cast):
    """3,000 posts: the plan of the first chunk walks the index in calling order and sorts nothing."""
    place, by, count = cast.places.grid, machine("test"), 3000
    people, posts = uuid7s(count), uuid7s(count)
    services.load_many(
        [PersonSeed(key, "某人", place.path, f"139{i:08d}") for i, key in enumerate(people)],
        [PostSeed(key, "岗", ROLES[i % 4], place.id, place.path, "grid") for i, key in enumerate(posts)],
        [HoldingSeed(post, person, place.path) for post, person in zip(posts, people, strict=True)],
        by=by,
    )
    sql, params = queries.targets(Targeting((cast.places.city.path,)), limit=100)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        cursor.execute(f"EXPLAIN {sql}", params)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "people_post_calling" in plan, plan
    assert "Sort" not in plan, plan
