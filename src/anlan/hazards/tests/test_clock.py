"""HZD-05: limits on the working calendar, paused and continued to the second, moved by whoever decides."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob

from anlan.hazards import jobs, services
from anlan.hazards.models import Hazard
from anlan.hazards.services import clock as ticking
from anlan.hazards.services import overdue
from anlan.hazards.terms import Did, Found
from anlan.hazards.tests.finding import SHOP, assigned, confirmed
from anlan.hazards.tests.test_loop import owes, told
from anlan.kernel import clock, workdays
from anlan.kernel.authority import Conflict, Invalid, Refused
from anlan.kernel.clock import CHINA
from anlan.ledger import services as ledger
from anlan.ledger.models import Entry
from anlan.people import services as people
from anlan.people.models import CalendarDay
from anlan.people.queries.calendar import notice_of

INSTANT = st.integers(0, 76_000_000).map(lambda s: dt.datetime(2025, 1, 1, tzinfo=CHINA) + dt.timedelta(seconds=s))
SPAN = st.timedeltas(dt.timedelta(), dt.timedelta(days=90))


def at(month, day, hour=0, year=2026):
    return dt.datetime(year, month, day, hour, tzinfo=CHINA)


@given(start=INSTANT, span=SPAN)
@settings(max_examples=120, deadline=None)
def test_working_time_is_there_and_back(start, span):
    end = workdays.after(start, span)
    assert workdays.worked(start, end) == span
    assert workdays.worked(workdays.after(end, -span), end) == span


@given(
    limit=st.sampled_from(["at_once", "h24", "d7", "d30"]), start=INSTANT,
    stretches=st.lists(st.tuples(SPAN, SPAN), max_size=4),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_pausing_for_any_time_leaves_the_same_working_time(limit, start, stretches):
    """HZD-05: what is left when it goes on is what was left when it was paused, to the microsecond."""
    one = Hazard()
    ticking.begin(one, limit, start)
    rule, moment, used = ticking.rule(limit), start, dt.timedelta()
    for runs, rests in stretches:
        used += rule.gone(moment, moment + runs)
        moment += runs
        ticking.pause(one, moment)
        assert one.spent == used
        moment += rests
        ticking.go_on(one, moment)
        left = one.allowed - used
        if left >= dt.timedelta():
            assert rule.gone(moment, one.due_at) == left
        else:
            assert rule.gone(one.due_at, moment) == -left


def test_seven_days_are_working_days_over_a_holiday():
    one = Hazard()
    ticking.begin(one, "d7", at(9, 29, 15))  # Tuesday; 1 to 7 October are free, Saturday the 10th is worked
    assert clock.local(one.due_at) == at(10, 14, 15)
    assert not one.due_provisional
    ticking.begin(one, "h24", at(9, 29, 15))
    assert clock.local(one.due_at) == at(9, 30, 15)


def test_a_year_that_is_not_published_is_marked(monkeypatch):
    one = Hazard()
    ticking.begin(one, "d30", at(12, 1, 9))
    assert (clock.local(one.due_at), one.due_provisional) == (at(1, 12, 9, 2027), True)
    free = {dt.date(2027, 1, 1): False}
    monkeypatch.setattr(workdays.notices, "of", lambda y: workdays.Notice(free if y == 2027 else {}, y == 2027))
    ticking.reckon(one)
    assert (clock.local(one.due_at), one.due_provisional) == (at(1, 13, 9, 2027), False)


@pytest.mark.django_db
class TestPleas:
    def test_one_asks_and_another_decides(self, cast):
        made = assigned(cast, limit="d7")
        due = made.due_at
        plea = services.ask(made.id, "extend", "等材料", wanted=due + dt.timedelta(days=5), by=cast.street.actor)
        assert owes(made, Did.GRANTED) == [cast.district.person.id], "not whoever asked"
        with pytest.raises(Conflict, match="别人批"):
            services.decide(plea.id, granted=True, opinion="同意", by=cast.street.actor)
        with pytest.raises(Refused):
            services.decide(plea.id, granted=True, opinion="同意", by=cast.community.actor)
        with pytest.raises(Conflict, match="等批"):
            services.ask(made.id, "pause", "等材料", by=cast.community.actor)
        services.decide(plea.id, granted=True, opinion="材料没到", by=cast.district.actor)
        made.refresh_from_db()
        assert made.due_at == due + dt.timedelta(days=5)
        assert told(made)[-1] == (cast.street.person.id, "同意延期：材料没到（3 栋楼道堆满纸箱，走不过去）")
        assert owes(made, Did.RECTIFIED) == [cast.community.person.id], "a shop has no account: whoever assigned it"

    def test_paused_and_continued(self, cast):
        made = assigned(cast, limit="h24")
        due = made.due_at
        plea = services.ask(made.id, "pause", "台风停工", by=cast.community.actor)
        services.decide(plea.id, granted=True, opinion="同意", by=cast.street.actor)
        assert owes(made, Did.RECTIFIED) == []
        with clock.shifted(dt.timedelta(days=3)):
            made = services.continue_clock(made.id, by=cast.community.actor)
        assert dt.timedelta(days=3) <= made.due_at - due < dt.timedelta(days=3, minutes=1)
        assert owes(made, Did.RECTIFIED) == [cast.community.person.id]

    def test_listed_needs_a_day_to_look_again(self, cast):
        made = assigned(cast)
        plea = services.ask(made.id, "list", "要等改造", by=cast.community.actor)
        with pytest.raises(Invalid, match="复核"):
            services.decide(plea.id, granted=True, opinion="同意", by=cast.street.actor)
        day = clock.local(clock.now()).date() + dt.timedelta(days=30)
        services.decide(plea.id, granted=True, opinion="同意", review_on=day, by=cast.street.actor)
        made.refresh_from_db()
        assert (made.state, overdue.reviews()) == ("listed", 0)
        with clock.shifted(dt.timedelta(days=31)):
            assert (overdue.reviews(), overdue.reviews()) == (1, 0)
        assert owes(made, Did.RESUMED) == [cast.community.person.id]
        made = services.resume(made.id, by=cast.community.actor)
        assert (made.state, made.paused_at) == ("confirmed", None)
        assert owes(made, Did.RESUMED) == []

    def test_waiting_for_the_acceptance_is_not_the_owners_time(self, cast):
        made = assigned(cast, limit="h24")
        due = made.due_at
        services.rectify(made.id, "清走了", by=cast.community.actor)
        with clock.shifted(dt.timedelta(hours=40)):
            made = services.refuse(made.id, "还有两箱", by=cast.street.actor)
        assert dt.timedelta(hours=40) <= made.due_at - due < dt.timedelta(hours=40, minutes=1)


@pytest.mark.django_db
class TestOverdue:
    def test_it_goes_up_and_up_and_is_written_once(self, cast):
        """HZD-05: overdue, one level up, and again; a second look changes nothing."""
        made = assigned(cast, limit="h24")
        assert overdue.overdue() == 0
        for hours, level, lapses in ((24.1, cast.street, 1), (48.1, cast.district, 2), (97, cast.city, 3)):
            with clock.shifted(dt.timedelta(hours=hours)):
                assert (overdue.overdue(), overdue.overdue()) == (1, 0)
            made.refresh_from_db()
            assert made.lapses == lapses
            assert level.person.id in owes(made, Did.RECTIFIED)
        counts = [e.values["count"] for e in Entry.objects.filter(chain=made.chain_id, did=Did.OVERDUE).order_by("id")]
        assert counts == [1, 2, 3]
        services.rectify(made.id, "清走了", by=cast.community.actor)
        assert owes(made, Did.RECTIFIED) == []

    def test_a_worker_that_slept_writes_it_once(self, cast):
        made = assigned(cast, limit="h24")
        with clock.shifted(dt.timedelta(days=9)):
            assert (overdue.overdue(), overdue.overdue()) == (1, 0)
        assert Hazard.objects.get(id=made.id).lapses == 3

    def test_look_back_comes_on_its_day(self, cast):
        made = services.rectify(assigned(cast).id, "清走了", by=cast.community.actor)
        day = clock.local(clock.now()).date() + dt.timedelta(days=10)
        services.accept(made.id, "通了", look_back_on=day, by=cast.street.actor)
        assert overdue.look_backs() == 0
        with clock.shifted(dt.timedelta(days=10)):
            assert (overdue.look_backs(), overdue.look_backs()) == (1, 0)
            assert owes(made, Did.LOOKED_BACK) == [cast.street.person.id]
            made = services.look_back(made.id, good=False, opinion="又堆上了", by=cast.street.actor)
        assert (made.state, made.reopened, owes(made, Did.LOOKED_BACK)) == ("confirmed", 1, [])

    def test_the_calendar_comes(self, cast, monkeypatch):
        """HZD-05: provisional ends are reckoned anew, the duty goes along, an entry says so."""
        monkeypatch.setattr(workdays.notices, "of", lambda _y: workdays.Notice())
        until = dt.datetime(2026, 12, 21, 9, tzinfo=CHINA)
        with clock.shifted(until - clock.now()):
            made = assigned(cast, limit="d15")
            due = made.due_at
            assert made.due_provisional
            assert overdue.reckon_again() == 0
            free = {dt.date(2027, 1, 4): False}
            told_now = workdays.Notice(free, whole=True)
            monkeypatch.setattr(workdays.notices, "of", lambda y: told_now if y == 2027 else workdays.Notice())
            assert (overdue.reckon_again(), overdue.reckon_again()) == (1, 0)
        made.refresh_from_db()
        assert (made.due_at, made.due_provisional) == (due + dt.timedelta(days=1), False)
        assert Entry.objects.filter(chain=made.chain_id, did=Did.RECLOCKED).count() == 1


def test_a_corrected_calendar_has_the_ends_reckoned_anew(live_db, cast):
    """HZD-05: the entry of the correction leads to a job that names the days; it moves what lies over them."""
    made = assigned(cast, limit="d7")
    day = clock.local(made.due_at).date() - dt.timedelta(days=1)
    people.correct_calendar([CalendarDay(day=day, works=not workdays.is_workday(day))], by=cast.admin.actor)
    ledger.drain("hazards.calendar")
    job = ProcrastinateJob.objects.get(task_name="hazards.reckon")
    assert job.args == {"first": day.isoformat(), "last": day.isoformat()}
    assert overdue.reckon_again((day, day)) == 0, "the suite counts by the library alone"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(workdays.notices, "of", notice_of)
        assert jobs.reckon(**job.args) == 1
    assert Hazard.objects.get(id=made.id).due_at != made.due_at


@pytest.mark.django_db
def test_a_wrong_clock_refuses_nothing(cast):
    """A device three years off: what it said is kept and marked, the time of arrival counts."""
    far = clock.now() + dt.timedelta(days=1000)
    for said in (far, clock.now() - dt.timedelta(days=1000)):
        made = services.report(Found(text="楼道堆物", found_at=said), by=cast.grid.actor)
        assert (made.found_said, made.found_at) == (said, made.arrived_at)
        assert Entry.objects.get(subject_id=made.id, did=Did.REPORTED).values["found_said"]
    near = clock.now() - dt.timedelta(days=3)
    made = services.report(Found(text="楼道堆物", found_at=near, offline=True), by=cast.grid.actor)
    assert (made.found_said, made.found_at) == (None, near)


@pytest.mark.django_db
def test_a_limit_of_the_grade(cast):
    made = services.assign(confirmed(cast, grade="major").id, SHOP, by=cast.community.actor)
    assert made.limit == "d30"
