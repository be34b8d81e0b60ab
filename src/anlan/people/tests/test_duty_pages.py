"""RPT-01 through the door: pages of the duty roster, handover, calls received, tables both ways, calendars."""

import datetime as dt
import io
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook, load_workbook

from anlan.kernel import clock
from anlan.kernel.authority import Refused
from anlan.ledger.models import Entry
from anlan.people import queries, services, terms
from anlan.people.models import (
    DutyCall,
    HandoverNote,
    Rota,
    RotaMonth,
    ShiftChange,
    ShiftSeat,
    ShiftSheet,
)
from anlan.people.tests.cast import BACKEND
from anlan.people.tests.watch import BY, chinese, coming, running, street_watch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chinese")]
HOUR = dt.timedelta(hours=1)
__all__ = ["chinese"]  # a fixture


def client_of(watch, name):
    client = Client()
    client.force_login(watch.account(name), backend=BACKEND)
    return client


def page(client, address, status=200, **data):
    answer = client.get(address, data)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


# --- a rota from nothing to published


def test_a_rota_is_made_laid_corrected_and_published_on_pages(cast):
    client, path = cast.client("street"), cast.places.street.path
    assert "柳荫街道值班表" in page(client, "/duty/new", place=path)
    form = {
        "place": path, "name": "应急办值班", "phone": "0519 860 0119",
        "workday": "白班 08:00-20:00\n夜班 20:00-次日08:00", "rest": "全天 08:00-次日08:00",
        "leader": 0, "chief": 0, "officer": 1, "standby": 0, "rest_hours": 12,
        "keeper": cast.street.person.id,
    }  # fmt: skip
    wrong = client.post("/duty/new", form | {"workday": "从早到晚"})
    assert wrong.status_code == 422
    assert "看不懂" in wrong.content.decode()
    assert "应急办值班" in wrong.content.decode()
    made = client.post("/duty/new", form)
    rota = Rota.objects.get()
    assert made["Location"] == f"/duty/{rota.id}/members"
    assert "吴晓燕" in page(client, f"/duty/{rota.id}/members")
    assert "何秀兰" in page(client, f"/duty/{rota.id}/members", q="何秀兰")
    client.post(f"/duty/{rota.id}/members", {"officer": [cast.street.person.id, cast.community.person.id]})
    month = "2031-03"
    client.post(f"/duty/{rota.id}/lay", {"month": month})
    text = page(client, f"/duty/{rota.id}", month=month)
    assert "草稿，还没发布" in text
    assert "国务院还没公布" in text  # a year that nobody has published
    seat = ShiftSeat.objects.filter(rota=rota).order_by("starts_at").first()
    assert "换成谁" in page(client, f"/duty/seats/{seat.id}")
    client.post(f"/duty/seats/{seat.id}/put", {"person": "", "reason": "再定"})
    assert "把 1 处空位按轮次补上" in page(client, f"/duty/{rota.id}", month=month)
    client.post(f"/duty/{rota.id}/fill", {"month": month})
    assert "通知几个人" in page(client, f"/duty/{rota.id}/publish", month=month)
    client.post(f"/duty/{rota.id}/publish?month={month}")
    assert RotaMonth.objects.get().state == "published"
    assert "已发布，第 1 版" in page(client, f"/duty/{rota.id}", month=month)
    client.post(f"/duty/{rota.id}/edit", form | {"name": "应急值班", "standby": 1})
    assert Rota.objects.get().name == "应急值班"
    assert client.post(f"/duty/{rota.id}/close", {"confirm": "错"}).status_code == 422
    client.post(f"/duty/{rota.id}/close", {"confirm": "应急值班"})
    assert Rota.objects.get().closed_at is not None


def test_a_draft_is_seen_by_its_keepers_alone(cast):
    watch = street_watch(cast, publish=False)
    seat = ShiftSeat.objects.filter(rota=watch.rota).first()
    assert "草稿" in page(cast.client("street"), f"/duty/{watch.rota.id}")
    assert "这个月还没有排" in page(client_of(watch, "丁一鸣"), f"/duty/{watch.rota.id}")
    page(client_of(watch, "丁一鸣"), f"/duty/seats/{seat.id}", 404)


