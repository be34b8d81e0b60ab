"""TEA-01, PLT-04: every page of people opens for whom it should, and for nobody else (both ways)."""

import io
import re
from uuid import uuid4

from anlan.people import services
from anlan.people.models import Holding, Person, Post

MAY, NOT, GONE, OUT = 200, 403, 404, 302
EVERYBODY = ("city", "approver", "admin", "district", "street", "community", "grid", "elsewhere", "nobody", None)
LISTS = ("/people", "/people/posts", "/people/organisations", "/people/roles", "/people.csv", "/people/posts.xlsx")


READERS = ("city", "approver", "admin", "district", "street", "community", "grid", "elsewhere")
WRITERS = ("city", "approver", "admin", "district", "street", "community", "elsewhere")
IMPORTERS = ("city", "admin", "district", "street", "community", "elsewhere")

# address, who may, to whom it is hidden (404); everybody else is refused (403), nobody signed in is sent away (302)
TABLE = (
    *((address, READERS, ()) for address in LISTS),
    ("/people/{person}", READERS, ("elsewhere", "nobody")),
    ("/people/posts/{post}", READERS, ("elsewhere", "nobody")),
    ("/people/{person}/edit", WRITERS, ("elsewhere", "nobody")),
    ("/people/posts/{post}/edit", WRITERS, ("elsewhere", "nobody")),
    ("/people/posts/{post}/close", WRITERS, ("elsewhere", "nobody")),
    ("/people/new", WRITERS, ()),
    ("/people/posts/new", WRITERS, ()),
    ("/people/rosters", IMPORTERS, ()),
    ("/people/accounts", ("admin",), ()),
    ("/people/roles/grid_worker", ("admin",), ()),
    ("/people/accounts/{account}", ("admin",), ()),
    ("/people/me", EVERYBODY[:-1], ()),
)


def expected(who, may, hidden):
    if who is None:
        return OUT
    return GONE if who in hidden else MAY if who in may else NOT


def test_every_page_opens_for_whom_it_should_and_for_nobody_else(cast):
    keys = {"person": cast.grid.person.id, "post": cast.grid.post.id, "account": cast.grid.account.id}
    wrong = []
    for who in EVERYBODY:
        client = cast.client(who)
        for address, may, hidden in TABLE:
            status = client.get(address.format(**keys)).status_code
            if status != expected(who, may, hidden):
                wrong.append((who, address, status))
    assert not wrong


def test_hidden_and_absent_are_one_answer(cast):
    client = cast.client("elsewhere")
    one, two = str(cast.grid.person.id), str(uuid4())
    hidden, absent = client.get(f"/people/{one}"), client.get(f"/people/{two}")
    assert hidden.status_code == absent.status_code == 404
    token = re.compile(r'value="[A-Za-z0-9]{64}"')
    bare = [token.sub("", page.content.decode().replace(key, "")) for page, key in ((hidden, one), (absent, two))]
    assert bare[0] == bare[1]


def test_search_finds_by_name_pinyin_phone_and_post(cast):
    client = cast.client("street")
    for words in ("李小满", "lxm", "lixiao", "13712340418", "137 1234-0418", "0418", "第三网格网格员"):
        text = client.get("/people", {"q": words}).content.decode()
        assert f"/people/{cast.grid.person.id}" in text, words
        assert "137****0418" in text
        if words != "13712340418":
            assert "13712340418" not in text


def test_search_stays_in_scope(cast):
    assert str(cast.grid.person.id) not in cast.client("elsewhere").get("/people", {"q": "李小满"}).content.decode()


def test_filters_find_what_is_wrong_with_the_roster(cast):
    client = cast.client("street")
    services.release(cast.grid.holding.id, by=cast.street.actor)
    vacant = client.get("/people/posts", {"standing": "vacant"}).content.decode()
    assert str(cast.grid.post.id) in vacant
    assert str(cast.community.post.id) not in vacant
    assert "没有这样的岗位" in client.get("/people/posts", {"standing": "minded"}).content.decode()


