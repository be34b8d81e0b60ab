"""SEN-03, WRN-01: rules as data, in plain words, tried on the past before they are switched on; the stream's page."""

import datetime as dt
import json

import numpy as np
import pytest

from anlan.kernel.authority import Invalid, Refused
from anlan.ledger import queries as ledger
from anlan.sensing.batches import micros
from anlan.sensing.models import Alarm, Rule, RuleVersion
from anlan.sensing.services import evaluating, observing, rulebook
from anlan.sensing.terms import Did, rule_templates, rule_words
from anlan.sensing.terms.rulebook import RuleDraft
from anlan.sensing.tests.streams import series, stand

RIVER = {
    "kind": "threshold", "direction": "up", "levels": {"yellow": 2.1}, "margin": 0.2, "hold": 600,
}  # fmt: skip
FORM = {
    "name": "竹苑河超警", "thing_kind": "river", "property": "level", "spec.direction": "up",
    "spec.levels.yellow": "2.1", "spec.levels.red": "3", "spec.margin": "0.2", "spec.hold": "10", "spec.rest": "0",
}  # fmt: skip


def text(answer):
    return answer.content.decode()


def draft(cast, spec=RIVER, **values):
    what = {"thing_kind": "river", "property": "level", "name": "竹苑河超警"} | values
    return rulebook.draft(RuleDraft(cast.places.city.path, spec=spec, **what), by=cast.city.actor)


def test_says_in_plain_words():
    """WRN-01: what a rule says can be read by whoever answers for it."""
    (said,) = rule_words.sentences(RIVER, what="水位", unit="米")
    assert said == "水位超过 2.1 米满 10 分钟报黄色，降到 1.9 米以下算结束"
    assert "读不懂" in rule_words.sentences({"kind": "threshold"})[0]
    rain = rule_words.sentences(rule_templates.spec("rain", code="130102", on=dt.date(2026, 7, 1)), what="雨")
    assert any("1 天" in one for one in rain)
    for name in rule_templates.TEMPLATES:
        rulebook.checked(rule_templates.spec(name, code="519901", on=dt.date(2026, 7, 1)))
    fall = {"kind": "rate", "direction": "down", "window": 3600, "levels": {"red": 1.5}, "margin": 0.5}
    assert "跌超过 1.5" in rule_words.sentences(fall)[0]
    both = {"kind": "combination", "when": {"all": [{"rule": "a", "within": 60}, {"not": {"rule": "b"}}]}}
    assert "没有" in rule_words.sentences(both)[0]


def test_from_template_to_alarm(db, cast, django_assert_max_num_queries):
    """SEN-03: drafted from a template by form, tried on the past, switched on; then it raises; each act an entry."""
    client = cast.client("city")
    stream = stand(cast.places.grid.path)
    high = np.r_[np.full(60, 1.0), np.full(30, 2.5), np.full(60, 1.0), np.full(20, 3.5), np.full(30, 1.0)]
    observing.take(series(stream, high, start=300))
    evaluating.run_once()
    assert "河道水位超警" in text(client.get("/sensing/rules/new"))
    assert "满多久才报" in text(client.get("/sensing/rules/new?template=river"))
    wrong = client.post("/sensing/rules/new?template=river", FORM | {"spec.levels.red": "1", "name": ""})
    assert wrong.status_code == 422
    assert "更严重" in text(wrong)
    assert "2 到 80" in text(wrong)
    assert client.post("/sensing/rules/new?template=river", FORM | {"spec.hold": "十"}).status_code == 422
    said = client.post("/sensing/rules/new?template=river", FORM)
    rule = Rule.objects.get()
    assert said.url == f"/sensing/rules/{rule.id}"
    page = text(client.get(said.url))
    assert "水位超过 2.1 米满 10 分钟报黄色，降到 1.9 米以下算结束" in page
    assert "没有试过" in page
    assert client.post(f"{said.url}/on", {"number": "1"}).status_code == 422
    assert client.post(f"{said.url}/try", {"number": "1"}).status_code == 302
    tried = RuleVersion.objects.get().tried
    assert (tried["alarms"], tried["slots"], tried["readings"]) == (2, 1, 200)
    assert tried["levels"] == {"yellow": 1, "red": 1}
    with django_assert_max_num_queries(45):
        page = text(client.get(said.url))
    assert "竹苑河" in page
    assert "anlan-chart" in page
    assert client.post(f"{said.url}/on", {"number": "1"}).status_code == 302
    observing.take(series(stream, np.full(15, 2.6), start=14))
    evaluating.run_once()
    assert Alarm.objects.get().level == 2
    listed = text(client.get("/sensing/rules?state=on"))
    assert "竹苑河超警" in listed
    assert client.post(f"{said.url}/off", {"reason": ""}).status_code == 422
    assert client.post(f"{said.url}/off", {"reason": "水位计要换"}).status_code == 302
    assert RuleVersion.objects.get().off_at
    done = [row.did for row in ledger.trail(by=cast.city.actor, subject_id=rule.id)]
    assert {Did.RULE_DRAFTED, Did.RULE_TRIED, Did.RULE_ON, Did.RULE_OFF} <= set(done)


