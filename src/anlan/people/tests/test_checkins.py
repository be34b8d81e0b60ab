"""PLC-09: double check-in (双报到): registered once, confirmed by the community, claims, erased on wish."""

import datetime as dt

import pytest
from django.db import connection

from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused, machine
from anlan.ledger.models import Entry
from anlan.people import queries, secrecy, services, terms
from anlan.people.models import Checkin, Claim, Person, Task
from anlan.people.services import CheckinDraft, TaskDraft
from anlan.places import services as _places

PAGE = machine("people.checkin")
SOON = dt.timedelta(hours=3)


def somebody(n=1, **more):
    return CheckinDraft(**({"name": f"报到人{n}", "phone": f"1390000{n:04d}", "estate": "竹苑小区"} | more))


def listed(cast, n=1, **more):
    at = cast.places.community.path
    one, _new = services.register(somebody(n, **more), place_path=at, by=PAGE, source="self")
    services.confirm_checkins([one.id], by=cast.community.actor)
    one.refresh_from_db()
    return one


def me(one):
    return queries.actor_of_person(one.person_id)


def post(cast, wanted=1, **more):
    said = {"title": "楼道清理", "where": "3 号楼", "starts_at": clock.now() + SOON, "wanted": wanted}
    return services.post_task(
        TaskDraft(**(said | more)), place_path=cast.places.community.path, by=cast.community.actor
    )


def test_registering_twice_is_once_and_somebody_known_stays_one_person(cast):
    at = cast.places.community.path
    first, new = services.register(somebody(skills=["手语"], times=["night"]), place_path=at, by=PAGE)
    again, newer = services.register(somebody(), place_path=at, by=PAGE)
    assert (new, newer, again.id) == (True, False, first.id)
    known, _new = services.register(
        somebody(name=cast.grid.name, phone=cast.grid.phone), place_path=at, by=cast.community.actor
    )
    assert known.person_id == cast.grid.person.id
    assert Entry.objects.filter(did=terms.Did.CHECKED_IN).count() == 2
    assert first.skills == ["手语"]
    assert first.party is None


def test_bad_input_says_what_is_wrong(cast):
    with pytest.raises(Invalid) as wrong:
        services.register(
            CheckinDraft(name="", phone="12", estate="x" * 61, skills=["飞天"], times=["never"]),
            place_path=cast.places.community.path, by=PAGE,
        )  # fmt: skip
    assert set(wrong.value.errors) == {"name", "phone", "estate", "skills", "times"}
    with pytest.raises(Invalid) as where:
        services.register(somebody(), place_path=cast.places.street.path, by=PAGE)
    assert set(where.value.errors) == {"place"}
    assert not Checkin.objects.exists()


def test_one_community_at_a_time(cast):
    one = listed(cast)
    other = cast.places.community
    second = services_place(cast)
    with pytest.raises(Conflict):
        services.register(somebody(), place_path=second.path, by=PAGE)
    services.withdraw_checkin(one.id, by=me(one))
    made, new = services.register(somebody(), place_path=second.path, by=PAGE)
    assert new
    assert made.place_path != other.path


def services_place(cast):
    from_above = cast.places.street
    return _places.add(from_above, name="江口社区", level="community", code="519901001002", by=PAGE)


def test_only_its_community_sees_a_registration(cast):
    """PLC-09: the community and its street see names; the district counts; nobody else anything."""
    one = listed(cast)
    at = queries.CheckinFilter()
    assert [c.id for c in queries.list_checkins(at, by=cast.community.actor)] == [one.id]
    assert [c.id for c in queries.list_checkins(at, by=cast.street.actor)] == [one.id]
    for who in (cast.district, cast.city, cast.grid, cast.elsewhere, cast.admin):
        assert not queries.list_checkins(at, by=who.actor).exists()
        with pytest.raises(Hidden):
            queries.checkin(one.id, by=who.actor)
        assert one.person_id not in {p.id for p in queries.list_persons(queries.PersonFilter(), by=who.actor)}
    spots, bodies = queries.checkin_counts(cast.places.district.path, by=cast.district.actor)
    assert [(c.name, c.listed, c.waiting) for c in spots] == [("柳荫街道", 1, 0)]
    assert [(c.name, c.listed) for c in bodies] == [("", 1)]
    with pytest.raises(Refused):
        queries.checkin_counts(cast.places.district.path, by=cast.elsewhere.actor)
    with pytest.raises(Hidden):
        services.confirm_checkins([one.id], by=cast.elsewhere.actor)


def test_confirming_a_mass_is_all_or_nothing_and_twice_is_once(cast):
    at = cast.places.community.path
    made = [services.register(somebody(n), place_path=at, by=PAGE)[0].id for n in range(5)]
    assert services.confirm_checkins(made, by=cast.community.actor) == 5
    assert services.confirm_checkins(made, by=cast.community.actor) == 0
    assert Entry.objects.filter(did=terms.Did.CHECKIN_CONFIRMED).count() == 5
    with pytest.raises(Hidden):
        services.confirm_checkins([*made, cast.grid.person.id], by=cast.community.actor)


def test_a_personal_link_opens_one_registration_only(cast):
    one = listed(cast)
    token = queries.link_token(one.id)
    assert queries.by_token(token).id == one.id
    other = ("A" if token[0] != "A" else "B") + token[1:]  # the last sign carries idle bits
    for wrong in (other, token[:20], "", "你好", "A" * 43):
        with pytest.raises(Hidden):
            queries.by_token(wrong)


