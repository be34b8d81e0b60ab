"""Sign-in rules that need the request: accounts are never opened from outside, and strong posts prove themselves twice."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """An administrator opens accounts; nobody signs up."""

    def is_open_for_signup(self, request: Any) -> bool:  # noqa: ARG002 - allauth's signature
        """Sign-up is closed."""
        return False