def test_elsewhere_and_absent_are_one_answer(cast):
    watch = street_watch(cast)
    client = cast.client("elsewhere")
    for key in (watch.rota.id, uuid4()):
        for tail in ("", "/edit", "/members", "/handover", "/calls", ".xlsx", "/publish"):
            page(client, f"/duty/{key}{tail}", 404)
    for key in (running(watch).id, uuid4()):
        page(client, f"/duty/seats/{key}", 404)


def test_the_front_page_asks_no_more_for_more_rotas(cast):
    street_watch(cast)
    client = cast.client("street")
    page(client, "/duty")
    with CaptureQueriesContext(connection) as one:
        page(client, "/duty")
    for number in range(4):
        services.make_rota(services.RotaDraft(f"第{number}张", cast.places.street.path), by=BY)
    with CaptureQueriesContext(connection) as many:
        assert "第3张" in page(client, "/duty")
    assert len(many) == len(one)


def test_a_month_asks_no_more_for_more_shifts(cast):
    watch = street_watch(cast)
    client, seat = cast.client("street"), coming(watch)
    with CaptureQueriesContext(connection) as asked:
        page(client, f"/duty/{watch.rota.id}")
    assert len(asked) < 40
    with CaptureQueriesContext(connection) as asked_seat:
        page(client, f"/duty/seats/{seat.id}")
    assert len(asked_seat) < 40


def test_gaps_stand_on_the_front_page(cast):
    watch = street_watch(cast)
    services.put(running(watch).id, None, by=BY)
    services.watch_gaps(by=BY)
    text = page(cast.client("district"), "/duty")
    assert "值班有空档" in text
    assert "现在就空着" in text
    assert "值班有空档" not in page(cast.client("elsewhere"), "/duty")


# --- substitution on pages


def test_a_shift_is_handed_to_a_colleague_on_pages(cast):
    watch = street_watch(cast)
    seat = coming(watch)
    asker, busy = seat.person.name, set(ShiftSeat.objects.filter(shift=seat.shift).values_list("person_id", flat=True))
    taker = next(n for n, p in watch.people.items() if p.id not in busy)
    mine = client_of(watch, asker)
    assert "找人替这一班" in page(mine, f"/duty/seats/{seat.id}")
    answer = mine.post(f"/duty/seats/{seat.id}/ask", {"taker": watch.people[taker].id, "reason": "开会"})
    change = ShiftChange.objects.get()
    assert answer["Location"] == f"/duty/changes/{change.id}"
    assert "等着答应的换班" in page(client_of(watch, taker), "/duty")
    page(cast.client("elsewhere"), f"/duty/changes/{change.id}", 404)
    client_of(watch, taker).post(f"/duty/changes/{change.id}/agree")
    assert "已经换好" in page(mine, f"/duty/changes/{change.id}")
    assert "刚换过的班" in page(cast.client("street"), f"/duty/{watch.rota.id}")
    cast.client("street").post(f"/duty/changes/{change.id}/see")
    assert "刚换过的班" not in page(cast.client("street"), f"/duty/{watch.rota.id}")


# --- handover


def test_what_is_open_goes_from_note_to_note_until_it_is_closed(cast):
    watch = street_watch(cast, needs={"officer": 1})
    seat = running(watch)
    client = client_of(watch, seat.person.name)
    address = f"/duty/{watch.rota.id}"
    client.post(f"{address}/items", {"text": "三号涵洞水位还在涨", "kind": "open"})
    client.post(f"{address}/items", {"text": "东坡裂缝", "kind": "watch"})
    client.post(f"{address}/calls/new", {"what": "桥下有车被淹", "topic": "help", "phone": "13800002222", "trapped": 2})
    call = DutyCall.objects.get()
    with clock.shifted(seat.ends_at - clock.now() - HOUR):
        by = watch.actor(seat.person.name)
        note = services.give_over(watch.rota.id, "夜里雨大", by=by, shift_id=seat.shift_id)
        assert services.give_over(watch.rota.id, "再来一遍", by=by, shift_id=seat.shift_id).id == note.id
    note.refresh_from_db()
    assert [i["text"] for i in note.content["items"]] == ["三号涵洞水位还在涨", "东坡裂缝"]
    assert [c["id"] for c in note.content["calls"]] == [str(call.id)]
    assert "13800002222" not in str(note.content)
    after = queries.shift_after(note.shift)
    reader = after.seats.get().person.name
    other = next(n for n in watch.people if n not in {reader, "吴晓燕"})
    assert client_of(watch, other).post(f"/duty/notes/{note.id}/take").status_code == 403
    text = page(client_of(watch, reader), f"/duty/notes/{note.id}")
    assert "看过了，接班" in text
    assert "夜里雨大" in text
    client_of(watch, reader).post(f"/duty/notes/{note.id}/take")
    note.refresh_from_db()
    assert (note.state, note.read_by) == ("read", reader)
    services.close_item(watch.rota.items.get(kind="watch").id, "已封", by=cast.street.actor)
    with clock.shifted(after.starts_at - clock.now() + HOUR):
        following = services.give_over(watch.rota.id, "", by=cast.street.actor, shift_id=after.id)
    assert following.shift_id == after.id
    assert [(i["text"], i["old"]) for i in following.content["items"]] == [("三号涵洞水位还在涨", True)]


