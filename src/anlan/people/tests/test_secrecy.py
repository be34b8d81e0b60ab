"""PLT-04: numbers are sealed at rest, found by keyed hashes, masked on screen."""

import time

import pytest

from anlan.people import secrecy


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("13712340418", "13712340418"), ("137 1234 0418", "13712340418"), ("137-1234-0418", "13712340418"),
        ("+86 137 1234 0418", "13712340418"), ("008613712340418", "13712340418"), ("86-13712340418", "13712340418"),
        ("１３７１２３４０４１８", "13712340418"), ("13712340418.0", "13712340418"), ("'13712340418", "13712340418"),
        ("028-8512 3456", "02885123456"), ("(028)85123456", "02885123456"), ("85123456", "85123456"),
        ("12345678901", None), ("1371234041", None), ("没有", None), ("", None), ("1.37E+10", None), ("110", None),
    ],
)  # fmt: skip
def test_a_phone_is_read_as_offices_write_it(written, read):
    assert secrecy.phone_of(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [("110101199003074477", "110101199003074477"), ("11010119900307 4477", "110101199003074477"),
     ("11010519491231002x", "11010519491231002X"), ("110101199003074478", None), ("1101011990", None)],
)  # fmt: skip
def test_an_identity_number_must_have_its_check_digit(written, read):
    assert secrecy.identity_of(written) == read


def test_masks_hide_the_middle():
    assert secrecy.mask_phone("13712340418") == "137****0418"
    assert secrecy.mask_phone("85123456") == "******56"
    assert secrecy.mask_identity("110101199003074477") == "110*************77"


def test_ciphertexts_differ_open_again_and_refuse_another_key_or_a_changed_byte():
    vault, other = secrecy.Vault("a" * 64, "b" * 64), secrecy.Vault("c" * 64, "d" * 64)
    one, two, none = vault.encrypt_many(["13712340418", "13712340418", None])
    assert one != two
    assert none is None
    assert vault.decrypt(one) == vault.decrypt(two) == "13712340418"
    assert vault.digest("13712340418") == vault.digest("13712340418") != other.digest("13712340418")
    for spoiled in (one[:-1] + bytes([one[-1] ^ 1]), b"\x02" + one[1:], one[:5]):
        with pytest.raises(secrecy.Sealed):
            vault.decrypt(spoiled)
    with pytest.raises(secrecy.Sealed):
        other.decrypt(one)


def test_a_whole_city_is_sealed_in_seconds():
    phones = [f"1{i:010d}" for i in range(3_000_000_000, 3_000_000_000 + 20_000)]
    began = time.process_time()
    sealed = secrecy.encrypt_many(phones)
    assert len(set(sealed)) == len(phones)
    assert time.process_time() - began < 4  # the city has nine times as many; seconds, not minutes
