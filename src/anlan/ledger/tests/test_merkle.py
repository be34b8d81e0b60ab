"""HZD-07: the Merkle tree keeps its promises over any leaves; SM3 is GB/T 32905."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anlan.ledger import merkle
from anlan.ledger.sm3 import sm3

H = merkle.hashing("sha256")
leaves = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70)


def recursive(part):
    """RFC 6962 §2.1, as it is written there."""
    if len(part) == 1:
        return part[0]
    k = 1
    while k * 2 < len(part):
        k *= 2
    return H(b"\x01" + recursive(part[:k]) + recursive(part[k:]))


@given(leaves)
def test_the_root_is_that_of_rfc_6962(part):
    assert merkle.root(part, H) == recursive(part)


@given(leaves, st.data())
def test_every_leaf_climbs_to_the_root_and_no_other_digest_does(part, data):
    index = data.draw(st.integers(0, len(part) - 1))
    siblings = merkle.path(part, index, H)
    assert merkle.climb(part[index], siblings, H) == merkle.root(part, H)
    other = data.draw(st.binary(min_size=32, max_size=32).filter(lambda d: d != part[index]))
    assert merkle.climb(other, siblings, H) != merkle.root(part, H)


@given(leaves, st.data())
def test_changing_dropping_or_swapping_leaves_changes_the_root(part, data):
    index = data.draw(st.integers(0, len(part) - 1))
    root = merkle.root(part, H)
    assert merkle.root([*part[:index], H(part[index]), *part[index + 1 :]], H) != root
    if len(part) > 1:
        assert merkle.root(part[:index] + part[index + 1 :], H) != root
    if part[::-1] != part:
        assert merkle.root(part[::-1], H) != root


def test_a_leaf_cannot_pass_for_a_node():
    left, right = H(b"a"), H(b"b")
    assert merkle.leaf(left + right, H) != merkle.root([left, right], H)


def test_known_answers_of_rfc_6962():
    """The root over the first two entries of Certificate Transparency's own test data: "" and one zero byte."""
    two = [merkle.leaf(b"", H), merkle.leaf(b"\x00", H)]
    assert two[0].hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle.root(two, H).hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"


def test_no_tree_without_leaves():
    with pytest.raises(ValueError, match="leaf"):
        merkle.root([], H)
    with pytest.raises(ValueError, match="md5"):
        merkle.hashing("md5")


@pytest.mark.parametrize(
    ("text", "digest"),
    [  # GB/T 32905-2016, annex A.1 and A.2
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_sm3_vectors(text, digest):
    assert sm3(text).hex() == digest
    assert merkle.hashing("sm3")(text).hex() == digest


@given(st.binary(max_size=300))
def test_our_sm3_is_openssls(data):
    try:
        theirs = hashlib.new("sm3", data).digest()
    except ValueError:
        pytest.skip("OpenSSL here has no SM3 to compare with")
    assert sm3(data) == theirs
