"""HZD-07: whoever is entitled reads the trail of any thing, affair and person, checks the seals, takes the proof."""

import io
import zipfile
from uuid import uuid4

import openpyxl
import pytest

from anlan.ledger import queries
from anlan.ledger import services as ledger
from anlan.ledger.models import Stuck
from anlan.ledger.ports import directory
from anlan.ledger.tests.conftest import Thing


@pytest.fixture(autouse=True)
def words(monkeypatch):
    monkeypatch.setitem(directory.words, "test.done", "巡查了{n}处，{missing}")
    monkeypatch.setitem(directory.types, "test.thing", "巡查")


def at(member):
    return Thing(member.post.place_path)


def test_a_trail_reads_like_sentences(cast):
    thing = at(cast.grid)
    ledger.record("test.done", thing, by=cast.grid.actor, n=3)
    ledger.record("test.strange", thing, by=cast.grid.actor)
    client = cast.client("community")
    for address in ("/ledger", f"/trail/subject/{thing.id}", f"/trail/chain/{thing.id}"):
        page = client.get(address)
        assert page.status_code == 200
        assert "巡查了3处，…" in page.content.decode()
        assert "test.strange" in page.content.decode()
        assert "李小满" in page.content.decode()


def test_a_trail_of_another_place_shows_nothing_and_says_so(cast):
    thing = at(cast.grid)
    ledger.record("test.done", thing, by=cast.grid.actor, n=3)
    page = cast.client("elsewhere").get(f"/trail/subject/{thing.id}").content.decode()
    assert "巡查了3处" not in page
    assert "还没有留痕" in page


def test_everybody_sees_their_own(cast):
    ledger.record("test.done", Thing("ZZZZ"), by=cast.grid.actor, n=7)
    client = cast.client("grid")
    page = client.get("/ledger/mine", follow=True)
    assert "巡查了7处" in page.content.decode()
    assert "履职留痕" in page.content.decode()


def test_a_visitor_is_asked_to_sign_in(cast):
    assert cast.client().get("/ledger").status_code == 302


def test_filters_and_pages_live_in_the_address(cast):
    thing, by = at(cast.grid), cast.grid.actor
    for n in range(60):
        ledger.record("test.done", thing, by=by, n=n)
    ledger.record("test.other", thing, by=by)
    client = cast.client("community")
    first = client.get(f"/trail/subject/{thing.id}?kind=test.done").content.decode()
    assert "test.other</a>" not in first
    assert "巡查了59处" in first
    assert "巡查了9处" not in first
    older = queries.trail(subject_id=thing.id, by=by, limit=51, where=queries.Filter(kinds=("test.done",)))[49].id
    assert f"before={older}" in first
    second = client.get(f"/trail/subject/{thing.id}?kind=test.done&before={older}").content.decode()
    assert "巡查了9处" in second
    assert "看更新的" in second
    assert "这样筛，一条也没有" in client.get(f"/trail/subject/{thing.id}?until=2020-01-01").content.decode()
    for nonsense in ("before=x", "since=2026-99-99", "until=x", "after=%00x"[:7], "kind=%27"):
        assert client.get(f"/trail/subject/{thing.id}?{nonsense}").status_code == 200


def test_exports_carry_the_rows_harmlessly_and_are_recorded(cast):
    thing = at(cast.grid)
    ledger.record("test.done", thing, by=cast.grid.actor, n="=HYPERLINK(1)")
    directory.words["test.done"] = "{n}"
    client = cast.client("community")
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"/trail/subject/{thing.id}?format=xlsx").content)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][:3] == ("时间", "做了什么", "谁")
    assert rows[1][1:3] == ("'=HYPERLINK(1)", "李小满")
    text = client.get(f"/trail/subject/{thing.id}?format=csv").content.decode("utf-8-sig")
    assert text.splitlines()[1].split(",")[1] == "'=HYPERLINK(1)"
    mine = queries.trail(pseudonym=cast.community.actor.pseudonym, by=cast.community.actor)
    assert [e.did for e in mine][:2] == ["ledger.trail-exported"] * 2


