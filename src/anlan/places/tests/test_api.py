"""PLC-01: places over HTTP: method × who × place, both ways; arrays in one go; bad input says what is wrong."""

import json

import pytest
import shapely

from anlan.kernel.ids import uuid7
from anlan.places import coords, queries, services

WHO = ("city", "admin", "district", "street", "grid", "elsewhere", "nobody", None)


def send(client, method, url, body=None):
    return client.generic(method, url, json.dumps(body or {}), content_type="application/json")


NEW = {"parent": "{id}", "level": "estate", "name": "兰桂苑"}
# what each of WHO gets at 柳荫街道, and, for writing, at 第三网格, which the grid worker sees and may not change
TABLE = [
    ("GET", "/api/v1/places/{id}", None, "street", "200 200 200 200 404 404 404 401"),
    ("GET", "/api/v1/places/{id}/shape", None, "street", "200 200 200 200 404 404 404 401"),
    ("GET", "/api/v1/places?under={path}", None, "street", "200 200 200 200 404 404 404 401"),
    ("GET", "/api/v1/places/by-code/519901001", None, "street", "200 200 200 200 404 404 404 401"),
    ("PATCH", "/api/v1/places/{id}", {"households": 9}, "grid", "200 200 200 200 403 404 404 401"),
    ("POST", "/api/v1/places", NEW, "grid", "201 201 201 201 403 404 404 401"),
]


@pytest.mark.parametrize(("method", "url", "body", "where", "expected"), TABLE)
def test_permission_table(cast, method, url, body, where, expected):
    place = getattr(cast.places, where)
    fill = {"id": str(place.pk), "path": place.path}
    for who, status in zip(WHO, expected.split(), strict=True):
        said = {k: v.format(**fill) if isinstance(v, str) else v for k, v in (body or {}).items()}
        if method == "PATCH":
            said["revision"] = queries.by_path(place.path).revision
        answer = send(cast.client(who), method, url.format(**fill), said)
        assert answer.status_code == int(status), (who, answer.status_code, answer.content.decode())
    if method == "GET":
        absent = url.format(id=uuid7(), path="00099999")
        assert send(cast.client("elsewhere"), method, absent.replace("519901001", "999999")).status_code == 404


def test_list_and_search_within_the_scope(cast):
    grid = cast.client("grid")
    assert [p["name"] for p in grid.get("/api/v1/places").json()["items"]] == ["第三网格"]
    assert [p["name"] for p in grid.get("/api/v1/places/search?q=网格").json()] == ["第三网格"]
    assert grid.get("/api/v1/places/search?q=码头").json() == []
    city = cast.client("city")
    listed = city.get(f"/api/v1/places?under={cast.places.city.path}&limit=1").json()
    assert (listed["count"], [p["name"] for p in listed["items"]]) == (2, ["江岸区"])
    assert [p["name"] for p in city.get("/api/v1/places/search?q=mtjd").json()] == ["码头街道"]


def test_locate_many_in_one_go(cast):
    machine = cast.admin.actor
    services.set_shape(cast.places.district.pk, shapely.box(104, 30, 104.1, 30.1), crs="wgs84", by=machine)
    services.set_shape(cast.places.other_district.pk, shapely.box(104.1, 30, 104.2, 30.1), crs="wgs84", by=machine)
    points = [[104.05, 30.05], [104.15, 30.05], [1, 1]]
    url = "/api/v1/places/locate"
    d, o = cast.places.district.path, cast.places.other_district.path
    assert send(cast.client("city"), "POST", url, {"points": points}).json() == {"paths": [d, o, None]}
    assert send(cast.client("district"), "POST", url, {"points": points}).json() == {"paths": [d, None, None]}
    assert send(cast.client("grid"), "POST", url, {"points": points}).json() == {"paths": [None, None, None]}
    there = coords.from_wgs84(points, "bd09").tolist()
    assert send(cast.client("city"), "POST", url, {"points": there, "crs": "bd09"}).json() == {"paths": [d, o, None]}
    assert send(cast.client("city"), "POST", url, {"points": []}).json() == {"paths": []}


def test_bad_input_is_told(cast):
    city, admin = cast.client("city"), cast.client("admin")
    grid = cast.places.grid
    for points in ([[200, 0]], [[1]], "x", [[1, 2]] * 20_001):
        assert send(city, "POST", "/api/v1/places/locate", {"points": points}).status_code == 422
    assert send(city, "POST", "/api/v1/places/locate", {"points": [], "crs": "mars"}).status_code == 422
    for url in ("/search", "/search?q=", "/search?q=x&limit=0", f"/{grid.pk}/shape?crs=mars", "?under=x;y"):
        assert admin.get(f"/api/v1/places{url}").status_code == 422, url
    assert admin.get("/api/v1/places/not-a-uuid").status_code == 404
    answer = send(admin, "PATCH", f"/api/v1/places/{grid.pk}", {"revision": 1, "lon": 104.0, "population": -1})
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"lat", "population"}
    assert send(admin, "PATCH", f"/api/v1/places/{grid.pk}", {"revision": 7, "households": 1}).status_code == 409
    assert send(admin, "PATCH", f"/api/v1/places/{grid.pk}", {"revision": 1, "name": None}).status_code == 422
    assert send(admin, "PATCH", f"/api/v1/places/{grid.pk}", {"households": 1}).status_code == 422
    assert queries.get(grid.pk, cast.admin.actor).revision == 1
    for url in ("search?q=%00", "by-code/%00"):
        assert 400 <= admin.get(f"/api/v1/places/{url}").status_code < 500
