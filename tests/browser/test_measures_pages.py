"""HZD-08, HZD-09, EVL-03, PLT-05: the pages of statistics read well on a desk and on a phone, in light and dark."""

from types import SimpleNamespace

import pytest
from tests.browser.test_board_page import signed_in  # noqa: F401 - the fixture signs in whoever `laid` names

from anlan.analytics.models import Finding
from anlan.analytics.services import noticing, recounting
from anlan.analytics.tests import laying
from anlan.kernel.authority import machine

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def laid(live_db, cast):
    """A year of hazards and inspections, one kind of it rising."""
    grid, other = cast.places.grid.path, cast.places.other_street.path
    items = laying.checklist()
    thing = laying.thing(grid)
    for month in range(12):
        for n in range(6 + month):
            closed = n % 4 > 0
            laying.hazard(
                grid if n % 3 else other, 30 * month + n, due=30 * month + n - 7,
                kind="wires" if n % 2 else "corridor",
                state="closed" if closed else "assigned", accepted=max(30 * month + n - (4 if n % 5 else 9), 0),
                grade="major" if n % 7 == 0 else "general", source=("daily", "inspection", "tip")[n % 3],
            )  # fmt: skip
        laying.visit(grid, 30 * month, ("pass", "pass", "fail" if month % 3 == 0 else "na"), items, object=thing)
    for _n in range(12):
        laying.hazard(grid, 3, kind="wires", state="reported")
    laying.kind("wires", "h24", name="飞线充电")
    laying.kind("corridor", name="楼道堆物")
    recounting.recount()
    noticing.notice(by=machine("test"))
    who = cast.admin
    who.account.set_password("a-long-enough-passphrase")
    who.account.save()
    who.account.authenticator_set.all().delete()
    finding = Finding.objects.order_by("genre").first()
    return SimpleNamespace(username="admin", password="a-long-enough-passphrase"), finding.id


def test_statistics_can_be_read_and_gone_down_into(signed_in, laid, look):  # noqa: F811
    page = signed_in()
    for name, address in (
        ("overview", "/statistics?since=2025-01&by=kind"), ("compare", "/statistics/compare?other=00010002"),
        ("findings", "/statistics/findings"), ("finding", f"/statistics/findings/{laid[1]}"),
        ("burden", "/statistics/burden"), ("gate-new", "/statistics/gate/new"),
        ("measure", "/statistics/measures/rectified"), ("define", "/statistics/measures/rectified/define"),
    ):  # fmt: skip
        page.goto(address)
        if name == "overview":
            page.locator("anlan-chart").scroll_into_view_if_needed()
            page.wait_for_selector("anlan-chart[data-ready]")
        look.judge(page, f"measures-{name}")
