"""PLC-01: divisions change while people hold posts, owe answers and a call runs: all of it goes along, once."""

# ruff: noqa: F811 - a fixture is used by its name

import contextlib
import datetime as dt
from collections import Counter

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from anlan.callout.models import Call, Obligation, Receipt
from anlan.callout.services import answers, tallies
from anlan.callout.terms import Answer, How, Result
from anlan.callout.tests import calling
from anlan.callout.tests.redrawing import BY, DAY, begin, exact, fresh, running, say  # noqa: F401 - a fixture
from anlan.kernel.authority import Actor, Conflict, Grant, Invalid, Refused
from anlan.kernel.ids import uuid7
from anlan.ledger.models import Entry
from anlan.people import services as people_services
from anlan.people.models import Holding, Organisation, Person, Post
from anlan.people.terms import Did as PeopleDid
from anlan.places import ports, queries, services
from anlan.places.models import Adjustment, Carried, Code, Lineage, Place, Tree
from anlan.places.terms import Fate


def test_a_street_merged_during_a_call_takes_everything_along(running, django_assert_max_num_queries):
    street, near = running.places.street, running.near
    before = tallies.total(running.call.id)
    for place in (street, near):
        Organisation.objects.create(name="应急办", place_path=place.path)
    plan = begin(running.places.city)
    say(plan, street, Fate.MERGED, near)
    weight = dict(services.weigh(plan).rows)
    assert weight["岗位"] == Post.objects.filter(place_path__startswith=street.path, until=None).count() > 5
    stamp = Tree.objects.get(pk=1).stamp
    with django_assert_max_num_queries(50 + len(ports.goes)):  # one for each kind of row that goes along
        services.apply(plan.pk, by=BY)
    assert Tree.objects.get(pk=1).stamp != stamp
    gone = Place.objects.filter(path__startswith=street.path)
    assert {p.until for p in gone} == {DAY}
    assert queries.names([street.path]) == {street.path: "柳荫街道"}
    community = Place.objects.get(parent=near, name="竹苑社区")
    grid = Place.objects.get(parent=community, name="第三网格")
    assert not Post.objects.filter(until=None, place_path__startswith=street.path).exists()
    assert not Holding.objects.filter(until=None, place_path__startswith=street.path).exists()
    assert not Person.objects.filter(place_path__startswith=street.path).exists()
    worker = Post.objects.get(pk=running.grid.post.pk)
    assert (worker.place_path, worker.place_id, worker.level) == (grid.path, grid.pk, "grid")
    assert Post.objects.get(pk=running.street.post.pk).place_path == near.path
    assert set(Organisation.objects.filter(place_path=near.path).values_list("name", flat=True)) == {
        "应急办", "应急办（原柳荫街道）"}  # fmt: skip
    assert not Obligation.objects.filter(place_path__startswith=street.path).exists()
    assert not Receipt.objects.filter(place_path__startswith=street.path).exists()
    exact(running.call)
    assert tallies.total(running.call.id) == before
    # the call still counts: an answer by the link of before
    mine = calling.owed(running.call, running.grid)
    said = answers.answer(Answer(How.INBOX, obligation=mine.id, person=running.grid.person.id))
    assert said.result == Result.FIRST
    exact(running.call)
    assert tallies.total(running.call.id)["answered"] == before["answered"] + 1
    # authority follows the post
    assert any(g.path == near.path for g in running.street.actor.grants)
    # old codes still resolve, on the day and to what stands there now
    assert queries.by_code("519901001", on=dt.date(2019, 6, 1)).pk == street.pk
    assert queries.paths_for_codes(["519901001"]) == {"519901001": near.path}
    assert queries.former("519901001", BY)[0].heirs == [(near.path, "渡口街道", 1.0)]
    # entries for each, at the path as it was
    assert Entry.objects.filter(did="places.merged", place_path=street.path).count() == 1
    assert Entry.objects.filter(did="places.moved", chain=plan.pk).count() == gone.count() - 1
    assert Entry.objects.filter(place_path__startswith=street.path, did=str(PeopleDid.POST_CREATED)).exists()


def test_twice_is_once_and_a_stale_plan_is_refused(running):
    plan, other = begin(running.places.city), begin(running.places.city)
    say(plan, running.places.street, Fate.MERGED, running.near)
    say(other, running.places.street, Fate.RENAMED, name="柳荫新街道")
    services.apply(plan.pk, by=BY)
    count = Place.objects.count()
    with pytest.raises(Conflict):
        services.apply(plan.pk, by=BY)
    with pytest.raises(Conflict, match="柳荫街道"):
        services.apply(other.pk, by=BY)
    assert Place.objects.count() == count


