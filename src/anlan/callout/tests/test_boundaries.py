"""PLC-01: divisions change while people hold posts, owe answers and a call runs: all of it goes along, once."""

import contextlib
import datetime as dt
import threading
from collections import Counter
from dataclasses import replace

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from anlan.callout.models import Call, Obligation, Receipt, Statistic
from anlan.callout.queries import statistics
from anlan.callout.services import answers, calls, tallies
from anlan.callout.terms import Answer, How, Result
from anlan.callout.tests import calling, mass
from anlan.kernel.authority import Actor, Conflict, Grant, Invalid, Refused, machine
from anlan.kernel.ids import uuid7
from anlan.ledger.models import Entry
from anlan.people import services as people_services
from anlan.people.models import Holding, Organisation, Person, Post
from anlan.people.terms import Did as PeopleDid
from anlan.places import queries, services
from anlan.places.models import Adjustment, Carried, Code, Lineage, Place, Tree
from anlan.places.terms import Fate
from anlan.web.tests.story import crew

BY = machine("test")
DAY = dt.date(2020, 1, 1)


def begin(top, by=BY, day=DAY):
    return services.plan(b"", "", services.Draft(under=top.path, day=day, basis="澜民〔2026〕1 号"), by=by)


def say(plan, place, kind, *into, by=BY, **more):
    line = services.add_line(plan.pk, place.path, by=by)
    refs = [ref if isinstance(ref, str) else f"={ref.path}" for ref in into]
    return services.correct(line.pk, services.Decision(kind=kind, into=refs, **more), by=by)


def fresh(plan, up, level, name, code=""):
    return services.add_fresh(plan.pk, up=up.path, level=level, name=name, code=code, by=BY).into[0]


@pytest.fixture
def running(cast):
    """The town with a second street beside 柳荫街道, a crew in the grid, and a call that runs over the city."""
    crew(cast)
    cast.near = services.add(cast.places.district, name="渡口街道", level="street", code="519901002", by=BY)
    calling.set_up("simulated")
    cast.call = calling.start(cast)
    mass.drain()
    cast.call.refresh_from_db()
    assert cast.call.fanned_at
    return cast


def exact(call):
    """Counters are what a recount says, at every place."""
    assert not tallies.check(call.id)


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
    with django_assert_max_num_queries(110):
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


def test_preparing_goes_on_with_the_new_paths(running):
    """A call that was prepared and not started means the new place."""
    draft = calls.prepare(calling_draft(running.places.street), by=BY)
    plan = begin(running.places.city)
    say(plan, running.places.street, Fate.MERGED, running.near)
    services.apply(plan.pk, by=BY)
    draft.refresh_from_db()
    assert draft.targeting["paths"] == [running.near.path]
    assert draft.place_path == running.near.path


def calling_draft(place):
    return calling.Draft(title="试", body="试一试。", level="yellow", targeting=calling.Targeting(paths=(place.path,)))


def over(call):
    """End a call, and let it have been last month."""
    calls.end(call.id, by=BY)
    mass.drain()
    for row in Statistic.objects.all():
        Statistic.objects.filter(pk=row.pk).update(month=statistics.shift(row.month, -1))


def month_of(day):
    since, until = statistics.latest()
    return statistics.Asked("0001", since, until, now=day == "now")


def by_name(asked):
    return {s.name: s.due for s in statistics.by_place(asked)}


def test_a_past_period_in_the_boundaries_of_then_and_of_now(running):
    """PLC-01: a street that moved to another district: its figures of before stand where they stood, or where it is."""
    district, other = running.places.district, running.places.other_district
    over(running.call)
    then, now = month_of("then"), month_of("now")
    before = by_name(then)
    in_street = statistics.total(replace(then, place=running.places.street.path)).due
    assert in_street > 0
    plan = begin(running.places.city, day=queries.tree.today())
    say(plan, running.places.street, Fate.MOVED, other)
    services.apply(plan.pk, by=BY)
    assert by_name(then) == before
    folded = by_name(now)
    assert folded == {"江岸区": before["江岸区"] - in_street, "北埠区": before["北埠区"] + in_street}
    assert statistics.total(now).due == statistics.total(then).due
    moved = Place.objects.get(name="柳荫街道", until=None)
    assert statistics.total(replace(now, place=moved.path)).due == in_street
    assert statistics.total(replace(then, place=moved.path)).due == 0
    assert sum(s.due for s in statistics.by_month(replace(now, place=district.path))) == folded["江岸区"]
    assert {s.key: s.due for s in statistics.by_role(replace(now, place=moved.path))} == {
        s.key: s.due for s in statistics.by_role(replace(then, place=running.places.street.path))}  # fmt: skip
    html = running.client("city").get("/calls/statistics?boundaries=now").content.decode()
    assert "按现在的区划" in html
    assert "boundaries=now" in html


