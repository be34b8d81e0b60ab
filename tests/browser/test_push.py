"""WRN-02: the real service worker in a real browser: it shows, says that it did, and opens the answer page."""

import json
import time

import psycopg
import pytest

from anlan.callout import tokens
from anlan.callout.services import devices, pushing
from anlan.callout.tests import calling, push_service
from anlan.web.tests import story

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PASSWORD = "a-long-enough-passphrase"


@pytest.fixture
def laid(live_db, cast, settings):
    """Somebody with an account, and a call that waits for their answer."""
    story.crew(cast)
    calling.set_up("webpush", contact="mailto:anlan@example.gov.cn")
    cast.grid.account.set_password(PASSWORD)
    cast.grid.account.save()
    calling.go_by(cast, "webpush")
    settings.PUSH_LOOPBACK = True
    with push_service.running(key=pushing.public_key()) as service:
        devices.add(service.browser().subscription, "安卓手机 · Chrome", by=cast.grid.actor)
        devices.add(service.browser().subscription, "值班室电脑", by=cast.grid.actor)
        next(iter(service.browsers.values())).mood = "gone"
        call = calling.start(cast)
        calling.hand_over(call)
    owed = calling.owed(call, cast.grid)
    return owed.id, tokens.mint(owed.number, owed.id), tokens.acknowledgement(owed.id)


def wait_for(what, seconds=10):
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, "it never came"
        time.sleep(0.1)
    return found


def state(dsn, receipt):
    with psycopg.connect(dsn) as store:
        return store.execute("SELECT state FROM callout_receipt WHERE id = %s", [receipt]).fetchone()[0]


@pytest.mark.timeout(180)
def test_a_push_is_shown_acknowledged_and_opens_the_answer(laid, make_page, look, served, dsn):
    receipt, token, proof = laid
    page = make_page(width=1440)
    page.goto("/accounts/login/")
    page.fill("#id_login", "grid")
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/inbox")
    page.goto("/settings/reminders")
    page.context.grant_permissions(["notifications"], origin=served)
    assert page.locator("anlan-push").is_visible()
    assert page.locator("[data-push-off]").is_hidden()
    look.accessible(page)
    look.shoot(page, "reminders-1440")
    page.set_viewport_size({"width": 390, "height": 844})
    look.fits(page)
    look.shoot(page, "reminders-390")

    cdp = page.context.new_cdp_session(page)
    versions = []
    cdp.on("ServiceWorker.workerRegistrationUpdated", lambda e: versions.extend(e["registrations"]))
    cdp.send("ServiceWorker.enable")
    page.evaluate("navigator.serviceWorker.register('/sw.js', {scope: '/'}).then(() => navigator.serviceWorker.ready)")
    wait_for(lambda: page.wait_for_timeout(50) or versions)
    said = {"t": "暴雨红色预警", "b": "马上查看低洼处", "u": f"/a/{token}", "k": str(receipt), "p": proof, "g": "x"}
    cdp.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": served, "registrationId": versions[-1]["registrationId"], "data": json.dumps(said)},
    )
    shown = wait_for(
        lambda: page.evaluate(
            "navigator.serviceWorker.ready.then(r => r.getNotifications())"
            ".then(l => l.map(n => [n.title, n.body, n.tag, n.data.u]))"
        )
    )
    assert shown == [["暴雨红色预警", "马上查看低洼处", "x", f"/a/{token}"]]
    wait_for(lambda: state(dsn, receipt) == "delivered")
