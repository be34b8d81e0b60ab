"""PLC-01 in a real browser: a table is compared, a line settled, the change put into effect; every page reads well."""

import re

import pytest
from playwright.sync_api import expect

from anlan.kernel.authority import machine
from anlan.places import queries, services
from anlan.places.terms import Fate

pytestmark = pytest.mark.browser

TABLE = """区县代码,区县名称,街道代码,街道名称,社区代码,社区名称
519901,江岸区,519901001,柳荫街道,519901001001,竹苑社区
519901,江岸区,519901001,柳荫街道,519901001003,文昌路社区
519901,江岸区,519901001,柳荫街道,519901001004,新桥社区
519901,江岸区,519901001,柳荫街道,519901001006,新城社区
519901,江岸区,519901008,码头街道,519901008001,柳浪社区
519902,北埠区,519902009,港口街道,519902009001,船厂社区
519902,北埠区,519902009,港口街道,519902009002,灯塔社区
519902,北埠区,519902009,港口街道,51990200900X,写错的社区
"""


@pytest.fixture
def laid(live_db, cast):
    """The town with a comparison waiting, and one change in effect; the administrator's session."""
    by, at = machine("test"), cast.places
    services.add(at.street, name="文昌社区", level="community", code="519901001002", by=by)
    services.add(at.street, name="滨河社区", level="community", code="519901001005", by=by)
    day = queries.tree.today()
    made = services.Draft(at.city.path, day, "2025 年区划调整", "澜民〔2025〕1 号")
    done = services.plan(b"", "", made, by=by)
    old = services.add(at.other_district, name="旧港镇", level="street", code="519902101", by=by)
    line = services.add_line(done.pk, old.path, by=by)
    services.correct(line.pk, services.Decision(Fate.MERGED, [f"={at.other_street.path}"]), by=by)
    services.apply(done.pk, by=by)
    asked = services.Draft(at.city.path, day, basis="澜民〔2026〕1 号")
    plan = services.plan(TABLE.encode(), "2026 年区划表.csv", asked, by=by)
    split = services.add_line(plan.pk, at.community.path, by=by)
    new = next(x for x in plan.lines.all() if x.name == "新桥社区")
    said = services.Decision(Fate.SPLIT, [f"={at.community.path}", *new.into], shares=[60, 40])
    services.correct(split.pk, said, by=by)
    kinds = {x.was_name or x.name: x.pk for x in plan.lines.all()}
    session = cast.client("admin").cookies["sessionid"].value
    return {"session": session, "plan": plan.pk, "done": done.pk, "lines": kinds, "old": old.path, "split": split.pk}


@pytest.fixture
def signed_in(laid, make_page, served):
    def enter(**how):
        page = make_page(**how)
        page.context.add_cookies([{"name": "sessionid", "value": laid["session"], "url": served}])
        return page

    return enter


def test_every_page_of_a_change_is_readable_and_fits(signed_in, laid, look):
    page = signed_in()
    plan, lines = f"/places/adjustments/{laid['plan']}", laid["lines"]
    for title, address in (
        ("list", "/places/adjustments"), ("new", "/places/adjustments/new"), ("plan", plan),
        ("moved", f"{plan}?view=moved"), ("split", f"{plan}?view=split"), ("none", f"{plan}?view=closed"),
        ("line", f"/places/adjustments/lines/{lines['文昌社区']}"),
        ("founded", f"/places/adjustments/lines/{lines['柳浪社区']}"),
        ("sharing", f"/places/adjustments/lines/{laid['split']}"), ("add", f"{plan}/add?q=柳荫"),
        ("add-new", f"{plan}/add?new=1&q=柳荫"), ("done", f"/places/adjustments/{laid['done']}?view=merged"),
        ("undo", f"/places/adjustments/{laid['done']}/undo"), ("history", f"/places/{laid['old']}/history"),
        ("former", "/places?q=旧港镇"), ("statistics", "/calls/statistics?boundaries=now"),
    ):  # fmt: skip
        page.goto(address)
        look.judge(page, f"bounds-{title}")


def test_lines_are_settled_and_the_change_takes_effect(signed_in, laid, look):
    page = signed_in(width=1440)
    page.goto(f"/places/adjustments/{laid['plan']}")
    page.locator("tr", has_text="滨河社区").get_by_role("link", name="核对").click()
    page.get_by_label("合并").check()
    page.get_by_label("竹苑社区", exact=False).first.check()
    page.get_by_role("button", name="记下这个去向").click()
    page.get_by_text("「滨河社区」核对好了").wait_for()
    left = page.locator("td a", has_text="核对")
    for remaining in range(left.count() - 1, -1, -1):
        left.first.click()
        page.get_by_role("button", name=re.compile("真是新设的|记下这个去向")).first.click()
        expect(left).to_have_count(remaining)
    page.get_by_role("link", name="让区划调整生效").click()
    look.accessible(page)
    look.shoot(page, "bounds-confirm-1440")
    page.get_by_label("照着写").fill("澜江市")
    page.get_by_role("button", name="让区划调整生效").click()
    page.get_by_text("已生效").first.wait_for()
    look.shoot(page, "bounds-applied-1440")
