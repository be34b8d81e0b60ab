"""PLT-01, PLT-05: what stands around every page: who gets in, the menu, the search, the look."""

import pytest
from django.test import override_settings

pytestmark = pytest.mark.django_db
HTML = {"accept": "text/html"}
BUDGET = 60 * 1024  # bytes of HTML, and that uncompressed: the budget allows as much compressed


def test_a_visitor_is_led_to_sign_in_and_back(client):
    answer = client.get("/settings?x=1", headers=HTML)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/accounts/login/?next=/settings%3Fx%3D1"


def test_a_fragment_is_led_to_sign_in_by_htmx(client):
    answer = client.get("/settings", headers=HTML | {"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/accounts/login/")


def test_the_api_says_401_without_a_session(client):
    assert client.get("/settings", headers={"accept": "application/json"}).status_code == 401


def test_the_menu_shows_what_one_may_open(cast):
    grid = cast.client("grid").get("/settings", headers=HTML).content.decode()
    nobody = cast.client(cast.nobody).get("/settings", headers=HTML).content.decode()
    assert 'href="/places"' in grid
    assert 'href="/places"' not in nobody
    assert 'href="/inbox"' in nobody


def test_the_page_says_who_and_where(cast):
    page = cast.client("street").get("/settings", headers=HTML).content.decode()
    assert "吴晓燕" in page
    assert "柳荫街道" in page


def test_home_is_what_i_owe(cast):
    assert cast.client("grid").get("/", headers=HTML).headers["Location"] == "/inbox"


def test_search_finds_within_ones_places_only(cast):
    def find(who, text):
        return cast.client(who).get("/search", {"q": text}, headers=HTML).content.decode()

    assert "李小满" in find("street", "李小满")
    assert f"/places/{cast.places.grid.path}" in find("street", "第三网格")
    outside = find("elsewhere", "李小满").split("<main")[1]
    assert "没有找到" in outside


def test_a_nul_is_told_apart_at_the_door(cast):
    client = cast.client("street")
    assert client.get("/search", {"q": "\x00"}, headers=HTML).status_code == 400
    assert client.post("/settings/look", {"theme": "\x00"}, headers=HTML).status_code == 400


@pytest.mark.parametrize("text", ["", "   ", "%", "'; DROP TABLE", "彭" * 500, "<b>"])
def test_search_takes_anything(cast, text):
    answer = cast.client("street").get("/search", {"q": text}, headers=HTML)
    assert answer.status_code == 200
    assert "<b>" not in answer.content.decode().split("<main")[1].replace("<b>怎么办", "")


def test_light_or_dark_is_kept(cast):
    client = cast.client("grid")
    answer = client.post("/settings/look", {"theme": "dark", "next": "/inbox"})
    assert answer.headers["Location"] == "/inbox"
    assert 'data-theme="dark"' in client.get("/settings", headers=HTML).content.decode()


def test_nobody_is_led_elsewhere_after_a_choice(cast):
    answer = cast.client("grid").post("/settings/look", {"theme": "light", "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/settings"


def test_a_made_up_theme_is_refused(cast):
    assert cast.client("grid").post("/settings/look", {"theme": "><script>"}, headers=HTML).status_code == 422


def test_english_is_one_press_away(cast):
    client = cast.client("grid")
    client.post("/language", {"language": "en", "next": "/settings"})
    page = client.get("/settings", headers=HTML).content.decode()
    assert 'lang="en"' in page
    assert ">中文</button>" in page


@override_settings(SECOND_FACTOR=True)
def test_a_post_that_needs_a_second_factor_sets_one_up_first(cast):
    client = cast.client("city")
    cast.city.account.authenticator_set.all().delete()
    assert client.get("/inbox", headers=HTML).headers["Location"] == "/accounts/2fa/totp/activate/"
    assert client.get("/accounts/2fa/totp/activate/", headers=HTML).status_code != 404
    assert cast.client("grid").get("/inbox", headers=HTML).status_code == 200


def test_a_page_of_the_shell_is_light(cast, django_assert_max_num_queries):
    client = cast.client("street")
    with django_assert_max_num_queries(12):
        answer = client.get("/settings", headers=HTML)
    assert len(answer.content) < BUDGET


def test_an_alarm_of_the_watchdog_stands_on_every_page(cast, monkeypatch):
    monkeypatch.setattr("anlan.web.watch.alarms", lambda: ["梯子停了 3 分钟"])
    assert "梯子停了 3 分钟" in cast.client("grid").get("/settings", headers=HTML).content.decode()
