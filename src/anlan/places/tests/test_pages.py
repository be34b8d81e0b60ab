"""PLC-01: the pages of places: browse, find, change, import, undo; each only for whom it is for."""

import io
import json
import re

import pytest
from openpyxl import load_workbook

from anlan.places import queries, services
from anlan.places.models import Import, Place

HEAD = "代码,名称\n"
GOOD = f"{HEAD}519901001002,柳岸社区\n".encode()
MIXED = f"{HEAD}519901001003,江口社区\n5199010010X4,坏社区\n519955001,无上级街道\n".encode()


def upload(client, content, name="表.csv", **more):
    file = io.BytesIO(content)
    file.name = name
    return client.post("/places/imports/new", {"kind": "divisions", "file": file} | more)


def imported(client, content, mode="all", **more):
    answer = upload(client, content, **more)
    assert answer.status_code == 302, answer.content.decode()
    page = answer["Location"]
    return page, client.post(f"{page}/store", {"mode": mode})


def test_every_page_opens_and_none_without_sign_in(cast):
    path = cast.places.street.path
    pages = [
        "/places", "/places?q=柳荫", "/places?q=", f"/places/{path}", f"/places/{path}?sort=-name&closed=1",
        f"/places/{path}/edit", f"/places/{path}/add", f"/places/{path}/close", f"/places/{path}/recode",
        f"/places/{path}/map.geojson", "/places.geojson", f"/places/{path}/children.csv?all=1",
        f"/places/{path}/children.xlsx", f"/places/{path}/children.geojson?crs=gcj02",
        "/places/imports", "/places/imports/new", "/places/rejects",
    ]  # fmt: skip
    admin, nobody = cast.client("admin"), cast.client()
    for page in pages:
        answer = admin.get(page)
        assert answer.status_code == 200, (page, answer.status_code)
        assert nobody.get(page).status_code == 302, page


def test_no_page_has_inline_script_or_style(cast):
    admin = cast.client("admin")
    for page in (
        "/places",
        f"/places/{cast.places.street.path}",
        "/places/imports/new",
        f"/places/{cast.places.grid.path}/edit",
    ):
        html = admin.get(page).content.decode()
        assert not re.search(
            r"<script(?![^>]*\bsrc=)[^>]*>\s*\S|<style|\sstyle=|\son\w+=", html.replace("application/json", "")
        ), page


def test_hidden_is_absent(cast):
    grid = cast.client("grid")
    for where in (cast.places.other_street.path, cast.places.city.path, "00099999"):
        for tail in ("", "/map.geojson", "/children.csv", "/edit"):
            assert grid.get(f"/places/{where}{tail}").status_code == 404, (where, tail)
    assert grid.get(f"/places/{cast.places.grid.path}").status_code == 200
    assert grid.get(f"/places/id/{cast.places.grid.pk}")["Location"] == f"/places/{cast.places.grid.path}"
    assert grid.get(f"/places/id/{cast.places.city.pk}").status_code == 404
    assert grid.get(f"/places/{cast.places.grid.path}/edit").status_code == 403
    assert grid.get("/places/imports").status_code == 403
    assert "码头街道" not in grid.get("/places?q=码头").content.decode().replace('value="码头"', "")


def test_find_and_follow(cast):
    html = cast.client("city").get("/places?q=zysq").content.decode()
    assert "竹苑社区" in html
    assert "江岸区 › 柳荫街道" in html
    assert "没有这样的地方" in cast.client("city").get("/places?q=不存在的地方").content.decode()


def test_edit_keeps_what_was_typed_and_says_what_is_wrong(cast):
    admin, grid = cast.client("admin"), cast.places.grid
    page = f"/places/{grid.path}/edit"
    answer = admin.post(page, {"name": "", "households": "-4", "revision": grid.revision})
    assert answer.status_code == 422
    assert 'value="-4"' in answer.content.decode()
    said = {
        "name": "第三网格",
        "aliases": "老三格、三格",
        "households": "312",
        "lines": "综治、城管",
        "grid_level": "2",
    }
    answer = admin.post(page, said | {"grid_level": "2", "lon": "104.06", "lat": "30.66", "revision": grid.revision})
    assert answer.status_code == 302, answer.content.decode()
    saved = queries.by_path(grid.path)
    assert (saved.aliases, saved.households, saved.lines, saved.grid_level) == (
        ["老三格", "三格"],
        312,
        ["综治", "城管"],
        2,
    )
    assert admin.post(page, {"name": "抢改", "revision": grid.revision}).status_code == 409
    assert "312" in admin.get(f"/places/{grid.path}").content.decode()


def test_add_close_reopen_recode(cast):
    admin, street = cast.client("admin"), cast.places.street
    answer = admin.post(
        f"/places/{street.path}/add", {"level": "community", "name": "柳岸社区", "code": "519901001009"}
    )
    assert answer.status_code == 302, answer.content.decode()
    made = queries.by_code("519901001009")
    assert answer["Location"] == f"/places/{made.path}"
    assert admin.post(f"/places/{street.path}/add", {"level": "street", "name": "x"}).status_code == 422
    page = f"/places/{made.path}"
    answer = admin.post(f"{page}/recode", {"scheme": "stat", "code": "519901001010", "on": "2025-01-01"})
    assert answer.status_code == 302
    html = admin.get(page).content.decode()
    assert "519901001009" in html
    assert "519901001010" in html
    assert admin.post(f"{page}/close", {"on": "2025-02-01", "reason": "", "successor": ""}).status_code == 422
    assert admin.post(f"{page}/close", {"on": "2025-02-01", "reason": "撤并", "successor": "没有的"}).status_code == 422
    answer = admin.post(f"{page}/close", {"on": "2025-02-01", "reason": "撤并", "successor": "竹苑社区"})
    assert answer.status_code == 302, answer.content.decode()
    assert "已撤销" in admin.get(page).content.decode()
    assert queries.by_path(made.path).successor.name == "竹苑社区"
    assert admin.post(f"{page}/reopen", {"reason": "有误"}).status_code == 302
    assert queries.by_path(made.path).until is None
    assert admin.post(f"/places/{street.path}/close", {"on": "2025-02-01", "reason": "撤并"}).status_code == 409


