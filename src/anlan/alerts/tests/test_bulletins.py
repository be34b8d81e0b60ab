"""WRN-02: residents' browsers ring for their place, once each, without an account; changed and called off too."""

import uuid

import orjson
import pytest
from django.db import connection
from django.test import Client

from anlan.alerts.models import Bulletin, Listener, Ring
from anlan.alerts.services import bulletins, take
from anlan.alerts.tests.samples import cap, info
from anlan.callout.models import Carrier
from anlan.callout.services import pushing
from anlan.callout.tests import calling, push_service
from anlan.kernel.authority import machine
from anlan.ledger import services as ledger

BY = machine("test")
LATER = "2099-01-01T00:00:00+08:00"
SENDER = "lanjiang@weather.test"
SENT = "2026-07-18T02:05:00+08:00"


@pytest.fixture
def service(live_db, cast, settings):
    settings.PUSH_LOOPBACK = True
    with push_service.running(key=pushing.public_key()) as running:
        calling.set_up("webpush", contact="mailto:anlan@example.gov.cn")
        yield running


def listen(service, place, *, least=1, lang="zh-CN"):
    browser = service.browser()
    answer = Client().post(
        f"/r/{place.path}/ring", {"subscription": browser.subscription, "least": least, "lang": lang},
        content_type="application/json",
    )  # fmt: skip
    assert answer.status_code == 201, answer.content
    return browser


def warning(severity="Extreme", colour="红色", codes=("519901",), **more):
    headline = f"澜江市气象台发布暴雨{colour}预警"
    return take(cap(info(codes=codes, expires=LATER, severity=severity, headline=headline), **more), by=BY)


def settle():
    """Let the ledger be read and do every job that it set off, as a worker would."""
    ledger.drain("alerts.bulletin")
    done = 0
    while rows := taken():
        for name, args in rows:
            if name == "alerts.ring-spread":
                bulletins.spread(uuid.UUID(args["bulletin"]))
            else:
                bulletins.ring(uuid.UUID(args["bulletin"]), uuid.UUID(args["low"]), uuid.UUID(args["high"]))
            done += 1
            assert done < 100
    return done


def taken():
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'succeeded' "
            "WHERE status = 'todo' AND task_name LIKE 'alerts.ring%%' "
            "AND (scheduled_at IS NULL OR scheduled_at <= now()) RETURNING task_name, args"
        )
        return [(name, orjson.loads(args) if isinstance(args, str) else args) for name, args in cursor.fetchall()]


def said(browser):
    return [one["said"]["t"] for one in browser.taken]


def test_a_warning_rings_once_where_it_holds_and_nowhere_else(cast, service):
    spots = cast.places
    here, grid, there = (listen(service, p) for p in (spots.community, spots.grid, spots.other_street))
    warning()
    settle()
    settle()
    assert said(here) == said(grid) == ["暴雨红色预警"]
    assert there.taken == []
    (taken_in,) = here.taken
    assert taken_in["urgency"] == "high"
    assert taken_in["said"]["u"] == f"/r/{cast.places.community.path}"
    assert "竹苑社区，到" in taken_in["said"]["b"]
    assert "待在家里，别出门。" in taken_in["said"]["b"]
    assert "k" not in taken_in["said"]  # nothing is reported back of a resident
    assert Listener.objects.exclude(last_ok_at=None).count() == 2


def test_levels_not_wanted_do_not_ring(cast, service):
    all_levels, red_only = listen(service, cast.places.community), listen(service, cast.places.community, least=4)
    warning("Moderate", "黄色")
    settle()
    assert said(all_levels) == ["暴雨黄色预警"]
    assert red_only.taken == []


def test_raised_lowered_and_called_off_are_told(cast, service):
    red_only = listen(service, cast.places.community, least=4)
    warning("Moderate", "黄色", identifier="one")
    warning(identifier="two", msg_type="Update", references=f"{SENDER},one,{SENT}")
    settle()
    warning("Moderate", "黄色", identifier="three", msg_type="Update", references=f"{SENDER},two,{SENT}")
    settle()
    assert said(red_only) == ["预警有变：暴雨红色预警", "预警有变：暴雨黄色预警"]
    all_levels = listen(service, cast.places.community)
    warning("Moderate", "黄色", identifier="four", msg_type="Cancel", references=f"{SENDER},three,{SENT}")
    settle()
    assert said(all_levels) == ["解除了：暴雨黄色预警"]
    assert all_levels.taken[0]["topic"] == red_only.taken[0]["topic"]  # the newest replaces what waits
    assert all_levels.taken[0]["said"]["g"] == red_only.taken[0]["said"]["g"]


