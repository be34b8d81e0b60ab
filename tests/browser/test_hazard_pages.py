"""HZD-01 … HZD-07 in a real browser: the list, the map, the record and an act, at a desk and in a hand."""

import pytest
import shapely

from anlan.fieldwork.services import uploads
from anlan.hazards import services
from anlan.hazards.tests.finding import WIRES, assigned, closed, confirmed, find, picture
from anlan.kernel.authority import machine
from anlan.ledger import services as ledger
from anlan.places import services as places

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "a-long-enough-passphrase"
SQUARE = shapely.box(104.00, 30.60, 104.01, 30.61)


@pytest.fixture
def laid(live_db, cast):
    """Hazards in every state, one with everything on it; passwords."""
    cast.street.account.set_password(PASSWORD)
    cast.street.account.save()
    cast.street.account.authenticator_set.all().delete()
    places.set_shape(cast.places.grid.id, SQUARE, crs="wgs84", by=machine("test"))
    before = uploads.keep_photos([picture(), picture(colour=(90, 60, 40))], by=cast.grid.actor)
    full = assigned(
        cast, uploads=before, where="7 栋 2 单元", lon=104.005, lat=30.605, accuracy=8.0, limit="h24",
    )  # fmt: skip
    services.control(full.id, "warn", "断了外拉电，贴了提示", by=cast.community.actor)
    after = uploads.keep_photos([picture(colour=(150, 150, 140))], by=cast.community.actor)
    services.note(full.id, "上门劝导 301、302 两户，同意把车移走", by=cast.grid.actor)
    services.rectify(full.id, "车移走，线拆了", uploads=after, cost=12_000, name="老王", by=cast.community.actor)
    confirmed(cast, text="燃气管道被围挡占压，能闻到气味", grade="major", lon=104.003, lat=30.603)
    find(cast.grid, text=WIRES, lon=104.007, lat=30.608)
    closed(cast, text="门口窨井盖松了，踩上去会翻")
    services.reject(find(cast.grid, text="树上有鸟窝").id, "不影响安全", by=cast.community.actor)
    ledger.seal_all()
    return {"full": full.id}


def sign_in(page, who):
    page.goto("/accounts/login/")
    page.fill("#id_login", who)
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/inbox")
    return page


def test_from_the_map_and_the_list_to_the_act(laid, make_page, look):
    """HZD-01: what axe sees of each page stands in test_accessible.py; here is what only a script or a thumb does."""
    page = sign_in(make_page(), "street")
    page.goto("/hazards?view=all&map=1")
    page.locator("anlan-map[data-ready='1']").wait_for()
    look.shoot(page, "hazard-map")
    page.get_by_role("link", name="清单", exact=True).click()
    page.locator("input[name=picked]").check()
    page.get_by_role("button", name="一起指派勾选的").click()
    page.get_by_text("1 条能指派").wait_for()
    page.goto(f"/hazards/{laid['full']}")
    look.shoot(page, "hazard-full")
    page.locator("summary", has_text="更多").click()
    page.get_by_role("link", name="改级别").wait_for()
    page.set_viewport_size({"width": 390, "height": 844})
    look.fits(page)
    page.get_by_role("link", name="验收通过，销号").click()
    page.fill("#id_opinion", "现场看了，通了")
    page.get_by_role("button", name="验收通过，销号").click()
    page.get_by_text("办完了，已经销号").wait_for()
    page.goto("/hazards?view=all")
    look.fits(page)
    look.shoot(page, "hazard-list-390")
