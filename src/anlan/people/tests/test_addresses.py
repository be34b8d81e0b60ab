"""WRN-02, TEA-01: accounts at messengers are kept per person, come by page, roster and API, never shown whole."""

import pytest

from anlan.kernel.authority import Hidden, Invalid, Refused, machine
from anlan.people import queries, services
from anlan.people.models import Address, Person
from anlan.people.ports import address_kinds
from anlan.people.terms import AddressKind

CSV = """社区,网格,姓名,岗位,联系电话,企业微信账号,飞书
竹苑社区,第三网格,李小满,网格员,13712340418,lixiaoman,ou_li
竹苑社区,第三网格,王芳,网格员,13800002222,wang fang,
竹苑社区,第三网格,钱七,网格员,13800003333,qianqi,
"""


def address(member, kind="wecom"):
    found = queries.reachable(kind, [member.person.id])
    return found[member.person.id].address if found else None


def read(cast, text=CSV):
    return services.read_roster(text.encode(), "名册.csv", place_path=cast.places.street.path, by=cast.street.actor)


def test_an_address_is_set_changed_and_taken_away(cast):
    by = cast.community.actor
    services.set_address(cast.grid.person.id, "wecom", " lixiaoman ", by=by)
    services.set_address(cast.grid.person.id, "wecom", "LiXiaoMan", by=by)
    assert address(cast.grid) == "lixiaoman"
    services.set_address(cast.grid.person.id, "wecom", "li2", by=by)
    assert address(cast.grid) == "li2"
    services.set_address(cast.grid.person.id, "wecom", "", by=by)
    assert address(cast.grid) is None
    assert not Address.objects.exists()


def test_it_is_kept_sealed_and_shown_masked(cast):
    services.set_address(cast.grid.person.id, "wecom", "lixiaoman", by=cast.community.actor)
    kept = Address.objects.get()
    assert b"lixiaoman" not in bytes(kept.cipher)
    page = cast.client("community").get(f"/people/{cast.grid.person.id}").content.decode()
    assert "lixiaoman" not in page
    assert "li*****an" in page


def test_other_places_and_roles_are_refused(cast):
    with pytest.raises(Hidden):
        services.set_address(cast.grid.person.id, "wecom", "x", by=cast.elsewhere.actor)
    with pytest.raises(Refused):
        services.set_address(cast.grid.person.id, "wecom", "x", by=cast.grid.actor)


@pytest.mark.parametrize(("kind", "value"), [("wecom", "李 小满"), ("wecom", "x" * 65), ("pigeon", "x")])
def test_a_wrong_one_says_what_is_wrong(cast, kind, value):
    with pytest.raises(Invalid) as wrong:
        services.set_address(cast.grid.person.id, kind, value, by=cast.community.actor)
    assert set(wrong.value.errors) == {f"address.{kind}"}


def test_the_persons_page_changes_keeps_and_takes_away(cast):
    client, url = cast.client("community"), f"/people/{cast.grid.person.id}/edit"
    form = {"name": "李小满", "phone": "", "identity": "", "email": ""}
    assert client.post(url, {**form, "address.wecom": "lixiaoman"}).status_code == 302
    assert client.post(url, {**form, "address.wecom": "", "address.feishu": "ou_1"}).status_code == 302
    assert (address(cast.grid), address(cast.grid, "feishu")) == ("lixiaoman", "ou_1")
    refused = client.post(url, {**form, "address.wecom": "不 对"})
    assert refused.status_code == 422
    assert "企业微信账号写得不对" in refused.content.decode()
    assert client.post(url, {**form, "address.wecom": "-"}).status_code == 302
    assert (address(cast.grid), address(cast.grid, "feishu")) == (None, "ou_1")


def test_a_roster_brings_accounts_tells_faults_and_is_undone(cast):
    services.set_address(cast.grid.person.id, "feishu", "ou_old", by=cast.community.actor)
    batch = read(cast)
    assert batch.mapping["address.wecom"] == 5
    assert batch.counts == {"new": 1, "update": 1, "same": 0, "fault": 1}
    (faulty,) = queries.list_rows(batch, "fault")
    assert set(faulty.faults) == {"address.wecom"}
    shown = [cell["text"] for cell in queries.show_cells(batch, queries.list_rows(batch, "update").get())]
    assert "lixiaoman" not in shown
    services.import_roster(batch.id, by=cast.street.actor)
    assert (address(cast.grid), address(cast.grid, "feishu")) == ("lixiaoman", "ou_li")
    qian = Person.objects.get(name="钱七")
    assert queries.reachable("wecom", [qian.id])[qian.id].address == "qianqi"
    assert read(cast).counts == {"new": 0, "update": 0, "same": 2, "fault": 1}
    services.undo_roster(batch.id, by=cast.street.actor)
    assert (address(cast.grid), address(cast.grid, "feishu")) == (None, "ou_old")
    assert not Person.objects.filter(name="钱七").exists()


def test_the_api_lists_and_sets_them(cast):
    client, url = cast.client("community"), f"/api/v1/people/{cast.grid.person.id}/addresses"
    said = client.put(f"{url}/wecom", {"address": "lixiaoman"}, content_type="application/json")
    assert said.status_code == 200
    listed = {row["kind"]: row for row in client.get(url).json()}
    assert listed["wecom"] == {
        "kind": "wecom", "label": "企业微信账号", "address": "li*****an", "source": "hand", "state": "ok",
    }  # fmt: skip
    assert listed["feishu"]["state"] == "none"
    assert client.put(f"{url}/wecom", {"address": "a b"}, content_type="application/json").status_code == 422
    assert cast.client("elsewhere").get(url).status_code == 404


def test_what_a_person_wrote_is_not_replaced_by_a_look_up_unless_it_is_gone(cast):
    by, who = machine("callout.find-accounts"), cast.grid.person.id
    services.set_address(who, "wecom", "by-hand", by=cast.community.actor)
    services.keep_found("wecom", {who: "found", cast.street.person.id: ""}, by=by)
    assert address(cast.grid) == "by-hand"
    services.mark_gone("wecom", [who], by=by)
    assert address(cast.grid) is None
    services.keep_found("wecom", {who: "found"}, by=by)
    assert address(cast.grid) == "found"
    with pytest.raises(Refused):
        services.keep_found("wecom", {who: "mine"}, by=cast.admin.actor)


def test_everybodys_addresses_are_one_query(cast, django_assert_num_queries):
    for member in (cast.grid, cast.street, cast.city):
        services.set_address(member.person.id, "wecom", f"u{member.person.id.hex}", by=cast.city.actor)
    with django_assert_num_queries(1):
        found = queries.reachable("wecom", [m.person.id for m in cast.everybody])
    assert len(found) == 3


def test_a_new_kind_appears_by_being_declared(cast, monkeypatch):
    monkeypatch.setattr(address_kinds, "_source", lambda: [AddressKind("pigeon", "信鸽", ("信鸽环号",))])
    services.set_address(cast.grid.person.id, "pigeon", "blue-7", by=cast.community.actor)
    assert "信鸽" in cast.client("community").get(f"/people/{cast.grid.person.id}/edit").content.decode()
    assert (
        read(cast, "社区,网格,姓名,岗位,电话,信鸽环号\n竹苑社区,第三网格,钱七,网格员,13800003333,b7\n").mapping[
            "address.pigeon"
        ]
        == 5
    )
