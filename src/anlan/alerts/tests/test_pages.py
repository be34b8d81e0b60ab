"""WRN-01, WRN-03, WRN-04: the desk pages of warnings: seen where one stands, hidden elsewhere, acted on once."""

import io

import pytest
from openpyxl import load_workbook

from anlan.alerts.models import Alert, Intake, Rule, Source
from anlan.alerts.services import linkage, take
from anlan.alerts.services.intake import MAX_BYTES
from anlan.alerts.tests.samples import cap, info
from anlan.callout.models import Call
from anlan.kernel.authority import machine

BY = machine("test")
LATER = "2099-01-01T00:00:00+08:00"
RED = cap(info(codes=("519901",), expires=LATER))


@pytest.fixture
def alert(cast):
    intake = take(RED, by=BY)
    assert intake.state == "read", intake.reason
    found = Alert.objects.get(intake=intake)
    linkage.respond([found.id])
    return found


def text(answer):
    return answer.content.decode()


def test_every_page_opens_for_whoever_may(cast, alert):
    call = Call.objects.get(alert_id=alert.id)
    waiting = take(b"<broken", by=BY)
    source = Source.objects.create(name="气象局", place_path=cast.places.city.path)
    desk, admin = cast.client("district"), cast.client("admin")
    for address in (
        "/alerts", "/alerts?view=drill",
        "/alerts?view=all&level=red&hazard=暴雨&q=暴雨&since=2026-01-01&until=2026-12-31",
        f"/alerts/{alert.id}", f"/alerts/{alert.id}.geojson", f"/alerts/{alert.id}/raw", f"/alerts/{alert.id}/call",
        f"/alerts/calls/{call.id}", f"/alerts/calls/{call.id}/list?kind=no-deputy", "/alerts/new", "/alerts/intake",
        "/notices", "/notices/new", "/alerts?place=" + cast.places.district.path,
    ):  # fmt: skip
        assert desk.get(address).status_code == 200, address
    city = cast.client("city")
    assert city.get(f"/alerts/intake/{waiting.id}").status_code == 200
    for address in ("/settings/alerts/sources", f"/settings/alerts/sources/{source.id}", "/settings/alerts/rules"):
        assert admin.get(address).status_code == 200, address


TABLE = (
    (None, "/alerts", 302),
    ("nobody", "/alerts", 403),
    ("grid", "/alerts", 200),
    ("grid", "/alerts/{alert}", 200),
    ("elsewhere", "/alerts/{alert}", 404),
    ("elsewhere", "/alerts/{alert}/raw", 404),
    ("elsewhere", "/alerts/{alert}.geojson", 404),
    ("elsewhere", "/alerts/calls/{call}", 404),
    ("grid", "/alerts/{alert}/call", 403),
    ("grid", "/alerts/intake", 403),
    ("grid", "/alerts/new", 403),
    ("grid", "/notices/new", 403),
    ("district", "/settings/alerts/sources", 403),
    ("district", "/settings/alerts/rules", 403),
    ("district", "/alerts/intake/{intake}", 404),
    ("city", "/alerts/intake/{intake}", 200),
)


def test_wrong_role_is_refused_and_wrong_place_hidden(cast, alert):
    waiting = take(b"<broken", by=BY)
    ids = {"alert": alert.id, "call": Call.objects.get(alert_id=alert.id).id, "intake": waiting.id}
    clients = {who: cast.client(who) for who, _address, _status in TABLE}
    found = [(who, address, clients[who].get(address.format(**ids)).status_code) for who, address, _status in TABLE]
    assert found == list(TABLE)


def test_the_alert_page_tells_level_place_findings_and_the_next_act(cast, alert):
    page = text(cast.client("district").get(f"/alerts/{alert.id}"))
    for words in ("暴雨红色预警", "江岸区", "叫应已经拟好，看过就发"):
        assert words in page
    faulty = take(RED.replace(b"<category>Met</category>", b"").replace(b"020500_1", b"020500_7"), by=BY)
    found = Alert.objects.get(intake=faulty)
    page = text(cast.client("district").get(f"/alerts/{found.id}"))
    for words in ("缺 category", "category.missing", "/alert/info[1]/category", "行"):
        assert words in page


def test_markup_in_a_warning_is_only_text(cast):
    raw = cap(info(codes=("519901",), headline="&lt;script&gt;alert(1)&lt;/script&gt;暴雨红色预警", expires=LATER))
    found = Alert.objects.get(intake=take(raw, by=BY))
    assert "<script>alert(1)" in found.headline
    assert "<script>alert(1)" not in text(cast.client("city").get(f"/alerts/{found.id}"))


def test_an_exercise_stands_apart(cast):
    take(RED.replace(b"Actual", b"Exercise"), by=BY)
    desk = cast.client("district")
    assert "暴雨红色预警" not in text(desk.get("/alerts")).split("<main")[1]
    assert "演练或测试" in text(desk.get("/alerts?view=drill"))


def test_the_list_leaves_as_a_table(cast, alert):
    answer = cast.client("district").get("/alerts?as=xlsx")
    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert rows[0][:3] == ("级别", "灾种", "标题")
    assert rows[1][0] == "红色"


def test_the_send_page_shows_who_what_and_what_then(cast, alert):
    call = Call.objects.get(alert_id=alert.id)
    page = text(cast.client("approver").get(f"/alerts/calls/{call.id}"))
    for words in (
        "1　叫谁",
        "2　他们会听到、看到什么",
        "3　没人应会怎样",
        "4　两个人确认",
        "真的会打电话",
        "网格员",
        "算 ",
    ):
        assert words in page


