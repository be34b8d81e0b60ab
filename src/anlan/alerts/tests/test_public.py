"""PLT-05: what residents see: their place, what to do in plain words; no sign-in, no script, no drill."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from lxml import etree

from anlan.alerts import feeds, guides
from anlan.alerts.models import Alert, Notice
from anlan.alerts.services import take
from anlan.alerts.tests.samples import cap, info
from anlan.kernel.authority import machine

BY = machine("test")
LATER = "2099-01-01T00:00:00+08:00"
RED = cap(info(codes=("519901",), expires=LATER))
MUST = [
    "暴雨",
    "台风",
    "大风",
    "高温",
    "寒潮",
    "雷电",
    "暴雪",
    "道路结冰",
    "大雾",
    "内涝",
    "山洪",
    "地质灾害",
    "森林火险",
]


def page(client, path):
    answer = client.get(f"/r/{path}")
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize("hazard", MUST)
@pytest.mark.parametrize("level", ["red", "orange", "yellow", "blue", ""])
def test_every_hazard_says_what_to_do_at_every_level(hazard, level):
    found = guides.guide(hazard, level)
    assert found.hazard == hazard
    assert 3 <= len(found.steps) <= guides.MOST
    assert all(len(s.do) <= 30 and len(s.why) <= 30 for s in found.steps)


def test_red_and_blue_do_not_say_the_same():
    assert guides.guide("暴雨", "red").steps != guides.guide("暴雨", "blue").steps
    assert guides.guide("山洪灾害", "red").hazard == "山洪"  # by kinship
    assert guides.guide("蝗灾", "red").steps  # an unknown one gets the general guide


def test_a_resident_sees_the_warning_of_the_district_and_what_to_do(cast):
    take(RED, by=BY)
    status, html = page(cast.client(), cast.places.community.path)
    assert status == 200
    for words in ("竹苑社区", "暴雨红色预警", "最高一级，共四级", "待在家里，别出门", "打 119"):
        assert words in html
    assert "<script" not in html
    assert " style=" not in html


def test_by_code_and_by_search_without_script(cast):
    take(RED, by=BY)
    visitor = cast.client()
    assert "暴雨红色预警" in page(visitor, "519901001001")[1]
    assert visitor.get("/r/", {"q": "竹苑社区"})["Location"] == f"/r/{cast.places.community.path}"
    assert "没有找到" in visitor.get("/r/", {"q": "没有这个地方"}).content.decode()
    assert page(visitor, "ZZZZ")[0] == 404


def test_elsewhere_and_afterwards_there_is_none(cast):
    intake = take(RED, by=BY)
    assert "现在没有预警" in page(cast.client(), cast.places.other_street.path)[1]
    Alert.objects.filter(intake=intake).update(expires_at=timezone.now())
    assert "现在没有预警" in page(cast.client(), cast.places.community.path)[1]


@pytest.mark.parametrize("status", ["Exercise", "Test", "Draft", "System"])
def test_a_drill_is_never_shown(cast, status):
    take(RED.replace(b"Actual", status.encode()), by=BY)
    assert "现在没有预警" in page(cast.client(), cast.places.community.path)[1]


def test_a_restricted_warning_is_not_shown(cast):
    take(cap(info(codes=("519901",), expires=LATER), scope="Restricted"), by=BY)
    assert "现在没有预警" in page(cast.client(), cast.places.community.path)[1]


def notice(cast, **more):
    values = {
        "chain_id": cast.places.city.id, "place_path": cast.places.district.path, "state": "sent", "identifier": "n-1",
        "hazard": "内涝", "level": "yellow", "title": "内部风险提示：内涝（黄色）", "starts_at": timezone.now(),
        "expires_at": timezone.now() + dt.timedelta(hours=2), "covers": {cast.places.district.path: 1.0},
        "matters": "低处会积水", "measures": "搬上楼", "issuer": "江岸区应急局",
        "sent_at": timezone.now(), "document": b"<x/>",
    }  # fmt: skip
    return Notice.objects.create(**values | more)


def test_an_own_notice_is_shown_only_where_marked_public(cast):
    made = notice(cast)
    assert "现在没有预警" in page(cast.client(), cast.places.community.path)[1]
    Notice.objects.filter(id=made.id).update(public=True)
    html = page(cast.client(), cast.places.community.path)[1]
    assert "内部风险提示：内涝（黄色）" in html


def test_the_feed_lists_what_was_published_and_nothing_of_a_drill(cast):
    made = notice(cast, public=True)
    notice(cast, identifier="n-2", public=True, exercise_id=made.id)
    inside = notice(cast, identifier="n-3")
    answer = cast.client().get("/feed/alerts.atom")
    found = feeds.read_feed(answer.content, "http://here/")
    assert [re.sub(r".*/", "", e.link) for e in found.entries] == [f"{made.id}.cap.xml"]
    assert not found.findings
    etree.fromstring(answer.content)
    assert cast.client().get(f"/alerts/{made.id}.cap.xml").content == b"<x/>"
    assert cast.client().get(f"/alerts/{inside.id}.cap.xml").status_code == 404  # only for those who answer for it
    assert cast.client().get(f"/alerts/{cast.places.city.id}.cap.xml").status_code == 404