def test_a_plan_waits_for_its_day(running):
    plan = begin(running.places.city, day=queries.tree.today() + dt.timedelta(days=1))
    say(plan, running.places.street, Fate.MERGED, running.near)
    with pytest.raises(Invalid, match="到那天再办"):
        services.apply(plan.pk, by=BY)


def test_unsettled_lines_block(running):
    plan = begin(running.places.city)
    services.add_line(plan.pk, running.places.street.path, by=BY)
    with pytest.raises(Invalid, match="1 行没有核对"):
        services.apply(plan.pk, by=BY)


def test_a_call_that_is_still_being_spread_is_waited_for(running):
    Call.objects.filter(pk=running.call.id).update(fanned_at=None)
    plan = begin(running.places.city)
    say(plan, running.places.street, Fate.MERGED, running.near)
    with pytest.raises(Conflict, match="正在铺开"):
        services.apply(plan.pk, by=BY)
    assert Place.objects.get(pk=running.places.street.pk).until is None


def test_nobody_without_the_permission_makes_or_applies_a_plan(running):
    reader = Actor(name="看", person=uuid7(), pseudonym=uuid7(), grants=frozenset({Grant("places.read", "")}))
    with pytest.raises(Refused):
        begin(running.places.city, by=reader)
    plan = begin(running.places.city)
    say(plan, running.places.street, Fate.MERGED, running.near)
    below = Actor(name="区", person=uuid7(), pseudonym=uuid7(), grants=frozenset(
        Grant(c, running.places.district.path) for c in ("places.read", "places.manage")))  # fmt: skip
    with pytest.raises(LookupError):
        services.apply(plan.pk, by=below)


def test_undo_brings_every_row_back_and_is_refused_once_something_was_built(running):
    street, near = running.places.street, running.near
    tables = {
        model: sorted(map(str, model.objects.values_list("pk", "place_path")))
        for model in (Post, Holding, Person, Organisation, Obligation, Receipt)
    }
    places = list(Place.objects.order_by("path").values_list("path", "name", "code", "until", "aliases"))
    held = sorted(map(str, Code.objects.values_list("place_id", "scheme", "code", "until")))
    superiors = dict(Post.objects.values_list("pk", "superior_id"))
    plan = begin(running.places.city)
    say(plan, street, Fate.MERGED, near)
    say(plan, running.places.other_district, Fate.RENAMED, name="北埠新区", code="519903")
    services.apply(plan.pk, by=BY)
    services.undo_adjustment(plan.pk, by=BY, reason="文件收回")
    for model, rows in tables.items():
        assert sorted(map(str, model.objects.values_list("pk", "place_path"))) == rows, model
    assert list(Place.objects.order_by("path").values_list("path", "name", "code", "until", "aliases")) == places
    assert sorted(map(str, Code.objects.values_list("place_id", "scheme", "code", "until"))) == held
    assert dict(Post.objects.values_list("pk", "superior_id")) == superiors
    assert not Lineage.objects.exists()
    assert not Carried.objects.exists()
    exact(running.call)
    again = begin(running.places.city)
    say(again, street, Fate.MERGED, near)
    services.apply(again.pk, by=BY)
    grid = Place.objects.get(name="第三网格", until=None)
    people_services.create_post(people_services.PostDraft(role="grid_worker", place_path=grid.path), by=BY)
    with pytest.raises(Conflict, match="岗位 1"):
        services.undo_adjustment(again.pk, by=BY, reason="再收回")
    exact(running.call)


def test_a_split_asks_which_post_and_which_community_goes_where(running):
    street = running.places.street
    extra = services.add(street, name="文昌社区", level="community", code="519901001002", by=BY)
    keep = Post.objects.filter(place_path=street.path, until=None).get()
    plan = begin(running.places.city)
    new = fresh(plan, running.places.district, "street", "下柳街道", "519901009")
    say(plan, street, Fate.SPLIT, street, new, shares=[70, 30], choices={extra.path: 1, str(keep.pk): 1})
    services.apply(plan.pk, by=BY)
    half = Place.objects.get(name="下柳街道")
    assert Place.objects.get(pk=street.pk).until is None
    assert Place.objects.get(name="文昌社区", until=None).parent_id == half.pk
    keep.refresh_from_db()
    assert (keep.place_path, keep.place_id) == (half.path, half.pk)
    assert Person.objects.get(pk=running.street.person.pk).place_path == half.path
    assert Post.objects.get(pk=running.grid.post.pk).place_path == running.places.grid.path
    exact(running.call)
    shares = dict(Lineage.objects.filter(was=street.path).values_list("now", "share"))
    assert shares == {street.path: 0.7, half.path: 0.3}
    services.undo_adjustment(plan.pk, by=BY, reason="收回")
    keep.refresh_from_db()
    assert keep.place_path == street.path
    exact(running.call)


