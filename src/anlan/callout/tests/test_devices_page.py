"""WRN-02: everybody's own page of the devices that ring: add by script, try, take off; the service worker behind it."""

import pytest

from anlan.callout.models import PushDevice
from anlan.callout.services import devices, pushing
from anlan.callout.tests import calling, push_service

PAGE = "/settings/reminders"


@pytest.fixture
def service(db, settings):
    settings.PUSH_LOOPBACK = True
    with push_service.running(key=pushing.public_key()) as running:
        calling.set_up("webpush", contact="mailto:anlan@example.gov.cn")
        yield running


def added(client, **body):
    return client.post(f"{PAGE}/add", body, content_type="application/json")


def test_a_device_is_added_tried_and_taken_off(cast, service):
    client, browser = cast.client("grid"), service.browser()
    assert pushing.public_key() in client.get(PAGE).content.decode()
    assert added(client, subscription=browser.subscription, name="值班室电脑").status_code == 201
    page = client.get(PAGE).content.decode()
    for words in ("值班室电脑", "1 台会响", "还没发过", "给我发一条试试"):
        assert words in page
    said = client.post(f"{PAGE}/try", follow=True).content.decode()
    assert "看看手机响没响" in said
    assert "还没发过" not in said
    assert len(browser.taken) == 1
    assert browser.path not in said
    row = PushDevice.objects.get()
    assert "不再响了" in client.post(f"{PAGE}/{row.id}/remove", follow=True).content.decode()
    assert "还没有设备会响" in client.get(PAGE).content.decode()


def test_a_device_that_died_says_what_to_do(cast, service):
    client, browser = cast.client("grid"), service.browser()
    added(client, subscription=browser.subscription, name="旧手机")
    browser.mood = "gone"
    client.post(f"{PAGE}/try")
    page = client.get(PAGE).content.decode()
    assert "收不到了" in page
    assert "0 台会响" in page


def test_nobody_sees_or_touches_anothers(cast, service):
    devices.add(service.browser().subscription, "网格员的手机", by=cast.grid.actor)
    row = PushDevice.objects.get()
    assert "网格员的手机" not in cast.client("admin").get(PAGE).content.decode()
    assert cast.client("admin").post(f"{PAGE}/{row.id}/remove").status_code == 404
    assert cast.client().get(PAGE)["Location"].startswith("/accounts/login/")
    assert cast.client("nobody").get(PAGE).status_code == 200


def test_bad_input_says_what_is_wrong(cast, service):
    client = cast.client("grid")
    said = added(client, subscription={"endpoint": "https://evil.test/x", "keys": {"p256dh": "x", "auth": "y"}})
    assert said.status_code == 422
    assert "evil.test" in said.json()["error"]
    assert client.post(f"{PAGE}/add", "[]", content_type="application/json").status_code == 422
    for _ in range(devices.MOST):
        devices.add(service.browser().subscription, "手机", by=cast.grid.actor)
    said = added(client, subscription=service.browser().subscription)
    assert "最多 10 台设备" in said.json()["error"]


def test_while_the_carrier_is_off_no_device_can_be_added(cast, db):
    client = cast.client("grid")
    assert "还没有打开" in client.get(PAGE).content.decode()
    assert added(client, subscription={}).status_code == 409
