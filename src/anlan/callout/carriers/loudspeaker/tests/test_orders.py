"""WRN-02: one signed order a place, once; stopped with the call; receipts per terminal; nobody counts as reached."""

import datetime as dt
import io
import json
import time
import uuid
from dataclasses import dataclass, field

import openpyxl
import pytest
from django.test import Client

from anlan.callout import signing, wire
from anlan.callout.carriers import discover
from anlan.callout.models import Broadcast, Call, Obligation, PlayOrder, PlayReceipt, Receipt, Speaker, Unmatched
from anlan.callout.services import calls, channels, fanout, speakers
from anlan.callout.terms import Draft
from anlan.callout.tests import calling
from anlan.callout.tests.platforms import Platform, running
from anlan.kernel.clock import local, now
from anlan.ledger import services as ledger
from anlan.ledger.models import Entry
from anlan.people.terms import Targeting

SECRET = "loopback-secret"


@dataclass
class Horns(Platform):
    """An emergency broadcast gateway on loopback, as the page of loudspeaker says."""

    secret: str = SECRET
    orders: dict = field(default_factory=dict)
    stopped: list = field(default_factory=list)
    off: set = field(default_factory=set)
    listed: list = field(default_factory=list)

    def serve(self, method, target, headers, raw):
        try:
            signing.check(headers, self.secret, method, target, raw, at=time.time())
        except signing.Unsigned as wrong:
            return 401, {"error": f"signature {wrong.reason}"}
        return super().serve(method, target, headers, raw)

    def answer(self, method, path, query, headers, body):
        if path == "/orders":
            self.orders.setdefault(body["order"], body)
            return 200, {"results": [
                {"id": code, "status": "rejected", "reason": "offline"} if code in self.off
                else {"id": code, "status": "accepted"} for code in body["terminals"]
            ]}  # fmt: skip
        if path == "/stop":
            self.stopped.append(body["order"])
        return 200, {"terminals": self.listed} if path == "/terminals" else {}


@pytest.fixture(autouse=True)
def hour(monkeypatch, settings):
    """It is noon, unless a test moves the hand."""
    hand = {"hour": 12}
    monkeypatch.setattr(speakers, "local", lambda at: local(at).replace(**hand))
    monkeypatch.setattr(wire, "BACK_OFF", 0.002)
    settings.SPEECH = ""
    return hand


@pytest.fixture
def horns():
    with running(Horns()) as platform:
        yield platform


@pytest.fixture
def city(cast, horns):
    """Three terminals: two in the community, one in the other district; the policy of red names them."""
    calling.set_up("loudspeaker", url=horns.url, key="anlan", secret=SECRET)
    calling.set_up("printed")
    calling.go_by(cast, "loudspeaker", "printed", level="red")
    spots = cast.places
    for code, where in (("H1", spots.community), ("H2", spots.community), ("H3", spots.other_district)):
        Speaker.objects.create(place_path=where.path, code=code, name=f"{where.name}{code}")
    return cast


def begin(cast, level="red", *, paths=None, status="actual"):
    draft = Draft(
        targeting=Targeting(paths=paths or (cast.places.city.path,)), level=level, title="暴雨预警信号",
        body="离开低处。",
        status=status,
    )  # fmt: skip
    call = calls.start(calls.prepare(draft, by=cast.city.actor).id, by=cast.city.actor, now=True, reason="等不及")
    fanout.spread(call.id)
    speakers.told([call.id], "started")
    return Call.objects.get(id=call.id)


def report(*events, secret=SECRET):
    path, body = "/gateway/loudspeaker/events", json.dumps({"events": events}).encode()
    return Client().post(path, body, content_type="application/json",
                         headers=signing.headers(secret, "POST", path, body, at=time.time()))  # fmt: skip


def event(order, terminal, kind, **more):
    return {"event": uuid.uuid4().hex, "order": str(order), "terminal": terminal, "type": kind, **more}


def test_one_order_a_place_and_nobody_counts_as_reached(city, horns):
    call = begin(city)
    assert speakers.say_due() == 2
    assert sorted(sorted(o["terminals"]) for o in horns.orders.values()) == [["H1", "H2"], ["H3"]]
    order = next(o for o in horns.orders.values() if "H1" in o["terminals"])
    assert (order["level"], order["priority"], order["repeat"], order["volume"]) == ("red", 1, 3, 80)
    assert order["text"].startswith("风险提示：")
    assert order["audio"] is None
    assert set(PlayReceipt.objects.values_list("state", flat=True)) == {"accepted"}
    assert not Receipt.objects.filter(carrier="loudspeaker").exists()
    assert not Obligation.objects.filter(call_id=call.id, reached_at__isnull=False).exists()


def test_only_the_called_places_hear_it(city, horns):
    begin(city, paths=(city.places.street.path,))
    speakers.say_due()
    assert [sorted(o["terminals"]) for o in horns.orders.values()] == [["H1", "H2"]]


