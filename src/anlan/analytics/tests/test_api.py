"""HZD-08: measures over HTTP: listed with their meaning, one value, slices, and what cannot be cut said."""

import pytest

from anlan.analytics.services import recounting
from anlan.analytics.terms import periods
from anlan.analytics.tests import laying

pytestmark = pytest.mark.django_db


def test_a_dashboard_reads_a_measure_and_its_slices(cast):
    for n in range(4):
        laying.hazard(cast.places.grid.path, 20, due=10, state="closed" if n else "assigned", accepted=12)
    recounting.recount()
    client = cast.client("district")
    listed = client.get("/api/v1/measures").json()
    assert next(m for m in listed if m["code"] == "rectified")["words"].startswith("本期验收通过的 ÷ 应整改的")
    assert client.get("/api/v1/measures/rectified").json()[0]["number"] == 1
    asked = {
        "place": cast.places.district.path, "since": periods.label(periods.number(laying.noon(20).date())),
        "until": periods.label(periods.this_month().until),
    }  # fmt: skip
    path = "/api/v1/measures/rectified/value"
    one = client.get(path, asked).json()["values"][0]
    assert (one["value"], one["part"], one["whole"], one["few"]) == (0.75, 3, 4, True)
    assert one["low"] < 0.75 < one["high"]
    below = client.get(path, asked | {"by": "place"}).json()["values"]
    assert [(v["key"], v["name"], v["whole"]) for v in below] == [(cast.places.street.path, "柳荫街道", 4)]
    assert len(client.get(path, asked | {"by": "month"}).json()["values"]) >= 1
    assert client.get(path, asked | {"since": "2026"}).status_code == 422
    assert client.get("/api/v1/measures/objects_passed/value", asked | {"by": "kind"}).status_code == 422
    assert client.get(path, asked | {"place": cast.places.city.path}).status_code == 404
    assert client.get("/api/v1/measures/nothing/value", asked).status_code == 404
