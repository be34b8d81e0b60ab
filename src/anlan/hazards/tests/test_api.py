"""HZD-01 over HTTP: reported once, found near, listed, taken along the loop one by one and many at once."""

import json
import uuid

import pytest

from anlan.hazards.models import Hazard
from anlan.hazards.tests.finding import STAIRS, find

pytestmark = pytest.mark.django_db


def send(client, path, body):
    return client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json")


def test_the_whole_way_over_http(cast):
    body = {"text": STAIRS, "client": str(uuid.uuid4()), "where": "3 栋"}
    grid, community, street = (cast.client(who) for who in ("grid", "community", "street"))
    made = send(grid, "hazards", body)
    assert (made.status_code, made.json()["state"]) == (201, "reported")
    assert send(grid, "hazards", body).status_code == 200
    near = send(grid, "hazards/near", {"text": "3 栋楼道都是纸箱"}).json()
    assert [one["id"] for one in near] == [made.json()["id"]]
    at = f"hazards/{made.json()['id']}/acts"
    assert send(grid, at, {"act": "confirm", "grade": "general"}).status_code == 403
    assert send(cast.client("elsewhere"), at, {"act": "confirm", "grade": "general"}).status_code == 404
    assert send(community, at, {"act": "confirm", "grade": "huge"}).status_code == 422
    assert send(community, at, {"act": "confirm", "grade": "general", "revision": 1}).json()["confirmed"] == "何秀兰"
    stale = send(street, at, {"act": "assign", "owner": {"name": "老王五金店"}, "revision": 1})
    assert (stale.status_code, "有人动过" in stale.content.decode()) == (409, True)
    assert send(community, at, {"act": "assign", "owner": {"name": "老王五金店"}, "limit": "h24"}).json()["due_at"]
    asked = send(community, at, {"act": "ask", "plea": "pause", "opinion": "等材料"})
    assert asked.status_code == 200
    assert send(street, at, {"act": "decide", "granted": True, "opinion": "同意"}).status_code == 422
    plea = str(Hazard.objects.get().pleas.get().id)
    done = send(street, at, {"act": "decide", "plea_id": plea, "granted": True, "opinion": "同意"}).json()
    assert done["paused_at"]
    assert send(community, at, {"act": "rectify", "opinion": "清走了", "name": "老王"}).json()["rectified"] == "老王"
    assert send(community, at, {"act": "accept", "opinion": "通了"}).status_code == 409
    assert send(street, at, {"act": "accept", "opinion": "通了"}).json()["state"] == "closed"
    shown = street.get(f"/api/v1/hazards/{made.json()['id']}").json()
    assert "reopened" in shown["acts"]


def test_many_at_once_each_for_itself(cast):
    ids = [str(find(cast.grid).id) for _ in range(2)]
    acts = [{"id": one, "act": "confirm", "grade": "general"} for one in (*ids, str(uuid.uuid4()), ids[0])]
    done = send(cast.client("community"), "hazards/acts", acts).json()
    assert [one["status"] for one in done] == [200, 200, 404, 409]
    assert "等指派" in done[3]["message"]
    other = [{"id": str(find(cast.grid).id), "act": "confirm", "grade": "general"}]
    assert send(cast.client("grid"), "hazards/acts", other).json()[0]["status"] == 403


def test_the_list_is_narrowed_and_says_what_is_wrong(cast, django_assert_max_num_queries):
    for _ in range(3):
        find(cast.grid)
    street = cast.client("street")
    with django_assert_max_num_queries(10):
        assert len(street.get("/api/v1/hazards?state=open&q=纸箱").json()["items"]) == 3
    assert street.get("/api/v1/hazards?state=closed").json() == {"items": [], "next": None}
    assert cast.client("elsewhere").get("/api/v1/hazards").json()["items"] == []
    assert len(cast.client("grid").get("/api/v1/hazards?mine=reported").json()["items"]) == 3
    wrong = street.get("/api/v1/hazards?state=x&sort=y&page=0")
    assert (wrong.status_code, set(wrong.json()["errors"])) == (422, {"state", "sort", "page"})
