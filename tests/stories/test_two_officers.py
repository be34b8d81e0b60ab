"""WRN-03, PLT-05: two officers act on the same thing at the same moment: one wins, the other is told what it is now."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from anlan.alerts.services import linkage
from anlan.callout.models import Obligation
from anlan.callout.services import calls
from anlan.kernel.authority import Conflict
from anlan.ledger import queries as entries
from anlan.web.tests import story

pytestmark = pytest.mark.story


def both(*acts):
    """Run acts in threads of their own, let go together; returns each result, or the Conflict it met."""
    gate = threading.Barrier(len(acts))

    def run(act):
        try:
            gate.wait(10)
            return act()
        except Conflict as told:
            return told
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.fixture
def waiting(town):
    """A red call that waits for its approver."""
    return story.call_of(story.Weather().post(story.RED))


def dids(call, town):
    return [e.did for e in entries.trail(by=town.city.actor, chain=call.chain_id, limit=300)]


def test_two_approve_at_once(town, waiting):
    with story.gateways():
        clients = [town.client("approver"), town.client("approver")]
        address = f"/alerts/calls/{waiting.id}"
        said = both(*(lambda c=c: c.post(address, {"act": "approve"}) for c in clients))
        assert sorted(r["Location"] for r in said) == sorted([f"/calls/{waiting.id}", address])
        loser = clients[[r["Location"] for r in said].index(address)]
        told = loser.get(address, follow=True).content.decode()
        assert "正在叫" in told  # what it is now
        story.settle()
    assert dids(waiting, town).count("callout.started") == 1
    rows = Obligation.objects.filter(call_id=waiting.id, part="self")
    assert rows.count() == len(set(rows.values_list("person_id", flat=True)))


def test_one_approves_while_the_other_sends_in_urgency(town, waiting):
    with story.gateways():
        said = both(
            lambda: calls.approve(waiting.id, by=town.approver.actor),
            lambda: calls.start(waiting.id, by=town.city.actor, now=True, reason="水已经进楼"),
        )
        assert sum(isinstance(r, Conflict) for r in said) == 1
        story.settle()
    waiting.refresh_from_db()
    assert waiting.state == "running"
    assert dids(waiting, town).count("callout.started") == 1


def test_one_approves_while_the_other_drops_it(town, waiting):
    said = both(
        lambda: calls.approve(waiting.id, by=town.approver.actor),
        lambda: calls.cancel(waiting.id, "雨带过了", by=town.city.actor, tell=False),
    )
    story.settle()
    waiting.refresh_from_db()
    lost = [r for r in said if isinstance(r, Conflict)]
    if waiting.state == "running":
        assert len(lost) == 1
    else:  # it was approved first and called off right after, or dropped first and never sent
        assert waiting.state == "cancelled"
        assert len(lost) <= 1
    started, cancelled = (dids(waiting, town).count(f"callout.{w}") for w in ("started", "cancelled"))
    assert (started, cancelled) in {(1, 0), (0, 1), (1, 1)}
    assert (started == 0) == (waiting.state == "cancelled" and bool(lost))


def test_two_end_a_running_call(town, waiting):
    calls.approve(waiting.id, by=town.approver.actor)
    story.settle()
    said = both(*(lambda m=m: calls.end(waiting.id, by=m.actor) for m in (town.city, town.approver)))
    (told,) = [r for r in said if isinstance(r, Conflict)]
    assert str(told)
    story.settle()
    assert dids(waiting, town).count("callout.ended") == 1


def test_two_upgrade_the_same_call(town):
    weather = story.Weather()
    old = story.call_of(weather.post(story.ORANGE))
    calls.approve(old.id, by=town.approver.actor)
    story.settle()
    made = [calls.change(old.id, by=m.actor, title=f"暴雨红色预警 {m.name}") for m in (town.city, town.district)]
    said = both(*(lambda c=c: calls.approve(c.id, by=town.approver.actor) for c in made))
    assert sum(isinstance(r, Conflict) for r in said) == 1
    old.refresh_from_db()
    assert old.state == "superseded"
    story.settle()
    open_now = Obligation.objects.filter(state="open", part="self", call_id__isnull=False)
    assert len(set(open_now.values_list("call_id", flat=True))) == 1


def test_two_decide_that_no_call_is_needed(town, waiting):
    said = both(
        *(lambda m=m: linkage.handle(waiting.alert_id, "看过了", by=m.actor) for m in (town.city, town.district))
    )
    assert sum(isinstance(r, Conflict) for r in said) == 1


def test_who_comes_second_is_told_on_the_page(town, waiting):
    town.client("district").post(f"/alerts/{waiting.alert_id}/handle", {"note": "看过了"})
    late = town.client("city").post(f"/alerts/{waiting.alert_id}/handle", {"note": "我也看过了"}, follow=True)
    assert "已经有人处理过" in late.content.decode()
