"""HZD-02: what could not be applied lies where somebody sees it, both versions side by side; nothing is overwritten."""

import pytest

from anlan.fieldwork import ports
from anlan.fieldwork.models import Record
from anlan.fieldwork.tests.phones import Phone
from anlan.ledger.models import Entry


class Things:
    """A handler of a thing that has one value and a revision."""

    def __init__(self):
        self.value, self.notes = "现在的写法", []

    def apply(self, records, *, by):
        (record,) = records
        if record.base is not None and record.base < 2:
            return [ports.Outcome("conflict", "已经有人改过", record.id, "", {"地点": self.value})]
        self.value = record.body["地点"]
        return [ports.Outcome(subject=record.id)]

    def tell(self, record):
        return {"地点": record.body["地点"]}

    def note(self, record, words, *, by):
        self.notes.append(words)


@pytest.fixture
def things(db, cast, inline, monkeypatch):
    made = Things()
    monkeypatch.setitem(ports.handlers, "test.thing", made)
    return made


@pytest.fixture
def kept(things, cast):
    phone = Phone(cast.client("grid"))
    record = phone.record(kind="test.thing", body={"地点": "手机的写法"}, base=1)
    phone.sync(record)
    return Record.objects.get(id=record["id"])


def settle(cast, who, kept, how, opinion=""):
    return cast.client(who).post(f"/field/records/{kept.id}/settle", {"how": how, "opinion": opinion})


def test_both_versions_stand_side_by_side(cast, kept):
    page = cast.client("community").get(f"/field/records/{kept.id}").content.decode()
    assert "手机的写法" in page
    assert "现在的写法" in page
    assert "保留现在的" in page
    assert "写进备注" in page
    listed = cast.client("community").get("/field/queue").content.decode()
    assert "已经有人改过" in listed
    assert "李小满" in listed


def test_keeping_what_stands_needs_a_reason_and_says_it(cast, kept, things):
    refused = settle(cast, "community", kept, "kept")
    assert refused.status_code == 422
    assert "写一句为什么" in refused.content.decode()
    assert settle(cast, "community", kept, "kept", "现场已经核过").status_code == 302
    kept.refresh_from_db()
    assert (kept.state, kept.settled, kept.opinion, things.value) == ("settled", "kept", "现场已经核过", "现在的写法")
    assert Entry.objects.get(did="fieldwork.settled").values["opinion"] == "现场已经核过"
    mine = cast.client("grid").get("/field/mine?view=all").content.decode()
    assert "现场已经核过" in mine
    assert settle(cast, "community", kept, "applied").status_code == 422, "settled once"


def test_the_phones_version_is_applied_by_whoever_decides(cast, kept, things):
    settle(cast, "community", kept, "applied")
    kept.refresh_from_db()
    assert (kept.state, kept.settled, things.value) == ("settled", "applied", "手机的写法")


def test_the_phones_version_becomes_a_note(cast, kept, things):
    settle(cast, "grid", kept, "noted", "请核实")
    assert "李小满" in things.notes[0]
    assert "地点：手机的写法 请核实" in things.notes[0]
    assert things.value == "现在的写法"


def test_only_the_sender_and_who_minds_the_queue_see_it(cast, kept):
    for who, status in (("grid", 200), ("community", 200), ("city", 200), ("elsewhere", 404), ("nobody", 404)):
        assert cast.client(who).get(f"/field/records/{kept.id}").status_code == status, who
    assert settle(cast, "elsewhere", kept, "kept", "x").status_code == 404
    assert cast.client("grid").get("/field/queue").status_code == 403
    assert "已经有人改过" not in cast.client("elsewhere").get("/field/queue").content.decode()


def test_an_unknown_kind_waits_and_can_only_be_put_aside(cast, things):
    phone = Phone(cast.client("grid"))
    phone.sync(record := phone.record(kind="moon.landing", body={"a": "b"}))
    page = cast.client("community").get(f"/field/records/{record['id']}").content.decode()
    assert "按手机上的改" not in page
    assert "还不认识这种记录" in page


def test_the_queue_asks_as_often_for_thirty_as_for_one(cast, kept, django_assert_max_num_queries):
    phone = Phone(cast.client("grid"))
    phone.sync(*(phone.record(kind="test.thing", body={"地点": str(n)}, base=1) for n in range(30)))
    client = cast.client("community")
    client.get("/field/queue")
    with django_assert_max_num_queries(22):
        assert client.get("/field/queue?view=conflict").status_code == 200
