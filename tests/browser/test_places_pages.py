"""PLC-01, PLC-02 in a real browser: an officer browses, finds, changes and imports places, with and without scripts."""

import json

import pytest
import shapely

from anlan.kernel.authority import machine
from anlan.places import services

pytestmark = pytest.mark.browser

TABLE = "代码,名称\n519901001002,柳岸社区\n5199010010X3,写错的社区\n"


@pytest.fixture
def laid(live_db, cast):
    """The town with shapes, and the administrator's session: no ORM once Playwright runs."""
    by = machine("test")
    boxes = {
        "city": (104.0, 30.6, 104.2, 30.7), "district": (104.0, 30.6, 104.1, 30.7),
        "other_district": (104.1, 30.6, 104.2, 30.7), "street": (104.0, 30.6, 104.1, 30.65),
    }  # fmt: skip
    for name, box in boxes.items():
        services.set_shape(getattr(cast.places, name).pk, shapely.box(*box), crs="wgs84", by=by)
    ring = [[[104.0, 30.6], [104.1, 30.6], [104.1, 30.7], [104.0, 30.6]]]
    feature = {"type": "Feature", "properties": {"adcode": 519955, "name": "江岸县"}}
    content = {
        "type": "FeatureCollection",
        "features": [feature | {"geometry": {"type": "Polygon", "coordinates": ring}}],
    }
    services.import_boundaries(json.dumps(content).encode(), "边界.json", crs="gcj02", by=by, mode="good")
    client = cast.client("admin")
    return {"session": client.cookies["sessionid"].value, "path": cast.places.city.path, "grid": cast.places.grid.path}


@pytest.fixture
def signed_in(laid, make_page, served):
    def enter(**how):
        page = make_page(**how)
        page.context.add_cookies([{"name": "sessionid", "value": laid["session"], "url": served}])
        return page

    return enter


def test_every_page_of_places_is_readable_and_fits(signed_in, laid, look):
    page = signed_in()
    city, grid = (f"/places/{laid[key]}" for key in ("path", "grid"))
    for title, address in (
        ("index", "/places"), ("found", "/places?q=zysq"), ("none", "/places?q=没有"), ("city", city), ("grid", grid),
        ("edit", f"{grid}/edit"), ("add", f"{city}/add"), ("close", f"{grid}/close"), ("recode", f"{grid}/recode"),
        ("upload", "/places/imports/new"), ("imports", "/places/imports"), ("rejects", "/places/rejects"),
    ):  # fmt: skip
        page.goto(address)
        look.judge(page, f"places-{title}")


def test_look_import_and_take_back(signed_in, laid, look):
    page = signed_in()
    page.goto("/places/imports/new")
    page.set_input_files("#id_file", {"name": "区划.csv", "mimeType": "text/csv", "buffer": TABLE.encode("gb18030")})
    page.click("button >> text=看这份文件会改什么")
    page.locator("td:text-is('5199010010X3')").wait_for()
    look.accessible(page)
    look.shoot(page, "places-preview-1440")
    page.click("button[value=good]")
    page.locator(".toast").wait_for()
    page.click("text=处理这些行")
    page.click("text=处理这一行")
    page.fill("#id_note", "已请统计局更正")
    look.accessible(page)
    page.click("button >> text=处理完这一行")
    page.goto("/places?q=柳岸")
    page.locator("th", has_text="柳岸社区").wait_for()
    page.goto("/places/imports")
    page.click("text=区划.csv")
    page.click("text=撤回这次导入")
    page.fill("#id_reason", "年份不对")
    look.accessible(page)
    page.click("button.btn--danger")
    page.locator(".state", has_text="已撤回").wait_for()


def test_all_of_it_without_scripts(signed_in, laid):
    page = signed_in(width=390, scripts=False)
    page.goto(f"/places/{laid['path']}")
    page.click("table >> text=江岸区")
    page.click("table >> text=柳荫街道")
    page.click("text=改资料")
    page.fill("#id_households", "321")
    page.click("button >> text=保存改动")
    page.locator("dd", has_text="321").wait_for()
