"""WRN-02: a person's devices ring; one that took it is enough; dead ones are taken off; read is not answered."""

import json

import pytest

from anlan.callout import tokens
from anlan.callout.carriers import GatewayDown, discover
from anlan.callout.carriers.webpush import carrier
from anlan.callout.models import Carrier, PushDevice
from anlan.callout.services import channels, devices, handing, pushing
from anlan.callout.tests import calling, push_service
from anlan.kernel.authority import Hidden, Invalid
from anlan.ledger.models import Entry

CONTACT = "mailto:anlan@example.gov.cn"


@pytest.fixture
def service(db, settings):
    settings.PUSH_LOOPBACK = True
    with push_service.running(key=pushing.public_key()) as running:
        calling.set_up("webpush", contact=CONTACT)
        yield running


def device(service, member, name="手机"):
    browser = service.browser()
    devices.add(browser.subscription, name, by=member.actor)
    return browser


def ring(cast, *, fallback=()):
    """Call everybody by push, first round."""
    calling.go_by(cast, "webpush", *fallback)
    call = calling.start(cast)
    calling.hand_over(call)
    return call


def test_every_device_rings_with_the_personal_link_and_nothing_in_the_clear(cast, service):
    phone, desk = device(service, cast.grid), device(service, cast.grid, "电脑")
    call = ring(cast)
    owed = calling.owed(call, cast.grid)
    assert calling.receipt(owed).state == "handed"
    for browser in (phone, desk):
        (taken,) = browser.taken
        assert taken["said"]["t"] == "暴雨黄色预警"
        assert taken["said"]["b"].startswith("查看低洼处")
        assert taken["said"]["u"].endswith(f"/a/{tokens.mint(owed.number, owed.id)}")
        assert taken["urgency"] == "high"
    assert phone.taken[0]["topic"] == desk.taken[0]["topic"]
    assert all("暴雨".encode() not in body and cast.grid.name.encode() not in body for _p, _h, body in service.seen)
    assert PushDevice.objects.exclude(last_ok_at=None).count() == 2


def test_a_person_without_a_device_goes_to_the_next_carrier(cast, service):
    device(service, cast.grid)
    call = ring(cast, fallback=("null",))
    receipt = calling.receipt(calling.owed(call, cast.street))
    assert (receipt.state, receipt.reason) == ("failed", "no_device")
    assert calling.receipt(calling.owed(call, cast.grid)).state == "handed"


def test_a_dead_device_is_taken_off_and_the_living_one_is_enough(cast, service):
    dead, alive = device(service, cast.grid, "旧手机"), device(service, cast.grid)
    dead.mood = "gone"
    call = ring(cast)
    assert calling.receipt(calling.owed(call, cast.grid)).state == "handed"
    assert len(alive.taken) == 1
    gone = PushDevice.objects.get(name="旧手机")
    assert gone.gone_at
    assert gone.sealed == ""  # where it was is forgotten
    assert Entry.objects.filter(did="callout.devices-gone", subject_id=gone.id).count() == 1
    assert not calling.owed(call, cast.grid).dead  # a dead browser is no dead telephone


def test_all_dead_is_a_failure_of_the_attempt_alone(cast, service):
    device(service, cast.grid).mood = "gone"
    call = ring(cast)
    receipt = calling.receipt(calling.owed(call, cast.grid))
    assert (receipt.state, receipt.reason) == ("failed", "no_device")


def test_a_throttled_one_is_asked_again(cast, service):
    browser = device(service, cast.grid)
    browser.mood = "busy"
    call = ring(cast)
    owed = calling.owed(call, cast.grid)
    assert calling.receipt(owed).state == "queued"
    browser.mood = "well"
    handing.later(owed.id, owed.id, again=True, reserved=True)
    assert calling.receipt(owed).state == "handed"
    assert len(browser.taken) == 1


@pytest.mark.parametrize("mood", ["error", "drop"])
def test_a_service_that_is_down_lets_the_next_carrier_in(cast, service, mood):
    device(service, cast.grid)
    service.mood = mood
    call = ring(cast, fallback=("null",))
    assert calling.receipt(calling.owed(call, cast.grid)).reason == "gateway"
    assert Carrier.objects.get(name="webpush").failing_since
    assert not PushDevice.objects.get().gone_at


def test_too_large_goes_once_more_without_its_text(cast, service):
    browser = device(service, cast.grid)
    browser.mood = "small"
    calling.go_by(cast, "webpush")
    call = calling.start(cast, body="雨" * 900)
    calling.hand_over(call)
    assert calling.receipt(calling.owed(call, cast.grid)).state == "handed"
    assert browser.taken[0]["said"]["b"] == ""
    assert browser.taken[0]["said"]["t"] == "暴雨黄色预警"


def test_a_drill_never_rings(cast, service):
    browser = device(service, cast.grid)
    assert not channels.safe(discover()["webpush"])
    assert channels.rounds([["webpush"]], drill=True) == [["simulated"]]
    calling.hand_over(calling.start(cast, status="exercise"))
    assert not service.seen
    assert not browser.taken


def acknowledge(client, said, state, **other):
    return client.post(
        "/push/ack", json.dumps({"k": said["k"], "p": said["p"], "s": state} | other), content_type="application/json"
    ).status_code


