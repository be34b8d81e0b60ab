"""TEA-01, PLT-04: the API of people: method × role × place, both ways; numbers masked; twice is once."""

import json

from anlan.people import services

READERS = ("city", "approver", "admin", "district", "street", "community", "grid", "elsewhere")
OVER_GRID = ("city", "approver", "admin", "district", "street", "community")
EVERYBODY = ("city", "approver", "admin", "district", "street", "community", "grid", "elsewhere", "nobody", None)
AWAY = {"until": "2099-01-01T00:00:00+08:00"}

# method, address, body, who may, to whom it is hidden; others 403; nobody signed in 401
TABLE = (
    ("get", "/api/v1/people", None, READERS, ()),
    ("get", "/api/v1/posts", None, READERS, ()),
    ("get", "/api/v1/people/{person}", None, READERS, ("elsewhere", "nobody")),
    ("post", "/api/v1/people/{person}/reveal", {"reason": "核实积水"}, (*OVER_GRID, "grid"), ("elsewhere", "nobody")),
    ("put", "/api/v1/posts/{post}/holder", {"person": "{other}", "seat": "B"}, OVER_GRID, ("elsewhere", "nobody")),
    ("put", "/api/v1/holdings/{holding}/away", AWAY, (*OVER_GRID, "grid"), ("elsewhere", "nobody")),
    ("delete", "/api/v1/holdings/{spare}", None, OVER_GRID, ("elsewhere", "nobody")),
)


def call(client, method, address, body=None):
    data = json.dumps(body) if body is not None else None
    return getattr(client, method)(address, data=data, content_type="application/json")


def test_every_door_opens_for_whom_it_should_and_for_nobody_else(cast):
    keys = {
        "person": cast.grid.person.id, "post": cast.grid.post.id, "holding": cast.grid.holding.id,
        "other": cast.nobody.person.id,
    }  # fmt: skip
    wrong = []
    by = cast.admin.actor
    for who in reversed(EVERYBODY):  # those who may not come first: what they were refused must not have happened
        client = cast.client(who)
        spare = services.create_post(services.PostDraft("volunteer", cast.places.grid.path), by=by)
        keys["spare"] = services.appoint(spare.id, cast.community.person.id, by=by).id
        for method, address, body, may, hidden in TABLE:
            sent = json.loads(json.dumps(body).replace("{other}", str(keys["other"])))
            status = call(client, method, address.format(**keys), sent).status_code if method != "get" else (
                client.get(address.format(**keys)).status_code
            )  # fmt: skip
            want = 401 if who is None else 404 if who in hidden else 200 if who in may else 403
            if status != want:
                wrong.append((who, method, address, status, want))
    assert not wrong


def test_numbers_are_masked_and_scope_narrows(cast):
    everything = cast.client("city").get("/api/v1/people", {"limit": 200}).json()
    assert everything["count"] == 9
    assert "13712340418" not in json.dumps(everything)
    assert {one["phone"] for one in everything["items"] if one["name"] == "李小满"} == {"137****0418"}
    assert [one["name"] for one in cast.client("elsewhere").get("/api/v1/people").json()["items"]] == ["郑海波"]
    assert cast.client("street").get("/api/v1/posts", {"standing": "vacant"}).json()["count"] == 0


def test_bad_input_says_which_field(cast):
    client = cast.client("street")
    answer = call(client, "put", f"/api/v1/posts/{cast.grid.post.id}/holder",
                  {"person": str(cast.nobody.person.id), "seat": "C"})  # fmt: skip
    assert answer.status_code == 422
    assert "seat" in answer.json()["errors"]
    assert client.get("/api/v1/people", {"limit": 0}).status_code == 422


def test_a_list_asks_the_same_questions_however_long_it_is(cast, django_assert_max_num_queries):
    client = cast.client("city")
    for i in range(20):
        services.enrol(services.PersonDraft(name=f"人{i}"), place_path=cast.places.grid.path, by=cast.city.actor)
    with django_assert_max_num_queries(20):
        client.get("/people")