def test_really_closed_leaves_its_people_to_the_place_above(running):
    plan = begin(running.places.city)
    say(plan, running.places.community, Fate.CLOSED)
    services.apply(plan.pk, by=BY)
    assert Post.objects.get(pk=running.grid.post.pk).place_path == running.places.street.path
    exact(running.call)


@pytest.mark.parametrize("circle", [True, False])
def test_what_cannot_be_is_said_and_nothing_happens(running, circle):
    plan = begin(running.places.city)
    if circle:
        say(plan, running.places.district, Fate.MERGED, running.places.other_district)
        say(plan, running.places.other_district, Fate.MERGED, running.places.district)
        with pytest.raises(Invalid, match="绕成了圈"):
            services.apply(plan.pk, by=BY)
    else:
        with pytest.raises(Invalid):
            say(plan, running.places.community, Fate.MERGED, running.near)
        with pytest.raises(Invalid):
            say(plan, running.places.street, Fate.MOVED, running.places.community)
    assert not Place.objects.filter(until__isnull=False).exists()
    assert Adjustment.objects.get(pk=plan.pk).state == "draft"


KINDS = ("rename", "merge", "split", "split_all", "move", "close", "found")
STEPS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=5
)  # fmt: skip


def attempt(step, first, second, day):
    """Do one change of divisions in the town as it is now; one that makes no sense there changes nothing."""
    spots = list(Place.objects.filter(until=None, parent__isnull=False).exclude(level="grid").order_by("path"))
    if not spots:
        raise Invalid("the last one was closed")
    one = spots[first % len(spots)]
    same = [p for p in spots if p.level == one.level and p.pk != one.pk]
    above = [p for p in spots if services.tree.fits(one.level, p.level) and not p.path.startswith(one.path)]
    plan = begin(Place.objects.get(path="0001"), day=day)
    if step == "rename":
        say(plan, one, Fate.RENAMED, name=f"{one.name[:20]}改", code="")
    elif step == "merge" and same:
        say(plan, one, Fate.MERGED, same[second % len(same)])
    elif step in {"split", "split_all"}:
        up = Place.objects.get(pk=one.parent_id)
        halves = [fresh(plan, up, one.level, f"{one.name[:20]}{n}{day}") for n in "东西"]
        own = [f"={one.path}"] if step == "split" else halves[:1]
        kids = list(Place.objects.filter(parent=one, until=None).order_by("path").values_list("path", flat=True))
        say(plan, one, Fate.SPLIT, *own, halves[1], choices=dict.fromkeys(kids[: second % 3], 1), shares=[60, 40])
        if step == "split":
            services.remove_line(plan.lines.get(into=[halves[0]]).pk, by=BY)
    elif step == "move" and above:
        say(plan, one, Fate.MOVED, above[second % len(above)])
    elif step == "close":
        say(plan, one, Fate.CLOSED)
    elif step == "found":
        fresh(plan, one, "grid" if one.level == "community" else "estate", f"新地方{day}")
    return services.apply(plan.pk, by=BY)


@pytest.mark.slow
def test_any_sequence_of_changes_keeps_posts_counters_and_codes(running):
    """PLC-01: whatever the order, no open post is lost, sums stay, old codes still lead somewhere that is open."""
    before = tallies.total(running.call.id)
    posts = Post.objects.filter(until=None).count()
    old = list(Code.objects.values_list("code", flat=True))

    done = Counter()

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def holds(steps):
        connection.cursor().execute("SAVEPOINT example")
        try:
            for n, (step, first, second) in enumerate(steps):
                with contextlib.suppress(Invalid), transaction.atomic():  # what makes no sense changes nothing
                    attempt(step, first, second, DAY + dt.timedelta(days=n))
                    done[step] += 1
                check()
        finally:
            connection.cursor().execute("ROLLBACK TO SAVEPOINT example")

    def check():
        stood = Place.objects.filter(until=None)
        standing = dict(stood.values_list("path", "pk"))
        for path, place, level in Post.objects.filter(until=None).values_list("place_path", "place_id", "level"):
            assert standing[path] == place
            assert level
        assert Post.objects.filter(until=None).count() == posts
        assert not Holding.objects.filter(until=None).exclude(place_path__in=standing).exists()
        assert not Obligation.objects.filter(state="open").exclude(place_path__in=standing).exists()
        exact(running.call)
        assert tallies.total(running.call.id) == before
        assert set(queries.paths_for_codes(old)) == set(old)
        assert set(queries.paths_for_codes(old).values()) <= standing.keys()
        assert {p.path for p in stood} >= {p.path[:-4] for p in stood if len(p.path) > 4}

    for kind in KINDS:
        holds = example([(kind, 1, 1)])(holds)  # each kind at least once, on the street of the call
    holds()
    assert set(done) == set(KINDS)
