"""WRN-03: 1, 收到 … answers; 2, 去不了 … answers and asks for the deputy; anything else a person reads."""

import pytest

from anlan.callout.replies import Meaning, key, meaning


@pytest.mark.parametrize(
    "text", ["1", "1 ", "１", "收到", "收到！", "收到，马上去", "【收到】", "OK", "ok.", "知道了", "1收到"]
)
def test_received(text):
    assert meaning(text) is Meaning.YES


@pytest.mark.parametrize("text", ["2", "２。", "去不了", "收到，去不了", "我收到了 但去不了", "来不了"])
def test_cannot_go(text):
    assert meaning(text) is Meaning.NO


@pytest.mark.parametrize("text", ["", "1楼进水了", "11", "12", "退订", "T", "什么意思", "收到什么", "不收到"])
def test_unclear(text):
    assert meaning(text) is Meaning.UNCLEAR


@pytest.mark.parametrize(
    ("pressed", "means"), [("1", "yes"), ("2", "no"), ("", "unclear"), ("7", "unclear"), ("*", "unclear")]
)
def test_keys(pressed, means):
    assert key(pressed) == means
