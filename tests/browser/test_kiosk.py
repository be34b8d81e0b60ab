"""PLT-05: a terminal in the hall: big doors; whoever comes next finds the first page and nothing of the one before."""

import pytest
from tests.browser.test_resident import WORST, warn

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def laid(live_db, cast):
    warn(*WORST[0])
    return cast.places


def test_the_next_person_finds_the_first_page(laid, make_page, look):
    page = make_page(width=1440)
    page.clock.install()
    page.goto(f"/kiosk/{laid.community.path}")
    look.accessible(page)
    look.shoot(page, "kiosk-1440")
    page.get_by_role("link", name="报一件不安全的事").click()
    page.get_by_role("link", name="回到第一页").wait_for()
    page.locator("textarea").first.fill("楼道里有人充电")
    page.clock.run_for(60_000)
    page.locator("textarea").first.press("End")
    page.clock.run_for(60_000)
    assert "/tips" in page.url, "a touch keeps the page"
    page.clock.run_for(31_000)
    page.wait_for_url(f"**/kiosk/{laid.community.path}")
    page.go_back()
    assert "/tips" not in page.url, "nothing of the one before is left to go back to"


def test_it_works_without_scripts_in_english_and_on_a_phone(laid, make_page, look):
    page = make_page(width=390, scripts=False, lang="en")
    page.goto(f"/kiosk/{laid.community.path}")
    look.fits(page)
    look.shoot(page, "kiosk-390")
    assert page.get_by_role("link", name="Report something unsafe").is_visible()
    assert page.locator("[data-aloud]").is_hidden()
    assert page.goto("/kiosk/ZZZZ").status == 404
