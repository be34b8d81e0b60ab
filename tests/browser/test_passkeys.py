"""PLT-04 in a real browser: a passkey is added, signs in without a password, and counts as the second factor."""

import pytest

from anlan.people.models import Account

pytestmark = pytest.mark.browser

PASSWORD = "a-long-enough-passphrase"


@pytest.fixture
def laid(live_db, cast):
    account = Account.objects.get(pk=cast.grid.account.pk)
    account.set_password(PASSWORD)
    account.save()
    return account.username


def test_a_passkey_signs_in_and_stands_for_the_second_factor(laid, make_page, served, look):
    page = make_page(width=390)
    here = served.replace("127.0.0.1", "localhost")  # a passkey belongs to a name, never to a bare address
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }})  # fmt: skip
    page.goto(f"{here}/accounts/login/")
    look.accessible(page)
    look.fits(page)
    look.shoot(page, "login-390")
    page.fill("#id_login", laid)
    page.fill("#id_password", PASSWORD)
    page.click("form.account button[type=submit]")
    page.wait_for_url("**/inbox")
    page.goto(f"{here}/accounts/2fa/")
    look.accessible(page)
    look.shoot(page, "two-factor-390")
    page.get_by_role("link", name="加一把通行密钥").click()
    page.wait_for_selector("#id_name, #id_password")
    if page.locator("#id_password").count():
        page.fill("#id_password", PASSWORD)
        page.click("main button[type=submit]")
    page.fill("#id_name", "办公室的电脑")
    page.check("#id_passwordless")
    look.accessible(page)
    look.fits(page)
    look.shoot(page, "passkey-add-390")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/2fa/recovery-codes/**")
    page.goto(f"{here}/accounts/2fa/webauthn/")
    assert "办公室的电脑" in page.inner_text("main")
    look.accessible(page)
    look.shoot(page, "passkeys-390")
    page.context.clear_cookies()
    page.goto(f"{here}/accounts/login/")
    page.click("#passkey_login")
    page.wait_for_url("**/inbox")
    page.goto(f"{here}/accounts/2fa/webauthn/")
    page.get_by_role("link", name="去掉这把").click()
    page.fill("#id_password", PASSWORD)  # whoever takes a key away says again who they are
    page.click("main button[type=submit]")
    page.wait_for_url("**/remove/")
    look.accessible(page)
    assert "以后，这台设备不能再用它登录" in page.inner_text("main")