def test_the_worker_says_shown_and_opened_and_neither_is_an_answer(cast, service):
    browser = device(service, cast.grid)
    call = ring(cast)
    said, visitor = browser.taken[0]["said"], cast.client()
    owed = calling.owed(call, cast.grid)
    assert acknowledge(visitor, said, "shown") == 204
    assert calling.receipt(owed).state == "delivered"
    assert acknowledge(visitor, said, "opened") == 204
    assert acknowledge(visitor, said, "shown") == 204  # late and twice changes nothing
    assert calling.receipt(owed).state == "read"
    owed.refresh_from_db()
    assert (owed.state, bool(owed.reached_at)) == ("open", True)


def test_a_made_up_acknowledgement_says_nothing(cast, service):
    browser = device(service, cast.grid)
    call = ring(cast)
    said, visitor = browser.taken[0]["said"], cast.client()
    assert acknowledge(visitor, said, "shown", p="0" * 32) == 404
    assert acknowledge(visitor, said, "shown", p="火") == 404
    assert acknowledge(visitor, said, "answered") == 404
    assert acknowledge(visitor, said, "shown", k="1") == 404
    assert visitor.post("/push/ack", "[", content_type="application/json").status_code == 422
    assert calling.receipt(calling.owed(call, cast.grid)).state == "handed"


def test_the_proof_opens_no_answer_link(cast, service):
    browser = device(service, cast.grid)
    owed = calling.owed(ring(cast), cast.grid)
    assert tokens.mac(owed.id).to_bytes(8, "big").hex() not in browser.taken[0]["said"]["p"]


def test_the_same_browser_is_one_device_and_goes_with_who_signs_in(cast, service):
    browser = device(service, cast.grid)
    devices.add(browser.subscription, "同一台", by=cast.grid.actor)
    assert PushDevice.objects.get().name == "同一台"
    devices.add(browser.subscription, "换人了", by=cast.street.actor)
    assert PushDevice.objects.get().person_id == cast.street.person.id
    assert Entry.objects.filter(did="callout.device-added").count() == 2


def test_where_a_browser_is_reached_is_not_readable_in_the_database(cast, service):
    browser = device(service, cast.grid)
    row = PushDevice.objects.get()
    assert browser.path not in row.sealed
    assert pushing.unseal(row.sealed).endpoint == browser.subscription["endpoint"]


@pytest.mark.parametrize(
    "given",
    [
        {}, {"endpoint": "https://fcm.googleapis.com/x"}, {"endpoint": 7, "keys": {"p256dh": "x", "auth": "y"}},
        {"endpoint": "https://10.0.0.1/x", "keys": {"p256dh": "x", "auth": "y"}},
        {"endpoint": "https://fcm.googleapis.com/x", "keys": {"p256dh": "x", "auth": "y"}},
    ],
)  # fmt: skip
def test_a_bad_subscription_says_what_is_wrong(cast, service, given):
    with pytest.raises(Invalid) as wrong:
        devices.add(given, "手机", by=cast.grid.actor)
    assert "浏览器" in "".join(wrong.value.errors.values())


def test_only_my_own_device_can_be_removed(cast, service):
    device(service, cast.grid)
    row = PushDevice.objects.get()
    with pytest.raises(Hidden):
        devices.remove(row.id, by=cast.street.actor)
    devices.remove(row.id, by=cast.grid.actor)
    assert not PushDevice.objects.exists()


def test_the_button_of_the_settings_page_rings_an_accounts_devices(cast, service):
    admin = cast.client("admin")
    page = admin.get("/settings/carriers/webpush").content.decode()
    assert "发到谁的设备（用户名）" in page
    said = lambda who: admin.post(  # noqa: E731
        "/settings/carriers/webpush/test", {"address": who}, follow=True
    ).content.decode()
    assert "还没有打开提醒的设备" in said("grid")
    assert "没有叫「none」的账号" in said("none")
    browser = device(service, cast.grid)
    assert "看看手机响没响" in said("grid")
    assert browser.taken[0]["said"]["u"] == "/settings/reminders"
    assert "推送服务都连得上" in admin.post("/settings/carriers/webpush/look", follow=True).content.decode()


def test_not_set_up_is_not_ok(db):
    found = discover()["webpush"]
    assert not found.health({}).ok
    assert not found.test({}, "grid").ok
    assert not pushing.ready()


def test_a_batch_asks_for_its_devices_once(cast, service, django_assert_max_num_queries):
    for member in (cast.grid, cast.street, cast.city):
        device(service, member)
    messages = [m for m in map(trial_of, (cast.grid, cast.street, cast.city)) for _ in range(20)]
    with django_assert_max_num_queries(8):
        assert all(h.ok for h in discover()["webpush"].send_many(messages, pushing.kept()))


def trial_of(member):

    return carrier.trial(member.person.id)


def test_down_is_raised_only_when_nothing_got_through(cast, service):
    device(service, cast.grid)
    service.mood = "drop"
    with pytest.raises(GatewayDown):
        discover()["webpush"].send_many([trial_of(cast.grid)], pushing.kept())


def test_where_people_are_reached_is_not_logged(cast, service, caplog):
    browser = device(service, cast.grid)
    browser.mood = "busy"
    ring(cast)
    assert service.seen
    assert browser.path not in caplog.text
