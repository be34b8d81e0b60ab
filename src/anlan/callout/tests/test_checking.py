"""TEA-01: the quarterly check asks only "is this still you", in working hours, and bundles what is to be mended."""

import contextlib
import datetime as dt

import pytest

from anlan.callout import hours
from anlan.callout.models import Call, Check, Obligation, Receipt, Round
from anlan.callout.queries import inbox, listing
from anlan.callout.services import answers, calls, checking, checks, climbing, found_out, mending, receipts
from anlan.callout.terms import Answer, Draft, Report
from anlan.callout.tests import calling, mass
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused, machine
from anlan.ledger import services as ledger
from anlan.ledger.models import Entry
from anlan.people import services as people
from anlan.people.models import Person
from anlan.people.terms import Targeting

pytestmark = pytest.mark.django_db
WINDOWS = hours.read([["09:00", "11:30"], ["14:30", "17:00"]])


@pytest.fixture
def office_hours():
    """Let the clock stand a minute after a working morning has begun, eight days before another one."""
    here = clock.local(clock.now())
    nights = (here.replace(hour=0, minute=0) + dt.timedelta(days=each) for each in range(1, 30))
    mornings = (hours.opens(night, WINDOWS) + dt.timedelta(minutes=1) for night in nights)
    week = dt.timedelta(days=8)
    morning = next(each for each in mornings if hours.opens(each + week, WINDOWS) == each + week)
    with clock.shifted(morning - here):
        yield morning


@contextlib.contextmanager
def later(**by):
    with clock.shifted(dt.timedelta(**by)):
        yield


@pytest.fixture
def gateways(monkeypatch):
    sms, voice = mass.Gateway("sms_http"), mass.Gateway("voice_http")
    sms.needs = voice.needs = "phone"
    mass.install(monkeypatch, sms, voice)
    return sms, voice


def begin(cast, place="city", by="city"):
    """Start a round and lay its list; nobody is asked yet."""
    made = checks.start(getattr(cast.places, place).path, by=getattr(cast, by).actor)
    mass.drain()
    made.refresh_from_db()
    return made


def minute():
    """Run the job of a minute and what it set going."""
    checking.tick()
    mass.drain()


def check(member):
    return Check.objects.get(person_id=member.person.id)


def obligation(member):
    return Obligation.objects.get(call_id=check(member).call_id, person_id=member.person.id)


def press(member, key="1"):
    answers.answer_many([Answer("key", obligation=obligation(member).id, said=key, declined=key == "2")])


def number_dead(member):
    receipts.report_many([Report(obligation(member).id, "failed", reason="empty_number", dead=True)])


def reach(member):
    return Person.objects.get(id=member.person.id).reach


def test_everybody_is_asked_once_whether_it_is_still_them(cast, office_hours, gateways):
    """TEA-01: the words, the carriers in order, yes is proven, no is another's, and nobody is asked twice."""
    sms, voice = gateways
    found = begin(cast)
    assert (found.total, found.quarter) == (8, hours.quarter(office_hours.date()))
    minute()
    assert len(sms.sent) == 8
    assert not voice.sent
    mine = next(m for m in sms.sent.values() if m.person == cast.grid.person.id)
    assert (mine.title, mine.genre) == ("您还是第三网格网格员李小满吗？", "check")
    press(cast.grid)
    press(cast.community, "2")
    number_dead(cast.street)
    minute()
    assert [check(m).state for m in (cast.grid, cast.community, cast.street)] == ["ok", "wrong", "dead"]
    assert [reach(m) for m in (cast.grid, cast.community, cast.street)] == ["ok", "wrong", "dead"]
    checking.tick()
    assert len(sms.sent) == 8
    assert Person.objects.get(id=cast.grid.person.id).reach_at is not None


def test_two_rounds_of_a_place_in_a_quarter_are_one(cast, office_hours):
    begin(cast)
    with pytest.raises(Conflict):
        checks.start(cast.places.city.path, by=cast.city.actor)
    narrower = begin(cast, "street", "street")
    assert Check.objects.count() == 8
    assert narrower.total == 0


def test_who_may(cast, office_hours):
    for who in ("grid", "elsewhere", "nobody"):
        with pytest.raises(Refused):
            checks.start(cast.places.district.path, by=getattr(cast, who).actor)
    found = begin(cast, "district", "district")
    with pytest.raises(Hidden):
        checks.pause(found.id, by=cast.elsewhere.actor)
    own = begin(cast, "grid", "street")
    with pytest.raises(Refused):
        checks.pause(own.id, by=cast.grid.actor)
    with pytest.raises(Invalid):
        checks.stop(found.id, " ", by=cast.district.actor)


