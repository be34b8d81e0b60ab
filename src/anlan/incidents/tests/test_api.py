"""WRN-06: reports over HTTP, by a client that keeps its own id."""

import base64
import uuid

import pytest

from anlan.incidents.models import Photo, Report
from anlan.incidents.tests.saying import WATER, picture, say

pytestmark = pytest.mark.django_db


def post(browser, **body):
    return browser.post("/api/v1/reports", body, content_type="application/json")


def test_sent_twice_is_once(cast):
    client, name = cast.client("grid"), str(uuid.uuid4())
    photo = base64.b64encode(picture()).decode()
    first = post(client, text=WATER, client=name, photos=[photo], happened_at=None)
    assert first.status_code == 201
    again = post(client, text="别的", client=name)
    assert again.status_code == 200
    assert again.json() == first.json()
    assert first.json()["state"] == "received"
    assert (Report.objects.count(), Photo.objects.count()) == (1, 1)
    assert client.get(f"/api/v1/reports/{first.json()['id']}").json()["text"] == WATER


@pytest.mark.parametrize(("body", "field"), [
    ({"text": ""}, "text"), ({"text": WATER, "photos": ["not base64!"]}, "photos"),
    ({"text": WATER, "photos": ["PHN2Zz4="]}, "photos"), ({"text": WATER, "lon": 1}, "lon"),
    ({"text": WATER, "happened_at": "2001-01-01T00:00:00"}, "happened_at"), ({"text": WATER, "kind": "x"}, "kind"),
])  # fmt: skip
def test_bad_input_says_which_field(cast, body, field):
    answer = post(cast.client("grid"), **body)
    assert answer.status_code == 422
    assert field in answer.json()["errors"]


def test_listed_where_one_stands(cast):
    made = say(cast.grid)
    say(cast.elsewhere, "码头积水")
    items = cast.client("street").get("/api/v1/reports").json()["items"]
    assert [i["id"] for i in items] == [str(made.id)]
    assert cast.client("street").get("/api/v1/reports?view=nope").status_code == 422
    assert cast.client("street").get("/api/v1/reports?page=0").status_code == 422
    for who, code in (("grid", 403), ("nobody", 403), (None, 401)):
        assert cast.client(who).get("/api/v1/reports").status_code == code, who
    assert cast.client("elsewhere").get(f"/api/v1/reports/{made.id}").status_code == 404
    assert post(cast.client("nobody"), text=WATER).status_code == 403
