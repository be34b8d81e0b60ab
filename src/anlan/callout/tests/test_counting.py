"""WRN-03: the counters of a call are never wrong: differences add up to a recount, also under writers at once."""

import datetime as dt
import itertools
import random
import threading
import time

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from anlan.callout import counting
from anlan.callout.models import Obligation, Receipt
from anlan.callout.services import answers, calls, climbing, receipts, tallies
from anlan.callout.terms import TEMPO, TEMPO_BOUNDS, Answer, How, Report
from anlan.callout.tests import mass
from anlan.callout.tests.test_calling import draft
from anlan.kernel import clock, paths
from anlan.kernel.ids import uuid7

START = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
moments = st.one_of(st.none(), st.integers(0, 9000).map(lambda s: START + dt.timedelta(seconds=s)))
facts = st.builds(
    counting.Facts,
    part=st.sampled_from(["self", "deputy", "superior"]),
    state=st.sampled_from(["open", "met", "lapsed", "void", "told"]),
    rung=st.sampled_from(["self", "deputy", "superior", "door"]), dead=st.booleans(), tries=st.integers(1, 5),
    began_at=st.just(START), due_at=moments, reached_at=moments, met_at=moments,
    met_part=st.sampled_from(["", "self", "deputy", "proxy"]),
)  # fmt: skip
places_ = st.lists(st.integers(1, 3), min_size=1, max_size=5).map(lambda ns: "".join(paths.segment(n) for n in ns))


@given(st.lists(st.tuples(places_, st.lists(facts, min_size=2, max_size=5)), max_size=12))
def test_differences_along_any_history_add_up_to_a_count_of_its_end(histories):
    call, kept, true = uuid7(), counting.deltas(), counting.deltas()
    for path, history in histories:
        counting.moved(kept, call, path, {}, counting.counts(history[0]))
        for before, after in itertools.pairwise(history):
            counting.moved(kept, call, path, counting.counts(before), counting.counts(after))
        counting.moved(true, call, path, {}, counting.counts(history[-1]))
    clean = [{k: {c: n for c, n in r.items() if n} for k, r in counting.upward(d).items()} for d in (kept, true)]
    assert {k: r for k, r in clean[0].items() if r} == {k: r for k, r in clean[1].items() if r}


@given(st.lists(st.floats(0, 20_000), min_size=1, max_size=200), st.floats(0.01, 1))
def test_a_quantile_lies_in_the_stretch_where_the_true_one_lies(times, share):
    row = dict.fromkeys(TEMPO, 0)
    for t in times:
        row[counting.stretch(t)] += 1
    exact = sorted(times)[max(0, -(-int(share * len(times) * 1e9) // 10**9) - 1)]
    got = counting.quantile(counting.tempo(row), share)
    bounds = [0, *TEMPO_BOUNDS, float("inf")]
    i = TEMPO.index(counting.stretch(exact))
    assert got is not None
    assert bounds[max(i - 1, 0)] <= got <= bounds[min(i + 2, len(bounds) - 1)]


def test_writers_at_once_leave_the_counters_true(live_db, monkeypatch):
    mass.load(400, deputies=0.5, dead=0.05)
    mass.install(monkeypatch, mass.Gateway("sms_http"), mass.Gateway("voice_http", needs="phone"))
    by = mass.officer()
    call = calls.start(calls.prepare(draft(policy="red"), by=by).id, by=by, now=True, reason="试")
    mass.drain()
    ids = list(Obligation.objects.filter(call_id=call.id).values_list("id", flat=True))
    keys = list(Receipt.objects.filter(call_id=call.id).values_list("id", flat=True))
    until, broken = time.monotonic() + 4, []

    def run(act, seed):
        dice = random.Random(seed)
        try:
            while time.monotonic() < until:
                act(dice)
        except Exception as raised:  # noqa: BLE001
            broken.append(raised)
        finally:
            connection.close()

    def answering(dice):
        hows = [How.LINK, How.KEY, How.READ, How.LISTENED]
        answers.answer_many([
            Answer(dice.choice(hows), obligation=i, seconds=dice.choice([3, 30]), declined=dice.random() < 0.1)
            for i in dice.sample(ids, 9)
        ])  # fmt: skip

    def reporting(dice):
        states = ["delivered", "read", "failed"]
        receipts.report_many([
            Report(k, dice.choice(states), dead=dice.random() < 0.2) for k in dice.sample(keys, 12)
        ])  # fmt: skip

    def climbing_on(dice):
        with clock.shifted(dt.timedelta(seconds=dice.choice([0, 110, 210, 310, 500, 800]))):
            climbing.climb_chunk(40)

    def proxying(dice):
        answers.proxy(dice.choice(ids), by=by, how="上门")

    acts = [answering, answering, reporting, climbing_on, proxying, lambda _: mass.drain(limit=3)]
    threads = [threading.Thread(target=run, args=(act, i)) for i, act in enumerate(acts)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert broken == []
    mass.drain()
    assert tallies.check(call.id) == {}
    counts = tallies.total(call.id)
    assert counts["owed"] == 400
    assert counts["answered"] > 20
    assert sum(counts[c] for c in ("answered", "covered", "proxied", "silent")) == 400


@pytest.mark.django_db
def test_a_wrong_counter_is_found_and_mended(monkeypatch):
    mass.load(20)
    mass.install(monkeypatch, mass.Gateway("sms_http"))
    by = mass.officer()
    call = calls.start(calls.prepare(draft(), by=by).id, by=by)
    mass.drain()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE callout_tally SET owed = owed + 1 WHERE call_id = %s AND place_path = '0001'", [call.id])
    assert tallies.check(call.id) == {"0001": {"owed": (21, 20)}}
    tallies.check(call.id, mend=True)
    assert tallies.check(call.id) == {}
