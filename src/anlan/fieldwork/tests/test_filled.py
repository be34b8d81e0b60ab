"""EVL-03: what a phone sends is checked again with the same form; it is never believed."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anlan.fieldwork import filled, xlsform
from anlan.fieldwork.tests.workbooks import CHOICES, SETTINGS, VISIT, book

FORM = xlsform.read(book(VISIT, CHOICES, SETTINGS))[0].as_json()
NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
GOOD = {
    "who": "陈婆婆", "age": "81", "alone": "yes", "needs": ["food", "doctor"], "day": "2026-11-24", "rent": 300,
    "where": {"lon": 114.4, "lat": 22.7, "accuracy": 12}, "people": [{"kin": "儿子"}, {"kin": "女儿"}],
}  # fmt: skip


def test_what_is_right_is_kept_with_its_types_and_reckoned_anew():
    kept, bad = filled.check(FORM, GOOD | {"year": 1, "how_many": 99, "unknown": "x"}, NOW)
    assert bad == []
    assert (kept["age"], kept["year"], kept["how_many"], kept["people"][1]) == (81, 3600, 2, {"kin": "女儿"})
    assert "unknown" not in kept


@pytest.mark.parametrize(("change", "name", "code"), [
    ({"who": ""}, "who", "required"),
    ({"age": "old"}, "age", "type"),
    ({"age": 200}, "age", "constraint"),
    ({"alone": "perhaps"}, "alone", "choice"),
    ({"needs": ["talk"]}, "needs", "choice"),
    ({"day": "2026-02-30"}, "day", "type"),
    ({"day": "2026-12-24"}, "day", "constraint"),
    ({"where": {"lon": 200, "lat": 1}}, "where", "type"),
    ({"photo": "../etc/passwd"}, "photo", "type"),
    ({"people": [{"kin": "儿子"}, {}]}, "kin", "required"),
    ({"people": [{"kin": "x"}] * 201}, "people", "many"),
])  # fmt: skip
def test_what_is_wrong_is_named(change, name, code):
    _kept, bad = filled.check(FORM, GOOD | change, NOW)
    assert [(b.name, b.code) for b in bad] == [(name, code)]
    assert bad[0].label
    if name == "age" and code == "constraint":
        assert bad[0].message == "年龄写 0 到 129"
    if name == "kin":
        assert bad[0].entry == 2


def test_what_is_not_relevant_is_dropped():
    kept, bad = filled.check(FORM, GOOD | {"alone": "no"}, NOW)
    assert ("needs" in kept, bad) == (False, [])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda one: st.lists(one, max_size=4) | st.dictionaries(st.sampled_from([*GOOD, "kin", "x"]), one, max_size=4),
    max_leaves=8,
)  # fmt: skip


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*GOOD, "year", "photo"]), JSON))
def test_checking_never_raises(said):
    kept, bad = filled.check(FORM, said, NOW)
    assert isinstance(kept, dict)
    assert all(b.name for b in bad)
