"""PLT-04: an error says what happened, what was kept and what to do; programs get problem+json; nothing leaks."""

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import path

from anlan.kernel.authority import Conflict, Hidden, Invalid, Refused
from anlan.web import pages, urls

RAISED = {
    "refused": Refused("places.manage", "0001"),
    "hidden": Hidden("secret words that must not be shown"),
    "conflict": Conflict("方建国 02:08 已经发了"),
    "invalid": Invalid({"title": "标题要写", "": "表里有错"}),
}


@login_not_required
def raiser(_request: HttpRequest, kind: str) -> HttpResponse:
    raise RAISED[kind]


@login_not_required
def crasher(_request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret of the inside")


urlpatterns = [
    path("raise/<str:kind>", raiser),
    path("api/v1/raise/<str:kind>", raiser),
    path("crash", crasher),
    *urls.urlpatterns,
]
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
STATUS = {"refused": 403, "hidden": 404, "conflict": 409, "invalid": 422}


@pytest.fixture
def visitor(client):
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize(("kind", "status"), STATUS.items())
def test_a_person_gets_a_page_that_says_what_to_do(visitor, kind, status):
    answer = visitor.get(f"/raise/{kind}", headers={"accept": "text/html"})
    assert answer.status_code == status
    assert "怎么办" in answer.content.decode()


@pytest.mark.parametrize(("kind", "status"), STATUS.items())
def test_a_program_gets_a_problem(visitor, kind, status):
    answer = visitor.get(f"/api/v1/raise/{kind}")
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_invalid_names_every_field(visitor):
    assert visitor.get("/api/v1/raise/invalid").json()["errors"] == {"title": "标题要写"}
    page = visitor.get("/raise/invalid", headers={"accept": "text/html"}).content.decode()
    assert "标题要写" in page
    assert "表里有错" in page


def test_refused_names_the_permission(visitor):
    assert visitor.get("/api/v1/raise/refused").json()["can"] == "places.manage"


def test_conflict_says_what_it_is_now(visitor):
    assert "方建国 02:08 已经发了" in visitor.get("/raise/conflict", headers={"accept": "text/html"}).content.decode()


def test_hidden_is_told_like_absent(visitor):
    hidden = visitor.get("/raise/hidden", headers={"accept": "text/html"}).content.decode()
    absent = visitor.get("/no/such/page", headers={"accept": "text/html"}).content.decode()
    strip = lambda text: text.replace("/raise/hidden", "").replace("/no/such/page", "").split("<main")[1]  # noqa: E731
    assert strip(hidden) == strip(absent)
    assert "secret" not in hidden


def test_our_own_fault_is_said_and_not_explained(visitor):
    answer = visitor.get("/crash", headers={"accept": "text/html"})
    assert answer.status_code == 500
    assert "系统出错了" in answer.content.decode()
    assert "secret" not in answer.content.decode()


def test_a_page_left_open_too_long(visitor):
    visitor.handler.enforce_csrf_checks = True
    answer = visitor.post("/settings/look", {"theme": "dark"}, headers={"accept": "text/html"})
    assert answer.status_code == 403
    assert "这一页放得太久了" in answer.content.decode()


def test_too_many_wrong_passwords():
    answer = pages.locked_out(RequestFactory().post("/accounts/login/", headers={"accept": "text/html"}))
    assert answer.status_code == 429
    assert "15" in answer.content.decode()


def test_bad_address():
    answer = pages.bad_request(RequestFactory().get("/", headers={"accept": "text/html"}))
    assert answer.status_code == 400


@override_settings(SECURE_SSL_REDIRECT=False)
def test_every_answer_carries_the_policy_without_inline(visitor):
    policy = visitor.get("/accounts/login/").headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