def test_two_clicks_hand_over_one_shift_and_none_before_it_begins(cast):
    watch = street_watch(cast)
    client, address = cast.client("street"), f"/duty/{watch.rota.id}/handover"
    shown = page(client, address).split('name="shift" value="')[1].split('"')[0]
    client.post(address, {"words": "先写着", "act": "keep", "shift": shown})
    assert "先写着" in page(client, address)
    for _twice in range(2):
        client.post(address, {"words": "雨停了", "act": "give", "shift": shown})
    assert [str(n.shift_id) for n in HandoverNote.objects.filter(state="given")] == [shown]
    assert Entry.objects.filter(did=terms.Did.HANDOVER_GIVEN).count() == 1
    early = client.post(address, {"act": "give", "shift": coming(watch).shift_id})
    assert early.status_code == 409


def test_only_the_watch_and_its_keeper_write_on_it(cast):
    watch = street_watch(cast)
    seat = coming(watch, after=4)
    with clock.shifted(seat.starts_at - clock.now() + 10 * HOUR):
        busy = set(ShiftSeat.objects.filter(shift=seat.shift).values_list("person_id", flat=True))
        idle = next(n for n, p in watch.people.items() if p.id not in busy and n != "吴晓燕")
        with pytest.raises(Refused):
            services.open_item(watch.rota.id, "外人写的", by=watch.actor(idle))
        services.open_item(watch.rota.id, "班上写的", by=watch.actor(seat.person.name))
    page(cast.client("community"), f"/duty/{watch.rota.id}/handover", 404)
    page(cast.client("elsewhere"), f"/duty/{watch.rota.id}/handover", 404)


# --- calls received


def test_a_call_is_noted_completed_and_closed_with_its_number_encrypted(cast):
    watch = street_watch(cast)
    client, address = cast.client("street"), f"/duty/{watch.rota.id}/calls"
    wrong = client.post(f"{address}/new", {"what": "", "topic": "help", "phone": "12"})
    assert wrong.status_code == 422
    bad = client.post(f"{address}/new", {"what": "水进屋", "topic": "help", "phone": "12"})
    assert "不是电话号码" in bad.content.decode()
    assert "水进屋" in bad.content.decode()
    made = client.post(f"{address}/new", {"what": "水进屋", "topic": "help", "phone": "138 0000 3333", "hurt": 0})
    call = DutyCall.objects.get()
    assert made["Location"] == f"/duty/calls/{call.id}"
    assert b"13800003333" not in bytes(call.phone_cipher)
    text = page(client, f"/duty/calls/{call.id}")
    assert "138****3333" in text
    assert "受伤 0" in text
    assert "死亡" not in text.split("伤亡被困")[1].split("</dd>")[0]
    assert client.post(f"/duty/calls/{call.id}/reveal", {"reason": ""}).status_code == 422
    shown = client.post(f"/duty/calls/{call.id}/reveal", {"reason": "回电话"})
    assert "13800003333" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    client.post(f"/duty/calls/{call.id}/close")
    call.refresh_from_db()
    assert call.state == "open"  # nothing says yet what was done
    client.post(f"/duty/calls/{call.id}/edit", {"what": "水进屋", "topic": "help", "done": "派人去了", "phone": ""})
    client.post(f"/duty/calls/{call.id}/close")
    call.refresh_from_db()
    assert (call.state, call.phone_tail) == ("closed", "3333")
    assert "水进屋" in page(client, address, q="水进屋", topic="help")
    assert "没有这样的来电" in page(client, address, only="open")
    assert "138****3333" in client.get(f"{address}.csv").content.decode("utf-8-sig")


# --- tables both ways


