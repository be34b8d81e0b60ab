"""WRN-05: four kinds of instruction, what each asks, and that the database holds it; WRN-04: copies, again, higher."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from anlan.callout.models import Call, Obligation, Receipt, Report, Unmatched
from anlan.callout.services import (
    again,
    answers,
    calls,
    climbing,
    copies,
    gateways,
    instructions,
    passing,
    results,
    tallies,
)
from anlan.callout.terms import Answer, CallState, How, Result
from anlan.callout.tests import calling, directing, mass
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.ledger.models import Entry

pytestmark = pytest.mark.django_db


def give(row, finish, words="", how=How.INBOX):
    return answers.answer(Answer(how, obligation=row.id, person=row.person_id, finish=finish, words=words))


def owed_by(member):
    return Obligation.objects.filter(person_id=member.person.id, state="open")


@pytest.mark.parametrize("directive", ["notice", "reminder"])
def test_a_notice_and_a_reminder_owe_nothing(cast, directive):
    """WRN-05: 提醒类禁止强制打卡: told, no deadline, no ladder, no result; 知道了 is optional."""
    call = directing.send(cast, directive)
    row = directing.own(call, cast.grid)
    assert (row.state, row.due_at, row.next_at) == ("told", None, None)
    assert not owed_by(cast.grid).exists()
    with clock.shifted(dt.timedelta(days=3)):
        assert climbing.climb() == 0
    first = answers.answer(Answer(How.INBOX, obligation=row.id, person=row.person_id))
    assert (first.result, answers.answer(Answer(How.INBOX, obligation=row.id)).result) == (Result.FIRST, Result.REPEAT)
    row.refresh_from_db()
    assert row.state == "told"
    assert row.known_at is not None
    assert tallies.total(call.id)["known"] == 1
    assert give(row, "done").result is Result.NOT_AN_ANSWER
    assert tallies.check(call.id) == {}


def test_a_task_owes_a_result_and_no_receipt(cast):
    """WRN-05: a task is closed by done or cannot, with words."""
    call = directing.send(cast, "task")
    own, row = directing.own(call, cast.grid), directing.result(call, cast.grid)
    assert (own.state, row.state) == ("told", "open")
    assert row.due_at == call.result_due
    assert give(own, "done", "转移 3 户 7 人").result is Result.FIRST
    row.refresh_from_db()
    assert (row.state, row.finish) == ("met", "done")
    assert Report.objects.get().words == "转移 3 户 7 人"
    assert "转移" not in str(list(Entry.objects.values_list("values")))
    assert give(row, "cannot", "路断了").result is Result.REPEAT
    counts = tallies.total(call.id)
    assert (counts["tasks"], counts["done"], counts["done_in_time"], counts["undone"]) == (1, 1, 1, 0)
    assert tallies.check(call.id) == {}


def test_a_command_owes_a_receipt_first_and_then_a_result(cast):
    """WRN-05: 命令类必须回执与结果; each has its own ladder."""
    call = directing.send(cast, "command")
    own, row = directing.own(call, cast.grid), directing.result(call, cast.grid)
    assert (own.state, row.state) == ("open", "open")
    assert own.due_at < row.due_at
    assert answers.answer(Answer(How.LINK, obligation=own.id)).result is Result.FIRST
    row.refresh_from_db()
    assert row.state == "open"
    assert give(row, "cannot", "水太深进不去").result is Result.FIRST
    counts = tallies.total(call.id)
    assert (counts["answered"], counts["cannot"], counts["undone"]) == (1, 1, 0)
    assert tallies.check(call.id) == {}


def test_a_result_says_by_itself_that_the_command_was_received(cast):
    call = directing.send(cast, "command")
    give(directing.result(call, cast.grid), "done")
    assert directing.own(call, cast.grid).state == "met"


def test_a_result_that_does_not_come_climbs_its_own_ladder(cast):
    call = directing.send(cast, "task", due=4)
    row = directing.result(call, cast.grid)
    with clock.shifted(dt.timedelta(hours=3, minutes=1)):
        climbing.climb()
    row.refresh_from_db()
    assert (row.tries, row.rung) == (2, "self")
    with clock.shifted(dt.timedelta(hours=7)):
        for _ in range(5):
            climbing.climb()
            Obligation.objects.filter(id=row.id, next_at__isnull=False).update(next_at=clock.now())
    row.refresh_from_db()
    assert row.rung == "superior"
    assert Obligation.objects.filter(call_id=call.id, part="superior", person_id=cast.community.person.id).exists()
    assert tallies.check(call.id) == {}


def test_a_refusal_needs_a_reason_and_closes_nothing(cast):
    """WRN-05: 拒绝 only with a reason: the superior is called, the sender told, the duty stays."""
    call = directing.send(cast, "command")
    row = directing.result(call, cast.grid)
    assert give(row, "refused").result is Result.NOT_AN_ANSWER
    assert give(row, "refused", "我在医院").result is Result.FIRST
    row.refresh_from_db()
    assert (row.state, row.finish) == ("open", "refused")
    assert owed_by(cast.community).filter(call_id=call.id, part="superior").exists()
    assert owed_by(cast.district).filter(did=results.LOOK).count() == 1
    with pytest.raises(Hidden):
        passing.insist(row.id, by=cast.elsewhere.actor)
    with pytest.raises(Refused):
        passing.insist(row.id, by=cast.grid.actor)
    passing.insist(row.id, by=cast.district.actor)
    with pytest.raises(Conflict):
        passing.insist(row.id, by=cast.district.actor)
    assert passing.looked(call.id, by=cast.district.actor) == 1
    assert tallies.check(call.id) == {}


def test_a_duty_passed_on_is_laid_on_the_other_and_the_sender_is_told(cast):
    """WRN-05: 转派 lays the same duty on the other person."""
    call = directing.send(cast, "command")
    row = directing.result(call, cast.grid)
    with pytest.raises(Invalid) as bad:
        passing.pass_on(row.id, cast.elsewhere.post.id, "", by=cast.grid.actor)
    assert set(bad.value.errors) == {"to", "reason"}
    made = passing.pass_on(row.id, cast.community.post.id, "我在医院", by=cast.grid.actor)
    row.refresh_from_db()
    assert (row.state, row.finish) == ("void", "passed")
    new = Obligation.objects.get(id=made)
    assert (new.person_id, new.state, new.due_at) == (cast.community.person.id, "open", row.due_at)
    assert owed_by(cast.district).filter(did=results.LOOK).exists()
    with pytest.raises(Conflict):
        passing.pass_on(row.id, cast.community.post.id, "再转", by=cast.grid.actor)
    with pytest.raises(Hidden):
        passing.pass_on(made, cast.grid.post.id, "x", by=cast.elsewhere.actor)
    assert tallies.check(call.id) == {}
    give(new, "done")
    assert tallies.total(call.id)["done"] == 1
    assert tallies.total(call.id)["tasks"] == 1


def test_the_end_of_a_call_closes_what_is_left(cast):
    call = directing.send(cast, "command")
    calls.end(call.id, by=cast.district.actor)
    calls.closing.sweep(call.id)
    assert directing.result(call, cast.grid).state == "lapsed"
    late = give(directing.result(call, cast.grid), "done", "刚办完")
    assert late.result is Result.LATE
    assert Report.objects.get().late
    assert tallies.check(call.id) == {}


def test_the_database_holds_that_a_reminder_never_owes(cast):
    call = directing.send(cast, "reminder")
    row = Obligation.objects.filter(id=directing.own(call, cast.grid).id)
    for wrong in ({"due_at": clock.now()}, {"next_at": clock.now()}, {"met_how": "arrived"}, {"finish": "done"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.update(state="open")
    task = directing.send(cast, "task")
    with pytest.raises(IntegrityError), transaction.atomic():
        Obligation.objects.filter(call_id=task.id, part="result").update(state="met")
    asks = Call.objects.get(id=instructions.prepare(directing.draft(cast, "reminder"), by=cast.district.actor).id)
    asks.policy = asks.policy | {"needs_answer": True}
    with pytest.raises(IntegrityError), transaction.atomic():
        asks.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Call.objects.filter(id=task.id).update(directive="notice")


def test_bad_instructions_say_what_is_wrong_in_which_field(cast):
    def wrong(directive, **more):
        with pytest.raises(Invalid) as bad:
            instructions.prepare(directing.draft(cast, directive, **more), by=cast.district.actor)
        return set(bad.value.errors)

    assert wrong("reminder", body="走一圈，打卡拍照") == {"body"}
    assert wrong("task", due=-1) == {"result_due"}
    assert wrong("warning") == {"directive"}
    assert wrong("command", title="") == {"title"}


def test_the_wrong_place_and_the_wrong_role_are_refused(cast):
    with pytest.raises(Refused):
        instructions.prepare(directing.draft(cast, "notice"), by=cast.elsewhere.actor)
    with pytest.raises(Refused):
        instructions.prepare(directing.draft(cast, "notice"), by=cast.grid.actor)
    made = instructions.prepare(directing.draft(cast, "notice"), by=cast.district.actor)
    with pytest.raises(Hidden):
        instructions.revise(made.id, directing.draft(cast, "notice"), by=cast.elsewhere.actor)


def test_a_draft_is_kept_changed_and_started_once(cast):
    by = cast.district.actor
    made = instructions.prepare(directing.draft(cast, "command", level="red"), by=by)
    assert made.state == CallState.DRAFT
    changed = instructions.revise(made.id, directing.draft(cast, "task", title="改了"), by=by)
    assert (changed.title, changed.directive, changed.policy_code) == ("改了", "task", "task")
    calls.start(made.id, by=by)
    with pytest.raises(Conflict):
        instructions.revise(made.id, directing.draft(cast, "task"), by=by)


def test_a_red_command_waits_for_a_second_person(cast):
    by = cast.district.actor
    made = instructions.prepare(directing.draft(cast, "command", level="red"), by=by)
    with pytest.raises(Conflict):
        calls.start(made.id, by=by)
    calls.submit(made.id, by=by)
    assert calls.approve(made.id, by=cast.approver.actor).state == CallState.RUNNING


def test_straight_down_copies_whoever_leads_in_between_once(cast):
    """WRN-04: 直达 to the grid; street and community, between the district and it, are told."""
    call = directing.send(cast, "task", copies=True)
    copied = Obligation.objects.filter(call_id=call.id, part="copy")
    assert {c.person_id for c in copied} == {cast.street.person.id, cast.community.person.id}
    assert all(c.state == "told" and cast.places.grid.name in c.why for c in copied)
    assert copies.lay(call.id) == 0
    assert tallies.total(call.id)["copied"] == 2
    assert Receipt.objects.filter(obligation_id__in=copied.values("id")).count() in {0, 2}
    assert tallies.check(call.id) == {}
    assert not Obligation.objects.filter(call_id=directing.send(cast, "task").id, part="copy").exists()


def test_whoever_is_told_directly_gets_no_copy(cast):
    call = directing.send(
        cast, "notice", copies=True, roles=("grid_worker", "community_duty"), paths=(cast.places.community.path,)
    )
    copied = Obligation.objects.filter(call_id=call.id, part="copy")
    assert {c.person_id for c in copied} == {cast.street.person.id}


def test_sent_again_to_those_whom_nothing_reached(cast, monkeypatch):
    """WRN-04: 补发, once a minute."""
    mass.install(monkeypatch, mass.Gateway("sms_http"))
    call = directing.send(cast, "task")
    calling.hand_over(call)
    by = cast.district.actor
    with clock.shifted(dt.timedelta(minutes=5)):
        Receipt.objects.filter(call_id=call.id).update(state="failed", failed_at=clock.now(), reason="busy")
        assert again.count_not_reached(call, cast.places.grid.path) == 1
        assert again.send_again(call.id, by=by, at=cast.places.grid.path) == 1
        assert again.send_again(call.id, by=by, at=cast.places.grid.path) == 0
    with pytest.raises(Refused):
        again.send_again(call.id, by=cast.grid.actor, at=cast.places.grid.path)
    with pytest.raises(Hidden):
        again.send_again(call.id, by=cast.elsewhere.actor, at=cast.places.grid.path)


def test_an_officer_calls_higher_now(cast):
    """WRN-04: 升级 takes the ladder's next rung at once."""
    call = directing.send(cast, "command")
    assert again.raise_now(call.id, by=cast.district.actor, at=cast.places.grid.path) == 1
    climbing.climb()
    assert directing.own(call, cast.grid).rung in {"deputy", "superior"}
    climbing.climb()
    assert tallies.check(call.id) == {}


