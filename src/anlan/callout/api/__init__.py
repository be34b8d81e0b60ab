"""Call-out for programs: /api/v1."""

from anlan.callout.api.calls import router

__all__ = ["router"]