def test_twice_is_once_and_a_dead_worker_repeats_the_same_order(city, horns):
    call = begin(city)
    speakers.told([call.id], "started")
    assert PlayOrder.objects.count() == 2
    horns.mood = "hang_up"
    assert speakers.say_due() == 0
    PlayOrder.objects.update(state="sending", next_at=now() - dt.timedelta(seconds=1))  # a worker died with it in hand
    horns.mood = "well"
    assert speakers.say_due() == 2
    assert speakers.say_due() == 0
    assert set(horns.orders) == {str(o) for o in PlayOrder.objects.values_list("id", flat=True)}


def test_the_ledger_carries_start_and_cancellation(live_db, city, horns):
    call = begin(city)
    Broadcast.objects.all().delete()
    ledger.drain("callout.speakers")
    assert speakers.say_due() == 2
    calls.cancel(call.id, "发错了", by=city.city.actor, tell=False)
    ledger.drain("callout.speakers")
    assert speakers.say_due() == 2
    assert set(horns.stopped) == set(horns.orders)


def test_what_has_not_left_is_dropped_when_the_call_is_cancelled(city, horns):
    call = begin(city)
    speakers.told([call.id], "cancelled")
    speakers.say_due()
    assert (horns.orders, horns.stopped) == ({}, [])
    assert set(PlayOrder.objects.values_list("state", flat=True)) == {"dropped"}


@pytest.mark.parametrize("mood", ["error", "garbage", "hang_up", "throttle", "list"])
def test_a_gateway_that_stumbles_is_tried_again_then_shown(city, horns, mood):
    begin(city)
    horns.mood = mood
    for _try in range(speakers.TRIES):
        PlayOrder.objects.update(next_at=now() - dt.timedelta(seconds=1))
        assert speakers.say_due() == 0
    assert set(PlayOrder.objects.values_list("state", flat=True)) == {"failed"}
    assert Entry.objects.filter(did="callout.speakers-failed").count() == 2


def test_a_terminal_that_is_off_is_said_at_once(city, horns):
    horns.off = {"H2"}
    begin(city)
    speakers.say_due()
    assert PlayReceipt.objects.get(code="H2").state == "offline"


def test_at_night_orange_keeps_silent_and_the_page_says_so(city, horns, hour):
    hour["hour"] = 23
    calling.go_by(city, "loudspeaker", "printed", level="orange")
    call = begin(city, "orange")
    assert Broadcast.objects.get().held == "night"
    assert speakers.say_due() == 0
    assert "夜里只播红色" in city.client("city").get(f"/calls/{call.id}/speakers").content.decode()
    hour["hour"] = 12
    begin(city, "orange")
    assert PlayOrder.objects.count() == 2
    assert Entry.objects.filter(did="callout.speakers-held").count() == 1


def test_a_drill_and_a_policy_without_them_play_nothing(city, horns):
    begin(city, status="exercise")
    calling.go_by(city, "printed", level="red")
    begin(city)
    assert not Broadcast.objects.exists()


def test_receipts_of_each_terminal_go_forward_only(city, horns):
    call = begin(city)
    speakers.say_due()
    order = PlayReceipt.objects.get(code="H1").order_id
    said = report(event(order, "H1", "playing"), event(order, "H1", "played", times=2),
                  event(order, "H2", "failed", reason="功放坏了")).json()  # fmt: skip
    assert said == {"accepted": 3, "repeated": 0, "unplaced": 0, "faults": []}
    assert report(event(order, "H1", "accepted"), event(order, "H1", "played", times=2)).json()["repeated"] == 2
    report(event(order, "H1", "played", times=3))
    assert PlayReceipt.objects.values_list("state", "times").get(code="H1") == ("played", 3)
    assert PlayReceipt.objects.get(code="H2").reason == "功放坏了"
    page = city.client("city").get(f"/calls/{call.id}/speakers").content.decode()
    assert "功放坏了" in page
    assert "播了 1 / 3 只" in page
    board = city.client("city").get(f"/calls/{call.id}").content.decode()
    assert f"/calls/{call.id}/speakers" in board
    assert "播了 1 / 3 只" in board


@pytest.mark.parametrize(
    ("bad", "wrong"),
    [("x", "expected an object"), ({"type": "sang", "terminal": "H1"}, "is none of"),
     ({"type": "played", "terminal": "H9"}, "not one of ours"), ({"type": "played", "terminal": "H1"}, "is missing"),
     ({"type": "played", "terminal": "H1", "order": str(uuid.uuid4())}, "order: is not one"),
     ({"type": "played", "terminal": "H1", "order": 3}, "order: is not one")],
)  # fmt: skip
def test_a_bad_event_is_a_fault_and_the_others_are_taken(city, horns, bad, wrong):
    begin(city)
    order = PlayReceipt.objects.get(code="H1").order_id
    said = report(bad, event(order, "H1", "played")).json()
    assert wrong in said["faults"][0]["wrong"]
    assert (said["accepted"], said["unplaced"]) == (1, 1)
    assert Unmatched.objects.get().reason == "bad_event"  # it waits for a person


