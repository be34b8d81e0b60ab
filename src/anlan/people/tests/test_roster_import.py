"""TEA-01: a roster as offices keep it is read, mended, imported and undone."""

import io

import pytest
from django.db import connection
from openpyxl import Workbook

from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.people import queries, secrecy, services
from anlan.people.models import Holding, Person, Post

CSV = """澜江市柳荫街道责任人花名册（2026年）,,,,,
社区,网格,姓名,岗位,联系电话,AB岗
竹苑社区,第三网格,李　明,网格员,138 0000-1111,A
竹苑社区,第三网格,王芳,网格员,+86 13800002222,B岗
竹苑社区,,张伟,灾害信息员、第一响应人,１３８０００３３３３３,A
竹苑社区,,张伟,灾害信息员,13800033333,A
竹苑社区,第九网格,赵六,网格员,13800004444,A
竹苑社区,第三网格,钱七,网格员,1380000,A
竹苑社区,第三网格,孙八,不知道,13800006666,A
"""


def read(cast, text=CSV, who="street"):
    actor = getattr(cast, who).actor
    return services.read_roster(text.encode("gb18030"), "花名册.csv", place_path=cast.places.street.path, by=actor)


def test_every_row_says_what_it_would_do_and_what_is_wrong(cast):
    batch = read(cast)
    assert batch.counts == {"new": 3, "update": 0, "same": 1, "fault": 3}
    faults = {row.number: set(row.faults) for row in queries.list_rows(batch, "fault")}
    assert faults == {7: {"grid"}, 8: {"phone"}, 9: {"role"}}
    assert not Person.objects.filter(name="李明").exists()


def test_good_rows_go_in_and_the_rest_waits(cast):
    batch = services.import_roster(read(cast).id, by=cast.street.actor)
    li = Person.objects.get(name="李明")
    assert secrecy.decrypt(bytes(li.phone_cipher)) == "13800001111"
    assert li.pinyin == "lm liming"
    zhang = Person.objects.get(name="张伟")
    assert {h.post.role_id for h in zhang.holdings.all()} == {"disaster_informant", "first_responder"}
    wang = Holding.objects.get(person__name="王芳")
    assert (wang.seat, wang.post_id) == ("B", cast.grid.post.id)  # the grid's one post that had no deputy
    assert li.holdings.get().post.superior_id == cast.community.post.id
    assert batch.counts["fault"] == 3
    assert [row.cells_cipher for row in queries.list_rows(batch, "new")] == [None] * 3


def test_twice_is_once_and_again_is_the_same(cast):
    batch = read(cast)
    services.import_roster(batch.id, by=cast.street.actor)
    before = Person.objects.count(), Post.objects.count(), Holding.objects.count()
    services.import_roster(batch.id, by=cast.street.actor)
    again = read(cast)
    assert again.counts == {"new": 0, "update": 0, "same": 4, "fault": 3}
    services.import_roster(again.id, by=cast.street.actor)
    assert (Person.objects.count(), Post.objects.count(), Holding.objects.count()) == before


def test_all_or_nothing_refuses_while_a_row_is_faulty(cast):
    batch = read(cast)
    with pytest.raises(Invalid, match="3"):
        services.import_roster(batch.id, by=cast.street.actor, mode="all")
    assert not Person.objects.filter(name="李明").exists()


def test_a_row_is_mended_and_imported_later(cast):
    batch = services.import_roster(read(cast).id, by=cast.street.actor)
    row = services.mend(batch.id, 8, {4: "13800005555"}, by=cast.street.actor)
    assert (row.state, row.faults) == ("new", None)
    batch = services.import_roster(batch.id, by=cast.street.actor)
    assert Person.objects.get(name="钱七").holdings.get().post.role_id == "grid_worker"
    assert batch.counts["fault"] == 2


