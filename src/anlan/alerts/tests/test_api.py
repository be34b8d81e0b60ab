"""WRN-01: warnings over HTTP: read where one stands, hidden elsewhere; every bad parameter is named."""

import pytest

from anlan.alerts.models import Alert
from anlan.alerts.services import take
from anlan.alerts.tests.samples import cap, info
from anlan.kernel.authority import machine

RED = cap(info(codes=("519901",), expires="2099-01-01T00:00:00+08:00"))


@pytest.fixture
def alert(cast):
    return Alert.objects.get(intake=take(RED, by=machine("test")))


# who: status of one alert, and how many a list shows or its status
TABLE = {
    None: (401, 401),
    "nobody": (403, 403),
    "city": (200, 1),
    "district": (200, 1),
    "street": (200, 1),
    "community": (200, 1),
    "grid": (200, 1),
    "elsewhere": (404, 0),
}


def test_the_permission_table_both_ways(cast, alert):
    found = {}
    for who in TABLE:
        client = cast.client(who)
        whole = client.get(f"/api/v1/alerts/{alert.id}").status_code
        assert client.get(f"/api/v1/alerts/{alert.id}/map.geojson").status_code == whole
        answer = client.get("/api/v1/alerts")
        listed = len(answer.json()["items"]) if answer.status_code == 200 else answer.status_code
        found[who] = (whole, listed)
    assert found == TABLE


def test_one_alert_tells_its_places_and_findings(cast, alert):
    told = cast.client("district").get(f"/api/v1/alerts/{alert.id}").json()
    assert told["title"] == "暴雨红色预警"
    assert told["places"] == [{"path": cast.places.district.path, "name": "江岸区", "share": 1.0}]
    assert told["drill"] is False


def test_a_bad_parameter_is_named(cast):
    client = cast.client("city")
    for query in ("view=everything", "page=0", "page=99999999", "page=x"):
        assert client.get(f"/api/v1/alerts?{query}").status_code == 422, query
