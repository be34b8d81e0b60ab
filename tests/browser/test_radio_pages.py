"""WRN-02 in a real browser: phones with a SIM and loudspeakers, their lists and a call's terminals, wide and narrow."""

import datetime as dt

import pytest

from anlan.callout.models import Broadcast, PlayOrder, PlayReceipt, Relay, RelayText, Speaker
from anlan.callout.tests import scene
from anlan.kernel.authority import machine
from anlan.kernel.clock import local, now
from anlan.kernel.ids import uuid7
from anlan.people import services as people

pytestmark = pytest.mark.browser
STREET, HOME = "000100010001", "0001000100010001"


@pytest.fixture
def laid(live_db):
    """Two relays, a few terminals, a call whose loudspeakers played."""
    found = scene.lay(each=1)
    people.found_administrator(
        "keeper", "邹敏", place_path=scene.ROOT, by=machine("test"), password=scene.PASSWORD, role="system_admin"
    )
    well = Relay.objects.create(
        place_path=scene.ROOT, name="市应急局值班室的手机", mode="pull", token="x", digest=b"1", battery=86,
        charging=True, signal=72, balance="32.10 元", program="sms_relay.py 1", seen_at=now(), used=43,
        last_ok_at=now(),
        day=local(now()).date(),
    )  # fmt: skip
    Relay.objects.create(
        place_path=STREET, name="柳荫街道的上网卡", mode="push", url="http://192.168.1.20:8080", token="x", digest=b"2",
        failures=3, retry_at=now() + dt.timedelta(minutes=2), last_error="ConnectError: connection refused",
    )  # fmt: skip
    for state, reason in (("sent", ""), ("delivered", ""), ("failed", "空号"), ("queued", "")):
        RelayText.objects.create(id=uuid7(), relay=well, to="", text="", state=state, reason=reason)
    said = Broadcast.objects.create(
        call_id=found.call, level="red", token="t", until=now() + dt.timedelta(hours=2),
        text="暴雨红色预警，立即转移。低处的人先转到二楼以上。再说一遍：暴雨红色预警，立即转移。低处的人先转到二楼以上。",
    )  # fmt: skip
    order = PlayOrder.objects.create(broadcast=said, place_path=HOME, state="sent", sent_at=now())
    for i, (state, times, reason) in enumerate([("played", 3, ""), ("playing", 1, ""), ("failed", 0, "功放坏了"),
                                                ("offline", 0, ""), ("accepted", 0, "")]):  # fmt: skip
        code, name = f"5199010010010{i:02}", f"竹苑社区 {i + 1} 号楼顶"
        Speaker.objects.create(
            place_path=HOME, code=code, name=name, online=state != "offline", heard_at=now(),
            online_since=now() - dt.timedelta(days=2),
        )  # fmt: skip
        PlayReceipt.objects.create(
            order=order, code=code, name=name, state=state, times=times, reason=reason, at=now()
        )  # fmt: skip
    return found.call, well.id


def test_every_page_is_readable_and_fits(laid, make_page, look):
    call, relay = laid
    page = make_page()
    for user, pages in (
        ("keeper", {"relays": "/settings/relays",
                    "relay": f"/settings/relays/{relay}", "speakers": "/settings/speakers",
                    "speakers-gone": "/settings/speakers?view=gone", "loudspeaker": "/settings/carriers/loudspeaker"}),
        ("duty", {"call-speakers": f"/calls/{call}/speakers", "board-speakers": f"/calls/{call}"}),
    ):  # fmt: skip
        page.context.clear_cookies()
        page.goto("/accounts/login/")
        page.fill("#id_login", user)
        page.fill("#id_password", scene.PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url("**/inbox")
        for name, address in pages.items():
            page.goto(address)
            look.judge(page, name)
