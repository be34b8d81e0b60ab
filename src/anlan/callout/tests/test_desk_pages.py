"""WRN-03, PLT-01: the desk's pages of calls, policies, carriers and the queue of what nobody could place."""

import shutil
import subprocess
import uuid

import pytest
from django.test import Client

from anlan.callout.models import Carrier, Policy, Unmatched
from anlan.callout.services import channels, gateways
from anlan.callout.tests import calling
from anlan.callout.tests import gateway as loopback
from anlan.ledger.models import Entry

EVERYBODY = ("city", "approver", "admin", "district", "street", "community", "grid", "elsewhere", "nobody", None)


def statuses(cast, method, path, **data):
    return {who: getattr(cast.client(who) if who else Client(), method)(path, data).status_code for who in EVERYBODY}


def reported(**event):
    """Let a gateway report one thing, as its door would."""
    gateways.take("sms_http", {"events": [{"event": uuid.uuid4().hex, **event}]}, proof=None)
    return Unmatched.objects.latest("id")


# --- who may open what


def test_the_permission_table_of_the_pages(cast):
    calling.start(cast)
    held = lambda path, method="get", **data: {  # noqa: E731 - a table, not a function
        who for who, status in statuses(cast, method, path, **data).items() if status in {200, 302} and who is not None
    }
    everyone = set(EVERYBODY) - {None}
    watchers = {"city", "approver", "district", "street", "community", "grid", "elsewhere"}
    assert held("/inbox") == everyone
    assert held("/calls") >= {"city", "district", "street", "community"}
    assert "nobody" not in held("/calls")
    assert held("/settings/policies") - {"admin"} <= watchers
    assert held("/settings/policies/red") == {"admin"}
    assert held("/settings/carriers") == {"admin"}
    assert held("/settings/carriers/sms_http") == {"admin"}
    assert held("/settings/carriers/null/test", "post") == {"admin"}
    assert held("/settings/carriers/null/look", "post") == {"admin"}
    assert "nobody" not in held("/unplaced")
    assert "city" in held("/unplaced")
    for path in ("/inbox", "/calls", "/unplaced", "/settings/policies", "/settings/carriers"):
        assert Client().get(path)["Location"].startswith("/accounts/login/")


# --- calls


def test_each_sees_the_calls_that_reach_their_places(cast):
    near = calling.start(cast, by=cast.district.actor, paths=(cast.places.district.path,), title="江岸区的叫应")
    calling.start(cast, title="全市的叫应")
    for who in ("city", "district", "street"):
        page = cast.client(who).get("/calls").content.decode()
        assert "江岸区的叫应" in page
        assert "全市的叫应" in page
    other = cast.client("elsewhere").get("/calls").content.decode()
    assert "江岸区的叫应" not in other
    assert "全市的叫应" in other
    assert cast.client("elsewhere").get(f"/calls/{near.id}").status_code == 404


def test_exercises_stand_apart(cast):
    calling.start(cast, title="真的一次")
    calling.start(cast, title="演练一次", status="exercise")
    real, drill = (cast.client("city").get(f"/calls?view={v}").content.decode() for v in ("all", "drill"))
    assert "真的一次" in real
    assert "演练一次" not in real
    assert "演练一次" in drill
    assert "真的一次" not in drill


def test_the_list_is_filtered_and_exported(cast):
    calling.start(cast, title="暴雨黄色预警")
    client = cast.client("city")
    assert "暴雨黄色预警" in client.get("/calls?level=yellow&q=暴雨").content.decode()
    assert "这样筛，一次也没有" in client.get("/calls?level=red").content.decode()
    assert "暴雨黄色预警" in client.get("/calls?format=csv").content.decode("utf-8-sig")
    assert client.get("/calls?format=xlsx").content[:2] == b"PK"


def test_one_persons_receipts(cast):
    with loopback.running() as gateway:
        calling.set_up("sms_http", **calling.SMS, url=gateway.url)
        call = calling.start(cast)
        calling.hand_over(call)
    obligation = calling.owed(call, cast.grid)
    page = cast.client("street").get(f"/calls/{call.id}/persons/{obligation.id}").content.decode()
    for words in ("李小满", "137****0418", "短信", "交给了网关", "还没应"):
        assert words in page
    assert cast.grid.phone not in page
    assert cast.client("elsewhere").get(f"/calls/{call.id}/persons/{obligation.id}").status_code == 404
    assert cast.client("city").get(f"/calls/{uuid.uuid4()}/persons/{obligation.id}").status_code == 404