def test_upload_look_import_undo(cast):
    admin = cast.client("admin")
    answer = upload(admin, GOOD)
    html = admin.get(answer["Location"]).content.decode()
    assert "导入这份文件" in html
    assert not Place.objects.filter(name="柳岸社区").exists()
    stored = admin.post(f"{answer['Location']}/store", {"mode": "all"})
    assert stored.status_code == 302
    assert Place.objects.filter(name="柳岸社区").exists()
    assert admin.post(f"{answer['Location']}/store", {"mode": "all"}).status_code == 409
    assert admin.get(f"{answer['Location']}/undo").status_code == 200
    assert admin.post(f"{answer['Location']}/undo", {"reason": ""}).status_code == 422
    assert admin.post(f"{answer['Location']}/undo", {"reason": "年份不对"}).status_code == 302
    assert not Place.objects.filter(name="柳岸社区").exists()
    assert "已撤回" in admin.get("/places/imports").content.decode()


def test_bad_rows_are_seen_exported_kept_and_settled(cast):
    admin = cast.client("admin")
    page, refused = imported(admin, MIXED, mode="all")
    assert refused.status_code == 422
    assert not Place.objects.filter(name="江口社区").exists()
    html = admin.get(page).content.decode()
    assert "5199010010X4" in html
    book = load_workbook(io.BytesIO(admin.get(f"{page}/findings.xlsx").content)).active
    assert [row[0].value for row in book.iter_rows(min_row=2)] == [3, 4]
    assert admin.post(f"{page}/store", {"mode": "good"}).status_code == 302
    assert Place.objects.filter(name="江口社区").exists()
    assert "放不进树里" in admin.get("/places").content.decode()
    reject = queries.rejects(cast.admin.actor)[0]
    assert "坏社区" in admin.get(f"/places/rejects/{reject.pk}").content.decode()
    assert admin.post(f"/places/rejects/{reject.pk}", {"note": ""}).status_code == 422
    assert admin.post(f"/places/rejects/{reject.pk}", {"note": "已请统计局更正"}).status_code == 302
    assert queries.open_rejects(cast.admin.actor) == 1
    assert admin.post(f"/places/rejects/{reject.pk}", {"note": "再来"}).status_code == 409


def test_a_boundary_that_waits_is_given_to_a_place(cast):
    admin = cast.client("admin")
    ring = [[[104.0, 30.6], [104.1, 30.6], [104.1, 30.7], [104.0, 30.7], [104.0, 30.6]]]
    feature = {
        "type": "Feature",
        "properties": {"adcode": 519955, "name": "江岸县"},
        "geometry": {"type": "Polygon", "coordinates": ring},
    }
    content = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    _, answer = imported(admin, content, mode="good", name="b.json", kind="boundaries", crs="gcj02")
    assert answer.status_code == 302
    reject = queries.rejects(cast.admin.actor)[0]
    assert "江岸区（519901）" in reject.expected
    assert admin.post(f"/places/rejects/{reject.pk}", {"note": "撤县设区", "place": "519901"}).status_code == 302
    assert queries.locate(104.05, 30.65).name == "江岸区"
    data = json.loads(admin.get(f"/places/{cast.places.city.path}/map.geojson").content)
    assert [f["properties"]["name"] for f in data["features"]] == ["江岸区"]
    assert data["features"][0]["properties"]["url"] == f"/places/{cast.places.district.path}"


@pytest.mark.parametrize("content", [b"PK\x03\x04junk", b"\xd0\xcf\x11\xe0old", b"\x00\x01\x02", b"a\n"])
def test_a_broken_file_is_told_at_the_field(cast, content):
    answer = upload(cast.client("admin"), content)
    assert answer.status_code == 422
    assert 'id="id_file-error"' in answer.content.decode()
    assert not Import.objects.exists()


def test_only_who_may_import_there(cast):
    assert upload(cast.client("grid"), GOOD).status_code == 403
    answer = upload(cast.client("admin"), GOOD)
    for who in ("district", "elsewhere", "nobody"):
        assert cast.client(who).get(answer["Location"]).status_code == 404
        assert cast.client(who).post(f"{answer['Location']}/store").status_code == 404


def test_files_of_children(cast):
    services.change(cast.places.grid.pk, by=cast.admin.actor, name="=cmd()")
    csv = cast.client("city").get(f"/places/{cast.places.city.path}/children.csv?all=1").content.decode("utf-8-sig")
    assert csv.splitlines()[0].startswith("名称,级别,编码方案,编码")
    assert len(csv.splitlines()) == 1 + Place.objects.filter(path__startswith=cast.places.city.path).count()
    assert "'=cmd()" in csv
    assert cast.client("city").get(f"/places/{cast.places.city.path}/children.geojson?crs=nonsense").status_code == 404