def table(client, watch, month=None):
    answer = client.get(f"/duty/{watch.rota.id}.xlsx", {"month": f"{month or watch.month:%Y-%m}"})
    return load_workbook(io.BytesIO(answer.content))


def send(client, watch, book, month):
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    out.name = "值班表.xlsx"
    return client.post(f"/duty/{watch.rota.id}/import", {"file": out, "month": f"{month:%Y-%m}"})


def following(watch):
    month = (watch.month + dt.timedelta(days=32)).replace(day=1)
    services.lay_month(watch.rota.id, month, by=BY)
    return month


def test_a_month_goes_out_as_offices_keep_it_and_comes_back_the_same(cast):
    watch = street_watch(cast)
    month, client = following(watch), cast.client("street")
    book = table(client, watch, month)
    rows = list(book.active.iter_rows(values_only=True))
    assert rows[0] == ("日期", "星期", "班次", "时间", "带班领导", "带班领导电话", "值班员", "值班员电话", "备注")
    assert rows[1][0] == month.isoformat()
    assert "****" in rows[1][5]
    made = send(client, watch, book, month)
    assert "和现在的一样" in page(client, made["Location"])


def test_a_table_changes_what_it_says_and_keeps_the_rows_with_faults(cast):
    watch = street_watch(cast)
    month, client = following(watch), cast.client("street")
    services.publish(watch.rota.id, month, by=BY)
    book = Workbook()
    lines = [
        ["柳荫街道值班表"], ["日期", "班次", "值班员"], ["1日", "全天", "袁方"], ["2日", "全天", "查无此人"],
        ["3日", "夜班", "袁方"], ["32日", "全天", "袁方"], [f"{month.month}月4日", "", "丁一鸣、袁方"],
        [f"{month:%Y}.{month.month}.5", "全天", "吴晓燕"], ["6日", "全天", ""],
    ]  # fmt: skip
    for line in lines:
        book.active.append(line)
    officers = ShiftSeat.objects.filter(shift__day__gte=month, position="officer").values_list("shift__day", "person")
    before = dict(officers)
    text = page(client, send(client, watch, book, month)["Location"])
    for said in ("「查无此人」不在轮值的人里", "不知道是", "「32日」不是日期", "这一班要 1 个值班员，写了 2 个"):
        assert said in text, said
    sheet = ShiftSheet.objects.get()
    client.post(f"/duty/sheets/{sheet.id}/apply")
    now = dict(officers.all())
    assert now[month] == watch.people["袁方"].id
    assert now[month.replace(day=6)] is None
    for day in (2, 3, 4):
        assert now[month.replace(day=day)] == before[month.replace(day=day)]
    sheet.refresh_from_db()
    assert sheet.state == "checked"
    assert "第 4 行" in page(client, f"/duty/sheets/{sheet.id}")
    client.post(f"/duty/sheets/{sheet.id}/rows/4", {"cell-2": "马立新"})
    client.post(f"/duty/sheets/{sheet.id}/rows/4", {"cell-99": "马立新"})
    text = page(client, f"/duty/sheets/{sheet.id}")
    client.post(f"/duty/sheets/{sheet.id}/drop")
    sheet.refresh_from_db()
    assert (sheet.state, sheet.cells_cipher) == ("dropped", None)
    page(cast.client("elsewhere"), f"/duty/sheets/{sheet.id}", 404)


def test_a_table_cannot_put_anybody_in_two_places_at_once(cast):
    watch = street_watch(cast)
    month, client = following(watch), cast.client("street")
    book = Workbook()
    for line in (["日期", "带班领导", "值班员"], ["1日", "马立新", "马立新"], ["2日", "马立新", "袁方"]):
        book.active.append(line)
    text = page(client, send(client, watch, book, month)["Location"])
    assert "马立新会同时值两班或歇不够" in text
    assert "1 行有错" in text


def test_a_file_that_is_no_table_says_what_was_expected(cast):
    watch = street_watch(cast)
    client = cast.client("street")
    assert "还没有选文件" in client.post(f"/duty/{watch.rota.id}/import", {"month": "2026-11"}).content.decode()
    file = io.BytesIO("甲,乙\n1,2\n".encode())
    file.name = "表.csv"
    answer = client.post(f"/duty/{watch.rota.id}/import", {"file": file, "month": "2026-11"})
    assert answer.status_code == 422
    assert "表头里要有「日期」" in answer.content.decode()
