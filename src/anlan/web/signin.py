"""Sign-in rules that need the request: nobody signs up, and strong posts prove themselves twice."""

from collections.abc import Callable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from anlan.people import queries as people
from anlan.people import services
from anlan.web import problems

PROVED = "second_factor"
OPEN_PATHS = ("/accounts/", "/language", "/static/", "/healthz", "/readyz", "/settings/look")


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """An administrator opens accounts; nobody signs up. Wrong name and wrong password read the same."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": gettext_lazy(
            "用户名或密码不对。看看大小写锁定键，再输一次；忘了密码，请系统管理员重设。"
        ),
        "too_many_login_attempts": gettext_lazy("试得太多了，过几分钟再试；忘了密码，请系统管理员重设。"),
        "incorrect_code": gettext_lazy("验证码不对，或者已经过了 30 秒。看一眼手机上现在的六位数，再输一次。"),
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


class SecondFactorMiddleware:
    """Hold an account whose post needs a second factor at its set-up page until it has one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if self._lacks(request) and not request.path.startswith(OPEN_PATHS):
            if problems.wants_json(request):
                return problems.body(
                    problems.Problem(403, _("先设两步验证"), _("你的岗位要两步验证，登录网页设好再来。"))
                )
            messages.warning(request, _("你的岗位能批准、能管账号，要先设好两步验证才能往下用。"))
            return redirect("mfa_activate_totp")
        return self.get_response(request)

    @staticmethod
    def _lacks(request: HttpRequest) -> bool:
        user = request.user
        if not (settings.SECOND_FACTOR and user.is_authenticated and getattr(user, "second_factor_owed", False)):
            return False
        if request.session.get(PROVED) == str(user.pk):
            return False
        if not is_mfa_enabled(user):
            return True
        request.session[PROVED] = str(user.pk)
        return False
