"""WRN-03, PLT-05 in a real browser: the board by hand and live, wide and narrow, with and without scripts."""

import psycopg
import pytest

from anlan.callout.models import Obligation
from anlan.callout.tests import scene

pytestmark = pytest.mark.browser


@pytest.fixture
def laid(live_db):
    """What the browser shall see, with every id it needs: no ORM once Playwright runs."""
    found = scene.lay(each=2)
    someone = (
        Obligation.objects.filter(call_id=found.call, state="open", dead=True)
        .order_by("-rank", "began_at", "id")
        .first()
    )
    return found, someone.id


@pytest.fixture
def signed_in(laid, make_page):
    def enter(**how):
        page = make_page(**how)
        page.goto("/accounts/login/")
        page.fill("#id_login", laid[0].username)
        page.fill("#id_password", laid[0].password)
        page.click("main button[type=submit]")
        page.wait_for_url("**/inbox")
        return page

    return enter


def test_every_page_of_a_call_is_readable_and_fits(signed_in, laid, look):
    page = signed_in()
    for title, address in (
        ("inbox", "/inbox"), ("board", f"/calls/{laid[0].call}?open=00010001"),
        ("unreached", f"/calls/{laid[0].call}/unreached"), ("report", f"/calls/{laid[0].call}/report"),
        ("settings", "/settings"), ("search", "/search?q=竹苑"),
        ("lost", "/no/such/page"), ("password", "/accounts/password/change/"),
        ("second-factor", "/accounts/2fa/"), ("sessions", "/accounts/sessions/"),
    ):  # fmt: skip
        page.goto(address)
        look.judge(page, title)


def test_sign_in_is_readable_without_scripts(laid, make_page, look):
    page = make_page(width=390, scripts=False)
    page.goto("/accounts/login/")
    look.fits(page)
    page.fill("#id_login", laid[0].username)
    page.fill("#id_password", "wrong")
    page.click("main button[type=submit]")
    assert page.locator(".errors").is_visible()
    page.fill("#id_password", laid[0].password)
    page.click("main button[type=submit]")
    assert page.url.endswith("/inbox")


def test_places_unfold_in_place_and_the_address_remembers(signed_in, laid):
    page = signed_in()
    page.goto(f"/calls/{laid[0].call}")
    page.get_by_role("link", name="江岸区").click()
    page.get_by_role("link", name="柳荫街道").wait_for()
    assert "open=00010001" in page.url
    page.reload()
    assert page.get_by_role("link", name="柳荫街道").is_visible()
    page.go_back()
    page.get_by_role("link", name="柳荫街道").wait_for(state="detached")


def test_places_unfold_without_scripts_too(laid, make_page):
    page = make_page(scripts=False)
    page.goto("/accounts/login/")
    page.fill("#id_login", laid[0].username)
    page.fill("#id_password", laid[0].password)
    page.click("main button[type=submit]")
    page.goto(f"/calls/{laid[0].call}")
    page.get_by_role("link", name="江岸区").click()
    assert page.get_by_role("link", name="柳荫街道").is_visible()


def test_a_proxy_answer_by_keyboard(signed_in, laid):
    page = signed_in()
    page.goto(f"/calls/{laid[0].call}")
    before = page.locator("#h-left").inner_text()
    row = page.locator(f"#o-{laid[1]}")
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    row.locator("select[name=how]").select_option("family")
    row.locator("input[name=note]").fill("他爱人接的")
    row.locator("form button[type=submit]").focus()
    page.keyboard.press("Enter")
    page.locator(".toast").wait_for()
    assert page.locator(f"#o-{laid[1]}").count() == 0
    assert page.locator("#h-left").inner_text() != before


def test_it_hears_changes_and_leaves_what_one_is_doing_alone(signed_in, laid, live_db, dsn):
    page = signed_in()
    page.goto(f"/calls/{laid[0].call}")
    page.get_by_text("收到服务器消息").wait_for()
    row = page.locator(f"#o-{laid[1]}")
    row.locator("summary").click()
    row.locator("input[name=note]").fill("写到一半")
    page.evaluate("window.scrollTo(0, 600)")
    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute(
            "UPDATE callout_tally SET answered = answered + 7, owed = owed + 7 WHERE call_id = %s", [laid[0].call]
        )
        other.execute("SELECT pg_notify('anlan_live', '{}')")
    page.get_by_role("heading", name=f"{laid[0].people + 7} 人现在怎么样").wait_for(timeout=8000)
    assert row.locator("input[name=note]").input_value() == "写到一半"
    assert row.locator("input[name=note]").evaluate("e => e === document.activeElement")
    assert page.evaluate("window.scrollY") == 600


def test_it_says_when_it_has_not_heard(signed_in, laid):
    page = signed_in()
    page.clock.install()
    page.goto(f"/calls/{laid[0].call}")
    page.get_by_text("收到服务器消息").wait_for()
    page.context.set_offline(True)
    page.clock.fast_forward(40_000)
    page.get_by_text("没收到服务器消息了").wait_for()
    assert "live--stale" in page.locator("anlan-live").get_attribute("class")


def test_clocks_count(signed_in, laid):
    page = signed_in()
    page.goto(f"/calls/{laid[0].call}")
    clock = page.locator("anlan-clock time")
    first = clock.inner_text()
    page.wait_for_function("(t) => document.querySelector('anlan-clock time').textContent !== t", arg=first)


def test_the_report_prints_on_one_page_of_a4(signed_in, laid):
    page = signed_in()
    page.goto(f"/calls/{laid[0].call}/report")
    page.emulate_media(media="print")
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    assert pages_of(pdf) == 1


def pages_of(pdf: bytes) -> int:
    return int(pdf.split(b"/Count ", 1)[1].split(maxsplit=1)[0])


def test_english_and_dark_by_choice(signed_in, look):
    page = signed_in()
    page.get_by_role("button", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    page.goto("/settings")
    look.shoot(page, "settings-en")
    page.locator("button[name=theme][value=dark]").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.get_by_role("button", name="中文").click()
    assert page.locator("html").get_attribute("lang") == "zh-CN"
