"""PLC-01: after divisions changed: calls not yet sent, past periods, what was written meanwhile."""

# ruff: noqa: F811 - a fixture is used by its name

import threading
from dataclasses import replace

import pytest
from django.db import connection

from anlan.callout.models import Obligation, Receipt, Statistic
from anlan.callout.queries import statistics
from anlan.callout.services import answers, calls, tallies
from anlan.callout.terms import Answer, How, Result
from anlan.callout.tests import calling, mass
from anlan.callout.tests.redrawing import BY, DAY, begin, exact, fresh, running, say  # noqa: F401 - a fixture
from anlan.ledger.models import Entry
from anlan.people.models import Post, Rota, RotaMonth
from anlan.places import queries, services
from anlan.places.models import Place
from anlan.places.terms import Fate


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


def test_rotas_of_one_name_meet_and_are_told_apart(running):
    street, near = running.places.street, running.near
    rotas = [Rota.objects.create(name="街道带班", place_path=p.path) for p in (street, near)]
    month = RotaMonth.objects.create(rota=rotas[0], place_path=street.path, month=DAY)
    plan = begin(running.places.city)
    say(plan, street, Fate.MERGED, near)
    services.apply(plan.pk, by=BY)
    assert sorted(Rota.objects.values_list("name", "place_path")) == [
        ("街道带班", near.path), ("街道带班（原柳荫街道）", near.path)]  # fmt: skip
    month.refresh_from_db()
    assert month.place_path == near.path
    services.undo_adjustment(plan.pk, by=BY, reason="收回")
    assert sorted(Rota.objects.values_list("name", "place_path")) == [
        ("街道带班", street.path), ("街道带班", near.path)]  # fmt: skip
