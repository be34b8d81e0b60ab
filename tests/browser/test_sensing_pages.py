"""SEN-01, SEN-03 in a real browser: a stream's curve with its limits, a rule and its trial, the net of a place."""

import pytest
from tests.browser.test_accessible import PASSWORD

from anlan.incidents.tests.saying import say
from anlan.sensing.tests import watching

pytestmark = pytest.mark.browser


@pytest.fixture
def laid(live_db, cast):
    member = cast.community
    member.account.set_password(PASSWORD)
    member.account.save()
    member.account.authenticator_set.all().delete()
    watching.apart(cast, say)
    return cast, watching.pages(cast)


def test_curve_and_rule(laid, make_page, look):
    cast, addresses = laid
    page = make_page()
    page.goto("/accounts/login/")
    page.fill("#id_login", cast.community.account.username)
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/inbox")
    for name, address in zip(("stream", "rules", "rule-start", "rule-new", "rule", "net"), addresses, strict=True):
        page.goto(address)
        if name in {"stream", "rule"}:
            page.locator("anlan-chart").scroll_into_view_if_needed()
            page.wait_for_selector("anlan-chart[data-ready]")
        if name == "net":
            page.wait_for_selector("anlan-map[data-ready]")
        look.judge(page, f"sensing-{name}")