def test_a_place_that_an_update_leaves_out_is_told_that_it_is_over_there(cast, service):
    stays, leaves = listen(service, cast.places.community), listen(service, cast.places.other_street)
    warning(codes=("519901", "519902"), identifier="one")
    settle()
    warning(identifier="two", msg_type="Update", references=f"{SENDER},one,{SENT}")
    settle()
    assert said(stays) == ["暴雨红色预警", "预警有变：暴雨红色预警"]
    assert said(leaves) == ["暴雨红色预警", "解除了：暴雨红色预警"]
    assert "不再受这条预警影响" in leaves.taken[1]["said"]["b"]


@pytest.mark.parametrize("other", [{"status": "Exercise"}, {"status": "Test"}, {"scope": "Restricted"}])
def test_drills_and_restricted_ones_never_ring(cast, service, other):
    browser = listen(service, cast.places.community)
    warning(**other)
    settle()
    assert browser.taken == []
    assert not Bulletin.objects.exists()


def test_in_english_for_who_asked_in_english(cast, service):
    browser = listen(service, cast.places.community, lang="en")
    warning()
    settle()
    (one,) = browser.taken
    assert one["said"]["t"] == "Rainstorm: red warning"
    assert one["said"]["b"].startswith("Zhuyuan Community, until ")
    assert one["said"]["u"].endswith("?lang=en")


def test_a_run_that_died_is_gone_on_with_and_nobody_rings_twice(cast, service, monkeypatch):
    monkeypatch.setattr(bulletins, "SPREAD", 4)
    monkeypatch.setattr(bulletins, "CHUNK", 2)
    browsers = [listen(service, cast.places.community) for _ in range(9)]
    warning()
    ledger.drain("alerts.bulletin")
    made = Bulletin.objects.get()
    bulletins._spread_some(made.id)  # and the worker died
    assert Ring.objects.count() == 4
    assert bulletins.spread(made.id) == 5
    assert bulletins.spread(made.id) == 0
    settle()
    settle()
    assert [len(b.taken) for b in browsers] == [1] * 9
    assert set(Ring.objects.values_list("state", flat=True)) == {"rung"}
    everything = (uuid.UUID(int=0), uuid.UUID(int=2**128 - 1))
    assert bulletins.ring(made.id, *everything, again=True) == 0


def test_what_was_in_hand_when_a_worker_died_is_rung_again_under_the_same_tag(cast, service):
    browser = listen(service, cast.places.community)
    warning()
    ledger.drain("alerts.bulletin")
    made = Bulletin.objects.get()
    bulletins.spread(made.id)
    Ring.objects.update(state="handing", tries=1)
    everything = (uuid.UUID(int=0), uuid.UUID(int=2**128 - 1))
    assert bulletins.ring(made.id, *everything) == 0
    assert bulletins.ring(made.id, *everything, again=True) == 1
    assert len(browser.taken) == 1


def test_an_entry_read_twice_makes_one_bulletin(cast, service):
    browser = listen(service, cast.places.community)
    warning()
    settle()
    entry = Bulletin.objects.get()
    bulletins.make([bulletins.found.Heard(entry.entry, entry.subject_id, over=False)], [])
    settle()
    assert Bulletin.objects.count() == 1
    assert len(browser.taken) == 1


def test_dead_browsers_are_forgotten_and_busy_ones_rung_later(cast, service):
    dead, busy = listen(service, cast.places.community), listen(service, cast.places.community)
    dead.mood, busy.mood = "gone", "busy"
    warning()
    settle()
    assert Listener.objects.count() == 1
    assert sorted(Ring.objects.values_list("state", flat=True)) == ["failed", "queued"]
    busy.mood = ""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
    settle()
    assert said(busy) == ["暴雨红色预警"]