def test_declined_and_withdrawn_are_left_alone(cast):
    at = cast.places.community.path
    one, _new = services.register(somebody(), place_path=at, by=PAGE)
    with pytest.raises(Invalid):
        services.decline_checkin(one.id, "", by=cast.community.actor)
    services.decline_checkin(one.id, "不住在本社区", by=cast.community.actor)
    with pytest.raises(Conflict):
        services.withdraw_checkin(one.id, by=me(one))
    with pytest.raises(Conflict):
        services.change_checkin(one.id, somebody(skills=["急救"]), by=me(one))
    again, new = services.register(somebody(), place_path=at, by=PAGE)
    assert new
    services.withdraw_checkin(again.id, by=me(one))
    services.withdraw_checkin(again.id, by=me(one))
    assert Entry.objects.filter(did=terms.Did.CHECKIN_WITHDRAWN).count() == 1


def test_what_is_erased_is_gone(cast):
    """PLC-09: erased on wish: the person's row too, where nothing else needs it; the ledger keeps a pseudonym."""
    one = listed(cast)
    known, _new = services.register(
        somebody(name=cast.grid.name, phone=cast.grid.phone), place_path=cast.places.community.path, by=PAGE
    )
    services.erase_checkin(one.id, by=me(one))
    services.erase_checkin(known.id, by=me(known))
    assert not Checkin.objects.exists()
    assert not Person.objects.filter(id=one.person_id).exists()
    assert Person.objects.filter(id=cast.grid.person.id).exists()
    with connection.cursor() as cursor:
        for table in ("people_person", "people_checkin", "ledger_entry"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%%报到人1%%'")
            assert cursor.fetchone() == (0,), table


def test_a_number_is_stored_encrypted_and_shown_with_a_reason_only(cast):
    one = listed(cast)
    assert secrecy.decrypt(bytes(Person.objects.get(id=one.person_id).phone_cipher)) == "13900000001"
    with pytest.raises(Invalid):
        services.reveal_checkin(one.id, "", by=cast.community.actor)
    assert services.reveal_checkin(one.id, "打电话核实", by=cast.community.actor) == "13900000001"
    with pytest.raises(Hidden):
        services.reveal_checkin(one.id, "看看", by=cast.district.actor)
    with connection.cursor() as cursor:
        for table in ("people_person", "people_checkin", "ledger_entry"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%%13900000001%%'")
            assert cursor.fetchone() == (0,), table


# --- the board


def test_claims_fill_wait_and_move_up(cast):
    """PLC-09: limits, a waiting list, free withdrawal; confirmed done with one tap."""
    task = post(cast)
    one, two = listed(cast, 1), listed(cast, 2)
    assert services.claim_task(task.id, one.id, by=me(one)).state == "claimed"
    assert services.claim_task(task.id, one.id, by=me(one)).state == "claimed"
    assert services.claim_task(task.id, two.id, by=me(two)).state == "waiting"
    services.leave_task(task.id, one.id, by=me(one))
    services.leave_task(task.id, one.id, by=me(one))
    assert Claim.objects.get(checkin=two).state == "claimed"
    services.finish_task(task.id, by=cast.community.actor)
    services.finish_task(task.id, by=cast.community.actor)
    assert Claim.objects.get(checkin=two).state == "done"
    assert Entry.objects.filter(did=terms.Did.TASK_DONE).count() == 1
    with pytest.raises(Conflict):
        services.claim_task(task.id, one.id, by=me(one))
    services.close_task(task.id, by=cast.community.actor)
    assert Task.objects.get().state == "closed"


def test_who_leaves_altogether_makes_room(cast):
    task = post(cast)
    one, two = listed(cast, 1), listed(cast, 2)
    for who in (one, two):
        services.claim_task(task.id, who.id, by=me(who))
    services.withdraw_checkin(one.id, by=me(one))
    assert Claim.objects.get(checkin=two).state == "claimed"


def test_a_task_asks_for_what_it_needs(cast):
    task = post(cast, skills=["手语"])
    plain, able = listed(cast, 1), listed(cast, 2, skills=["手语"])
    with pytest.raises(Invalid):
        services.claim_task(task.id, plain.id, by=me(plain))
    services.claim_task(task.id, able.id, by=me(able))
    assert [(o.task.id, o.fits, o.mine) for o in queries.offers(plain)] == [(task.id, False, "")]
    assert [(o.left, o.mine) for o in queries.offers(able)] == [(0, "claimed")]
    waits, _new = services.register(somebody(3, skills=["手语"]), place_path=cast.places.community.path, by=PAGE)
    with pytest.raises(Conflict):
        services.claim_task(task.id, waits.id, by=me(waits))
    with pytest.raises(Hidden):
        services.claim_task(task.id, able.id, by=me(plain))


def test_the_board_refuses_wrong_place_and_bad_input(cast):
    with pytest.raises(Refused):
        services.post_task(
            TaskDraft("清理", "门口", clock.now(), 1), place_path=cast.places.community.path, by=cast.elsewhere.actor
        )
    with pytest.raises(Invalid) as wrong:
        post(cast, wanted=0, title="", where="", starts_at=None, skills=["飞天"])
    assert set(wrong.value.errors) == {"title", "where", "starts_at", "wanted", "skills"}
    task = post(cast)
    with pytest.raises(Hidden):
        services.finish_task(task.id, by=cast.elsewhere.actor)
    services.cancel_task(task.id, by=cast.community.actor)
    with pytest.raises(Conflict):
        services.finish_task(task.id, by=cast.community.actor)


def test_no_column_counts_or_ranks_anybody():
    """PLC-09, domain-facts B14: no points, no hours, no ranking of persons."""
    names = {field.name for model in (Checkin, Claim, Task) for field in model._meta.get_fields()}
    assert not {name for name in names for word in ("point", "score", "hour", "rank") if word in name}
