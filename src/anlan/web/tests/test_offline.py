"""PLT-05: the field page's shell is the same for everybody, whole in the worker's list, and opens to visitors too."""

import json
import re

import pytest
from django.contrib.staticfiles import finders

from anlan.people.models import Rota
from anlan.web import ground, islands, offline


@pytest.fixture
def built():
    if not islands.whole("field"):
        pytest.skip("the front end is not built (make frontend)")


def facts(client):
    return json.loads(re.search(r"self\.ANLAN = (\{.*?\});", client.get("/sw.js").content.decode())[1])


def test_the_worker_serves_every_page_and_is_asked_for_anew(db, client):
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Service-Worker-Allowed"] == "/"
    assert answer["Cache-Control"] == "no-cache"
    for what in (b'addEventListener("push"', b'addEventListener("notificationclick"', b'addEventListener("fetch"'):
        assert what in answer.content


def test_the_list_holds_all_that_the_page_asks_for(built, db, client):
    kept = facts(client)["kept"]
    page = client.get("/field").content.decode()
    wanted = re.findall(r'(?:src|href)="(/[^"#]+\.(?:js|css|webmanifest|png))"', page)
    assert wanted
    assert set(wanted) <= set(kept)
    assert not [name for name in kept if "basemap" in name or "map-" in name], "the large map loads on demand"
    assert [a for a in kept if not a.startswith("/static/")] == ["/field", "/field/manifest.webmanifest"]
    assert not [a for a in kept if a.startswith("/static/") and not finders.find(a[len("/static/") :])]


def test_the_shell_is_nobodys(db, cast):
    shells = {
        re.sub(r"nonce-\S+", "", cast.client(who).get("/field").content.decode()) for who in (None, "grid", "city")
    }
    assert len(shells) == 1
    assert "csrftoken" in cast.client("grid").get("/field").cookies


def test_a_new_file_is_a_new_version(built, monkeypatch):
    before = offline.version()
    monkeypatch.setattr(islands, "whole", lambda _name: ["field-12345678.js"])
    assert offline.version() != before


def test_it_can_be_installed(db, client):
    answer = client.get("/field/manifest.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    said = answer.json()
    assert (said["display"], said["start_url"]) == ("standalone", "/field")
    assert {icon["sizes"] for icon in said["icons"]} >= {"192x192", "512x512"}
    for icon in said["icons"]:
        assert finders.find(icon["src"][len("/static/") :])


def test_a_phone_learns_where_it_works_and_whom_to_call(cast):
    Rota.objects.create(name="社区值班室", place_path=cast.places.community.path, phone="028-5550111")
    Rota.objects.create(name="市值班室", place_path=cast.places.city.path, phone="028-5550000")
    found = ground.Ground().of(cast.grid.actor, None)["ground"]
    assert (found["where"], found["phone"], found["phone_name"]) == ("竹苑社区 第三网格", "028-5550111", "社区值班室")
    assert found["place"] == cast.places.grid.path
    assert ground.Ground().of(cast.nobody.actor, None) == {}
