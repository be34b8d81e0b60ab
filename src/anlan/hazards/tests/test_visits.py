"""HZD-02, HZD-03: tasks laid out of plans, several departments as one visit, each signing its own part."""

import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.callout.models import Obligation
from anlan.hazards.dues import Asks, due
from anlan.hazards.models import Hazard, Programme, Task, TaskPart, Visit
from anlan.hazards.queries import objects as things
from anlan.hazards.queries import tasks as queries
from anlan.hazards.services import laying, outside_checks, programmes, rounds, visits
from anlan.hazards.terms.inspections import GENRE_DAYS, Done, Genre, Plan
from anlan.hazards.tests.inspecting import BY, checklist, thing, visit
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.ledger.models import Entry
from anlan.people import services as people

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def plan(cast, name="每天看一遍", genre=Genre.DAILY, *, at="community", **values):
    return programmes.programme(Plan(name, getattr(cast.places, at).path, genre, **values), by=BY)


def department(cast, name, *, line=""):
    """A department of the district, and an actor of it who inspects."""
    made = people.found_organisation(name, place_path=cast.places.district.path, by=BY, kind="department", line=line)
    post = people.create_post(
        people.PostDraft(role="department_liaison", place_path=cast.places.district.path, title=name,
                         organisation=made.id), by=BY,
    )  # fmt: skip
    person = people.enrol(
        people.PersonDraft(name=f"{name}的人", phone=f"137{uuid.uuid4().int % 10**8:08d}"),
        place_path=cast.places.district.path, by=BY,
    )  # fmt: skip
    people.appoint(post.id, person.id, by=BY)
    account = people.open_account(person.id, f"d{uuid.uuid4().hex[:8]}", by=BY)
    return made, type(cast.grid)(name, "", person, account, post).actor


def test_one_tap_and_twice_is_once(cast):
    """HZD-02: nothing wrong is one tap; no place, photo or check-in is asked for."""
    _made, version, _items = checklist()
    row = thing(cast)
    done = Done(client=uuid.uuid4(), object=row.id, nothing_wrong=True)
    first = visits.visit(done, by=cast.grid.actor)
    assert visits.visit(done, by=cast.grid.actor) == first
    assert Visit.objects.count() == 1
    assert (first.nothing_wrong, first.passed, first.failed, first.source) == (True, 0, 0, "daily")
    assert version.id in {v.version_id for v in first.against.all()}
    row.refresh_from_db()
    assert row.last_visit_at == first.done_at
    assert row.next_due_on == things.today() + dt.timedelta(days=30)
    assert Entry.objects.filter(did="hazards.visited", subject_id=first.id, chain=row.id).count() == 1


def test_answers_are_counted_and_what_is_wrong_is_said(cast):
    _made, _version, (one, two) = checklist()
    row = thing(cast)
    found = visit(row, cast.grid.actor, nothing_wrong=False, answers={one.id: ("pass", ""), two.id: ("fail", "过期")})
    assert (found.passed, found.failed, found.not_applicable) == (1, 1, 0)
    for wrong in (
        {"nothing_wrong": False},
        {"answers": {two.id: ("fail", "")}},  # with nothing wrong
        {"nothing_wrong": False, "answers": {two.id: ("perhaps", "")}},
        {"nothing_wrong": False, "versions": [uuid.uuid4()]},
        {"source": "sensor"},
    ):
        with pytest.raises(Invalid):
            visit(row, cast.grid.actor, **wrong)
    with pytest.raises(Hidden):
        visit(row, cast.elsewhere.actor)
    future = clock.now() + 3 * DAY
    assert visit(row, cast.grid.actor, done_at=future).done_at < future  # a wrong clock opens no door to the future