def test_shares_of_a_split_divide_the_past(running):
    grid = running.places.grid
    over(running.call)
    due = statistics.total(replace(month_of("then"), place=grid.path)).due
    plan = begin(running.places.city, day=queries.tree.today())
    half = fresh(plan, running.places.community, "grid", "第四网格")
    say(plan, grid, Fate.SPLIT, grid, half, shares=[60, 40])
    services.apply(plan.pk, by=BY)
    rows = {s.name: s.due for s in statistics.by_place(replace(month_of("now"), place=running.places.community.path))}
    assert rows["第三网格"] == round(due * 0.6)
    assert rows["第四网格"] == round(due * 0.4)
    assert statistics.total(month_of("now")).due == statistics.total(month_of("then")).due


def test_what_was_written_at_an_old_path_meanwhile_follows(running):
    """A transaction that had read the old path before commits after the change: its rows are found and follow."""
    street, mine = running.places.street, calling.owed(running.call, running.grid)
    plan = begin(running.places.city)
    say(plan, street, Fate.MERGED, running.near)
    services.apply(plan.pk, by=BY)
    grid = Post.objects.get(pk=running.grid.post.pk).place_path
    assert services.follow(plan.pk) == 0
    Post.objects.filter(pk=running.grid.post.pk).update(place_path=running.places.grid.path, place=running.places.grid)
    Obligation.objects.filter(pk=mine.pk).update(place_path=running.places.grid.path)
    Receipt.objects.filter(pk=mine.pk).update(place_path=running.places.grid.path)
    tallies.check(running.call.id, mend=True)
    assert services.follow(plan.pk) == 3
    assert services.follow(plan.pk) == 0
    late = Post.objects.get(pk=running.grid.post.pk)
    assert (late.place_path, late.place.path) == (grid, grid)
    exact(running.call)
    assert Entry.objects.filter(did="places.adjustment_followed", chain=plan.pk).count() == 1
    services.undo_adjustment(plan.pk, by=BY, reason="收回")
    assert Post.objects.get(pk=running.grid.post.pk).place_path == running.places.grid.path
    exact(running.call)


@pytest.mark.slow
def test_answers_that_come_while_it_takes_effect_are_counted_once(live_db, running):
    """Two connections: people answer while their street is merged; neither loses the other's counting."""
    owed = list(Obligation.objects.filter(call_id=running.call.id, part="self").order_by("id"))
    plan = begin(running.places.city)
    say(plan, running.places.street, Fate.MERGED, running.near)
    results, begun = [], threading.Event()

    def answering():
        try:
            for one in owed:
                said = answers.answer(Answer(How.INBOX, obligation=one.id, person=one.person_id))
                results.append(said.result)
                begun.set()
        finally:
            begun.set()
            connection.close()

    thread = threading.Thread(target=answering)
    thread.start()
    begun.wait(20)
    services.apply(plan.pk, by=BY)
    thread.join(60)
    assert results == [Result.FIRST] * len(owed)
    assert tallies.total(running.call.id)["answered"] == len(owed)
    assert not Obligation.objects.filter(place_path__startswith=running.places.street.path).exists()
    exact(running.call)


def test_a_moved_street_answers_to_its_new_district(running):
    post = Post.objects.get(pk=running.street.post.pk)
    assert post.superior_id == running.district.post.pk
    plan = begin(running.places.city)
    say(plan, running.places.street, Fate.MOVED, running.places.other_district)
    services.apply(plan.pk, by=BY)
    post.refresh_from_db()
    assert post.superior_id == running.elsewhere.post.pk
    assert Post.objects.get(pk=running.community.post.pk).superior_id == post.pk
    assert any(g.path.startswith(running.places.other_district.path) for g in running.grid.actor.grants)
    services.undo_adjustment(plan.pk, by=BY, reason="收回")
    post.refresh_from_db()
    assert post.superior_id == running.district.post.pk
