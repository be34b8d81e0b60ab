"""SEN-01, SEN-04: the small city has instruments with days behind them, some out of order; they follow the storm."""

import datetime as dt
from collections import Counter

import pytest

from anlan.kernel import clock
from anlan.kernel.authority import machine
from anlan.sensing.batches import micros
from anlan.sensing.models import Alarm, Datastream, Latest, Observation, Rejected, Rule, Thing, Unclaimed
from anlan.sensing.services import evaluating, observing
from anlan.web.city import load, rainfall, sensing
from anlan.web.city.instruments import Field

pytestmark = pytest.mark.django_db


def test_instruments_have_a_past_and_follow_the_storm():
    load.load_town("community", 7)
    assert sensing.lay("community", 7, by=machine("test")) == Thing.objects.count() == 300
    kinds = Counter(Thing.objects.values_list("kind", flat=True))
    assert set(kinds) == {"rain", "river", "waterlog", "smoke", "gas", "shed", "lift"}
    assert Rule.objects.filter(state="on").count() == 8
    past = Counter(Alarm.objects.values_list("kind", "verdict", "state"))
    assert past == {
        ("threshold", "false", "closed"): 3, ("threshold", "real", "closed"): 1, ("silence", "", "raised"): 1,
    }, "one false or real each, and a gauge that nobody hears"  # fmt: skip
    assert not Observation.objects.exclude(mark=0).exists(), "none of the past counts as late or doubtful"
    assert Unclaimed.objects.get().device == "NB-86-0117"
    assert Rejected.objects.count() == 2
    assert Thing.objects.filter(battery__lt=0.1).count() == 1
    assert Thing.objects.filter(calibration_due__lt=clock.local(clock.now()).date()).count() == 1
    silent = Latest.objects.exclude(silent_since=None).values_list("stream__thing__properties__quiet", flat=True)
    assert set(silent) == {True}

    field, again = Field(7), Field(7)
    assert len(field) == Datastream.objects.count()
    before = -1.0
    for n in range(18):
        share, moment = n / 20, micros(clock.now()) + n * 1_000_000
        batch, same = field.now(moment, share, before), again.now(moment, share, before)
        assert (batch.value == same.value).all(), "nothing is random without the seed"
        observing.take(batch)
        before = share
    evaluating.run_once()
    raised = Counter(Alarm.objects.filter(verdict="").values_list("thing__kind", flat=True))
    assert {"rain", "river", "waterlog", "smoke", "lift"} <= set(raised)
    with clock.shifted(dt.timedelta(minutes=1)):
        assert 0 < sensing.look() <= sensing.AT_ONCE
    assert Alarm.objects.filter(state="raised").exists(), "a visitor finds some to look at"


def test_water_follows_rain():
    begin = rainfall.begins([0, 5, 9])
    assert rainfall.rain(0, 1, 1.0, begin)[0] > 60 > rainfall.rain(0, 1, 1.0, begin)[2] > 0
    assert rainfall.standing(0.6, begin)[0] > 0.5 > rainfall.standing(1.3, begin)[0]
    assert rainfall.risen(0.4) < rainfall.risen(0.9) > rainfall.risen(1.7)
