"""PLT-05: the field page on a phone without a network: cold start, a report in three taps, nothing ever lost."""

import psycopg
import pytest

from anlan.people.models import Rota

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "a-long-enough-passphrase"
LOST = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "status of 404")  # what the browser says of the network we took away


@pytest.fixture
def laid(live_db, cast):
    """Two accounts that can sign in, and the line of the duty desk."""
    for who in ("grid", "community"):
        member = getattr(cast, who)
        member.account.set_password(PASSWORD)
        member.account.save()
        member.account.authenticator_set.all().delete()
    Rota.objects.create(name="竹苑社区值班室", place_path=cast.places.community.path, phone="028-5550111")
    return {"grid": str(cast.grid.person.id), "path": cast.places.grid.path}


@pytest.fixture
def phone(laid, make_page):
    """A page of 390 px that may know where it is; what it says of a missing network is not a complaint."""
    page = make_page(width=390, height=844)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": 104.002, "latitude": 30.602, "accuracy": 12})
    yield page
    make_page.complaints[:] = [c for c in make_page.complaints if not any(word in c for word in LOST)]


def sign_in(page, who="grid"):
    page.goto("/accounts/login/?next=/field")
    page.fill("#id_login", who)
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/field")
    page.wait_for_selector("html[data-kept='1']")
    page.get_by_role("link", name="报险情、隐患").wait_for()
    return page


def records(dsn):
    with psycopg.connect(dsn) as store:
        return store.execute(
            "SELECT kind, body, offline, at, said_at, ahead FROM fieldwork_record ORDER BY seq"
        ).fetchall()


def eventually(page, what, seconds=10):
    for _ in range(seconds * 10):
        if found := what():
            return found
        page.wait_for_timeout(100)
    raise AssertionError("it never came")


def report(page, tile="楼道堵了"):
    """Three taps, from the first screen."""
    page.get_by_role("link", name="报险情、隐患").click()
    page.get_by_role("button", name=tile).click()
    page.get_by_role("button", name="报上去").click()
    page.get_by_role("heading", name="记下了").wait_for()


def test_a_cold_start_without_a_network_and_a_report_in_three_taps(phone, look, dsn):
    page = sign_in(phone)
    page.context.set_offline(True)
    page.close()
    page = phone = phone.context.new_page()  # the tab was killed, and there is no network: the page is the phone's own
    page.goto("/field")
    page.get_by_text("没网。").wait_for()
    assert page.get_by_role("link", name="竹苑社区值班室").get_attribute("href") == "tel:028-5550111"
    look.accessible(page)
    look.fits(page)
    look.shoot(page, "field-home-390")
    report(page)
    look.accessible(page)
    look.shoot(page, "field-done-390")
    assert page.get_by_text("还能撤").count()
    assert not records(dsn)
    page.get_by_role("link", name="回到今天").click()
    page.get_by_text("1 条存好了，有网自动发。").wait_for()
    page.goto("/field#/outbox")
    look.shoot(page, "field-outbox-390")
    page.evaluate("Date.now = (was => () => was() + 60_000)(Date.now.bind(Date))")  # past the time to take it back
    page.context.set_offline(False)
    kind, body, offline, *_times = eventually(page, lambda: records(dsn))[0]
    assert (kind, body["text"], body["kind"], offline) == ("hazards.report", "楼道堵了", "blocked", True)
    assert round(body["lon"], 3) == 104.002