def test_a_plan_becomes_tasks_once(cast):
    """HZD-02, HZD-03: laid set-based, again without harm; what was missed is counted and may be made up for."""
    rows = [thing(cast, f"店 {n}") for n in range(3)]
    thing(cast, "别处", "house", at="other_street")
    plan(cast, object_kinds=["small_food"])
    assert laying.lay() == 3
    assert laying.lay() == 0
    assert set(Task.objects.values_list("object", flat=True)) == {r.id for r in rows}
    visit(rows[0], cast.grid.actor)
    with clock.shifted(DAY):
        assert laying.miss() == 2
        assert laying.lay() == 3
        missed = Task.objects.filter(state="missed").first()
        visit(missed.object, cast.grid.actor, task=missed.id)
        missed.refresh_from_db()
        assert missed.state == "done"
        today = things.today()
        assert queries.calendar("", today - DAY, today, by=cast.street.actor)[today - DAY]["missed"] == 1
        ((path, due, done, lost),) = queries.by_place(
            cast.places.community.path, today - DAY, today, by=cast.street.actor
        )
    assert (path, due, done, lost) == (cast.places.grid.path, 6, 2, 1)
    assert not queries.by_place(cast.places.community.path, today - DAY, today, by=cast.elsewhere.actor)


def test_a_years_plan_is_spread_over_the_year_and_follows_its_last_task(cast, settings):
    settings.INSPECT_AHEAD_DAYS = 400
    rows = [thing(cast, f"店 {n}") for n in range(8)]
    made = plan(cast, "年度", Genre.YEAR)
    assert laying.lay() == 8
    days = set(Task.objects.values_list("due_on", flat=True))
    assert len(days) > 4
    assert max(days) < made.from_day + dt.timedelta(days=365)
    assert laying.preview(made) == (8, 8)
    before = Task.objects.get(object=rows[0])
    visit(rows[0], cast.grid.actor)
    assert laying.lay() == (1 if before.due_on + dt.timedelta(days=365) <= things.today() + 400 * DAY else 0)


@given(
    st.sampled_from(["daily", "month", "year", "routine", "special"]), st.none() | st.integers(1, 400),
    st.integers(1, 400), st.none() | st.integers(-500, 60), st.none() | st.integers(0, 500), st.integers(-300, 7),
)  # fmt: skip
def test_a_next_day_is_never_past_and_never_after_the_plan(genre, every, pace, last, to, began):
    """HZD-03: whatever a plan asks: not before today, not after its end, and the same object the same day."""
    day = dt.date(2026, 7, 18)
    start = day + began * DAY
    asks = Asks(uuid.UUID(int=5), genre, start, start + to * DAY if to is not None else None,
                every or GENRE_DAYS.get(genre))  # fmt: skip
    before = day + last * DAY if last is not None else None
    args = (asks, uuid.UUID(int=77), pace, day + DAY, before, day)
    found = due(*args)
    assert found == due(*args)
    if found is not None:
        assert found >= day
        assert asks.to_day is None or found <= asks.to_day
        if before is not None:
            assert not asks.once
            assert found > before or found == day


def test_routine_follows_the_risk(cast):
    high, low = thing(cast, "加油站", "gas_station", risk=4), thing(cast, "亭子", "facility", risk=1)
    plan(cast, "日常", Genre.ROUTINE, from_day=things.today())
    laying.lay()
    due = high.next_due_on
    assert Task.objects.get(object=high).due_on == due
    assert things.today() <= due <= things.today() + 8 * DAY
    assert Task.objects.filter(object=low).exists() == (low.next_due_on <= things.today() + 7 * DAY)