def test_words_that_come_by_message_are_results_where_one_is_owed(cast, monkeypatch):
    gateway = mass.Gateway("sms_http")
    mass.install(monkeypatch, gateway)
    call = directing.send(cast, "task")
    calling.hand_over(call)

    def says(text, ref):
        word = {"event": ref, "type": "reply", "from": cast.grid.phone, "text": text}
        gateways.take("sms_http", {"events": [word]}, proof=None)
        return directing.result(call, cast.grid)

    assert says("收到", "1").state == "open"
    assert directing.own(call, cast.grid).known_at is not None
    assert says("办不了，路断了", "2").finish == "cannot"
    assert Report.objects.get().words == "办不了，路断了"
    assert tallies.check(call.id) == {}


def test_done_said_to_a_warning_waits_for_a_person(cast, monkeypatch):
    mass.install(monkeypatch, mass.Gateway("sms_http"))
    call = calling.start(cast)
    calling.hand_over(call)
    row = calling.owed(call, cast.grid)
    word = {"event": "1", "type": "reply", "id": str(row.id), "from": cast.grid.phone, "text": "办好了"}
    gateways.take("sms_http", {"events": [word]}, proof=None)
    row.refresh_from_db()
    assert row.state == "open"
    assert Unmatched.objects.get().about == row.id
