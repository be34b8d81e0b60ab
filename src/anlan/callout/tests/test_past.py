"""An invented past is made of real rows: counters, sums and entries agree with it."""

import datetime as dt

import pytest

from anlan.callout.models import Call, Obligation
from anlan.callout.queries import statistics as queries
from anlan.callout.services import past, statistics, tallies
from anlan.callout.tests import mass
from anlan.callout.tests.test_statistics import asked, kept
from anlan.kernel import clock
from anlan.ledger.models import Entry
from anlan.people.terms import Targeting

pytestmark = pytest.mark.django_db


def laid(count=400, **values):
    mass.load(count, deputies=0.5)
    at = clock.now() - dt.timedelta(days=1)
    one = past.Past("暴雨黄色预警", "看看积水点", "yellow", "暴雨", Targeting((mass.ROOT,)), at, **values)
    return past.lay([one], by=mass.BY)


def test_a_past_call_is_a_call_like_any_other():
    assert laid() == 427
    call = Call.objects.get()
    assert tallies.check(call.id) == {}
    total = queries.total(asked())
    assert total.due == 427
    assert 0.8 < total.of("in_time") / 427 < 1
    month = statistics.month_of(call.started_at)
    assert kept(month) == statistics.recount(month)
    assert Entry.objects.filter(chain=call.chain_id).count() == 3
    assert set(Obligation.objects.values_list("met_part", flat=True)) == {"", "self", "deputy", "proxy"}


def test_the_same_city_has_the_same_past():
    laid(60)
    first = tallies.total(Call.objects.get().id)
    one = past.Past("再来一次", "看看积水点", "yellow", "暴雨", Targeting((mass.ROOT,)), clock.now())
    past.lay([one], by=mass.BY)
    assert tallies.total(Call.objects.latest("id").id) == first


def test_an_exercise_of_the_past_stays_apart():
    laid(30, drill=True)
    assert queries.total(asked()).due == 0
    assert queries.total(asked(drill=True)).due == 57