def test_old_news_does_not_come_after_new(cast, service):
    busy = listen(service, cast.places.community)
    busy.mood = "busy"
    warning(identifier="one")
    settle()
    busy.mood = ""
    warning(identifier="two", msg_type="Cancel", references=f"{SENDER},one,{SENT}")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
    settle()
    assert said(busy) == ["解除了：暴雨红色预警"]
    assert sorted(Ring.objects.values_list("state", flat=True)) == ["dropped", "rung"]


def test_lost_jobs_are_taken_up(cast, service):
    browser = listen(service, cast.places.community)
    warning()
    ledger.drain("alerts.bulletin")
    taken()  # the job is lost
    assert bulletins.resume() == 0  # not yet
    Bulletin.objects.update(made_at=Bulletin.objects.get().made_at - bulletins.STALE * 2)
    Listener.objects.update(made_at=Bulletin.objects.get().made_at - bulletins.STALE)
    assert bulletins.resume() == 1
    settle()
    assert len(browser.taken) == 1


def test_what_is_kept_names_nobody(cast, service):
    browser = listen(service, cast.places.community)
    row = Listener.objects.get()
    assert {f.name for f in Listener._meta.fields} == {
        "id", "place_path", "least", "english", "digest", "sealed", "made_at", "last_ok_at", "failures",
    }  # fmt: skip
    assert browser.path not in row.sealed


def post(place, verb, body):
    return Client().post(f"/r/{place}/{verb}", body, content_type="application/json")


def test_the_doors_say_what_is_wrong(cast, service):
    place, browser = cast.places.community.path, service.browser()
    good = {"subscription": browser.subscription, "least": 2, "lang": "zh-CN"}
    assert post("ZZZZ", "ring", good).status_code == 404
    said = post(place, "ring", good | {"subscription": {"endpoint": "https://evil.test/x", "keys": {}}})
    assert said.status_code == 422
    assert "浏览器" in said.json()["error"]
    inside = browser.subscription | {"endpoint": "https://192.168.1.1/x"}
    assert post(place, "ring", good | {"subscription": inside}).status_code == 422
    assert post(place, "ring", good | {"least": "x"}).status_code == 422
    assert post(place, "ring", "[]").status_code == 422
    assert Client().post(f"/r/{place}/ring", {"a": 1}).status_code == 422
    assert Client().get(f"/r/{place}/ring").status_code == 405
    assert post(place, "ring", good).status_code == 201
    assert post(place, "ring", good | {"least": 4}).status_code == 201
    assert Listener.objects.get().least == 4
    assert post(place, "unring", {"endpoint": "https://other.test/"}).status_code == 204
    assert Listener.objects.exists()
    assert post(place, "unring", {"endpoint": browser.subscription["endpoint"]}).status_code == 204
    assert not Listener.objects.exists()


def test_the_button_stands_there_only_while_the_carrier_is_on(cast, service):
    address = f"/r/{cast.places.community.path}"
    assert "<anlan-push" in Client().get(address).content.decode()
    Carrier.objects.filter(name="webpush").update(enabled=False)
    assert "<anlan-push" not in Client().get(address).content.decode()
    assert "<script" not in Client().get(address).content.decode()
    assert post(cast.places.community.path, "ring", {}).status_code == 409


def test_a_crowd_is_queued_and_rung_in_few_statements(cast, service, django_assert_max_num_queries):
    lay(service, cast.places.community.path, 3000)
    service.mood = "gone"
    warning()
    ledger.drain("alerts.bulletin")
    made = Bulletin.objects.get()
    with django_assert_max_num_queries(16):
        assert bulletins.spread(made.id) == 3000
    low, high = uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)
    with django_assert_max_num_queries(20):
        assert bulletins.ring(made.id, low, high) == bulletins.CHUNK
    assert Listener.objects.count() == 2000


def lay(service, path, count):
    """Lay down a crowd of listeners, all by one browser's keys, by COPY's cousin."""
    to = service.browser().subscription
    sealed = pushing.seal(pushing.Subscription(to["endpoint"], **to["keys"]))
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO alerts_listener (id, place_path, least, english, digest, sealed, made_at, failures)
               SELECT gen_random_uuid(), %s, 1, false, decode(lpad(to_hex(g), 32, '0'), 'hex'), %s, now(), 0
               FROM generate_series(1, %s) g""",
            [path, sealed, count],
        )
