"""A document that is no rule says which field is wrong and what was expected (SEN-02)."""

from datetime import date

import pytest

from anlan.sensing import level_tables, rules
from anlan.sensing.fields import RuleError
from anlan.sensing.starting_rules import NEIGHBOURS, plausible

LEVELS = {"blue": 1, "red": 2}
WRONG = [
    ([], ("", "object", "")),
    ({"kind": "guess"}, ("kind", "one_of", "threshold, rate, total, silence, range, baseline, anomaly, combination")),
    ({"kind": "threshold"}, ("levels", "field", "")),
    ({"kind": "threshold", "levels": {}}, ("levels", "levels", "")),
    ({"kind": "threshold", "levels": {"blue": "2"}}, ("levels.blue", "number", "")),
    ({"kind": "threshold", "levels": {"blue": True}}, ("levels.blue", "number", "")),
    ({"kind": "threshold", "levels": {"purple": 2}}, ("levels.purple", "nothing", "")),
    ({"kind": "threshold", "levels": {"blue": 3, "red": 2}}, ("levels.red", "rising", "blue")),
    ({"kind": "threshold", "levels": LEVELS, "direction": "down"}, ("levels.red", "rising", "blue")),
    ({"kind": "threshold", "levels": LEVELS, "direction": "in"}, ("direction", "one_of", "up, down")),
    ({"kind": "threshold", "levels": LEVELS, "clear": {"red": 3}}, ("clear.red", "inside", "2.0")),
    ({"kind": "threshold", "levels": LEVELS, "margin": -1}, ("margin", "at_least", "0")),
    ({"kind": "threshold", "levels": LEVELS, "hold": 1e9}, ("hold", "at_most", "604800")),
    ({"kind": "threshold", "levels": LEVELS, "colour": 1}, ("colour", "nothing", "")),
    ({"kind": "rate", "levels": LEVELS}, ("window", "field", "")),
    ({"kind": "rate", "levels": {"blue": -1}, "window": 60}, ("levels.blue", "at_least", "0")),
    ({"kind": "rate", "levels": LEVELS, "window": 60, "step": 7}, ("step", "multiple", "60 / n")),
    ({"kind": "total", "levels": {"blue": 5}}, ("levels.blue", "list", "")),
    ({"kind": "total", "levels": {"blue": [{"hours": 1}]}}, ("levels.blue.0.amount", "field", "")),
    ({"kind": "total", "levels": {"blue": [{"hours": 0.99, "amount": 1}]}},
     ("levels.blue.0.step", "multiple", "3564 / n")),
    ({"kind": "silence"}, ("interval", "field", "")),
    ({"kind": "silence", "interval": 60, "times": 0}, ("times", "at_least", "1")),
    ({"kind": "range"}, ("", "something", "")),
    ({"kind": "range", "least": 2, "most": 1}, ("most", "at_least", "2")),
    ({"kind": "range", "stuck": 1}, ("stuck", "at_least", "2")),
    ({"kind": "range", "stuck": 2.5}, ("stuck", "count", "2")),
    ({"kind": "baseline", "levels": {"red": 4}}, ("floor", "field", "")),
    ({"kind": "combination"}, ("when", "object", "")),
    ({"kind": "combination", "when": {"all": []}}, ("when.all", "list", "")),
    ({"kind": "combination", "when": {"all": [{"rule": "a"}, {"rule": ""}]}}, ("when.all.1.rule", "text", "")),
]  # fmt: skip


@pytest.mark.parametrize(("document", "fault"), WRONG)
def test_a_wrong_field_is_named_with_what_was_expected(document, fault):
    with pytest.raises(RuleError) as caught:
        rules.read(document)
    assert fault in [(f.field, f.expected.value, f.limit) for f in caught.value.faults]


def test_every_fault_is_named_at_once():
    with pytest.raises(RuleError) as caught:
        rules.read({"kind": "total", "levels": {"blue": [{"hours": 0, "amount": "x"}]}, "rest": -1})
    assert [f.field for f in caught.value.faults] == ["levels.blue.0.hours", "levels.blue.0.amount", "rest"]


def test_what_may_be_left_out_has_a_default_that_is_shown():
    shown = rules.shown(rules.read({"kind": "silence", "interval": 300}))
    assert shown == {"kind": "silence", "interval": 300, "times": 3, "level": "blue"}
    assert all(isinstance(rules.read(plausible(code, None, 50)), rules.Range) for code in NEIGHBOURS)
    assert plausible("gas", None, None) is None


def test_tables_differ_by_province_and_by_edition():
    """domain-facts B2: 河北 and 气象局令第16号; the longest code that has a table, the newest edition in force."""
    day = date(2026, 7, 1)
    hebei, national = level_tables.of("130100", "rainstorm", day), level_tables.of("510104", "rainstorm", day)
    assert hebei.levels["red"] == [{"hours": 24, "amount": 200}, {"hours": 1, "amount": 100}]
    assert hebei.levels["blue"] == [{"hours": 24, "amount": 50}, {"hours": 1, "amount": 40}]
    assert {k: [(r["hours"], r["amount"]) for r in v] for k, v in national.levels.items()} == {
        "blue": [(12, 50)], "yellow": [(6, 50)], "orange": [(3, 50)], "red": [(3, 100)],
    }  # fmt: skip
    assert all(t.source for t in level_tables.tables())
    assert isinstance(rules.read(hebei.rule(rest=3600)), rules.Total)
    assert level_tables.of("510104", "snowstorm", day) is None
    head = "region,name,element,since,level,hours,amount,source"
    newer = level_tables.tables(
        [head, "5101,成都,rain,2020-01-01,blue,1,20,x", "5101,成都,rain,2025-01-01,blue,1,30,y"]
    )
    assert level_tables.of("510104", "rain", day, newer).levels["blue"][0]["amount"] == 30
    assert level_tables.of("510104", "rain", date(2021, 1, 1), newer).levels["blue"][0]["amount"] == 20