# --- printing


def test_a_list_is_printed_masked_and_the_ledger_knows(cast, tmp_path):
    call = calling.start(cast)
    said = cast.client("street").post(f"/calls/{call.id}/print", {"which": "left", "numbers": "masked"})
    assert said["Content-Type"] == "application/pdf"
    assert said.content.startswith(b"%PDF-")
    entry = Entry.objects.filter(did="callout.printed").latest("seq" if hasattr(Entry, "seq") else "id")
    assert entry.subject_id == call.id
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is absent")
    (tmp_path / "a.pdf").write_bytes(said.content)
    text = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "a.pdf"), "-"], check=True, capture_output=True, text=True
    ).stdout
    assert "李小满" in text
    assert "137****0418" in text
    assert "周建平" not in text  # of the district, above the street


def test_whole_numbers_need_a_permission_and_a_reason(cast):
    call = calling.start(cast)
    address = f"/calls/{call.id}/print"
    assert cast.client("city").post(address, {"numbers": "whole"}).status_code == 422
    assert cast.client("city").post(address, {"numbers": "whole", "reason": "断网上门"}).status_code == 200
    assert cast.client("grid").post(address, {"numbers": "whole", "reason": "断网上门"}).status_code in {403, 404}
    assert cast.client("elsewhere").post(address, {"at": cast.places.grid.path}).status_code == 404


# --- policies


def form_of(client, code="yellow"):
    """Return the fields of the policy form as the page shows them."""
    page = client.get(f"/settings/policies/{code}")
    form = page.context["form"]
    data = {name: form[name] for name in ("start_within", "answer_within", "listened", "review_within", "send")}
    data |= {"auto_send_after": form["auto_send_after"], "counts": form["counts"]}
    data |= {name: "on" for name in ("needs_answer", "second_person") if form[name]}
    data |= {"at": [s["at"] for s in form["steps"]], "act": [s["act"] for s in form["steps"]]}
    data |= {"step_send": [s["send"] for s in form["steps"]], "version": page.context["policy"].version}
    return data


def test_a_policy_saved_as_it_was_is_the_same_in_a_new_version(cast):
    client = cast.client("admin")
    before = Policy.objects.get(code="yellow", current=True)
    assert client.post("/settings/policies/yellow", form_of(client)).status_code == 302
    after = Policy.objects.get(code="yellow", current=True)
    assert (after.version, after.body) == (before.version + 1, before.body)


def test_a_change_makes_a_version_and_calls_under_way_keep_theirs(cast):
    call = calling.start(cast)
    client = cast.client("admin")
    client.post("/settings/policies/yellow", {**form_of(client), "answer_within": "1200"})
    call.refresh_from_db()
    assert Policy.objects.get(code="yellow", current=True).body["answer_within"] == 1200
    assert call.policy["answer_within"] == 1800


def test_a_faulty_policy_is_told_at_its_field_and_nothing_is_lost(cast):
    client = cast.client("admin")
    filled = {**form_of(client), "answer_within": "很快", "send": "pigeon"}
    said = client.post("/settings/policies/yellow", filled)
    page = said.content.decode()
    assert said.status_code == 422
    assert 'value="很快"' in page
    assert "pigeon" in page
    assert set(said.context["errors"]) == {"answer_within", "send"}
    assert Policy.objects.filter(code="yellow").count() == 1


def test_who_comes_second_is_told(cast):
    client = cast.client("admin")
    stale = form_of(client)
    client.post("/settings/policies/yellow", stale)
    assert client.post("/settings/policies/yellow", stale).status_code == 409


def test_the_stair_shows_the_ladder(cast):
    page = cast.client("city").get("/settings/policies").content.decode()
    assert "叫 3 次，限 5 分" in page
    assert "满 12 分派人" in page


# --- carriers


