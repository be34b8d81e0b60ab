"""PLT-02, PLT-04: the city's own sign-in (OpenID Connect) opens the door for accounts there are, and for no other.

The provider is a stock one on loopback (oidc-provider-mock); the whole way goes over HTTP.
"""

import re
from urllib.parse import urlsplit

import httpx
import oidc_provider_mock
import pytest
from django.test import Client

from anlan.ledger.models import Entry
from anlan.people import queries as people

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings):
    with oidc_provider_mock.run_server_in_thread() as server:
        url = f"http://127.0.0.1:{server.server_port}"
        settings.OIDC_URL, settings.OIDC_NAME, settings.OIDC_MATCH = url, "统一身份认证", "preferred_username"
        app = {"provider_id": "city", "name": "统一身份认证", "client_id": "anlan", "secret": "s"}
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {
                "OAUTH_PKCE_ENABLED": True, "SCOPE": ["openid", "profile", "email", "phone"],
                "APPS": [app | {"settings": {"server_url": url}}],
            }
        }  # fmt: skip
        yield url


def walk(provider, sub, *, client=None, allow=True, **claims):
    """Go to the provider, agree there, and come back; returns the client and the last answer."""
    client = client or Client()
    httpx.put(f"{provider}/users/{sub}", json=claims).raise_for_status()
    away = client.post("/accounts/oidc/city/login/?next=/people/me")
    assert away.status_code == 302
    assert away["Location"].startswith(provider)
    form = {"sub": sub} if allow else {"action": "deny"}
    back = httpx.post(away["Location"], data=form)
    assert back.status_code == 302
    where = urlsplit(back.headers["Location"])
    return client, client.get(f"{where.path}?{where.query}")


def test_an_account_named_by_the_claim_signs_in_and_the_first_time_is_recorded(cast, provider):
    client, answer = walk(provider, "u-1", preferred_username="grid")
    assert answer.status_code == 302
    assert answer["Location"] == "/people/me"
    assert client.get("/people/me").status_code == 200
    walk(provider, "u-1", preferred_username="grid")
    assert Entry.objects.filter(did="people.account-linked").count() == 1


def test_once_tied_it_follows_the_subject_and_not_a_changed_name(cast, provider):
    walk(provider, "u-1", preferred_username="grid")
    client, _answer = walk(provider, "u-1", preferred_username="city")
    assert "李小满" in client.get("/people/me").content.decode()


def test_nobody_is_made_for_an_unknown_name(cast, provider):
    client, answer = walk(provider, "u-2", preferred_username="stranger")
    assert answer.status_code == 403
    assert "还没有你的账号" in answer.content.decode()
    assert client.get("/people/me").status_code == 302


def test_a_stopped_account_stays_out(cast, provider):
    cast.grid.account.is_active = False
    cast.grid.account.save()
    client, _answer = walk(provider, "u-1", preferred_username="grid")
    assert client.get("/people/me").status_code == 302


def test_a_refusal_at_the_provider_leads_back_with_words(cast, provider):
    _client, answer = walk(provider, "u-1", allow=False, preferred_username="grid")
    page = Client().get(answer["Location"]) if answer.has_header("Location") else answer
    assert re.search("点了取消|没有登录成", page.content.decode())


def test_the_second_factor_is_asked_all_the_same(cast, provider):
    client, answer = walk(provider, "u-9", preferred_username="approver")
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/people/me").status_code == 302


def test_the_sign_in_page_offers_it_only_where_it_is_set_up(cast, provider, settings):
    assert "用统一身份认证登录" in Client().get("/accounts/login/").content.decode()
    settings.OIDC_URL = ""
    assert "用统一身份认证登录" not in Client().get("/accounts/login/").content.decode()


def test_claims_that_prove_nothing_name_nobody(cast):
    cast.grid.account.email = "li@example.cn"
    cast.grid.account.save()
    named = people.account_claimed
    assert named("email", {"email": "li@example.cn"}) is None  # not verified
    assert named("email", {"email": "LI@example.cn", "email_verified": True}) == cast.grid.account
    assert named("phone_number", {"phone_number": "+86 137 1234 0418"}) == cast.grid.account
    assert named("phone_number", {"phone_number": "13712340418", "phone_number_verified": False}) is None
    assert named("preferred_username", {}) is None
    cast.city.account.email = "li@example.cn"
    cast.city.account.save()
    assert named("email", {"email": "li@example.cn", "email_verified": True}) is None  # two of them
