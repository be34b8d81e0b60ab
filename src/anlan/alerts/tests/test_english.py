"""WRN-02: the resident's page in English: linked by address; the issuer's own words stay Chinese."""

import re

import pytest

from anlan.alerts import english, guides, hazards, queries, spelling
from anlan.alerts.services import take
from anlan.alerts.tests.samples import cap, info
from anlan.kernel.authority import machine

RED = cap(info(codes=("519901",), expires="2099-01-01T00:00:00+08:00"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def told(cast):
    take(RED, by=machine("test"))
    return cast.places


def page(client, address, **asked):
    answer = client.get(address, asked)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("hazard", guides.hazards())
@pytest.mark.parametrize("level", ["red", "orange", "yellow", "blue", ""])
def test_every_guide_is_whole_in_english(hazard, level):
    there, here = guides.guide(hazard, level), guides.guide(hazard, level, "en")
    assert len(there.steps) == len(here.steps)
    for step in here.steps:
        assert not CHINESE.search(step.do + step.why)
        assert len(step.do) <= 80
    assert here.also
    assert not CHINESE.search(here.also)


def test_every_hazard_that_warnings_name_has_an_english_name():
    assert not [name for name in hazards.NAMES if name not in english.HAZARDS]
    assert english.title("暴雨", "red") == "Rainstorm: red warning"
    assert english.title("没有见过的", "blue") == "Blue warning"
    assert english.place("竹苑社区") == "Zhuyuan Community"


def test_the_address_decides_the_language(told, client):
    shown = page(client, f"/r/{told.community.path}", lang="en")
    for words in ("Rainstorm: red warning", "Stay at home. Do not go out.", "Zhuyuan Community", "Do this now"):
        assert words in shown
    assert '<html lang="en"' in shown
    answer = client.get(f"/r/{told.community.path}", {"lang": "en"})
    assert answer["Content-Language"] == "en"
    assert "暴雨红色预警" in page(client, f"/r/{told.community.path}", lang="zh")
    german = client.get(f"/r/{told.community.path}", headers={"Accept-Language": "en-GB"})
    assert "Rainstorm: red warning" in german.content.decode()


def test_nothing_but_the_issuers_words_and_names_is_chinese(told, client):
    here = f"/r/{told.community.path}"
    for address in (here, f"{here}/notice", "/r/", f"/r/{told.other_street.path}"):
        shown = page(client, address, lang="en")
        body = re.sub(r'<(\w+)[^>]* lang="zh(-CN)?"[^>]*>.*?</\1>', "", shown, flags=re.DOTALL)
        body = re.sub(r"\((竹苑社区|码头街道)\)|安澜|>中文<|<!--.*?-->", "", body)
        assert not CHINESE.findall(body), (address, CHINESE.findall(body)[:20])


def test_language_and_large_type_stay_on_the_way(told, client):
    shown = page(client, f"/r/{told.community.path}", lang="en", type="large")
    assert 'data-type="large"' in shown
    assert f'href="/r/{told.community.path}?lang=zh&amp;type=large"' in shown or (
        f'href="/r/{told.community.path}?type=large&amp;lang=zh"' in shown
    )
    answer = client.get("/r/", {"q": "竹苑社区", "lang": "en", "type": "large"})
    assert answer["Location"] == f"/r/{told.community.path}?type=large&lang=en"


def test_no_cookie_is_set_and_a_page_that_did_not_change_is_not_sent_again(told, client):
    answer = client.get(f"/r/{told.community.path}", {"lang": "en"})
    assert not answer.cookies
    assert "max-age=30" in answer["Cache-Control"]
    again = client.get(f"/r/{told.community.path}", {"lang": "en"}, headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    assert not again.content
    assert len(answer.content) < 16_000
    packed = client.get(f"/r/{told.community.path}", {"lang": "en"}, headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < 5_000
    tag = {"If-None-Match": packed["ETag"], "Accept-Encoding": "gzip"}
    assert client.get(f"/r/{told.community.path}", {"lang": "en"}, headers=tag).status_code == 304


def test_a_page_asks_the_database_little_however_much_is_in_force(told, client, django_assert_max_num_queries):
    for number in range(8):
        take(RED.replace(b"51010041600000", f"5101004160{number:04}".encode()), by=machine("test"))
    with django_assert_max_num_queries(12):
        page(client, f"/r/{told.community.path}")


@pytest.mark.parametrize("typed", ["zhuyuan", "zhuyuanshequ", "Zhu Yuan", "zysq", "zhuy"])
def test_a_place_is_found_as_it_sounds(told, typed):
    assert [found[1] for found in queries.find_places(typed)] == ["竹苑社区"]


def test_what_is_no_pinyin_finds_nothing():
    assert spelling.initials("qqqq") == []
    assert spelling.initials("竹苑") == []
    assert spelling.initials("a" * 200) == []
    assert "xa" in spelling.initials("xian")
    assert spelling.sounds("竹苑社区") == "zhuyuanshequ"