def test_a_number_is_shown_to_whoever_says_why_and_the_ledger_keeps_it(cast):
    client, address = cast.client("street"), f"/people/{cast.grid.person.id}/reveal"
    refused = client.post(address, {"field": "phone", "reason": ""})
    assert refused.status_code == 422
    assert "写明为什么要看" in refused.content.decode()
    shown = client.post(address, {"field": "phone", "reason": "核实积水"})
    assert "13712340418" in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"]
    assert cast.client("elsewhere").post(address, {"reason": "好奇一下"}).status_code == 404
    assert cast.client("grid").post(f"/people/{cast.community.person.id}/reveal", {"reason": "好奇"}).status_code == 404


def test_a_post_is_filled_emptied_and_closed_on_pages(cast):
    client = cast.client("community")
    client.post("/people/new", {"name": "刘备岗", "phone": "13900009999", "place": cast.places.grid.path})
    deputy = Person.objects.get(name="刘备岗")
    post = cast.grid.post
    assert "刘备岗" in client.get(f"/people/posts/{post.id}", {"q": "刘备岗", "seat": "B"}).content.decode()
    for _twice in range(2):
        client.post(f"/people/posts/{post.id}/appoint", {"person": deputy.id, "seat": "B"})
    holding = Holding.objects.get(post=post, seat="B", until=None)
    client.post(f"/people/holdings/{cast.grid.holding.id}/away", {"until": "2099-01-01"})
    assert Holding.objects.get(id=cast.grid.holding.id).away_until.year == 2099
    assert (
        "日期写成"
        in client.post(f"/people/holdings/{cast.grid.holding.id}/away", {"until": "明天"}, follow=True).content.decode()
    )
    client.post(f"/people/holdings/{holding.id}/release", {"reason": "调走"})
    assert not Holding.objects.filter(post=post, seat="B", until=None).exists()
    wrong = client.post(f"/people/posts/{post.id}/close", {"confirm": "别的"})
    assert wrong.status_code == 422
    client.post(f"/people/posts/{post.id}/close", {"confirm": post.title})
    assert Post.objects.get(id=post.id).until is not None


def test_bad_input_is_said_at_the_field_and_kept(cast):
    answer = cast.client("community").post(
        "/people/new", {"name": "某人", "phone": "12", "place": cast.places.grid.path}
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "不是电话号码" in text
    assert 'value="某人"' in text


def test_a_roster_goes_through_the_pages(cast):
    client = cast.client("street")
    assert client.post("/people/rosters").status_code == 422
    upload = "社区,姓名,电话,岗位\n竹苑社区,新人甲,13911112222,志愿者\n竹苑社区,新人乙,139,志愿者\n".encode("gbk")
    file = io.BytesIO(upload)
    file.name = "名册.csv"
    answer = client.post("/people/rosters", {"file": file})
    address = answer["Location"]
    text = client.get(address).content.decode()
    assert "导入 1 行" in text
    assert "不是电话号码" in text
    columns = {"column-0": "community", "column-1": "name", "column-2": "phone", "column-3": "phone"}
    assert client.post(f"{address}/columns", columns).status_code == 422
    client.post(f"{address}/columns", columns | {"column-3": "role"})
    client.post(f"{address}/rows/3", {"cell-2": "13911113333"})
    client.post(f"{address}/import")
    assert Person.objects.filter(name__in=["新人甲", "新人乙"]).count() == 2
    client.post(f"{address}/undo")
    assert not Person.objects.filter(name="新人甲").exists()
    assert cast.client("elsewhere").get(address).status_code == 404
    assert client.get(f"{address}/faults.csv").status_code == 200


def test_grants_are_changed_for_everybody_at_once(cast):
    client = cast.client("admin")
    assert client.get("/people/roles").status_code == 200
    form = {"rank": "30", "deputy_acts": "on", "grants": ["people.read", "people.write"]}
    assert client.post("/people/roles/grid_worker", form).status_code == 302
    assert {grant.can for grant in cast.grid.actor.grants} == {"people.read", "people.write"}
    assert client.post("/people/roles/grid_worker", form | {"grants": ["people.everything"]}).status_code == 422
    assert cast.client("approver").post("/people/roles/grid_worker", form).status_code == 403