def test_a_second_person_approves_and_the_call_runs(cast, alert):
    call = Call.objects.get(alert_id=alert.id)
    answer = cast.client("approver").post(f"/alerts/calls/{call.id}", {"act": "approve"})
    assert answer.status_code == 302
    call.refresh_from_db()
    assert call.state == "running"
    again = cast.client("approver").post(f"/alerts/calls/{call.id}", {"act": "approve"}, follow=False)
    assert again.status_code == 302  # told that somebody was first, on the page it leads to


def test_nobody_approves_their_own(cast, alert):
    made = linkage.prepare_for(alert.id, roles=(), title="暴雨红色预警", body="上楼。", by=cast.approver.actor)
    answer = cast.client("approver").post(f"/alerts/calls/{made}", {"act": "approve"})
    assert answer.status_code == 403
    assert Call.objects.get(id=made).state == "awaiting_approval"


def test_an_urgent_send_wants_its_reason(cast, alert):
    call = Call.objects.get(alert_id=alert.id)
    desk = cast.client("district")
    # the call also reaches the city above: the district starts what covers its own paths
    assert desk.post(f"/alerts/calls/{call.id}", {"act": "urgent", "reason": " "}).status_code == 422
    assert desk.post(f"/alerts/calls/{call.id}", {"act": "urgent", "reason": "水已经进楼"}).status_code == 302
    call.refresh_from_db()
    assert (call.state, call.urgent_reason) == ("running", "水已经进楼")


def test_more_than_a_thousand_are_copied_by_hand(cast, alert, monkeypatch):
    monkeypatch.setattr("anlan.alerts.pages.send.COPY_ABOVE", 1)
    call = Call.objects.get(alert_id=alert.id)
    desk = cast.client("approver")
    wrong = desk.post(f"/alerts/calls/{call.id}", {"act": "approve", "count": "12034"})
    assert wrong.status_code == 422
    assert "你写的是 12034" in text(wrong)
    persons = wrong.context["seen"].persons
    assert desk.post(f"/alerts/calls/{call.id}", {"act": "approve", "count": f"{persons:,}"}).status_code == 302


def test_a_file_is_taken_and_what_cannot_be_read_is_kept(cast):
    desk = cast.client("city")
    good = desk.post("/alerts/new", {"file": io.BytesIO(RED)})
    assert good["Location"].startswith("/alerts/")
    assert Alert.objects.count() == 1
    bad = desk.post("/alerts/new", {"text": "<alert"})
    assert bad["Location"] == f"/alerts/intake/{Intake.objects.get(state='unreadable').id}"
    assert desk.post("/alerts/new", {}).status_code == 422
    assert desk.post("/alerts/new", {"file": io.BytesIO(b"<" * (MAX_BYTES + 1))}).status_code == 422


def test_a_waiting_document_is_read_again_or_dismissed(cast):
    waiting = take(b"<broken", by=BY)
    desk = cast.client("city")
    assert "读不出来" in text(desk.post(f"/alerts/intake/{waiting.id}/retry", follow=True))
    desk.post(f"/alerts/intake/{waiting.id}/dismiss", {"reason": "测试"})
    waiting.refresh_from_db()
    assert waiting.state == "dismissed"


def test_no_call_needed_is_noted_once(cast, alert):
    desk = cast.client("district")
    desk.post(f"/alerts/{alert.id}/handle", {"note": ""})
    alert.refresh_from_db()
    assert alert.handled_at is None
    desk.post(f"/alerts/{alert.id}/handle", {"note": "雨已经停了"})
    alert.refresh_from_db()
    assert alert.handled_at


def test_a_source_is_added_its_token_shown_once_and_rules_changed(cast):
    admin = cast.client("admin")
    assert admin.post("/settings/alerts/sources", {"name": "", "url": "ftp://x", "every_s": "1"}).status_code == 422
    made = admin.post(
        "/settings/alerts/sources", {"name": "气象局", "url": "https://weather.test/feed", "every_s": "60"}
    )
    source = Source.objects.get()
    assert made["Location"].endswith(str(source.id))
    shown = admin.post(f"/settings/alerts/sources/{source.id}/token")
    token = shown.context["token"]
    assert token in text(shown)
    assert token not in text(admin.get(f"/settings/alerts/sources/{source.id}"))
    admin.post("/settings/alerts/rules", {"level": "red", "ring": "on", "roles": ["grid_worker"]})
    rule = Rule.objects.get(level="red")
    assert (rule.prepare, rule.ring, rule.auto, rule.roles) == (False, True, False, ["grid_worker"])


def test_a_warning_speaks_no_code_words(cast, alert):
    page = text(cast.client("district").get(f"/alerts/{alert.id}"))
    for words in ("发布，实际发布", "CAP 1.2", "系统：预警联动"):
        assert words in page
    for code in ("cap-1.2", "alerts.linkage"):
        assert code not in page
    assert "Actual" not in page.split('<div class="raw"', 1)[0]


def test_a_finding_leads_to_its_line_of_the_text(cast):
    crooked = RED.replace(b"<msgType>Alert</msgType>", b"<msgType>alert</msgType>")
    assert crooked != RED
    found = Alert.objects.get(intake=take(crooked, by=BY))
    lines = {f["line"] for f in found.findings if f["line"]}
    page = text(cast.client("district").get(f"/alerts/{found.id}"))
    assert lines
    for line in lines:
        assert f'href="#line-{line}"' in page
        assert f'id="line-{line}" class="is-found"' in page