def test_departments_come_together_and_each_signs(cast):
    """HZD-03: 综合查一次: one task, each department its checklist, its sign-off, its own conclusion."""
    fire, fire_actor = department(cast, "消防救援大队", line="消防")
    gas, gas_actor = department(cast, "住建局", line="燃气")
    list_fire, _version, (item, _other) = checklist(line="消防")
    row = thing(cast)
    plan(cast, "街道日查", object_kinds=["small_food"])
    plan(cast, "消防月查", Genre.SPECIAL, to_day=things.today() + 30 * DAY, organisation=fire.id, line="消防",
         checklists=[list_fire.id])  # fmt: skip
    plan(cast, "燃气月查", Genre.SPECIAL, to_day=things.today() + 20 * DAY, organisation=gas.id, line="燃气")
    assert laying.lay() == 1
    task = Task.objects.get(object=row)
    assert (task.joint, task.due_on, task.parts.count()) == (True, things.today(), 3)
    own = visit(row, cast.grid.actor, task=task.id)
    assert own.source == "joint"
    task.refresh_from_db()
    assert task.state == "open"
    with pytest.raises(Conflict, match="消防救援大队"):
        visit(row, cast.grid.actor, task=task.id)
    with pytest.raises(Refused):
        visit(row, cast.grid.actor, task=task.id, part=task.parts.get(organisation_id=gas.id).id)
    signed = visit(row, fire_actor, nothing_wrong=False, answers={item.id: ("fail", "锁着")}, task=task.id,
                   conclusion="限期改", present=["老周"])  # fmt: skip
    part = task.parts.get(organisation_id=fire.id)
    assert (part.visit_id, part.signed_name, part.conclusion) == (signed.id, "消防救援大队的人", "限期改")
    part = task.parts.get(organisation_id=gas.id)
    with pytest.raises(Refused):
        visits.excuse(part.id, "没来", by=cast.grid.actor)
    with pytest.raises(Invalid):
        visits.excuse(part.id, "", by=cast.street.actor)
    visits.excuse(part.id, "另有急事，下周补", by=cast.street.actor)
    task.refresh_from_db()
    assert task.state == "done"
    assert visits.excuse(part.id, "又说一遍", by=cast.street.actor).state == "done"
    assert laying.lay() == 1  # tomorrow's daily part alone: a special plan asks once
    assert TaskPart.objects.filter(task__state="open").count() == 1
    assert gas_actor


def test_stopping_a_plan_takes_its_tasks_along(cast):
    row = thing(cast)
    made, other = plan(cast), plan(cast, "另一个", line="燃气")
    laying.lay()
    with pytest.raises(Invalid):
        programmes.stop_programme(made.id, "", by=cast.street.actor)
    with pytest.raises(Hidden):
        programmes.stop_programme(made.id, "x", by=cast.elsewhere.actor)
    programmes.stop_programme(made.id, "并到另一个", by=cast.street.actor)
    assert Task.objects.get(object=row).state == "open"
    programmes.stop_programme(other.id, "不查了", by=cast.street.actor)
    assert Task.objects.get(object=row).state == "void"
    assert laying.lay() == 0
    assert programmes.stop_programme(other.id, "", by=cast.street.actor).closed_why == "不查了"


def test_a_post_owes_one_thing_a_day(cast, monkeypatch):
    """HZD-02: «今天要查 3 处» is one duty with one link, met when the last is done, gone with the day."""
    rows = [thing(cast, f"店 {n}") for n in range(3)]
    plan(cast)
    laying.lay()
    assert rounds.lay() == 1
    assert rounds.lay() == 0
    duty = Obligation.objects.get(did="hazards.visited")
    assert (duty.person_id, duty.why, duty.link) == (cast.grid.person.id, "今天要查 3 处", "/inspections/today")
    assert queries.mine_today(cast.grid.actor).count() == 3
    for row in rows:
        visit(row, cast.grid.actor)
    duty.refresh_from_db()
    assert duty.state == "met"
    with clock.shifted(DAY):
        laying.lay()
        rounds.lay()
        late = Obligation.objects.exclude(id=duty.id).get(did="hazards.visited")
    with clock.shifted(2 * DAY):
        laying.miss()
        rounds.lay()
        late.refresh_from_db()
        assert late.state == "void"