def test_a_carrier_is_set_up_tested_and_its_secret_never_shown(cast):
    client = cast.client("admin")
    with loopback.running() as gateway:
        form = {**calling.SMS, "url": gateway.url, "enabled": "on", "rate": "300"}
        assert client.post("/settings/carriers/sms_http", form).status_code == 302
        row = Carrier.objects.get(name="sms_http")
        assert (row.enabled, row.rate) == (True, 300)
        page = client.get("/settings/carriers/sms_http").content.decode()
        assert calling.SECRET not in page
        assert "/gateway/sms_http/events" in page
        said = client.post("/settings/carriers/sms_http/test", {"address": "137 1234 0418"}, follow=True)
        assert "网关收下了" in said.content.decode()
        (sent,) = gateway.taken.values()
        assert sent["to"] == "13712340418"
        assert "网关通" in client.post("/settings/carriers/sms_http/look", follow=True).content.decode()
        gateway.mood = "error"
        said = client.post("/settings/carriers/sms_http/test", {"address": "13712340418"}, follow=True)
        assert "网关没有收下" in said.content.decode()
    assert Entry.objects.filter(did="callout.carrier-tested").count() == 2


def test_a_fault_in_a_carriers_form_is_told_and_nothing_is_lost(cast):
    said = cast.client("admin").post(
        "/settings/carriers/sms_http", {**calling.SMS, "url": "http://sms.example.com", "rate": "x"}
    )
    page = said.content.decode()
    assert said.status_code == 422
    assert "要用 https" in page
    assert 'value="http://sms.example.com"' in page
    assert not Carrier.objects.filter(name="sms_http", enabled=True).exists()


def test_a_wrong_number_is_not_rung(cast):
    calling.set_up("voice_http", **calling.VOICE, url="http://127.0.0.1:9")
    said = cast.client("admin").post("/settings/carriers/voice_http/test", {"address": "138"}, follow=True)
    page = said.content.decode()
    assert "号码不对" in page or "网关没有收下" in page


def test_a_failing_carrier_says_since_when(cast):
    calling.set_up("sms_http", **calling.SMS, url="http://127.0.0.1:9")
    channels.failed("sms_http", "HTTP 503: out of service")
    page = cast.client("admin").get("/settings/carriers").content.decode()
    assert "坏了" in page
    assert "out of service" in page


# --- what nobody could place


def test_a_word_that_nobody_understands_is_settled_by_a_person(cast):
    with loopback.running() as gateway:
        calling.set_up("sms_http", **calling.SMS, url=gateway.url)
        call = calling.start(cast)
        calling.hand_over(call)
    row = reported(type="reply", text="好嘞马上", **{"from": cast.grid.phone})
    page = cast.client("street").get("/unplaced").content.decode()
    assert "好嘞马上" in page
    assert "李小满" in page
    assert cast.grid.phone not in page
    assert "好嘞马上" not in cast.client("elsewhere").get("/unplaced").content.decode()
    assert cast.client("elsewhere").post(f"/unplaced/{row.id}", {"outcome": "answered"}).status_code == 404
    assert cast.client("street").post(f"/unplaced/{row.id}", {"outcome": "answered"}).status_code == 302
    assert calling.owed(call, cast.grid).met_how == "reply"
    assert cast.client("street").post(f"/unplaced/{row.id}", {"outcome": "answered"}).status_code == 404
    assert "好嘞马上" not in cast.client("street").get("/unplaced").content.decode()


def test_what_belongs_to_no_place_is_the_citys(cast):
    reported(type="reply", text="1", **{"from": "13999990000"})
    assert "139****0000" in cast.client("city").get("/unplaced").content.decode()
    assert "139****0000" not in cast.client("street").get("/unplaced").content.decode()


def test_about_nobody_it_cannot_be_an_answer(cast):
    row = reported(type="reply", text="1", **{"from": "13999990000"})
    assert cast.client("city").post(f"/unplaced/{row.id}", {"outcome": "answered"}).status_code == 409
    assert cast.client("city").post(f"/unplaced/{row.id}", {"outcome": "x"}).status_code == 422
    assert cast.client("city").post(f"/unplaced/{row.id}", {"outcome": "noted"}).status_code == 302
    row.refresh_from_db()
    assert row.outcome == "noted"


def test_whom_nothing_reaches_stands_in_the_queue(cast):
    call = calling.start(cast)  # no carrier is set up
    calling.hand_over(call)
    page = cast.client("street").get("/unplaced?view=unreachable").content.decode()
    assert "李小满" in page
    assert "没有能用的通道" in page
    assert "周建平" not in page


def test_a_policy_is_previewed_before_it_is_kept(cast):
    client = cast.client("admin")
    said = client.post("/settings/policies/yellow", {**form_of(client), "answer_within": "420", "preview": "1"})
    page = said.content.decode()
    assert "限 7 分" in page
    assert "还没存" in page
    assert Policy.objects.filter(code="yellow").count() == 1
