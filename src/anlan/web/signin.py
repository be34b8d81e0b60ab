"""Sign-in rules that need the request: nobody signs up, and no strong post drops its second factor."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from anlan.people import queries as people
from anlan.people import services

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """An administrator opens accounts; nobody signs up. Wrong name and wrong password read the same."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": gettext_lazy(
            "用户名或密码不对。看看大小写锁定键，再输一次；忘了密码，请系统管理员重设。"
        ),
        "too_many_login_attempts": gettext_lazy("试得太多了，过几分钟再试；忘了密码，请系统管理员重设。"),
        "incorrect_password": gettext_lazy("密码不对，再输一次。"),
        "enter_current_password": gettext_lazy("先输现在的密码。"),
    }

    def is_open_for_signup(self, request: Any) -> bool:  # noqa: ARG002 - allauth's signature
        """Sign-up is closed."""
        return False

    def set_password(self, user: Any, password: str) -> None:
        """Record that somebody changed their own password."""
        super().set_password(user, password)
        services.note_password(user)


class SealedAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Keeps the secrets of second factors encrypted, and does not let a strong post drop its last one."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("验证码不对，或者已经过了 30 秒。看一眼手机上现在的六位数，再输一次。"),
        "cannot_delete_authenticator": gettext_lazy(
            "你的岗位必须有两步验证，不能停。手机要换，请系统管理员清掉再重设。"
        ),
    }

    def encrypt(self, text: str) -> str:
        """Return the secret as it is stored."""
        return services.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret as it was."""
        return services.unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Refuse to remove the last app or key of an account whose post must have one: an administrator resets it."""
        if authenticator.type not in FACTORS or not settings.SECOND_FACTOR:
            return True
        if (
            Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS)
            .exclude(pk=authenticator.pk)
            .exists()
        ):
            return True
        people.actor_for(authenticator.user)
        return not authenticator.user.second_factor_owed


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """The form that adds a passkey, in the words of the house."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = gettext_lazy("给它起个名字")
        self.fields["passwordless"].label = gettext_lazy("以后不用密码，只用它登录")


class CityAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Lets the city's own sign-in vouch for accounts that an administrator has opened; it opens none itself."""

    def is_open_for_signup(self, request: Any, sociallogin: Any) -> bool:  # noqa: ARG002 - allauth's signature
        """Sign-up is closed here too."""
        return False

    def pre_social_login(self, request: Any, sociallogin: Any) -> None:
        """Tie a login to the account that its claim names, the first time; show why not where there is none."""
        if sociallogin.is_existing:
            return
        said = sociallogin.account.extra_data
        claims = {**said.get("id_token", {}), **said.get("userinfo", {})}
        account = people.account_claimed(settings.OIDC_MATCH, claims)
        if account is None:
            claimed = claims.get(settings.OIDC_MATCH) or claims.get("name") or ""
            page = render(request, "socialaccount/no_account.html", {"claimed": str(claimed)[:60]}, status=403)
            raise ImmediateHttpResponse(page)
        sociallogin.connect(request, account)
        services.note_linked(account, settings.OIDC_NAME)