def test_a_finding_becomes_a_special_task_at_once(cast):
    rows = [thing(cast, f"店 {n}") for n in range(2)]
    until = things.today() + 14 * DAY
    (made,) = programmes.special([r.id for r in rows], "查燃气软管", "三天出了五起", [], until, by=cast.district.actor)
    assert (made.genre, made.place_path) == (Genre.SPECIAL, cast.places.grid.path)
    assert Task.objects.filter(due_on=until).count() == 2
    programmes.special([cast.places.street.path], "查充电", "起火", [], until, by=cast.district.actor)
    assert Programme.objects.count() == 2
    with pytest.raises(Refused):
        programmes.special([cast.places.street.path], "查", "x", [], until, by=cast.elsewhere.actor)


def test_a_professional_look_is_a_part_of_the_task(cast):
    fire, fire_actor = department(cast, "消防救援大队")
    row = thing(cast)
    part = programmes.ask_professional(row.id, "配电箱老化", by=cast.grid.actor, organisation=fire.id)
    assert programmes.ask_professional(row.id, "配电箱老化", by=cast.grid.actor, organisation=fire.id) == part
    visit(row, fire_actor, task=part.task_id, conclusion="要换")
    part.task.refresh_from_db()
    assert part.task.state == "done"


def test_a_unit_checks_itself_and_what_it_says_is_marked(cast, settings):
    """ENT-03: no account; failed items become hazards that it reported itself; limited; looked over by lot."""
    settings.SELF_CHECK_DAILY, settings.SPOT_CHECK_PERCENT = 2, 100
    _made, version, (one, two) = checklist(own=True)
    row = thing(cast, keeper_name="王师傅")
    with pytest.raises(Refused):
        outside_checks.token(row, by=cast.grid.actor)
    text = outside_checks.token(row, by=cast.street.actor)
    done = Done(client=uuid.uuid4(), versions=[version.id], answers={one.id: ("pass", ""), two.id: ("fail", "过期")})
    made = outside_checks.submit(text, done, name="王师傅", remark="后门锁坏了")
    assert outside_checks.submit(text, done, name="王师傅") == made
    assert (made.source, made.by, made.unit, made.failed) == ("self_check", None, "老街面馆 王师傅", 1)
    found = list(Hazard.objects.filter(visit_id=made.id).order_by("arrived_at"))
    assert [h.source for h in found] == ["self_check", "self_check"]
    assert "灭火器有效" in found[0].text
    assert outside_checks.grace_until(found[0]) == found[0].arrived_at + 15 * DAY
    row.refresh_from_db()
    assert row.last_visit_at is None  # it is no visit of the authority
    again = Done(client=uuid.uuid4(), nothing_wrong=True)
    outside_checks.submit(text, again, name="王师傅")
    with pytest.raises(Conflict):
        outside_checks.submit(text, Done(client=uuid.uuid4(), nothing_wrong=True), name="王师傅")
    assert outside_checks.sample() == 2
    assert outside_checks.sample() == 0
    visit(row, cast.grid.actor, nothing_wrong=False, versions=[version.id],
          answers={one.id: ("fail", ""), two.id: ("fail", "")})  # fmt: skip
    looked = Visit.objects.get(by=cast.grid.person.pseudonym)
    assert looked.compared >= 1
    alike, of = queries.agreement("", clock.now() - DAY, by=cast.street.actor)[1:]
    assert alike < of
    with pytest.raises(Hidden):
        outside_checks.opened(text + "x")
    objects_link = outside_checks.opened(text).object.link_no
    assert objects_link == 0


def test_the_lot_is_the_same_for_whoever_draws(settings):
    ids = [uuid.UUID(int=n) for n in range(400)]
    settings.SPOT_CHECK_PERCENT, settings.SPOT_CHECK_SEED = 10, "甲"
    first = [outside_checks.drawn(i) for i in ids]
    assert first == [outside_checks.drawn(i) for i in ids]
    assert 15 < sum(first) < 70
    settings.SPOT_CHECK_SEED = "乙"
    assert first != [outside_checks.drawn(i) for i in ids]
