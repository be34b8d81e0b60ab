"""WRN-06 in a real browser: one sentence in two taps, by position, with no network, without scripts; then the desk."""

import pytest
import shapely

from anlan.incidents import services
from anlan.incidents.terms import Said
from anlan.incidents.tests.saying import FIRE, WATER, picture, say
from anlan.kernel.authority import machine
from anlan.ledger import services as ledger
from anlan.places import services as places

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "a-long-enough-passphrase"
SQUARE = shapely.box(104.00, 30.60, 104.01, 30.61)


@pytest.fixture
def laid(live_db, cast):
    """A grid with a shape, some reports in every state, passwords."""
    for who in ("grid", "community", "city"):
        member = getattr(cast, who)
        member.account.set_password(PASSWORD)
        member.account.save()
        member.account.authenticator_set.all().delete()
    places.set_shape(cast.places.grid.id, SQUARE, crs="wgs84", by=machine("test"))
    one = say(cast.grid, WATER, photos=[picture()], lon=104.005, lat=30.605)
    services.complete(one.id, {"trapped": "2", "contact": "李婶 13911112222"}, by=cast.grid.actor)
    other = say(
        cast.street, "7栋楼下积水很深，车过不去", lon=104.0055, lat=30.605, photos=[picture(colour=(90, 90, 200))]
    )
    services.fold(other.id, one.id, by=cast.district.actor)
    incident = services.verify(one.id, by=cast.community.actor, level="general")
    waiting = say(cast.grid, FIRE)
    services.not_so(say(cast.grid, "天上有东西飞").id, "去看了，是风筝", by=cast.community.actor)
    services.report(Said(text="家里水管爆了", how="phone", caller="王大爷 13900001111"), by=cast.city.actor)
    ledger.seal_all()
    return {"waiting": waiting.id, "incident": incident.id, "own": one.id}


def sign_in(page, who):
    page.goto("/accounts/login/")
    page.fill("#id_login", who)
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/inbox")
    return page


def test_two_taps_and_a_sentence(laid, make_page, look):
    page = make_page(width=390, height=844)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": 104.002, "latitude": 30.602, "accuracy": 12})
    sign_in(page, "grid")
    page.get_by_role("link", name="报一个情况").click()
    page.get_by_text("手机定位").first.wait_for(state="attached")
    page.get_by_text("定位误差 12 米").wait_for()
    look.accessible(page)
    look.fits(page)
    look.shoot(page, "report-390")
    small = page.evaluate(
        """[...document.querySelectorAll('.hand .btn, .hand select, .hand .check')]
           .filter(e => e.offsetParent && e.getBoundingClientRect().height < 59.5).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert not small
    page.fill("#id_text", "7 栋楼下又积水了，快到膝盖")
    page.get_by_role("button", name="报上去").click()
    page.wait_for_url("**/report/sent/*")
    assert page.get_by_text("竹苑社区 第三网格").count()
    assert page.get_by_text("（手机定位）").count()
    assert page.get_by_text("是同一件事吗").count()
    look.accessible(page)
    look.fits(page)
    look.shoot(page, "report-sent-390")
    page.goto("/report")
    assert page.input_value("#id_text") == "", "what was sent is no draft any more"
    page.goto("/report/mine")
    look.accessible(page)
    look.shoot(page, "report-mine-390")
    page.goto(f"/report/sent/{laid['own']}")
    look.shoot(page, "report-verified-390")
    page.goto("/inbox")
    look.shoot(page, "report-inbox-390")


def test_without_a_network_it_is_kept_and_sent_when_there_is_one(laid, make_page, look):
    page = sign_in(make_page(width=390, height=844), "grid")
    page.goto("/report")
    page.context.set_offline(True)
    page.get_by_text("没网。").wait_for()
    page.fill("#id_text", "桥下水漫上来了")
    page.get_by_role("button", name="报上去").click()
    page.get_by_text("没发出去").wait_for()
    look.shoot(page, "report-offline-390")
    client = page.input_value("[name=client]")
    page.context.set_offline(False)
    page.wait_for_url("**/report/sent/*")
    assert page.get_by_text("桥下水漫上来了").count()
    page.goto("/report")
    page.fill("#id_text", "写到一半")
    page.reload()
    assert page.input_value("#id_text") == "写到一半"
    assert page.input_value("[name=client]") != client
    lost = "ERR_INTERNET_DISCONNECTED"  # what the browser says of the network we took away
    make_page.complaints[:] = [c for c in make_page.complaints if lost not in c]


def test_without_scripts_it_is_a_form(laid, make_page):
    page = sign_in(make_page(width=390, scripts=False), "grid")
    page.goto("/report")
    assert not page.get_by_role("button", name="说一句话").is_visible()
    page.fill("#id_text", "路灯杆歪了")
    page.set_input_files("[name=photos]", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture((3000, 2000))})
    page.get_by_role("button", name="报上去").click()
    page.wait_for_url("**/report/sent/*")
    assert page.locator(".shots img").count() == 1


def test_the_desk(laid, make_page, look):
    page = sign_in(make_page(), "city")
    for name, address in (
        ("list", "/incidents"), ("all", "/incidents?view=all"), ("empty", "/incidents?view=passed"),
        ("one", f"/incidents/reports/{laid['waiting']}"), ("done", f"/incidents/reports/{laid['own']}"),
        ("incident", f"/incidents/{laid['incident']}"), ("events", "/incidents/events"),
        ("phoned", "/incidents/phoned"),
    ):  # fmt: skip
        assert page.goto(address).status == 200, address
        look.judge(page, f"incidents-{name}")
    page.goto(f"/incidents/reports/{laid['waiting']}")
    page.get_by_role("button", name="我来核实").click()
    page.get_by_role("button", name="属实，转成事件").click()
    page.wait_for_url("**/incidents/*-*")
    assert page.get_by_text("1 个来源，一个没丢").count()
