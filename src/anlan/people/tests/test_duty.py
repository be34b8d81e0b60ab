"""RPT-01: the duty roster: laid, published, corrected; who is on duty; substitutions and swaps; gaps."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused, machine
from anlan.ledger.models import Entry
from anlan.people import queries, services, terms
from anlan.people.models import RotaVersion, ShiftGap, ShiftSeat
from anlan.people.terms import Targeting
from anlan.people.tests.watch import BY, chinese, coming, running, street_watch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chinese")]
HOUR = dt.timedelta(hours=1)
__all__ = ["chinese"]  # a fixture


def did(kind):
    return list(Entry.objects.filter(did=kind).order_by("id"))


# --- laying and publishing


def test_a_draft_says_nothing_of_who_is_on_duty_and_a_published_month_does(cast):
    watch = street_watch(cast, publish=False)
    assert queries.on_duty() == []
    services.publish(watch.rota.id, watch.month, by=cast.street.actor)
    there = queries.on_duty([cast.places.district.path])
    assert [one.position for one in there] == ["leader", "officer"]
    assert {one.phone for one in there} == {"05198600119"}
    assert queries.on_duty([cast.places.other_district.path]) == []
    assert queries.on_duty([cast.places.district.path], below=False) == []
    assert services.publish(watch.rota.id, watch.month, by=BY).version == 1  # twice is once
    assert len(did(terms.Did.ROTA_PUBLISHED)) == 1
    with pytest.raises(Conflict):
        services.lay_month(watch.rota.id, watch.month, by=BY)


def test_who_is_on_duty_is_one_query_however_many_rotas(cast):
    street_watch(cast)
    with CaptureQueriesContext(connection) as asked:
        queries.on_duty()
    assert len(asked) == 1


def test_a_rota_is_kept_by_whoever_may_there_and_hidden_elsewhere(cast):
    watch = street_watch(cast)
    seat = coming(watch)
    with pytest.raises(Hidden):
        queries.rota(watch.rota.id, by=cast.elsewhere.actor)
    with pytest.raises(Hidden):
        services.put(seat.id, None, by=cast.elsewhere.actor)
    with pytest.raises(Refused):
        services.put(seat.id, None, by=watch.actor("袁方"))
    with pytest.raises(Refused):
        services.make_rota(services.RotaDraft("甲", cast.places.city.path), by=cast.street.actor)
    assert queries.rota(watch.rota.id, by=watch.actor("袁方")).id == watch.rota.id


def test_a_rota_says_every_field_that_is_wrong(cast):
    wrong = services.RotaDraft("", cast.places.street.path, needs={}, phone="12", rest_hours=1000)
    with pytest.raises(Invalid) as caught:
        services.make_rota(wrong, by=BY)
    assert set(caught.value.errors) == {"name", "needs", "phone", "rest_hours"}


def test_a_seat_is_corrected_by_hand_with_its_version_and_never_twice_at_once(cast):
    watch = street_watch(cast)
    seat = coming(watch)
    leader = ShiftSeat.objects.get(shift=seat.shift, position="leader")
    with pytest.raises(Invalid) as caught:
        services.put(seat.id, leader.person_id, by=cast.street.actor)
    assert caught.value.errors == {"person": "这段时间他另有一班"}
    other = next(p for p in watch.people.values() if p.id not in {seat.person_id, leader.person_id})
    before = RotaVersion.objects.count()
    for _twice in range(2):
        services.put(seat.id, other.id, by=cast.street.actor, reason="临时有会")
    seat.refresh_from_db()
    assert (seat.person_id, seat.sequence) == (other.id, 1)
    assert RotaVersion.objects.count() == before + 1
    assert len(did(terms.Did.SEAT_PUT)) == 1


def test_rest_between_shifts_and_leave_are_kept(cast):
    watch = street_watch(cast, rest=20, needs={"officer": 1})
    seat = coming(watch, after=2)
    before = coming(watch, after=1)
    with pytest.raises(Invalid) as caught:
        services.put(seat.id, before.person_id, by=cast.street.actor)
    assert "不到 20 小时" in caught.value.errors["person"]
    holding = cast.street.holding
    services.set_away(holding.id, seat.ends_at + HOUR, since=seat.starts_at - HOUR, by=cast.street.actor)
    with pytest.raises(Invalid) as caught:
        services.put(seat.id, cast.street.person.id, by=cast.street.actor)
    assert caught.value.errors == {"person": "这段时间他在休假"}


def test_leave_known_before_is_kept_by_the_turns(cast):
    services.set_away(cast.street.holding.id, clock.now() + dt.timedelta(days=40), by=cast.street.actor)
    watch = street_watch(cast, publish=False)
    assert not ShiftSeat.objects.filter(rota=watch.rota, person=cast.street.person, ends_at__gt=clock.now()).exists()


def test_a_closed_rota_is_nobodys_duty(cast):
    watch = street_watch(cast)
    services.close_rota(watch.rota.id, "并入区里", by=cast.street.actor)
    assert queries.on_duty() == []
    with pytest.raises(Conflict):
        services.lay_month(watch.rota.id, watch.month, by=BY)


# --- targeting


def called(cast, **narrowed):
    return {t.name for t in queries.take(Targeting((cast.places.street.path,), on_duty=True, **narrowed))}


def test_on_duty_means_a_shift_running_now(cast):
    """RPT-01, WRN-03: of a place and role that a rota covers, only whoever has a shift now is called."""
    assert called(cast) == {"吴晓燕", "何秀兰", "李小满"}
    watch = street_watch(cast)
    services.put(running(watch, "leader").id, cast.street.person.id, by=BY)
    officer = running(watch).person.name
    assert called(cast) == {"吴晓燕", "何秀兰", "李小满", officer}
    assert {t.name for t in queries.take(Targeting((cast.places.street.path,)))} > called(cast)
    services.put(running(watch, "leader").id, watch.people["马立新"].id if officer != "马立新" else None, by=BY)
    assert "吴晓燕" in called(cast)  # nobody of her role is on duty: as where there is no rota


def test_a_hole_in_the_rota_never_means_that_nobody_is_called(cast):
    watch = street_watch(cast)
    for position in ("leader", "officer"):
        services.put(running(watch, position).id, None, by=BY)
    assert "吴晓燕" in called(cast)


def test_the_deputy_on_duty_is_called_in_place_of_the_holder_who_is_not(cast):
    watch = street_watch(cast)
    deputy = watch.people["马立新"]
    services.appoint(cast.street.post.id, deputy.id, by=BY, seat="B")
    services.put(running(watch, "leader").id, None, by=BY)
    services.put(running(watch).id, deputy.id, by=BY)
    assert "吴晓燕" not in called(cast, roles=("street_duty",))
    assert called(cast, roles=("street_duty",)) == {"马立新"}


def test_holders_on_duty_come_first_and_fall_back(cast):
    watch = street_watch(cast)
    second = services.create_post(services.PostDraft("street_duty", cast.places.street.path), by=BY)
    services.appoint(second.id, watch.people["丁一鸣"].id, by=BY)
    for seat, who in (("leader", None), ("officer", "丁一鸣")):
        services.put(running(watch, seat).id, watch.people[who].id if who else None, by=BY)
    at = cast.places.street.path
    assert queries.holders("alerts.receive", at=at, on_duty=True)[0].name == "丁一鸣"
    assert "吴晓燕" not in {t.name for t in queries.holders("alerts.receive", at=at, on_duty=True)}
    assert {"吴晓燕", "丁一鸣"} <= {t.name for t in queries.holders("alerts.receive", at=at)}


def test_the_ordinary_path_does_not_ask_about_duty():
    assert "people_shiftseat" not in queries.targets(Targeting(("0001",)))[0]


# --- substitution and swap


def test_another_takes_my_shift_once_they_agree(cast):
    watch = street_watch(cast)
    seat = coming(watch)
    mine = watch.actor(seat.person.name)
    leader = ShiftSeat.objects.get(shift=seat.shift, position="leader").person_id
    taker = next(p for n, p in watch.people.items() if p.id not in {seat.person_id, leader})
    made = services.ask_change(seat.id, taker=taker.id, reason="孩子发烧", by=mine)
    with pytest.raises(Conflict):
        services.ask_change(seat.id, taker=taker.id, by=mine)
    with pytest.raises(Refused):
        services.agree_change(made.id, by=mine)
    with pytest.raises(Hidden):
        services.agree_change(made.id, by=cast.grid.actor)
    for _twice in range(2):
        assert services.agree_change(made.id, by=watch.actor(taker.name)).state == "done"
    seat.refresh_from_db()
    assert (seat.person_id, seat.sequence) == (taker.id, 1)
    assert len(did(terms.Did.SHIFT_CHANGED)) == 1
    assert list(queries.unseen_changes(watch.rota)) == [made]
    services.see_change(made.id, by=cast.street.actor)
    assert not queries.unseen_changes(watch.rota)
    with pytest.raises(Conflict):
        services.withdraw_change(made.id, by=mine)


def test_two_shifts_change_their_holders(cast):
    watch = street_watch(cast)
    one = coming(watch)
    two = next(s for s in (coming(watch, after=n) for n in (2, 3, 4)) if s.person_id != one.person_id)
    made = services.ask_change(one.id, other_seat=two.id, by=watch.actor(one.person.name))
    assert made.kind == "swap"
    services.agree_change(made.id, by=watch.actor(two.person.name))
    first, second = ShiftSeat.objects.get(id=one.id), ShiftSeat.objects.get(id=two.id)
    assert (first.person_id, second.person_id) == (two.person_id, one.person_id)


def test_a_swap_that_would_break_a_rule_is_refused_when_asked_and_again_when_agreed(cast):
    watch = street_watch(cast)
    seat = coming(watch)
    leader = ShiftSeat.objects.select_related("person").get(shift=seat.shift, position="leader")
    free = next(p for p in watch.people.values() if p.id not in {seat.person_id, leader.person_id})
    with pytest.raises(Invalid) as caught:
        services.ask_change(seat.id, taker=leader.person_id, by=watch.actor(seat.person.name))
    assert "对方不能接：这段时间他另有一班" in caught.value.errors["taker"]
    made = services.ask_change(seat.id, taker=free.id, by=watch.actor(seat.person.name))
    services.put(leader.id, free.id, by=BY)  # meanwhile the keeper gives them another seat of the same shift
    with pytest.raises(Invalid):
        services.agree_change(made.id, by=watch.actor(free.name))
    made.refresh_from_db()
    assert made.state == "asked"


def test_nobody_gives_away_what_is_not_theirs_or_has_begun(cast):
    watch = street_watch(cast)
    seat = coming(watch)
    other = next(n for n, p in watch.people.items() if p.id != seat.person_id)
    with pytest.raises(Hidden):
        services.ask_change(seat.id, taker=seat.person_id, by=watch.actor(other))
    now = running(watch)
    with pytest.raises(Conflict):
        services.ask_change(now.id, taker=watch.people[other].id, by=watch.actor(now.person.name))
    with pytest.raises(Invalid):
        services.ask_change(seat.id, taker=cast.grid.person.id, by=watch.actor(seat.person.name))


def test_a_question_ends_by_no_by_withdrawal_or_when_the_shift_begins(cast):
    watch = street_watch(cast)
    ended = []
    for n, end in ((1, "declined"), (2, "withdrawn"), (3, "lapsed")):
        seat = coming(watch, after=n)
        busy = set(ShiftSeat.objects.filter(shift=seat.shift).values_list("person_id", flat=True))
        taker = next(p for p in watch.people.values() if p.id not in busy)
        mine = watch.actor(seat.person.name)
        made = services.ask_change(seat.id, taker=taker.id, by=mine)
        if end == "declined":
            services.decline_change(made.id, by=watch.actor(taker.name))
        elif end == "withdrawn":
            services.withdraw_change(made.id, by=mine)
        else:
            with clock.shifted(seat.starts_at - clock.now() + HOUR):
                assert services.lapse_changes(by=machine("people.duty-watch")) == 1
        made.refresh_from_db()
        ended.append(made.state)
    assert ended == ["declined", "withdrawn", "lapsed"]


# --- gaps


def test_a_hole_is_found_told_once_and_closed_when_filled(cast):
    watch = street_watch(cast)
    by = machine("people.duty-watch")
    services.watch_gaps(by=by)
    services.watch_gaps(by=by)
    assert not ShiftGap.objects.exists()
    seat = running(watch)
    was = seat.person_id
    services.put(seat.id, None, by=BY)
    assert services.watch_gaps(by=by) == (1, 0)
    assert services.watch_gaps(by=by) == (0, 0)
    (gap,) = queries.gaps(cast.district.actor)
    assert (gap.seat_id, gap.reason) == (seat.id, "empty")
    assert not queries.gaps(cast.elsewhere.actor)
    services.put(seat.id, was, by=BY)
    assert services.watch_gaps(by=by) == (0, 1)
    assert len(did(terms.Did.GAP_OPENED)) == len(did(terms.Did.GAP_CLOSED)) == 1


def test_a_holder_who_left_is_on_leave_or_has_a_dead_number_is_a_hole(cast):
    watch = street_watch(cast, needs={"officer": 1})
    by, seat = machine("people.duty-watch"), running(watch)
    holding = seat.person.holdings.get(until=None)
    services.mark_reach([seat.person_id], reach="dead", by=machine("check"))
    services.watch_gaps(by=by)
    services.set_away(holding.id, clock.now() + HOUR, by=BY)
    services.watch_gaps(by=by)
    services.release(holding.id, by=BY)
    services.watch_gaps(by=by)
    there = ShiftGap.objects.filter(seat=seat).order_by("opened_at")
    assert [(g.reason, g.closed_at is None) for g in there] == [("number", False), ("away", False), ("left", True)]
