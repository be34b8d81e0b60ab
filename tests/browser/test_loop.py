"""WRN-01, WRN-03, WRN-04, TEA-01 in a real browser: the loop as people see it, on a desk and on a telephone."""

import re
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from django.db import connections

from anlan.ledger import services as ledger
from anlan.web.tests import story

pytestmark = [pytest.mark.browser, pytest.mark.story]

PASSWORD = "a-long-enough-passphrase"


@pytest.fixture
def laid(live_db, cast):
    """A red warning that came by HTTP, its call prepared, and passwords: no ORM once Playwright runs."""
    story.crew(cast)
    for who in ("district", "approver"):
        member = getattr(cast, who)
        member.account.set_password(PASSWORD)
        member.account.save()
        member.account.authenticator_set.all().delete()
    alert = story.Weather().post(story.RED)
    return SimpleNamespace(alert=alert.id, call=story.call_of(alert).id, chain=alert.chain_id, cast=cast)


@pytest.fixture
def beside(laid):
    """What runs beside the browser, in a thread of its own: jobs and questions to the database."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda act, *args: pool.submit(act, *args).result(60)
        pool.submit(connections.close_all).result(10)


def sign_in(page, who):
    page.goto("/accounts/login/")
    page.fill("#id_login", who)
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/inbox")
    return page


def links(call, *members):
    return [story.link(story.owed(SimpleNamespace(id=call), m)) for m in members]


def numbers(page):
    """What the board says has answered, and has not."""
    keys = page.locator("figcaption.keys").first.inner_text()
    said = int(re.search(r"已应答\s*([\d,]+)", keys)[1].replace(",", ""))
    return said, sum(int(n.replace(",", "")) for n in re.findall(r"(?:送到没应|没回音|空号停机)\s*([\d,]+)", keys))


@pytest.mark.timeout(180)
@pytest.mark.parametrize("width", [1440, 390])
def test_the_loop_as_people_see_it(laid, beside, make_page, look, width):
    officer = sign_in(make_page(width=width), "district")
    looks_at_it(officer, laid, look, width)
    leader = sign_in(make_page(width=width), "approver")
    leader.goto(f"/alerts/calls/{laid.call}")
    leader.locator("button[value=approve]").click()
    leader.wait_for_url(f"**/calls/{laid.call}")
    beside(story.settle)
    officer.goto(f"/calls/{laid.call}")
    officer.get_by_text("收到服务器消息").wait_for()
    answered, silent = numbers(officer)
    assert answered == 0
    assert silent >= 9
    first, second = beside(links, laid.call, laid.cast.grid, laid.cast.key)
    answers_on_a_telephone(make_page(width=390, scripts=False), first, look)
    heard = r"() => /已应答\s*1(?!\d)/.test(document.querySelector('figcaption.keys').textContent)"
    officer.wait_for_function(heard, timeout=9000)  # by itself: nobody touched this page
    other = make_page(width=390, scripts=False)
    other.goto(second)
    other.get_by_role("button", name="我去不了").click()
    assert "应" in other.locator("h1").inner_text()
    writes_down_a_visit(officer, laid, look)
    hands_over(officer, laid, beside, look, silent=silent, width=width)


def looks_at_it(officer, laid, look, width):
    # the duty officer signs in, finds the warning in the inbox, reads it and the list, and cannot approve it
    officer.locator(".duty--first .duty__title").click()
    officer.wait_for_url(f"**/alerts/{laid.alert}")
    assert "暴雨红色预警" in officer.locator("h1").inner_text()
    look.fits(officer)
    officer.locator(f'a[href="/alerts/calls/{laid.call}"]').first.click()
    officer.get_by_role("heading", name=re.compile("叫谁")).wait_for()
    assert officer.locator("button[value=approve]").count() == 0
    look.fits(officer)
    look.shoot(officer, f"loop-send-{width}")


def answers_on_a_telephone(phone, first, look):
    phone.goto(first)
    look.fits(phone)
    phone.get_by_role("button", name="我收到了").click()
    assert "应答了" in phone.locator("h1").inner_text()
    phone.goto(first)
    assert phone.get_by_role("button", name="我收到了").count() == 0


def writes_down_a_visit(officer, laid, look):
    # somebody else is found at the door: the officer writes it down from the list of the unreached
    officer.goto(f"/calls/{laid.call}/unreached")
    row = officer.locator(".unreached__row", has_text=laid.cast.proxied.name)
    row.locator("summary").click()
    row.locator("select[name=how]").select_option("door")
    row.locator("input[name=note]").fill("在家，叫醒了")
    row.get_by_role("button", name=re.compile("记下代应")).click()
    officer.locator(".toast").wait_for()
    assert officer.locator(".unreached__row", has_text=laid.cast.proxied.name).count() == 0
    look.fits(officer)


def hands_over(officer, laid, beside, look, *, silent, width):
    # the report says the same as the board, and the ledger knows every step
    officer.goto(f"/calls/{laid.call}")
    answered, left = numbers(officer)
    assert (answered, left) == (3, silent - 3)
    look.shoot(officer, f"loop-board-{width}")
    officer.goto(f"/calls/{laid.call}/report")
    assert officer.get_by_text("暴雨红色预警").first.is_visible()
    look.fits(officer)
    with officer.expect_download() as taken:
        officer.locator('a[href$="report.xlsx"], a[href*="report.xlsx"]').first.click()
    assert taken.value.path().stat().st_size > 2_000
    beside(story.settle)
    beside(ledger.seal_all)
    officer.goto(f"/trail/chain/{laid.chain}")
    trail = officer.locator("main").inner_text()
    for words in ("代", "应", "方建国", "周建平"):
        assert words in trail
    look.fits(officer)
    assert beside(lambda: ledger.verify().ok)
