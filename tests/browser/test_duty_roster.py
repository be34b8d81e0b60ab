"""RPT-01 in a real browser: a keeper and a phone look at the duty roster, wide and narrow, and hand a watch over."""

import pytest

from anlan.people import services
from anlan.people.tests.watch import BY, coming, running, street_watch

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TWELVE = [["白班", "08:00", "20:00"], ["夜班", "20:00", "08:00"]]


@pytest.fixture
def laid(live_db, cast):
    """A street's watch with a gap, something open and a call: no ORM once Playwright runs."""
    watch = street_watch(cast, pattern=TWELVE, needs={"leader": 1, "officer": 1, "standby": 1}, rest=8)
    seat = coming(watch, after=3)
    gap = coming(watch, position="standby", after=1)
    services.put(gap.id, None, by=BY)
    services.watch_gaps(by=BY)
    services.open_item(watch.rota.id, "三号涵洞水位还在涨", by=BY)
    call = services.note_call(
        watch.rota.id, services.CallCard("桥下有车被淹", topic="help", phone="13800002222", trapped=2), by=BY
    )
    note = services.give_over(watch.rota.id, "夜里雨大", by=BY, shift_id=running(watch).shift_id)
    month = f"{seat.shift.day:%Y-%m}"
    table = services.read_sheet(
        watch.rota.id, seat.shift.day, "日期,班次,值班员\n1日,白班,查无此人\n2日,白班,\n".encode(), "表.csv", by=BY
    )
    return {
        "session": cast.client("street").cookies["sessionid"].value, "rota": f"/duty/{watch.rota.id}",
        "place": cast.places.street.path, "month": month, "seat": f"/duty/seats/{seat.id}",
        "note": f"/duty/notes/{note.id}", "call": f"/duty/calls/{call.id}", "sheet": f"/duty/sheets/{table.id}",
    }  # fmt: skip


@pytest.mark.timeout(240)
def test_every_page_of_the_duty_roster_reads_and_fits(laid, make_page, served, look):
    page = make_page()
    page.context.add_cookies([{"name": "sessionid", "value": laid["session"], "url": served}])
    rota = laid["rota"]
    for title, address in (
        ("front", "/duty"), ("month", rota), ("other", f"{rota}?month=2031-03"), ("seat", laid["seat"]),
        ("new", f"/duty/new?place={laid['place']}"), ("edit", f"{rota}/edit"), ("members", f"{rota}/members"),
        ("publish", f"{rota}/publish?month={laid['month']}"), ("close", f"{rota}/close"), ("import", f"{rota}/import"),
        ("sheet", laid["sheet"]), ("handover", f"{rota}/handover"), ("note", laid["note"]), ("calls", f"{rota}/calls"),
        ("call", laid["call"]), ("call-new", f"{rota}/calls/new"), ("call-edit", f"{laid['call']}/edit"),
    ):  # fmt: skip
        assert page.goto(address).status == 200, address
        look.judge(page, f"duty-{title}")
        assert page.locator("h1").count() == 1


def test_a_watch_is_handed_over_by_keyboard(laid, make_page, served):
    page = make_page(width=390)
    page.context.add_cookies([{"name": "sessionid", "value": laid["session"], "url": served}])
    page.goto(f"{laid['rota']}/handover")
    page.focus("#id_text")
    page.keyboard.type("路灯还没亮")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.get_by_text("路灯还没亮").is_visible()
    page.goto(laid["note"])
    with page.expect_navigation():
        page.get_by_role("button", name="看过了，接班").press("Enter")
    assert page.get_by_text("已接班").first.is_visible()
