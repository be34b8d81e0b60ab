"""WRN-05, EXE-07: a resident finds the place by a form, makes the type large by a link, without script or sign-in."""

import re

import pytest
from django.test import Client

from anlan.alerts.services import take
from anlan.alerts.tests.samples import cap, info
from anlan.kernel.authority import machine

RED = cap(info(codes=("519901",), expires="2099-01-01T00:00:00+08:00"))


@pytest.fixture
def told(cast):
    take(RED, by=machine("test"))
    return cast.places


def page(address, **asked):
    return Client().get(address, asked).content.decode()


def test_the_place_is_looked_for_from_the_page_of_another(told):
    shown = page(f"/r/{told.street.path}")
    assert re.search(r'<form action="/r/" method="get">.*name="q"', shown, re.DOTALL)
    answer = Client().get("/r/", {"q": "竹苑社区"})
    assert answer["Location"] == f"/r/{told.community.path}"


def test_large_type_is_an_address_and_stays_on_the_way(told):
    shown = page(f"/r/{told.street.path}")
    assert 'data-type="large"' not in shown
    assert f'href="/r/{told.street.path}?type=large"' in shown
    large = page(f"/r/{told.street.path}", type="large")
    assert 'data-type="large"' in large
    assert f'<a href="/r/{told.street.path}">平常的字' in large
    assert '<input type="hidden" name="type" value="large">' in large
    answer = Client().get("/r/", {"q": "竹苑社区", "type": "large"})
    assert answer["Location"] == f"/r/{told.community.path}?type=large"
    assert "q=nowhere&amp;type=large" in page("/r/", q="nowhere")


def test_what_is_asked_comes_back_escaped(told):
    shown = page("/r/", q='"><script>alert(1)</script>', type="large")
    assert "<script>alert" not in shown
    assert 'data-type="large"' in shown
