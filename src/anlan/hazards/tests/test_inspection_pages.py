"""HZD-02, HZD-03, ENT-03, RSK-01: the pages of inspections, through the door."""

import datetime as dt
import uuid

import pytest
from django.test import Client

from anlan.hazards.models import Hazard, Object, Programme, RiskPoint, Task, Visit
from anlan.hazards.queries import objects as things
from anlan.hazards.services import laying, outside_checks
from anlan.hazards.tests.inspecting import checklist, thing, visit
from anlan.hazards.tests.test_visits import plan

pytestmark = pytest.mark.django_db


def text(answer):
    return answer.content.decode()


def test_every_page_opens_empty_and_full(cast):
    client = cast.client("street")
    pages = (
        "", "/today", "/tasks", "/tasks.csv", "/visits", "/visits.xlsx", "/plans", "/plans/new", "/objects",
        "/objects/new", "/objects/import", "/objects/sample.csv", "?view=week", "?day=x&view=week&place=zzz",
    )  # fmt: skip
    for page in pages:
        assert client.get(f"/inspections{page}").status_code == 200, page
        assert cast.client("nobody").get(f"/inspections{page}").status_code == 403, page
    row = thing(cast, risk=4, lon=104.0, lat=30.6, keeper_name="王", keeper_phone="13900000001")
    plan(cast)
    laying.lay()
    made = visit(row, cast.grid.actor)
    laying.lay()
    for page in (*pages, f"/objects/{row.id}", f"/visits/{made.id}", f"/{Task.objects.first().id}"):
        assert client.get(f"/inspections{page}").status_code == 200, page
    assert "139****0001" in text(client.get(f"/inspections/objects/{row.id}"))
    for page in (f"/objects/{row.id}", f"/visits/{made.id}", f"/{Task.objects.first().id}"):
        assert cast.client("elsewhere").get(f"/inspections{page}").status_code == 404, page


def test_an_object_by_the_form_and_its_double(cast):
    client = cast.client("community")
    said = {"kind": "small_food", "name": "面馆", "place_words": "第三网格", "risk": "3", "fact_area": "60",
            "chain_name_0": "房东", "chain_phone_0": "13900000002"}  # fmt: skip
    answer = client.post("/inspections/objects/new", said)
    row = Object.objects.get()
    assert answer["Location"] == f"/inspections/objects/{row.id}"
    assert (row.place_path, row.facts, row.pace_days) == (cast.places.grid.path, {"area": 60}, 15)
    page = text(client.post("/inspections/objects/new", said))
    assert "这里已经有同名的" in page
    assert Object.objects.count() == 1
    client.post("/inspections/objects/new", said | {"anyway": "1"})
    assert Object.objects.count() == 2
    wrong = client.post("/inspections/objects/new", said | {"name": "", "fact_area": "很大"})
    assert wrong.status_code == 422
    assert "很大" in text(wrong)  # what was written stays
    changed = said | {"revision": "1", "name": "老面馆", "place": row.place_path}
    client.post(f"/inspections/objects/{row.id}/edit", changed)
    again = client.post(f"/inspections/objects/{row.id}/edit", changed)
    assert again.status_code == 422
    assert "别人刚改过" in text(again)
    client.post(f"/inspections/objects/{row.id}/act", {"act": "close", "reason": "关门了"})
    row.refresh_from_db()
    assert (row.name, row.closed_why) == ("老面馆", "关门了")


def test_today_is_one_tap_and_a_failed_item_one_tap_more(cast):
    """HZD-02: from the day's list to a record, and from a failed item to a hazard (HZD-04)."""
    _made, version, (one, two) = checklist(professional=True)
    row, other = thing(cast), thing(cast, "二店")
    plan(cast, object_kinds=["small_food"])
    laying.lay()
    client = cast.client("grid")
    page = text(client.get("/inspections/today"))
    assert page.count("没问题") == 2
    task = Task.objects.get(object=other)
    sent = {"quick": "1", "client": str(uuid.uuid4())}
    client.post(f"/inspections/{task.id}", sent)
    client.post(f"/inspections/{task.id}", sent)
    assert Visit.objects.get().nothing_wrong
    task = Task.objects.get(object=row)
    assert two.question in text(client.get(f"/inspections/{task.id}"))
    empty = client.post(f"/inspections/{task.id}", {"client": str(uuid.uuid4()), "act": "save"})
    assert empty.status_code == 422
    answers = {f"r_{one.id}": "pass", f"r_{two.id}": "fail", f"n_{two.id}": "过期两年", "version": str(version.id)}
    answer = client.post(f"/inspections/{task.id}", answers | {"client": str(uuid.uuid4()), "act": "save"})
    record = answer["Location"]
    page = text(client.get(record))
    assert "记成隐患" in page
    assert "请专业部门看" in page
    for _ in range(2):
        client.post(f"{record}/act", {"act": "hazard", "item": str(two.id)})
    made = Hazard.objects.get()
    assert made.text == "老街面馆：灭火器有效：不合格。过期两年"
    assert (made.object_id, made.item_id, made.place_path) == (row.id, two.id, cast.places.grid.path)
    assert f"/hazards/{made.id}" in text(client.get(record))
    client.post(f"{record}/act", {"act": "look", "item": str(two.id)})
    assert Task.objects.filter(object=row, state="open").count() == 1
    assert cast.client("elsewhere").post(f"{record}/act", {"act": "hazard", "item": str(two.id)}).status_code == 404


