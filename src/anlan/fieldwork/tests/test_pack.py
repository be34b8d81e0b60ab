"""HZD-02: a phone keeps who it belongs to and what each context wants kept; later it asks for what changed."""

import pytest

from anlan.fieldwork import ports


class Keeps:
    def of(self, by, since):
        return {"for": by.name, "since": since.isoformat() if since else None}


@pytest.fixture
def pack(db, cast, monkeypatch):
    monkeypatch.setitem(ports.packs, "test", Keeps())
    return lambda who, **query: cast.client(who).get("/field/pack", query, headers={"accept": "application/json"})


def test_a_pack_says_who_and_what_and_later_what_changed(pack, cast):
    first = pack("grid").json()
    assert (first["whole"], first["me"]["name"], first["packs"]["test"]["since"]) == (True, "李小满", None)
    assert first["me"]["posts"][0]["place_name"] == "第三网格"
    assert {"path": cast.places.grid.path, "name": "第三网格"} in first["me"]["places"]
    later = pack("grid", since=first["token"]).json()
    assert (later["whole"], later["packs"]["test"]["since"] is not None) == (False, True)


@pytest.mark.parametrize("token", ["", "x", "1.2", "99999999999999999999.x", "-5.x"])
def test_a_token_of_nobody_is_answered_with_the_whole(pack, token):
    assert pack("grid", since=token).json()["whole"]


def test_a_token_of_other_posts_is_answered_with_the_whole(pack):
    assert pack("street", since=pack("grid").json()["token"]).json()["whole"]


def test_a_visitor_signs_in_first(pack, client):
    assert client.get("/field/pack", headers={"accept": "application/json"}).status_code == 401
