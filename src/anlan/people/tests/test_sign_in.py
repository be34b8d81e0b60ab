"""PLT-04: sign-in, lock-out, second factor, sessions, one-time links."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client, override_settings

from anlan.kernel.authority import Conflict, Hidden, Refused
from anlan.people import services
from anlan.people.models import Account

PASSWORD = "liuyin-2026-zhuyuan"


@pytest.fixture
def signed(cast):
    cast.grid.account.set_password(PASSWORD)
    cast.grid.account.save()
    return cast


def sign_in(password, username="grid", **extra):
    client = Client(**extra)
    return client, client.post("/accounts/login/", {"login": username, "password": password})


def test_a_right_password_signs_in_and_leaves_a_session(signed):
    client, answer = sign_in(PASSWORD)
    assert answer.status_code == 302
    assert client.get("/people/me").status_code == 200
    assert UserSession.objects.filter(user=signed.grid.account).count() == 1


def test_a_wrong_password_and_an_unknown_name_read_the_same(signed):
    wrong = sign_in("not-this-one")[1].content.decode()
    unknown = sign_in("not-this-one", username="grix")[1].content.decode()
    strip = re.compile(r'value="[^"]*"|[A-Za-z0-9]{32,}')
    assert strip.sub("", wrong) == strip.sub("", unknown)
    assert "用户名或密码不对" in wrong
    assert "系统管理员重设" in wrong


def test_too_many_failures_lock_the_account_from_that_address_even_for_the_right_password(signed):
    for _again in range(5):
        answer = sign_in("not-this-one")[1]
    assert answer.status_code == 429
    assert "先歇一会儿" in answer.content.decode()
    assert sign_in(PASSWORD)[1].status_code == 429
    assert sign_in(PASSWORD, REMOTE_ADDR="10.1.1.9")[1].status_code == 302


def test_nobody_signs_up(db):
    client = Client()
    assert "这里不能自己注册" in client.get("/accounts/signup/").content.decode()
    client.post("/accounts/signup/", {"username": "eve", "password1": PASSWORD, "password2": PASSWORD})
    assert not Account.objects.filter(username="eve").exists()
    assert "系统管理员重设" in client.get("/accounts/password/reset/").content.decode()


@override_settings(SECOND_FACTOR=True)
def test_a_strong_post_sets_up_its_second_factor_before_anything_else(cast):
    Authenticator.objects.all().delete()
    client = cast.client("approver")
    assert client.get("/people", headers={"Accept": "text/html"})["Location"] == "/accounts/2fa/totp/activate/"
    refused = client.get("/api/v1/people")
    assert refused.status_code == 403
    assert cast.client("grid").get("/people").status_code == 200
    with override_settings(SECOND_FACTOR=False):
        assert client.get("/people").status_code == 200


def code_for(secret):
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


@override_settings(SECOND_FACTOR=True)
def test_the_second_factor_is_asked_for_sealed_at_rest_and_cannot_be_dropped(cast):
    Authenticator.objects.all().delete()
    account = cast.approver.account
    account.set_password(PASSWORD)
    account.save()
    client, answer = sign_in(PASSWORD, username="approver")
    again = client.get("/accounts/2fa/totp/activate/")["Location"]
    assert "再输一次密码" in client.get(again).content.decode()
    client.post(again, {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    secret = re.search(r"<code>([A-Z2-7]{16,})</code>", page).group(1)
    assert client.post("/accounts/2fa/totp/activate/", {"code": code_for(secret)}).status_code == 302
    assert client.get("/people").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(data::text, '') FROM mfa_authenticator")
        assert secret not in cursor.fetchone()[0]
    client.post("/accounts/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(user=account, type="totp").exists()
    codes = Client()
    answer = codes.post("/accounts/login/", {"login": "approver", "password": PASSWORD})
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert codes.get("/people").status_code == 302
    wrong = codes.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "验证码不对" in wrong.content.decode()


def test_sessions_are_listed_and_ended(signed):
    first, _answer = sign_in(PASSWORD)
    second, _answer = sign_in(PASSWORD)
    other = UserSession.objects.filter(user=signed.grid.account).order_by("pk").first()
    assert "退掉这台" in second.get("/accounts/sessions/").content.decode()
    second.post(f"/people/sessions/{other.pk}/end")
    assert first.get("/people/me").status_code == 302
    assert second.get("/people/me").status_code == 200
    services.end_sessions(signed.grid.account.id, by=signed.admin.actor)
    assert second.get("/people/me").status_code == 302
    with pytest.raises(Hidden):
        services.end_sessions(signed.grid.account.id, by=signed.elsewhere.actor)


def test_an_account_is_opened_entered_once_by_its_link_and_closed(cast):
    admin = cast.client("admin")
    account = cast.nobody.account
    page = admin.post(f"/people/accounts/{account.id}/reset").content.decode()
    address = re.search(r"(/accounts/set-password/\S+?)</code>", page).group(1)
    visitor = Client()
    assert visitor.get(address).status_code == 200
    weak = visitor.post(address, {"password": "12345678", "again": "12345678"})
    assert weak.status_code == 422
    assert visitor.post(address, {"password": PASSWORD, "again": PASSWORD}).status_code == 302
    assert visitor.get(address).status_code == 404
    client, answer = sign_in(PASSWORD, username="nobody")
    assert answer.status_code == 302
    admin.post(f"/people/accounts/{account.id}/close")
    assert client.get("/people/me").status_code == 302
    assert sign_in(PASSWORD, username="nobody")[1]["Location"] == "/accounts/inactive/"
    assert "账号停用了" in Client().get("/accounts/inactive/").content.decode()
    admin.post(f"/people/accounts/{account.id}/reopen")
    assert sign_in(PASSWORD, username="nobody")[1].status_code == 302


def test_one_person_has_one_account_and_no_administrator_reaches_above(cast):
    with pytest.raises(Conflict):
        services.open_account(cast.grid.person.id, "second", by=cast.admin.actor)
    with pytest.raises(Conflict):
        services.close_account(cast.admin.account.id, by=cast.admin.actor)
    with pytest.raises(Refused):
        services.reset_account(cast.grid.account.id, by=cast.street.actor)
    local = services.create_post(services.PostDraft("system_admin", cast.places.street.path), by=cast.admin.actor)
    services.appoint(local.id, cast.nobody.person.id, by=cast.admin.actor)
    assert services.reset_account(cast.grid.account.id, by=cast.nobody.actor)
    with pytest.raises(Hidden):
        services.reset_account(cast.city.account.id, by=cast.nobody.actor)


def test_a_password_is_kept_as_argon2_at_its_full_cost(cast, settings):
    settings.PASSWORD_HASHERS = [h for h in settings.PASSWORD_HASHERS if ".tests." not in h]
    cast.grid.account.set_password(PASSWORD)
    assert cast.grid.account.password.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")


def test_a_changed_password_is_recorded(signed):
    client, _answer = sign_in(PASSWORD)
    new = {"oldpassword": PASSWORD, "password1": PASSWORD + "x", "password2": PASSWORD + "x"}
    assert client.post("/accounts/password/change/", new).status_code == 302
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_entry WHERE did = 'people.password-set'")
        assert cursor.fetchone() == (1,)