def test_a_drill_checks_nothing(cast, office_hours):
    exercise = ledger.open_exercise("演练", place_path=cast.places.city.path, by=cast.city.actor)
    with pytest.raises(Conflict):
        checks.start(cast.places.city.path, by=cast.city.actor.drilling(exercise.id))
    call = calling.start(cast, exercise=exercise.id)
    mass.drain()
    answers.answer_many([Answer("key", obligation=calling.owed(call, cast.grid).id, said="1")])
    begin(cast)
    assert check(cast.grid).state == "waiting"


def test_whoever_answered_a_call_by_this_number_is_not_asked(cast, office_hours, gateways):
    """TEA-01: light on the people: a number that answered this quarter is proven; one changed since is not."""
    call = calling.start(cast)
    mass.drain()
    for member in (cast.grid, cast.community):
        answers.answer_many([Answer("key", obligation=calling.owed(call, member).id, said="1")])
    calls.end(call.id, by=cast.city.actor)
    mass.drain()
    with later(seconds=5):
        people.change_person(cast.community.person.id, people.PersonDraft(phone="13712348899"), by=machine("t"))
        begin(cast)
        assert (check(cast.grid).state, check(cast.community).state) == ("proven", "waiting")
        assert reach(cast.grid) == "ok"


def test_it_asks_in_working_hours_only(cast, office_hours, gateways):
    sms, _voice = gateways
    begin(cast)
    with later(hours=3):
        minute()
        assert not sms.sent
    assert clock.local(Round.objects.get().next_at).strftime("%H:%M") == "14:30"
    with later(hours=5, minutes=31):
        minute()
    assert len(sms.sent) == 8


def test_it_is_silent_while_a_red_call_runs_there(cast, office_hours, gateways):
    """TEA-01: a running red call hangs the questions up, at that place only; they are asked anew afterwards."""
    sms, _voice = gateways
    begin(cast)
    minute()
    press(cast.city)
    where = Targeting((cast.places.district.path,))
    calling.start(cast, level="red", paths=where.paths, status="exercise")
    minute()
    assert check(cast.grid).state == "asked", "a drill hushes nothing"
    red = calls.prepare(Draft("暴雨红色预警", "转移", where, level="red"), by=cast.city.actor)
    calls.approve(red.id, by=cast.approver.actor)
    minute()
    assert check(cast.grid).state == "waiting"
    asked = {m.person for m in sms.sent.values()}
    with later(minutes=20):
        sms.sent.clear()
        minute()
        again = {m.person for m in sms.sent.values() if m.genre == "check"}
        assert again == {cast.elsewhere.person.id, cast.approver.person.id, cast.admin.person.id}
        assert again < asked
    calls.end(red.id, by=cast.city.actor)
    mass.drain()
    with later(minutes=40):
        minute()
        assert check(cast.grid).state == "asked"
        assert check(cast.grid).tries == 1
    assert check(cast.city).state == "ok"


def test_a_silent_one_is_asked_once_more_a_week_later_and_then_only_listed(cast, office_hours, gateways):
    _sms, voice = gateways
    begin(cast, "grid", "street")
    minute()
    with later(minutes=16):
        climbing.climb()
        mass.drain()
        assert len(voice.sent) == 1
    for days in (0, 8):
        with later(days=days, hours=5):
            calls.send_due()
            mass.drain()
            checking.tick()
            assert check(cast.grid).state == "silent"
            assert reach(cast.grid) == "silent"
        with later(days=days, hours=24):
            minute()
            assert check(cast.grid).state == "silent"
        with later(days=8):
            minute()
    assert check(cast.grid).tries == 2
    assert not Obligation.objects.filter(did="callout.number-mended").exists(), "silence is not punished"
    with later(days=20):
        checking.tick()
    assert Round.objects.get().state == "done"


