"""Jobs of places by name."""

from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from anlan.places import services

PATIENT = RetryStrategy(max_attempts=20, wait=30)  # a call that is being spread is waited for


@app.task(name="places.follow", queue="places", retry=PATIENT)
def follow(plan: str) -> int:
    """Carry what was written at an old path while an adjustment took effect."""
    return services.follow(UUID(plan))
