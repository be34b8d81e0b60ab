"""PLC-01: a tree of variable depth whose scope is a prefix test."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.kernel import paths

numbers = st.lists(st.integers(1, paths.LARGEST), min_size=1, max_size=8)


def build(path):
    made = ""
    for n in path:
        made = paths.child(made, n)
    return made


@given(numbers)
def test_a_path_knows_its_depth_parent_and_number(ns):
    path = build(ns)
    assert paths.depth(path) == len(ns)
    assert paths.parent(path) == build(ns[:-1])
    assert paths.number(path) == ns[-1]
    assert [paths.contains(a, path) for a in paths.ancestors(path)] == [True] * len(ns)


@given(numbers, numbers)
def test_containment_is_the_tree_relation(a, b):
    assert paths.contains(build(a), build(b)) == (b[: len(a)] == a)


@given(st.lists(numbers, max_size=8), numbers)
def test_the_fewest_prefixes_cover_the_same_places(prefixes, probe):
    all_of_them, path = [build(p) for p in prefixes], build(probe)
    fewest = paths.minimal(all_of_them)
    assert any(path.startswith(p) for p in all_of_them) == any(path.startswith(p) for p in fewest)
    assert not any(a != b and b.startswith(a) for a in fewest for b in fewest)


@pytest.mark.parametrize("n", [0, -1, paths.LARGEST + 1])
def test_a_number_that_does_not_fit_is_refused(n):
    with pytest.raises(ValueError, match="not between"):
        paths.segment(n)