def test_a_worker_killed_in_the_middle_asks_nobody_twice(cast, office_hours, gateways, monkeypatch):
    begin(cast)
    with monkeypatch.context() as broken:
        broken.setattr(Check.objects, "filter", lambda **_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            checking.ask(Round.objects.get().id)
    assert not Call.objects.exists(), "the batch and the note that they were asked are one transaction"
    minute()
    minute()
    assert Call.objects.count() == 1
    assert checking.lay(Round.objects.get().id) == 0
    assert Receipt.objects.count() == 8


def test_the_superior_gets_one_duty_for_all_and_mends_it(cast, office_hours, gateways):
    """TEA-01: dead numbers to the post's superior, bundled; the mender is done when the last one is mended."""
    sms, _voice = gateways
    post = people.create_post(people.PostDraft(role="grid_worker", place_path=cast.places.grid.path), by=machine("t"))
    second = people.enrol(people.PersonDraft(name="赵铁军", phone="13712340777"), place_path=post.place_path,
                          by=machine("t"))  # fmt: skip
    people.appoint(post.id, second.id, by=machine("t"))
    twin = type(cast.grid)("赵铁军", "", second, None, post)
    begin(cast)
    minute()
    number_dead(cast.grid)
    press(twin, "2")
    minute()
    duty = Obligation.objects.get(did="callout.number-mended")
    assert (duty.person_id, "2 个号码" in duty.why) == (cast.community.person.id, True)
    assert duty.due_at is not None
    assert inbox.owed(cast.community.actor).get() == duty
    sms.sent.clear()
    mending.new_number(cast.grid.person.id, "13712340419", by=cast.community.actor)
    mass.drain()
    assert [(m.address, m.genre) for m in sms.sent.values()] == [("13712340419", "check")]
    assert "1 个号码" in Obligation.objects.get(id=duty.id).why
    press(cast.grid)
    with pytest.raises(Refused):
        mending.new_number(second.id, "13712340420", by=cast.grid.actor)
    mending.leave_vacant(second.id, second.holdings.get().id, by=cast.community.actor)
    minute()
    assert Obligation.objects.get(id=duty.id).state == "met"
    assert (check(cast.grid).state, check(twin).state) == ("ok", "gone")
    assert Entry.objects.filter(did="callout.number-mended").count() == 2
    with pytest.raises(Hidden):
        mending.new_number(cast.grid.person.id, "13712340420", by=cast.elsewhere.actor)
    with pytest.raises(Invalid):
        mending.new_number(cast.grid.person.id, "12", by=cast.community.actor)


def test_somebody_else_takes_the_seat(cast, office_hours, gateways):
    sms, _voice = gateways
    seat = cast.grid.holding.id
    with pytest.raises(Invalid) as wrong:
        mending.replace(cast.grid.person.id, seat, "王新", "123", by=cast.street.actor)
    assert set(wrong.value.errors) == {"phone"}
    new = mending.replace(cast.grid.person.id, seat, "王新", "13712340999", by=cast.street.actor)
    mass.drain()
    assert [m.address for m in sms.sent.values()] == ["13712340999"]
    assert Check.objects.get(person_id=new).state == "asked"
    assert cast.grid.post.holdings.get(until=None).person_id == new
    people.release(cast.grid.post.holdings.get(until=None).id, by=machine("t"))
    assert mending.fill(cast.grid.post.id, "王新", "13712340999", by=cast.street.actor) == new


def test_a_question_is_no_call_and_answer(cast, office_hours, gateways):
    """B12: no serial number, no board, no list, no inbox; the entry is not that of an answer."""
    begin(cast)
    minute()
    press(cast.grid)
    call = Call.objects.get(genre="check")
    assert call.serial is None
    assert not listing.calls(cast.city.actor, listing.Filter()).exists()
    assert not inbox.owed(cast.city.actor).exists()
    assert cast.client("city").get(f"/calls/{call.id}").status_code == 404
    assert not Entry.objects.filter(did="callout.answered").exists()
    assert Entry.objects.filter(did="callout.confirmed").count() == 1


def test_paused_and_gone_on_with(cast, office_hours, gateways):
    found = begin(cast)
    minute()
    press(cast.city)
    checks.pause(found.id, by=cast.city.actor)
    checks.pause(found.id, by=cast.city.actor)
    found_out.settle()
    assert (check(cast.city).state, check(cast.grid).state, check(cast.grid).tries) == ("ok", "waiting", 0)
    with later(minutes=20):
        checking.tick()
        assert check(cast.grid).state == "waiting"
        checks.resume(found.id, by=cast.city.actor)
        minute()
        assert check(cast.grid).state == "asked"
    checks.stop(found.id, "换了名册，重来", by=cast.city.actor)
    assert begin(cast).total == 8
