"""WRN-03: a carrier's settings are checked field by field, and its secrets are kept sealed."""

import pytest

from anlan.callout import sealing
from anlan.callout.carriers import tuning
from anlan.callout.carriers.tuning import Setting, admit, opened
from anlan.kernel.authority import Invalid

FIELDS = (
    Setting("url", "网关地址", kind="url", required=True),
    Setting("secret", "密钥", kind="secret", required=True),
    Setting("repeat", "念几遍", kind="number", default=2, least=1, most=5),
    Setting("mode", "方式", kind="choice", default="a", choices=(("a", "A"), ("b", "B"))),
    Setting("loud", "大声", kind="yes"),
    Setting("code", "编号", pattern=r"[a-z]+"),
)
GOOD = {"url": "https://sms.example.gov.cn/v1/", "secret": "a-long-secret-here"}


def test_what_is_kept_and_what_is_used():
    kept = admit(FIELDS, GOOD, {})
    assert kept["secret"].startswith(sealing.MARK)
    assert "a-long-secret-here" not in str(kept)
    used = opened(FIELDS, kept)
    assert used == {
        "url": "https://sms.example.gov.cn/v1", "secret": "a-long-secret-here", "repeat": 2, "mode": "a", "loud": False,
        "code": "",
    }  # fmt: skip


def test_an_empty_secret_keeps_the_old_one():
    kept = admit(FIELDS, GOOD, {})
    assert admit(FIELDS, {**GOOD, "secret": ""}, kept)["secret"] == kept["secret"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", ""), ("url", "ftp://x"), ("url", "sms.example.gov.cn"), ("url", "http://sms.example.gov.cn"),
        ("url", "https://a:b@sms.example"), ("url", "https://sms.example/?a=1"), ("url", "https://[::1"),
        ("url", "javascript:alert(1)"), ("secret", ""), ("repeat", "six"), ("repeat", "9"), ("repeat", "nan"),
        ("mode", "c"), ("code", "A1"),
    ],
)  # fmt: skip
def test_each_fault_is_told_at_its_field(field, value):
    with pytest.raises(Invalid) as told:
        admit(FIELDS, {**GOOD, field: value}, {})
    assert list(told.value.errors) == [field]


@pytest.mark.parametrize("host", ["http://127.0.0.1:9000", "http://10.1.2.3", "http://localhost:1", "http://[::1]:8"])
def test_plain_http_stays_inside(host):
    assert tuning.safe_url(host) == host


def test_another_installations_secret_stays_shut():
    with pytest.raises(sealing.Sealed):
        sealing.unseal(sealing.seal("x", "key one"), "key two")
    with pytest.raises(sealing.Sealed):
        sealing.unseal("sealed:v1:!!!", "key one")
