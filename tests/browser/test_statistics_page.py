"""WRN-03, B12 in a real browser: the year's figures, wide and narrow, down to a street, and the chart as a table."""

import pytest
from tests.browser.test_board_page import signed_in  # noqa: F401 - the fixture signs in whoever `laid` names

from anlan.callout.tests import scene
from anlan.kernel.authority import machine
from anlan.web.city import past

pytestmark = pytest.mark.browser


@pytest.fixture
def laid(live_db):
    found = scene.lay(each=8)
    past.year(7, by=machine("test"))
    return found, None


def test_the_year_can_be_read_and_gone_down_into(signed_in, laid, look):  # noqa: F811
    page = signed_in()
    page.goto("/calls/statistics")
    page.locator("anlan-chart").scroll_into_view_if_needed()
    page.wait_for_selector("anlan-chart[data-ready]")
    look.judge(page, "statistics")
    page.get_by_role("link", name="江岸区").first.click()
    page.wait_for_url("**place=00010001*")
    assert "柳荫街道" in page.inner_text("main")
    page.get_by_text("看数据表").click()
    assert page.locator("anlan-chart table tbody tr").count() == 12
