"""PLT-02: accounts by an office's table: looked at first, row and field named, good ones in or none, links once."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from anlan.kernel.authority import Invalid, Refused
from anlan.ledger.models import Entry
from anlan.people import services
from anlan.people.models import Account

HEAD = "用户名,姓名,手机,停用\n"


@pytest.fixture
def staff(cast):
    """Three people of the town without accounts."""
    made = [
        services.enrol(
            services.PersonDraft(name=name, phone=phone), place_path=cast.places.community.path, by=cast.admin.actor
        )
        for name, phone in (("王五", "13700001111"), ("赵六", "13700002222"), ("钱七", "13700003333"))
    ]
    return dict(zip(("wang", "zhao", "qian"), made, strict=True))


def table(*rows):
    return (HEAD + "\n".join(rows)).encode()


def test_looking_says_what_each_row_would_do_and_does_nothing(cast, staff):
    rows = services.read_accounts(
        table(
            "wang5,王五,13700001111,", "grid,李小满,13712340418,", "grid,李小满,13712340418,是", "x y,赵六,13700002222,"
        ),
        "表.csv",
        by=cast.admin.actor,
    )
    assert [row.act for row in rows] == ["open", "same", "fault", "fault"]
    assert "前面已经有" in rows[2].faults["username"]
    assert rows[3].faults["username"]
    assert not Account.objects.filter(username="wang5").exists()


@pytest.mark.parametrize(
    ("line", "field", "words"),
    [
        (",王五,13700001111,", "username", "不能为空"),
        ("w,王五,12,", "phone", "不是电话号码"),
        ("w,不认识,13700001111,", "name", "先在花名册里登记"),
        ("city,王五,13700001111,", "username", "已经有人用了"),
        ("other,李小满,13712340418,", "username", "已经有账号「grid」"),
    ],
)
def test_what_is_wrong_is_named_by_field(cast, staff, line, field, words):
    (row,) = services.read_accounts(table(line), "表.csv", by=cast.admin.actor)
    assert row.act == "fault"
    assert words in row.faults[field]


def test_good_rows_go_in_and_the_rest_waits_or_none_does(cast, staff):
    lines = table("wang5,王五,13700001111,", "zhao6,赵六,12,")
    with pytest.raises(Invalid) as none:
        services.bring_accounts_in(lines, "表.csv", by=cast.admin.actor, mode="all")
    assert "1 行有错" in none.value.errors["mode"]
    assert not Account.objects.filter(username="wang5").exists()
    rows = services.bring_accounts_in(lines, "表.csv", by=cast.admin.actor, mode="good")
    assert [row.act for row in rows] == ["open", "fault"]
    account = Account.objects.get(username="wang5")
    assert account.person_id == staff["wang"].id
    assert services.account_by_link(*rows[0].link).id == account.id
    again = services.bring_accounts_in(lines, "表.csv", by=cast.admin.actor, mode="good")
    assert [row.act for row in again] == ["same", "fault"]
    assert Entry.objects.filter(did="people.account-opened", subject_id=staff["wang"].id).count() == 1


def test_a_table_stops_accounts_too(cast):
    services.bring_accounts_in(table("grid,李小满,13712340418,是"), "表.csv", by=cast.admin.actor, mode="all")
    assert not Account.objects.get(username="grid").is_active


def test_a_mass_is_opened_in_a_handful_of_statements(cast, django_assert_max_num_queries):
    by = cast.admin.actor
    for n in range(40):
        services.enrol(
            services.PersonDraft(name="许多", phone=f"1360000{n:04d}"), place_path=cast.places.grid.path, by=by
        )
    lines = table(*(f"many{n},许多,1360000{n:04d}," for n in range(40)))
    with django_assert_max_num_queries(25):
        rows = services.bring_accounts_in(lines, "表.csv", by=by, mode="all")
    assert {row.act for row in rows} == {"open"}


def test_only_who_manages_accounts_and_only_their_own_people(cast, staff):
    with pytest.raises(Refused):
        services.read_accounts(table("w,王五,13700001111,"), "表.csv", by=cast.street.actor)
    local = services.create_post(
        services.PostDraft("system_admin", cast.places.other_district.path), by=cast.admin.actor
    )
    services.appoint(local.id, cast.nobody.person.id, by=cast.admin.actor)
    (row,) = services.read_accounts(table("w,王五,13700001111,"), "表.csv", by=cast.nobody.actor)
    assert "先在花名册里登记" in row.faults["name"]


def test_a_file_that_is_none_says_so(cast):
    with pytest.raises(Invalid) as wrong:
        services.read_accounts("姓名,手机\n王五,13700001111".encode(), "表.csv", by=cast.admin.actor)
    assert "用户名" in wrong.value.errors["file"]


def test_the_page_looks_does_and_hands_out_the_links_once(cast, staff):
    client = cast.client("admin")

    def send(**how):
        upload = SimpleUploadedFile("表.csv", table("wang5,王五,13700001111,", "zhao6,赵六,12,"))
        return client.post("/people/accounts/many", {"file": upload, **how})

    assert "会这样办（还没有动）" in send(mode="look").content.decode()
    assert not Account.objects.filter(username="wang5").exists()
    assert send(mode="all").status_code == 422
    done = send(mode="good", links="")
    assert "办完了" in done.content.decode()
    assert "/accounts/set-password/" in done.content.decode()
    assert done["Cache-Control"] == "no-store"
    assert client.post("/people/accounts/many", {"mode": "look"}).status_code == 422
    assert cast.client("street").get("/people/accounts/many").status_code == 403
    assert Client().get("/people/accounts/many").status_code == 302


def test_the_links_come_as_a_file_to_hand_out(cast, staff):
    upload = SimpleUploadedFile("表.csv", table("wang5,王五,13700001111,"))
    answer = cast.client("admin").post("/people/accounts/many", {"file": upload, "mode": "all", "links": "csv"})
    assert answer["Cache-Control"] == "no-store"
    assert "wang5,王五,http" in answer.content.decode()