def test_versions_and_who_may(db, cast):
    """SEN-03: a new version leaves the one that is on alone; switching over makes two entries; others may not."""
    rule = draft(cast)
    rulebook.switch_on(rule.id, 1, by=cast.city.actor, confirm=rule.name)
    rulebook.switch_on(rule.id, 1, by=cast.city.actor)
    client = cast.client("city")
    page = text(client.get(f"/sensing/rules/{rule.id}?level=yellow&limit=2.4"))
    assert 'value="2.4"' in page
    said = client.post(f"/sensing/rules/{rule.id}/version", FORM | {"spec.levels.yellow": "2.4", "number": "1"})
    assert said.url.endswith("version=2")
    assert client.post(f"/sensing/rules/{rule.id}/version", FORM | {"number": "1"}).status_code == 422
    assert [v.on_at is not None for v in rule.versions.order_by("number")] == [True, False]
    rulebook.switch_on(rule.id, 2, by=cast.city.actor, confirm=rule.name)
    done = [row.did for row in ledger.trail(by=cast.city.actor, subject_id=rule.id)]
    assert done.count(Did.RULE_ON) == 2
    assert done.count(Did.RULE_OFF) == 1
    rulebook.switch_on(rule.id, 1, by=cast.city.actor, confirm=rule.name)
    assert rule.versions.get(off_at=None, on_at__isnull=False).number == 3
    with pytest.raises(Refused):
        rulebook.switch_off(rule.id, "不要了", by=cast.grid.actor)
    with pytest.raises(Invalid, match="spec"):
        draft(cast, {"kind": "threshold", "levels": {}})
    with pytest.raises(Invalid, match="property"):
        draft(cast, thing_kind="", property="")
    assert cast.client("grid").get("/sensing/rules/new").status_code == 403
    assert "竹苑河超警" in text(cast.client("grid").get("/sensing/rules"))
    below = rulebook.draft(RuleDraft(cast.places.grid.path, "网格的", RIVER, "river"), by=cast.city.actor)
    assert cast.client("elsewhere").get(f"/sensing/rules/{below.id}").status_code == 404


def test_other_kinds_on_the_past(db, cast):
    """WRN-01: a range rule says what it would doubt; a combination is tried on the rules that it names; JSON."""
    client = cast.client("city")
    stream = stand(cast.places.grid.path)
    observing.take(series(stream, np.r_[np.full(20, 1.0), [9.5], np.full(20, 1.0), np.full(20, 3.0)], start=100))
    evaluating.run_once()
    guard = draft(cast, {"kind": "range", "least": 0, "most": 8})
    client.post(f"/sensing/rules/{guard.id}/try")
    assert guard.versions.get().tried["doubted"] == 1
    assert "会存疑" in text(client.get(f"/sensing/rules/{guard.id}"))
    part = draft(cast)
    spec = json.dumps({"when": {"any": [{"rule": str(part.id), "level": "yellow"}]}, "level": "red"})
    bad = client.post("/sensing/rules/new?kind=combination", {"name": "两样都有", "spec": "{"})
    assert bad.status_code == 422
    assert "不是 JSON" in text(bad)
    said = client.post("/sensing/rules/new?kind=combination", {"name": "两样都有", "spec": spec})
    client.post(f"{said.url}/try")
    assert RuleVersion.objects.get(rule__name="两样都有").tried["alarms"] == 1
    nothing = draft(cast, thing_kind="slope", property="displacement")
    assert client.post(f"/sensing/rules/{nothing.id}/try").status_code == 422


def test_stream_page(db, cast, django_assert_max_num_queries):
    """SEN-01: a stream's curve with limits and alarms, doubtful readings, marks with a reason, files."""
    stream = stand(cast.places.grid.path, every=60)
    rule = draft(cast, RIVER | {"hold": 0})
    rulebook.switch_on(rule.id, 1, by=cast.city.actor, confirm=rule.name)
    batch = series(stream, np.r_[np.full(30, 1.25), np.full(20, 2.5)], start=90)
    observing.take(batch)
    evaluating.run_once()
    client, address = cast.client("city"), f"/sensing/streams/{stream.id}"
    with django_assert_max_num_queries(40):
        page = text(client.get(address))
    for word in ("水位超过 2.1 米", '"level": "yellow"', "BJ-", "1.25", "24 小时", "多久收到"):
        assert word in page, word
    for span in ("6h", "7d", "30d", "365d"):
        assert client.get(f"{address}?range={span}").status_code == 200
    at = dt.datetime.fromtimestamp(int(batch.at[3]) / 1e6, dt.UTC)
    said = client.post(f"{address}/mark", {"at": at.isoformat(), "mark": "doubt", "opinion": ""})
    assert said.status_code == 422
    assert client.post(f"{address}/mark", {"at": "", "mark": "doubt", "opinion": "x"}).status_code == 422
    said = client.post(f"{address}/mark", {"at": at.isoformat(), "mark": "doubt", "opinion": "被船撞了"})
    assert said.status_code == 302
    assert "这一条其实是对的" in text(client.get(address))
    table = text(client.get(f"{address}/file.csv?range=24h"))
    assert table.count("\n") == 51
    assert "存疑" in table
    assert client.get(f"{address}/file.xlsx").status_code == 200
    assert client.get(f"{address}/file.pdf").status_code == 404
    assert cast.client("elsewhere").get(address).status_code == 404
    said = cast.client("grid").post(f"{address}/mark", {"at": at.isoformat(), "mark": "good", "opinion": "x"})
    assert said.status_code == 403
    assert micros(at) == int(batch.at[3])