def test_a_wrong_signature_tells_nothing(city, horns):
    begin(city)
    order = PlayReceipt.objects.get(code="H1").order_id
    assert report(event(order, "H1", "played"), secret="another-secret").status_code == 401
    assert PlayReceipt.objects.get(code="H1").state == "waiting"
    horns.secret = "the-gateway-has-another"
    assert speakers.say_due() == 0
    assert "401" in PlayOrder.objects.first().error


def test_the_sound_is_made_once_and_fetched_by_its_token(city, horns, settings):
    settings.SPEECH = "sed 's/^/RIFF/'"
    begin(city)
    speakers.say_due()
    audio = next(iter(horns.orders.values()))["audio"]
    path = audio["url"].removeprefix(settings.PUBLIC_URL)
    got = Client().get(path)
    assert got.content.startswith(b"RIFF")
    assert audio["bytes"] == len(got.content)
    assert Client().get("/gateway/loudspeaker/audio/another-token.wav").status_code == 404
    Broadcast.objects.update(until=now())
    assert Client().get(path).status_code == 404


def test_health_and_test_button_on_one_terminal(city, horns):
    carrier, settings = discover()["loudspeaker"], channels.settings_of("loudspeaker")
    Speaker.objects.filter(code="H3").update(online=False, online_since=now() - dt.timedelta(days=2))
    assert "1 只离线一天以上" in carrier.health(settings).words
    assert carrier.test(settings, "H1").ok
    assert not carrier.test(settings, "H9").ok
    horns.off = {"H1"}
    assert "offline" in carrier.test(settings, "H1").words
    horns.mood = "error"
    assert not carrier.health(settings).ok
    assert not carrier.health({}).ok


# --- the list

HOME = "519901001001"
TABLE = f"终端编码,名称,地方编码\nK1,竹苑广场,{HOME}\nK2,,{HOME}\n坏 码,x,{HOME}\nK1,y,{HOME}\nK3,z,999\n"


def sent(client, text, name="表.csv"):
    file = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    file.name = name
    return client.post("/settings/speakers/preview", {"file": file})


def test_a_table_shows_every_fault_by_its_row_before_anything_is_written(city):
    client = city.client("admin")
    page = sent(client, TABLE).content.decode()
    for words in ("名称要写", "坏 码", "和第 2 行一样", "没有编码是「999」的地方", "1 行可以导入，4 行有错"):
        assert words in page, words
    assert not Speaker.objects.filter(code="K1").exists()
    signed = page.split('name="signed" value="')[1].split('"')[0]
    assert client.post("/settings/speakers/take", {"signed": signed}).status_code == 302
    assert Speaker.objects.get(code="K1").place_path == city.places.community.path
    again = client.post("/settings/speakers/take", {"signed": signed}, follow=True).content.decode()
    assert "新加 0 只，改了 0 只" in again
    tampered = client.post("/settings/speakers/take", {"signed": signed[:-2]}, follow=True).content.decode()
    assert "重新选一次文件" in tampered


def test_a_workbook_and_bad_files(city):
    client = city.client("admin")
    book = openpyxl.Workbook()
    for row in (("终端编码", "名称", "地方编码"), ("K8", "街口", "519901001")):
        book.active.append(row)
    book.save(kept := io.BytesIO())
    assert "1 行可以导入" in sent(client, kept.getvalue(), "表.xlsx").content.decode()
    assert sent(client, "名称\nx\n").status_code == 422
    assert client.post("/settings/speakers/preview", {}).status_code == 422
    assert sent(city.client("street"), TABLE).status_code in {403, 404}


def test_the_gateways_own_list(city, horns):
    client = city.client("admin")
    horns.listed = [{"code": "G1", "name": "江边", "place": "519901001001", "online": True},
                    {"code": "H1", "name": "竹苑社区H1", "place": "519901001001", "online": False}]  # fmt: skip
    page = client.post("/settings/speakers/preview", {"ask": "1"}).content.decode()
    assert "2 行可以导入" in page
    assert Speaker.objects.get(code="H1").online is False
    horns.mood = "error"
    assert client.post("/settings/speakers/preview", {"ask": "1"}).status_code == 422


def test_the_list_is_paged_searched_and_costs_the_same(city, django_assert_max_num_queries):
    Speaker.objects.bulk_create(
        Speaker(place_path=city.places.street.path, code=f"Z{i:03}", name=f"喇叭{i:03}") for i in range(60)
    )
    client = city.client("admin")
    client.get("/settings/speakers")
    with django_assert_max_num_queries(30):
        page = client.get("/settings/speakers").content.decode()
    assert "喇叭000" in page
    assert "喇叭059" not in page
    assert "喇叭059" in client.get("/settings/speakers?q=Z059").content.decode()
    assert "没有这样的大喇叭" in client.get("/settings/speakers?view=gone").content.decode()
