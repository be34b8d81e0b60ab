"""Call-out for programs: /api/v1."""

from ninja import Router

router = Router()
