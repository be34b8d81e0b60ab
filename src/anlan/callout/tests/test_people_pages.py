"""WRN-03, PLC-02, PLT-05: the inbox, the personal link, and that looking never answers."""

import datetime as dt
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client

from anlan.callout import tokens
from anlan.callout.models import Obligation
from anlan.callout.services import calls, obligations
from anlan.callout.terms import Owed
from anlan.callout.tests import calling
from anlan.kernel import clock
from anlan.kernel.authority import machine


@pytest.fixture
def call(cast):
    return calling.start(cast, instructions={"grid_worker": "封住地下车库口。"})


def link(obligation):
    return f"/a/{tokens.mint(obligation.number, obligation.id)}"


# --- the personal link


def test_the_link_says_who_what_and_how_and_needs_no_sign_in(call, cast):
    said = Client().get(link(calling.owed(call, cast.grid)))
    page = said.content.decode()
    assert said.status_code == 200
    for words in ("暴雨黄色预警", "李小满", "叫醒独居的人", "封住地下车库口", "我收到了", "我去不了"):
        assert words in page
    assert "no-store" in said["Cache-Control"]
    assert said["Referrer-Policy"] == "no-referrer"


def test_it_is_light_and_has_no_script(call, cast):
    page = Client().get(link(calling.owed(call, cast.grid))).content
    style = Path(__file__).parent.parent / "static/callout/answer.css"
    tokens_css = Path(__file__).parent.parent.parent / "web/static/web/tokens.css"
    assert b"<script" not in page
    assert b"style=" not in page
    assert len(page) + style.stat().st_size + tokens_css.stat().st_size < 20_000


def test_looking_never_answers(call, cast):
    obligation = calling.owed(call, cast.grid)
    for method in ("get", "head", "options"):
        getattr(Client(), method)(link(obligation))
    Client().get(link(obligation) + "?received=1&declined=1")
    obligation.refresh_from_db()
    assert obligation.state == "open"


def test_posting_answers_once_and_shows_the_same_again(call, cast):
    obligation = calling.owed(call, cast.grid)
    first = Client().post(link(obligation), {"received": "1"}, follow=True).content.decode()
    assert "应答了" in first
    met = calling.owed(call, cast.grid).met_at
    again = Client().post(link(obligation), {"received": "1"}, follow=True).content.decode()
    assert calling.owed(call, cast.grid).met_at == met
    assert again == first
    assert "我收到了" not in again


def test_cannot_go_is_said_back(call, cast):
    obligation = calling.owed(call, cast.grid)
    page = Client().post(link(obligation), {"declined": "1"}, follow=True).content.decode()
    assert "你去不了" in page
    obligation.refresh_from_db()
    assert obligation.declined


def test_after_the_end_it_says_so(call, cast):
    obligation = calling.owed(call, cast.grid)
    calls.end(call.id, by=cast.city.actor)
    page = Client().get(link(obligation)).content.decode()
    assert "已经结束" in page
    assert "<button" not in page


@pytest.mark.parametrize("token", ["x", "1" * 16, "0" * 16, "我" * 16, "z" * 400])
def test_a_link_we_did_not_make_opens_nothing(db, token):
    said = Client().get(f"/a/{token}")
    assert said.status_code == 404
    assert "<button" not in said.content.decode()


def test_a_changed_letter_opens_nothing(call, cast):
    address = link(calling.owed(call, cast.grid))
    other = address[:-1] + ("2" if address[-1] != "2" else "3")
    assert Client().get(other).status_code == 404
    assert Client().post(other, {"received": "1"}).status_code == 404


def test_a_drill_says_that_it_is_one(cast):
    call = calling.start(cast, status="exercise")
    assert "演练" in Client().get(link(calling.owed(call, cast.grid))).content.decode()


def test_words_of_a_call_cannot_become_markup(cast):
    call = calling.start(cast, title="<script>x</script>", body="<img src=x onerror=y>")
    page = Client().get(link(calling.owed(call, cast.grid))).content
    assert b"<script" not in page
    assert b"<img" not in page


# --- the inbox


