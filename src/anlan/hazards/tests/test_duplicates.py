"""HZD-01, "Duplicates": near ones before submission, merged with every reporter kept, recurrences linked."""

import datetime as dt
import uuid

import pytest

from anlan.hazards import queries, services
from anlan.hazards.models import Hazard, KindRow
from anlan.hazards.terms import Did, Found
from anlan.hazards.tests.finding import STAIRS, WIRES, assigned, closed, find
from anlan.hazards.tests.test_loop import told
from anlan.kernel import clock
from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused

pytestmark = pytest.mark.django_db


def test_near_ones_are_shown_before_submission(cast, django_assert_max_num_queries):
    here = {"lon": 104.1, "lat": 30.6}
    made = find(cast.grid, STAIRS, **here)
    find(cast.grid, WIRES, **here)
    find(cast.grid, STAIRS, lon=104.2, lat=30.6)
    by = cast.grid.actor
    with django_assert_max_num_queries(2):  # one to see whether the map changed, one for what is near
        found = queries.near(Found(text="3栋楼道里全是纸箱", lon=104.1002, lat=30.6), by=by)
    assert [one.hazard.id for one in found] == [made.id]
    assert found[0].away == pytest.approx(19, abs=2)
    assert Hazard.objects.count() == 3, "nothing is stored"
    with pytest.raises(Refused):
        queries.near(Found(text="x"), by=cast.nobody.actor)


def test_merged_keeps_and_tells_every_reporter(cast):
    here = {"place": cast.places.grid.path}
    lead, other, third = assigned(cast), find(cast.street, "楼道纸箱", **here), find(cast.district, **here)
    services.merge(third.id, other.id, by=cast.community.actor)
    made = services.merge(other.id, lead.id, by=cast.community.actor)
    third.refresh_from_db()
    assert (made.state, made.lead_id, third.lead_id) == ("merged", lead.id, lead.id)
    assert {one.reported_name for one in queries.merged(lead)} == {"吴晓燕", "周建平"}
    assert told(other)[0][0] == cast.street.person.id
    services.rectify(lead.id, "清走了", by=cast.community.actor)
    services.accept(lead.id, "通了", by=cast.street.actor)
    assert "销号" in told(third)[-1][1]
    with pytest.raises(Conflict):
        services.confirm(other.id, grade="general", by=cast.community.actor)
    made = services.part(other.id, "不是一处", by=cast.community.actor)
    assert (made.state, made.lead_id) == ("reported", None)


def test_what_cannot_be_one_is_not_merged(cast):
    one, done = find(cast.grid), closed(cast)
    with pytest.raises(Invalid, match="自己"):
        services.merge(one.id, one.id, by=cast.community.actor)
    with pytest.raises(Invalid, match="已销号"):
        services.merge(one.id, done.id, by=cast.community.actor)
    with pytest.raises(Refused):
        services.merge(one.id, find(cast.grid).id, by=cast.grid.actor)
    with pytest.raises(Hidden):
        services.merge(one.id, find(cast.grid).id, by=cast.elsewhere.actor)


def test_withdrawn_hands_on_what_was_merged_into_it(cast):
    here = {"place": cast.places.grid.path}
    lead, one, two = find(cast.grid), find(cast.street, **here), find(cast.district, **here)
    for other in (one, two):
        services.merge(other.id, lead.id, by=cast.community.actor)
    services.withdraw(lead.id, "看错楼了", by=cast.grid.actor)
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.state, one.lead_id, two.state, two.lead_id) == ("reported", None, "merged", one.id)
    with pytest.raises(Hidden):
        services.withdraw(one.id, "报错了", by=cast.grid.actor)


def test_twice_is_once(cast):
    client = uuid.uuid4()
    one, again = (find(cast.grid, client=client) for _ in range(2))
    assert (one.id, Hazard.objects.count()) == (again.id, 1)
    assert find(cast.street, client=client).id != one.id


def test_numbers_follow_each_other_within_a_year(cast):
    one, two = find(cast.grid).number, find(cast.grid).number
    assert (one[-5:], two[-5:]) == ("00001", "00002")
    with clock.shifted(dt.timedelta(days=366)):
        assert find(cast.grid).number.endswith("-00001")


def test_a_recurrence_is_linked(cast):
    KindRow.objects.create(code="t-stairs", name="楼道堆物", words="x", published_at=clock.now(), trade="fire")
    values = {"kind": "t-stairs", "where": "3 栋"}
    first = closed(cast, **values)
    assert first.trade == "fire"
    again = find(cast.grid, **values)
    assert again.recurs_id == first.id
    assert find(cast.grid, kind="t-stairs", where="9 栋").recurs_id is None
    with clock.shifted(dt.timedelta(days=181)):
        assert find(cast.grid, **values).recurs_id is None
    assert [h.id for h in queries.hazards(queries.Filter(recurring=True), by=cast.street.actor)] == [again.id]
    assert Did.REOPENED in queries.acts(first, by=cast.community.actor)
