"""PLT-02, PLT-04: the city's directory opens, changes and closes accounts by SCIM 2.0, and gives nobody a post."""

import pytest
from django.test import Client, override_settings
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_models import SearchRequest
from scim2_tester import Status, check_server

from anlan.ledger.models import Entry
from anlan.people import queries as people
from anlan.people.models import Account, Person
from anlan.web import scim
from anlan.web.wsgi import application

TOKEN = "a-token-of-the-directory"
ROOT = "/scim/v2"


@pytest.fixture
def directory(cast, settings):
    settings.SCIM_TOKEN = TOKEN
    settings.ALLOWED_HOSTS = ["*"]
    return Client(headers={"Authorization": f"Bearer {TOKEN}"})


def body(**values):
    return {"schemas": [str(scim.User.__schema__)]} | values


def send(directory, method, path, values):
    return getattr(directory, method)(f"{ROOT}/{path}", values, content_type="application/scim+json")


def make(directory, **values):
    return send(directory, "post", "Users", body(**values))


def stock(**how):
    return WSGISCIMClient(application, f"http://testserver{ROOT}", headers={"Authorization": f"Bearer {TOKEN}"}, **how)


def test_without_the_token_nobody_gets_in(cast):
    assert Client().get(f"{ROOT}/Users").status_code == 404  # no token is set: there is no such door
    with override_settings(SCIM_TOKEN=TOKEN):
        for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN[:-1]}):
            answer = Client(headers=header).get(f"{ROOT}/Users")
            assert answer.status_code == 401
            assert answer["WWW-Authenticate"] == "Bearer"
        assert cast.client("admin").get(f"{ROOT}/Users").status_code == 401  # a session is no token


def test_an_account_is_opened_for_the_person_who_is_there(directory, cast):
    Account.objects.filter(person=cast.grid.person).delete()
    answer = make(
        directory, userName="lixiaoman", displayName="李小满", externalId="e-1",
        phoneNumbers=[{"value": "137 1234 0418", "type": "mobile"}],
    )  # fmt: skip
    assert answer.status_code == 201
    account = Account.objects.get(username="lixiaoman")
    assert account.person_id == cast.grid.person.id
    assert answer["Location"].endswith(f"/scim/v2/Users/{account.id}")
    assert not account.has_usable_password()
    assert Entry.objects.filter(did="people.account-opened", values__account=str(account.id)).count() == 1


def test_a_new_person_gets_an_account_and_no_post(directory, cast):
    make(directory, userName="wangwu", displayName="王五", phoneNumbers=[{"value": "13700009999"}])
    account = Account.objects.get(username="wangwu")
    assert people.actor_for(account).grants == frozenset()
    assert account.person.place_path == cast.places.city.path


def test_twice_is_refused_as_taken(directory):
    make(directory, userName="wangwu", displayName="王五")
    again = make(directory, userName="WangWu", displayName="王五")
    assert again.status_code == 409
    assert again.json()["scimType"] == "uniqueness"
    assert Account.objects.filter(username__iexact="wangwu").count() == 1


def test_what_is_wrong_is_said_and_nothing_is_made(directory):
    before = Person.objects.count()
    wrong = make(directory, userName="zhao6", displayName="赵六", phoneNumbers=[{"value": "12"}])
    assert wrong.status_code == 400
    assert wrong.json()["scimType"] == "invalidValue"
    assert "11 位" in wrong.json()["detail"]
    assert make(directory, displayName="没有用户名").status_code == 400
    assert send(directory, "post", "Users", b"{").status_code == 400
    assert Person.objects.count() == before


def test_it_is_changed_stopped_and_started(directory):
    identifier = make(directory, userName="wangwu", displayName="王五").json()["id"]
    operations = [{"op": "replace", "path": "active", "value": False}]
    patch = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}
    assert send(directory, "patch", f"Users/{identifier}", patch).json()["active"] is False
    assert not Account.objects.get(username="wangwu").is_active
    put = body(userName="wangwu2", displayName="王小五", active=True)
    assert send(directory, "put", f"Users/{identifier}", put).json()["userName"] == "wangwu2"
    account = Account.objects.get(id=identifier)
    assert (account.is_active, account.person.name) == (True, "王小五")


def test_taken_away_it_is_closed_with_its_record_and_can_come_back(directory):
    identifier = make(directory, userName="wangwu", displayName="王五", externalId="e-5").json()["id"]
    assert directory.delete(f"{ROOT}/Users/{identifier}").status_code == 204
    assert directory.get(f"{ROOT}/Users/{identifier}").status_code == 404
    account = Account.objects.get(id=identifier)
    assert not account.is_active
    back = make(directory, userName="wangwu", displayName="王五", externalId="e-5")
    assert back.json()["id"] == identifier
    assert Account.objects.get(id=identifier).is_active


def test_a_user_is_found_by_name_by_external_id_and_by_any_filter(directory):
    make(directory, userName="wangwu", displayName="王五", externalId="e-5")

    def found(**asked):
        return [u["userName"] for u in directory.get(f"{ROOT}/Users", asked).json().get("Resources", [])]

    assert found(filter='userName eq "WANGWU"') == ["wangwu"]
    assert found(filter='externalId eq "e-5"') == ["wangwu"]
    assert found(filter='displayName co "王" and active eq true') == ["wangwu"]
    assert found(filter='userName eq "nobody-here"') == []
    assert directory.get(f"{ROOT}/Users", {"filter": "userName eq"}).status_code == 400
    assert len(found(count=2)) == 2
    assert directory.get(f"{ROOT}/Users", {"count": 0}).json()["totalResults"] == Account.objects.count()


def test_a_stock_checker_finds_nothing_wrong(live_db, directory):
    """scim2-tester walks the whole service by its own published schema, as any directory's client would."""
    client = stock(provider=scim.SERVICE)  # its own models carry example numbers; the checker's random ones are none
    results = check_server(client)
    wrong = [f"{r.title}: {r.reason}" for r in results if r.status in {Status.ERROR, Status.CRITICAL}]
    assert len(results) > 20
    # An account has a name and is open or closed: taking the attribute away sets it to the user name, to open.
    assert set(wrong) <= {
        f"check_remove_attribute: PATCH modify() did not remove attribute '{name}'"
        for name in ("displayName", "active")
    }


def test_a_stock_client_reads_the_service(live_db, directory):
    client = stock()
    client.discover()
    model = client.get_resource_model("User")
    listed = client.query(model, query_parameters=SearchRequest(filter='userName eq "grid"'))
    assert [u.user_name for u in listed.resources] == ["grid"]
