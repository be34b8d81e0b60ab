"""Sign-in rules that need the request: nobody signs up, and no strong post drops its second factor."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils.translation import gettext_lazy

from anlan.people import queries as people
from anlan.people import services


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
        """Refuse to remove the app of an account whose post must have one; an administrator can reset it."""
        if authenticator.type != Authenticator.Type.TOTP or not settings.SECOND_FACTOR:
            return True
        people.actor_for(authenticator.user)
        return not authenticator.user.second_factor_owed