def test_undo_leaves_nothing_behind_and_restores_what_changed(cast):
    count = Person.objects.count(), Post.objects.count(), Holding.objects.count()
    text = "姓名,电话,身份证号,岗位\n李小满,13712340418,110101199003074477,网格员\n新来的,13900001111,,网格员\n"
    first = services.read_roster(
        "姓名,电话,岗位,网格,身份证号\n李小满,13712340418,网格员,第三网格,110101199003074477\n新来的,13900001111,网格员,第三网格,\n".encode(),
        "a.csv", place_path=cast.places.street.path, by=cast.street.actor,
    )  # fmt: skip
    assert first.counts["update"] == 1, text
    services.import_roster(first.id, by=cast.street.actor)
    assert Person.objects.get(id=cast.grid.person.id).id_digest is not None
    services.undo_roster(first.id, by=cast.street.actor)
    services.undo_roster(first.id, by=cast.street.actor)
    assert Person.objects.get(id=cast.grid.person.id).id_digest is None
    assert (Person.objects.count(), Post.objects.count(), Holding.objects.count()) == count


def test_undo_refuses_once_somebody_uses_what_was_made(cast):
    batch = services.import_roster(read(cast).id, by=cast.street.actor)
    services.open_account(Person.objects.get(name="李明").id, "liming", by=cast.admin.actor)
    with pytest.raises(Conflict):
        services.undo_roster(batch.id, by=cast.street.actor)
    assert Person.objects.filter(name="李明").exists()


def test_merged_cells_and_two_header_rows(cast):
    book = Workbook()
    sheet = book.active
    sheet.append(["竹苑社区网格责任人一览表"])
    sheet.merge_cells("A1:F1")
    sheet.append(["社区", "网格", "A岗", None, "B岗", None])
    sheet.append([None, None, "姓名", "电话", "姓名", "电话"])
    for box in ("A2:A3", "B2:B3", "C2:D2", "E2:F2"):
        sheet.merge_cells(box)
    sheet.append(["竹苑社区", "第三网格", "陈一", 13811110001, "陈二", 13811110002.0])
    sheet.append([None, "第三网格", "陈三", "138-1111-0003", None, None])
    sheet.merge_cells("A4:A5")
    out = io.BytesIO()
    book.save(out)
    batch = services.read_roster(
        out.getvalue(), "一览表.xlsx", place_path=cast.places.street.path, by=cast.street.actor
    )
    batch = services.remap(batch.id, batch.mapping, {"role": "building_head"}, by=cast.street.actor)
    assert batch.counts == {"new": 2, "update": 0, "same": 0, "fault": 0}
    services.import_roster(batch.id, by=cast.street.actor)
    post = Holding.objects.get(person__name="陈一").post
    assert Holding.objects.get(post=post, seat="B").person.name == "陈二"


def test_nothing_readable_is_stored_of_a_phone(cast):
    batch = read(cast)
    services.import_roster(batch.id, by=cast.street.actor)
    with connection.cursor() as cursor:
        for table in ("people_person", "people_import_row", "people_import", "ledger_entry"):
            cursor.execute(
                f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%%1380000%%' OR t::text LIKE '%%13712340418%%'"
            )
            assert cursor.fetchone() == (0,), table
            cursor.execute(
                f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%%' || encode('13800001111', 'hex') || '%%'"
            )
            assert cursor.fetchone() == (0,), table


def test_a_role_that_approves_is_not_given_by_a_list(cast):
    batch = services.read_roster(
        "姓名,电话,岗位\n某人,13900001111,值班领导\n".encode(), "a.csv",
        place_path=cast.places.street.path, by=cast.street.actor,
    )  # fmt: skip
    assert [set(row.faults) for row in queries.list_rows(batch)] == [{"role"}]


def test_wrong_place_and_wrong_role_are_refused(cast):
    with pytest.raises(Refused):
        read(cast, who="elsewhere")
    with pytest.raises(Refused):
        read(cast, who="grid")
    batch = read(cast)
    with pytest.raises(Hidden):
        services.import_roster(batch.id, by=cast.elsewhere.actor)


@pytest.mark.parametrize(
    "source", [b"", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0old", "姓名,电话\n".encode(), b"\x00\x01\x02\x03" * 50]
)
def test_what_is_no_roster_is_refused_with_words(cast, source):
    with pytest.raises(Invalid) as caught:
        services.read_roster(source, "x.xlsx", place_path=cast.places.street.path, by=cast.street.actor)
    assert caught.value.errors["file"]
