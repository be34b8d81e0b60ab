"""PLC-09: when a response starts, people are grouped by estate and building; disbanding leaves a trace."""

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused, machine
from anlan.kernel.ids import uuid7
from anlan.ledger.models import Entry
from anlan.people import grouping, queries, services, terms
from anlan.people.models import Checkin, Holding, Muster, Person, Post, Squad, SquadMember
from anlan.people.terms import Targeting

PAGE = machine("people.checkin")
SKILLS = ("医护", "手语", "水电")
ONES = st.lists(
    st.builds(
        grouping.One, id=st.uuids(), community=st.sampled_from(["0001", "0002"]),
        estate=st.sampled_from(["", "竹苑小区", "江景苑"]), building=st.sampled_from(["", "2号楼", "10号楼", "1号楼"]),
        skills=st.frozensets(st.sampled_from(SKILLS), max_size=2), rank=st.integers(0, 50), led=st.integers(0, 3),
    ),
    max_size=70, unique_by=lambda one: one.id,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(ONES, st.integers(1, 6), st.integers(6, 12))
def test_everybody_is_in_one_team_of_a_fair_size(people, least, most):
    found = grouping.teams(people, least, most)
    members = [one.id for team in found for one in team.members]
    assert sorted(members) == sorted(one.id for one in people)
    for team in found:
        assert {one.community for one in team.members} == {team.community}
        assert team.leader in team.members
        alone = sum(one.community == team.community for one in people) < least
        assert alone or least <= len(team.members) <= max(most, 2 * least - 1)
    assert [[o.id for o in t.members] for t in grouping.teams(people, least, most)] == [
        [o.id for o in t.members] for t in found
    ]


def test_neighbours_stand_together_and_the_senior_leads():
    def lives(building, **more):
        return grouping.One(uuid7(), "0001", "竹苑小区", building, **more)

    head = lives("10号楼", rank=40)
    medic, nurse = lives("2号楼", skills=frozenset({"医护"})), lives("2号楼", skills=frozenset({"医护"}))
    people = [head, *(lives("2号楼") for _ in range(4)), medic, nurse, *(lives("10号楼") for _ in range(5))]
    one, two = grouping.teams(people, 5, 6)
    assert two.leader == head
    assert two.where == "竹苑小区 2号楼、10号楼"
    assert [sum("医护" in p.skills for p in team.members) for team in (one, two)] == [1, 1]


def crowd(cast, count=14, **more):
    at = cast.places.community.path
    made = []
    for n in range(count):
        draft = services.CheckinDraft(
            name=f"报到人{n}", phone=f"1390000{n:04d}", estate="竹苑小区", building=f"{n % 3 + 1}号楼",
            times=["emergency"], **more,
        )  # fmt: skip
        made.append(services.register(draft, place_path=at, by=PAGE)[0])
    services.confirm_checkins([one.id for one in made], by=cast.community.actor)
    return made


def propose(cast, **more):
    at = cast.places.community.path
    return services.form_groups(at, by=cast.community.actor, title="11 月 25 日暴雨", **more)


def test_groups_are_proposed_edited_confirmed_and_called(cast):
    """PLC-09: members can be named in a Targeting; the ladder climbs to the community's desk; no authority is given."""
    crowd(cast)
    muster = propose(cast)
    assert propose(cast).id == muster.id
    assert sorted(len(s.people) for s in queries.squads_of(muster)) == [7, 7]
    assert not queries.take(Targeting((cast.places.city.path,), roles=("mustered",)))
    first, second = queries.squads_of(muster)
    moved = services.move_member(first.people[-1].id, second.number, by=cast.community.actor)
    services.name_leader(moved.id, by=cast.community.actor)
    services.confirm_muster(muster.id, by=cast.community.actor)
    services.confirm_muster(muster.id, by=cast.community.actor)
    persons = queries.muster_persons([muster.id])
    reached = queries.take(Targeting((cast.places.city.path,), persons=persons))
    assert {one.person_id for one in reached} == set(persons)
    assert len(reached) == 14
    assert {one.role_code for one in reached} == {"mustered", "muster_leader"}
    assert {one.superior_post_id for one in reached} == {cast.community.post.id}
    assert queries.actor_of_person(persons[0]).grants == frozenset()
    leaders = [m for s in queries.squads_of(muster) for m in s.people if m.leads]
    assert moved.id in {one.id for one in leaders}
    assert len(leaders) == 2
    assert Checkin.objects.filter(led=1).count() == 2
    assert Entry.objects.filter(did=terms.Did.MUSTER_CONFIRMED).count() == 1


def test_disbanding_closes_the_posts_and_keeps_who_stood_where(cast):
    crowd(cast)
    response = uuid7()
    muster = propose(cast, response=response)
    services.confirm_muster(muster.id, by=cast.community.actor)
    with pytest.raises(Invalid):
        services.disband_muster(muster.id, "", by=cast.community.actor)
    services.disband_muster(muster.id, "雨停了", by=cast.community.actor)
    services.disband_muster(muster.id, "再撤一次", by=cast.community.actor)
    assert not Post.objects.filter(role__code__in=("mustered", "muster_leader"), until=None).exists()
    assert not Holding.objects.filter(post__role__code="mustered", until=None).exists()
    told = Entry.objects.filter(chain=response)
    assert told.filter(did=terms.Did.MUSTER_DISBANDED).count() == 1
    assert told.filter(did=terms.Did.RELEASED).count() == 14
    history = queries.list_musters(by=cast.street.actor, response=response)
    assert [(one.groups, one.people, one.reason) for one in history] == [(2, 14, "雨停了")]
    assert queries.ready(cast.places.community.path, "emergency").count() == 14


def test_nobody_stands_in_two_teams(cast):
    crowd(cast)
    one = propose(cast)
    two = services.form_groups(cast.places.street.path, by=cast.street.actor, title="街道自己的编组")
    services.confirm_muster(one.id, by=cast.community.actor)
    with pytest.raises(Conflict):
        services.confirm_muster(two.id, by=cast.street.actor)
    with pytest.raises(Invalid) as nobody:
        services.form_groups(cast.places.street.path, by=cast.street.actor, title="再来一次")
    assert set(nobody.value.errors) == {"slot"}
    services.drop_muster(two.id, by=cast.street.actor)
    with pytest.raises(Conflict):
        services.move_member(SquadMember.objects.filter(muster=one).first().id, 1, by=cast.community.actor)


def test_who_left_since_is_left_out(cast):
    people = crowd(cast, 6)
    muster = propose(cast)
    services.withdraw_checkin(people[0].id, by=cast.community.actor)
    services.erase_checkin(people[1].id, by=cast.community.actor)
    services.confirm_muster(muster.id, by=cast.community.actor)
    assert len(queries.muster_persons([muster.id])) == 4


def test_a_drill_groups_without_posts(cast):
    """PLC-09: a real call must not meet a drill's team."""
    crowd(cast, 6)
    drill = cast.community.actor.drilling(uuid7())
    muster = services.form_groups(cast.places.community.path, by=drill, title="演练")
    services.confirm_muster(muster.id, by=drill)
    assert not Post.objects.filter(role__code="mustered").exists()
    assert not Checkin.objects.filter(led__gt=0).exists()
    services.disband_muster(muster.id, "练完了", by=drill)


def test_wrong_place_wrong_role_and_bad_input(cast):
    crowd(cast, 6)
    at = cast.places.community.path
    for who in (cast.elsewhere, cast.grid, cast.district):
        with pytest.raises(Refused):
            services.form_groups(at, by=who.actor, title="不该编")
    with pytest.raises(Invalid) as wrong:
        services.form_groups(at, by=cast.community.actor, title="", least=9, most=3, slot="never")
    assert set(wrong.value.errors) == {"title", "least", "slot"}
    muster = propose(cast)
    with pytest.raises(Hidden):
        services.confirm_muster(muster.id, by=cast.elsewhere.actor)
    with pytest.raises(Hidden):
        queries.muster(muster.id, by=cast.district.actor)


def test_grouping_asks_the_same_few_questions_whatever_the_crowd(cast, django_assert_max_num_queries):
    crowd(cast, 40)
    muster = None
    with django_assert_max_num_queries(16):
        muster = propose(cast)
    with django_assert_max_num_queries(40):
        services.confirm_muster(muster.id, by=cast.community.actor)
    with django_assert_max_num_queries(20):
        services.disband_muster(muster.id, "雨停了", by=cast.community.actor)
    assert Muster.objects.count() == 1
    assert Squad.objects.count() == 4


def test_lists_of_130_000_are_read_by_their_indexes(cast):
    """PLC-09, S1 (13 万名党员): a community's page and an employer's page read their own rows only."""
    person = Person.objects.first()
    body = services.found_organisation("区水务局", place_path=cast.places.district.path, by=machine("t"))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_checkin (id, person_id, place_path, spot_path, estate, building, unit, employer, "
            "skills, times, state, source, led, since, confirmed_by, reason, organisation_id) "
            "SELECT gen_random_uuid(), %s, "
            "'0001000100' || lpad((n %% 900)::text, 2, '0') || '0001', '', '', '', '', '', '{}', '{}', 'withdrawn', "
            "'employer', 0, now(), '', '', CASE WHEN n %% 500 = 0 THEN %s::uuid END FROM generate_series(1, 130000) n",
            [person.id, body.id],
        )
        cursor.execute("SELECT people_analyse()")
        found = queries.list_checkins(queries.CheckinFilter(place=cast.places.community.path), by=machine("t"))[:50]
        plan = found.explain()
        assert "people_checkin_place" in plan, plan
        plan = Checkin.objects.filter(organisation=body).order_by("organisation", "state", "id")[:50].explain()
        assert "people_checkin_employer" in plan, plan
        plan = Checkin.objects.filter(skills__contains=["手语"]).explain()
        assert "people_checkin_skills" in plan, plan
