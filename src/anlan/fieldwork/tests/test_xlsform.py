"""EVL-03: an XLSForm is read whole, or says row by row what is wrong with it; expressions mean the same everywhere."""

import datetime as dt
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.fieldwork import expressions, xlsform
from anlan.fieldwork.expressions import Env, Wrong, evaluate, parse
from anlan.fieldwork.tests.workbooks import CHOICES, SETTINGS, VISIT, book

NOW = dt.datetime(2026, 11, 25, 22, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def test_a_form_is_read_with_everything_it_says():
    form, faults = xlsform.read(book(VISIT, CHOICES, SETTINGS))
    assert faults == []
    assert (form.title, form.code, form.version) == ("独居老人走访", "visit", "1")
    by_name = {q["name"]: q for q in form.questions}
    assert by_name["who"] == {"name": "who", "type": "text", "row": 2, "label": "姓名", "required": True}
    assert by_name["age"]["constraint_message"] == "年龄写 0 到 129"
    assert by_name["needs"]["relevant"] == ["=", ["ref", "alone"], ["lit", "yes"]]
    assert by_name["needs"]["filter"] == ["=", ["col", "for"], ["ref", "alone"]]
    assert by_name["people"]["children"][0]["name"] == "kin"
    assert form.choices["needs"][0] == {"name": "food", "for": "yes", "label": "吃饭"}
    assert json.loads(json.dumps(form.as_json())) == form.as_json()


def test_both_languages_are_kept():
    head = ["type", "name", "label::中文 (zh)", "label::English (en)"]
    rows = [{"type": "text", "name": "a", "label::中文 (zh)": "姓名", "label::English (en)": "Name"}]
    form, _ = xlsform.read(book(rows, settings=SETTINGS, head=head))
    assert (form.questions[0]["label"], form.questions[0]["label_en"]) == ("姓名", "Name")


@pytest.mark.parametrize(("row", "code"), [
    ({"type": "audio", "name": "a", "label": "录音"}, "type"),
    ({"type": "geotrace", "name": "a", "label": "线"}, "type"),
    ({"type": "text", "name": "a", "label": "x", "relevant": "${nobody} = 1"}, "pyxform"),
    ({"type": "text", "name": "a", "label": "x", "relevant": "pulldata('x')"}, "expression"),
    ({"type": "text", "name": "a", "label": "x", "constraint": "regex(., '(a+)+')"}, "expression"),
    ({"type": "select_one gone", "name": "a", "label": "x"}, "pyxform"),
    ({"type": "text", "name": "a b", "label": "x"}, "pyxform"),
])  # fmt: skip
def test_what_is_not_done_is_named_by_its_row(row, code):
    form, faults = xlsform.read(book([{"type": "text", "name": "ok", "label": "好"}, row], settings=SETTINGS))
    assert form is None
    fault = next(f for f in faults if f.stops)
    assert fault.code in {code, "reference"}
    assert fault.row == 3 or "a" in fault.said


def test_what_is_left_out_is_said_and_the_form_still_works():
    form, faults = xlsform.read(book([*VISIT, {"type": "start", "name": "start"}], CHOICES, SETTINGS))
    assert form is not None
    assert [(f.code, f.said, f.stops) for f in faults] == [("told", "start", False)]


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04" + b"\0" * 200, book([], settings=SETTINGS)])
def test_what_is_no_form_says_so(content):
    form, faults = xlsform.read(content)
    assert form is None
    assert faults[0].stops


@given(st.binary(max_size=400))
def test_reading_never_raises(noise):
    assert xlsform.read(noise)[0] is None


@pytest.mark.parametrize(("said", "answers", "own", "expected"), [
    ("${a} = 'x' and not(${b} = '2')", {"a": "x", "b": "1"}, "", True),
    ("${n} + 2 * 3", {"n": "1"}, "", 7.0),
    (". > 5 or . = ''", {}, "7", True),
    ("selected(${k}, 'b')", {"k": "a b"}, "", True),
    ("count-selected(.) <= 2", {}, "a b c", False),
    ("string-length(.) = 18", {}, "1" * 18, True),
    ("regex(., '^1[0-9]{10}$')", {}, "13712345678", True),
    (". <= today()", {}, "2026-11-25", True),
    (". >= today() - 7", {}, "2026-11-17", False),
    ("if(${a} > 1, 'many', 'few')", {"a": "2"}, "", "many"),
    ("coalesce(${a}, 'none')", {"a": ""}, "", "none"),
    ("position(..)", {}, "", 3.0),
    ("sum(${n})", {"n": ["1", "2.5", ""]}, "", 3.5),
    ("round(${n} div 3, 1)", {"n": "10"}, "", 3.3),
    ("-${n} mod 3", {"n": "7"}, "", -1.0),
    ("concat('a', 1)", {}, "", "a1"),
    ("1 div 0", {}, "", math.inf),
    ("${gone} = ''", {}, "", True),
])  # fmt: skip
def test_expressions_mean_what_xlsform_says(said, answers, own, expected):
    assert evaluate(parse(said), Env(answers, own, {}, 3, NOW)) == expected


@pytest.mark.parametrize("said", ["", "(", "1 +", "${a", "foo(1)", "a b", "selected(1)", "'x", "((((" * 50, "-" * 3000,
                                  "1" + "+1" * 200])  # fmt: skip
def test_a_broken_expression_says_where(said):
    with pytest.raises(Wrong):
        parse(said)


NAMES = st.sampled_from(["a", "b", "c"])
TREES = st.recursive(
    st.one_of(
        st.floats().map(lambda f: ["lit", f]), st.text(max_size=5).map(lambda t: ["lit", t]),
        NAMES.map(lambda n: ["ref", n]), NAMES.map(lambda n: ["col", n]), st.just(["self"]),
    ),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["and", "or", "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "div", "mod"]), inner,
                  inner).map(list),
        inner.map(lambda t: ["neg", t]),
        st.sampled_from(sorted(n for n in expressions._ARGUMENTS if n != "regex")).flatmap(
            lambda n: st.lists(inner, min_size=expressions._ARGUMENTS[n][0], max_size=min(
                expressions._ARGUMENTS[n][1], 3)).map(lambda a: ["call", n, *a])),
        inner.map(lambda t: ["call", "regex", t, ["lit", "^[a-c]+$"]]),
    ),
    max_leaves=12,
)  # fmt: skip
ANSWERS = st.dictionaries(NAMES, st.one_of(st.text(max_size=12), st.lists(st.text(max_size=5), max_size=3)))


@given(TREES, ANSWERS, st.text(max_size=12))
def test_evaluation_is_total(tree, answers, own):
    """EVL-03: the server checks what a phone sent with the same trees, so evaluating may never fail."""
    made = evaluate(tree, Env(answers, own, {"a": "1"}, 1, NOW))
    assert isinstance(made, str | float | bool | list)
    assert isinstance(expressions.text(made), str)
    assert isinstance(expressions.truth(made), bool)
    assert isinstance(expressions.number(made), float)


@given(st.text(alphabet="${}ab.()'\"=<>+-*, 1orandt", max_size=30))
def test_reading_an_expression_gives_a_tree_or_says_what_is_wrong(said):
    try:
        tree = parse(said)
    except Wrong:
        return
    evaluate(tree, Env({}, "", {}, 1, NOW))