def test_one_entry_its_values_and_its_proof(live_db, cast):
    thing = at(cast.grid)
    entry = ledger.record("test.done", thing, by=cast.grid.actor, n=3)
    client = cast.client("community")
    assert "等封存" in client.get(f"/ledger/entries/{entry}").content.decode()
    assert client.post(f"/ledger/entries/{entry}/proof").status_code == 409
    ledger.drain(wait=30)
    ledger.seal_all()
    page = client.get(f"/ledger/entries/{entry}").content.decode()
    assert "已封存" in page
    assert "导出证据包" in page
    bundle = client.post(f"/ledger/entries/{entry}/proof")
    assert "verify_anlan_proof.py" in zipfile.ZipFile(io.BytesIO(bundle.content)).namelist()
    assert cast.client("elsewhere").get(f"/ledger/entries/{entry}").status_code == 404
    assert cast.client("elsewhere").post(f"/ledger/entries/{entry}/proof").status_code == 404
    assert client.get(f"/ledger/entries/{uuid4()}").status_code == 404


def test_private_text_is_shown_for_a_reason_and_never_otherwise(cast):
    thing = at(cast.grid)
    entry = ledger.record("test.done", thing, by=cast.grid.actor, private={"姓名": "赵大妈"})
    who = next(m for m in (cast.city, cast.admin, cast.district) if has(m, "ledger.read-private", thing.place_path))
    client = cast.client(who)
    assert "赵大妈" not in client.get(f"/ledger/entries/{entry}").content.decode()
    refused = client.post(f"/ledger/entries/{entry}/private", {"reason": " "}).content.decode()
    assert "须写明理由" in refused
    assert "赵大妈" not in refused
    shown = client.post(f"/ledger/entries/{entry}/private", {"reason": "核实转移"})
    assert "赵大妈" in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    looked = queries.trail(chain=thing.id, by=who.actor)[0]
    assert (looked.did, looked.values["reason"]) == ("ledger.private-read", "核实转移")
    assert cast.client("grid").post(f"/ledger/entries/{entry}/private", {"reason": "好奇"}).status_code == 404


def has(member, can, path):
    return any(g.can == can and path.startswith(g.path) for g in member.actor.grants)


def test_seals_can_be_seen_and_verified_by_whoever_may(live_db, cast):
    ledger.record("test.done", at(cast.grid), by=cast.grid.actor, n=1)
    ledger.seal_all()
    who = next(m for m in (cast.city, cast.admin) if any(g.can == "ledger.verify" for g in m.actor.grants))
    client = cast.client(who)
    assert queries.blocks()[0].hash_hex in client.get("/ledger/seals").content.decode()
    page = client.post("/ledger/verify", follow=True).content.decode()
    assert "校验通过" in page
    assert "一致" in page
    assert cast.client("nobody").get("/ledger/seals").status_code == 403
    assert cast.client("grid").post("/ledger/verify").status_code == 403
    assert client.get("/ledger/verify").status_code == 405
    assert client.get("/ledger/seals?before=9999999999999999999999").status_code == 200


def test_what_is_stuck_is_seen_and_settled_with_a_reason(cast):
    thing = at(cast.grid)
    entry = ledger.record("test.done", thing, by=cast.grid.actor, n=1)
    who = next(
        m
        for m in (cast.city, cast.admin)
        if has(m, "ledger.verify", thing.place_path) and has(m, "ledger.read", thing.place_path)
    )
    one = Stuck.objects.create(
        cursor="test.gone", entry=entry, chain=thing.id, place_path=thing.place_path, error="没纸了", failures=6,
        set_aside_at=queries.entries([entry])[0].at,
    )  # fmt: skip
    client = cast.client(who)
    assert "没纸了" in client.get("/ledger/seals").content.decode()
    page = client.post(f"/ledger/stuck/{one.id}", {"act": "retry"}, follow=True).content.decode()
    assert "test.gone" in page
    client.post(f"/ledger/stuck/{one.id}", {"act": "dismiss", "reason": ""})
    assert Stuck.objects.get().settled_at is None
    client.post(f"/ledger/stuck/{one.id}", {"act": "dismiss", "reason": "已另行通知"})
    assert Stuck.objects.get().outcome == "已另行通知"
    assert "没纸了" not in client.get("/ledger/seals").content.decode()
    assert cast.client("elsewhere").post(f"/ledger/stuck/{one.id}", {"act": "retry"}).status_code == 404