def owe(cast, who, why, hours, **more):
    member = getattr(cast, who)
    duty = Owed(
        subject_type="callout.call", subject_id=uuid4(), did="callout.reviewed", person=member.person.id,
        pseudonym=member.person.pseudonym, place_path=member.post.place_path, why=why, link="/calls",
        due_at=clock.now() + dt.timedelta(hours=hours), post=member.post.id, post_title=member.post.title, **more,
    )  # fmt: skip
    return obligations.owe(duty, by=machine("test"))


def test_the_soonest_stands_first_in_its_group(call, cast):
    owe(cast, "grid", "后天的事", 60)
    owe(cast, "grid", "晚了的事", -1)
    page = cast.client("grid").get("/inbox").content.decode()
    page = page[page.index('class="inbox__list"') :]
    words = ("已超时", "晚了的事", "1 小时内", "应答：暴雨黄色预警", "以后", "后天的事")
    order = [page.index(word) for word in words]
    assert order == sorted(order)
    assert page.count("btn--primary") == 1  # one primary act on the page, and it is the answer


def test_i_received_it_answers_right_there(call, cast):
    client = cast.client("grid")
    obligation = calling.owed(call, cast.grid)
    said = client.post(f"/inbox/{obligation.id}/answer", {"next": "/inbox?view=answer"})
    assert (said.status_code, said["Location"]) == (302, "/inbox?view=answer")
    obligation.refresh_from_db()
    assert (obligation.state, obligation.met_how) == ("met", "inbox")
    assert "应答：暴雨黄色预警" not in client.get("/inbox").content.decode()


def test_nobody_answers_for_somebody_else_in_the_inbox(call, cast):
    obligation = calling.owed(call, cast.grid)
    for who in ("city", "street", "elsewhere", "nobody"):
        assert cast.client(who).post(f"/inbox/{obligation.id}/answer").status_code == 404
    obligation.refresh_from_db()
    assert obligation.state == "open"


def test_the_way_back_stays_on_our_site(call, cast):
    obligation = calling.owed(call, cast.grid)
    said = cast.client("grid").post(f"/inbox/{obligation.id}/answer", {"next": "https://evil.example/"})
    assert said["Location"] == "/inbox"


def test_get_does_not_answer_in_the_inbox(call, cast):
    obligation = calling.owed(call, cast.grid)
    assert cast.client("grid").get(f"/inbox/{obligation.id}/answer").status_code == 405
    assert Obligation.objects.get(id=obligation.id).state == "open"


def test_filters_stand_in_the_address(call, cast):
    owe(cast, "grid", "后天的事", 60)
    owe(cast, "grid", "晚了的事", -1)
    client = cast.client("grid")
    for query, there, gone in (
        ("view=answer", "应答：暴雨黄色预警", "晚了的事"),
        ("view=other", "晚了的事", "应答：暴雨黄色预警"),
        ("due=late", "晚了的事", "后天的事"),
        ("due=hour", "应答：暴雨黄色预警", "后天的事"),
        ("q=后天", "后天的事", "晚了的事"),
        ("q=暴雨", "应答：暴雨黄色预警", "晚了的事"),
    ):
        page = client.get(f"/inbox?{query}").content.decode()
        assert there in page, query
        assert gone not in page, query


def test_strange_addresses_do_no_harm(call, cast):
    client = cast.client("grid")
    for query in ("view=x", "due=x", "post=1", "place='--", "q=%25_%5C", "page=999", "page=x"):
        assert client.get(f"/inbox?{query}").status_code == 200, query


def test_an_empty_inbox_says_how_things_get_there(cast):
    page = cast.client("nobody").get("/inbox").content.decode()
    assert "没有要办的事" in page


def test_a_long_inbox_has_pages(cast):
    for i in range(53):
        owe(cast, "grid", f"第{i:03}件", 60 + i)
    first = cast.client("grid").get("/inbox").content.decode()
    second = cast.client("grid").get("/inbox?page=2").content.decode()
    assert "第000件" in first
    assert "第052件" not in first
    assert "第052件" in second


def test_the_inbox_costs_the_same_for_many(cast, django_assert_max_num_queries):
    for i in range(30):
        owe(cast, "grid", f"第{i:03}件", 60 + i)
    client = cast.client("grid")
    with django_assert_max_num_queries(22):
        client.get("/inbox")


def test_visitors_are_sent_to_sign_in(db):
    assert Client().get("/inbox").status_code == 302