def test_a_plan_is_seen_before_it_is_saved(cast):
    """HZD-03: how many objects and tasks, then the plan; its tasks are there at once."""
    for n in range(3):
        thing(cast, f"店 {n}")
    client = cast.client("street")
    until = things.today() + dt.timedelta(days=20)
    said = {"name": "燃气专查", "genre": "special", "place_words": "竹苑社区", "kinds": ["small_food"],
            "least_risk": "1", "from_day": things.today().isoformat(), "to_day": until.isoformat()}  # fmt: skip
    page = text(client.post("/inspections/plans/new", said | {"act": "preview"}))
    assert "现在管到 3 处，一年里大约 3 处次" in page
    assert not Programme.objects.exists()
    answer = client.post("/inspections/plans/new", said | {"act": "save"})
    assert Task.objects.filter(due_on=until).count() == 3
    assert "店 1" in text(client.get(answer["Location"]))
    assert client.post("/inspections/plans/new", said | {"to_day": ""}).status_code == 422
    client.post(answer["Location"] + "/stop", {"reason": "不查了"})
    assert Task.objects.filter(state="void").count() == 3
    assert cast.client("grid").get("/inspections/plans/new").status_code == 403


def test_a_unit_checks_itself_by_link_without_an_account(cast, settings):
    """ENT-03: the public page; a wrong, renewed or spent link; what it says becomes hazards."""
    settings.SELF_CHECK_DAILY = 2
    _made, version, (one, two) = checklist(own=True)
    row = thing(cast)
    address = f"/check/{outside_checks.token(row, by=cast.street.actor)}"
    visitor = Client(enforce_csrf_checks=True)
    page = visitor.get(address)
    assert (page.status_code, page["Referrer-Policy"]) == (200, "no-referrer")
    assert one.question in text(page)
    said = {"client": str(uuid.uuid4()), "name": "王师傅", "version": str(version.id), f"r_{one.id}": "pass",
            f"r_{two.id}": "fail", f"n_{two.id}": "过期", "act": "save"}  # fmt: skip
    assert visitor.post(address, said).status_code == 403  # no token of the form
    said["csrfmiddlewaretoken"] = visitor.cookies["csrftoken"].value
    assert "收到了" in text(visitor.post(address, said))
    assert "收到了" in text(visitor.post(address, said))
    assert Visit.objects.get().source == "self_check"
    assert Hazard.objects.get().item_id == two.id
    assert visitor.post(address, said | {"client": str(uuid.uuid4()), "name": ""}).status_code == 422
    assert visitor.post(address, said | {"client": str(uuid.uuid4()), "website": "x"}).status_code == 200
    visitor.post(address, said | {"client": str(uuid.uuid4())})
    assert visitor.post(address, said | {"client": str(uuid.uuid4())}).status_code == 429
    assert Visit.objects.count() == 2
    assert "自报的" in text(cast.client("street").get(f"/inspections/objects/{row.id}"))
    assert cast.client("street").get(f"/inspections/objects/{row.id}/code.svg").status_code == 200
    assert cast.client("grid").get(f"/inspections/objects/{row.id}/poster").status_code == 403
    cast.client("street").post(f"/inspections/objects/{row.id}/act", {"act": "renew"})
    assert visitor.get(address).status_code == 404
    assert visitor.get("/check/none").status_code == 404


def test_the_two_ledgers_refer_to_each_other(cast):
    """RSK-01: a risk point stands by itself; hazards are named at it; it is reviewed and closed."""
    client = cast.client("street")
    said = {"name": "下穿隧道", "place_words": "第三网格", "trade": "flood", "risk": "4", "measures": "雨前关门",
            "responsible": "街道应急办"}  # fmt: skip
    answer = client.post("/risks/new", said)
    row = RiskPoint.objects.get()
    assert answer["Location"] == f"/risks/{row.id}"
    assert row.review_on > things.today() + dt.timedelta(days=170)
    hazard = Hazard.objects.create(
        client_id=row.id, chain_id=row.id, place_path=row.place_path, number="YH20260101-0001", text="排水口堵了",
        found_at=row.made_at,
    )  # fmt: skip
    client.post(f"/risks/{row.id}/act", {"act": "refer", "number": hazard.number})
    hazard.refresh_from_db()
    assert hazard.risk_point_id == row.id
    assert "排水口堵了" in text(client.get(f"/risks/{row.id}"))
    client.post(f"/risks/{row.id}/act", {"act": "review", "risk": "3", "reason": "加了泵"})
    assert client.post("/risks/new", said | {"name": "", "risk": "7"}).status_code == 422
    assert "下穿隧道" in text(client.get("/risks?risk=3&q=隧道"))
    assert "加了泵" not in text(client.get("/risks/list.csv"))
    client.post(f"/risks/{row.id}/act", {"act": "close", "reason": "隧道填了"})
    row.refresh_from_db()
    assert (row.risk, row.closed_why) == (3, "隧道填了")
    assert cast.client("elsewhere").get(f"/risks/{row.id}").status_code == 404
    assert cast.client("grid").get("/risks/new").status_code == 403
