"""A small town: a city of two districts side by side, each with a street and a community; and who acts there."""

import pytest

from anlan.alerts.tests.town import Town, build


@pytest.fixture
def town(db) -> Town:
    """The town in the rolled-back database."""
    return build()


@pytest.fixture
def live_town(live_db) -> Town:
    """The town in a database of its own, where transactions commit."""
    return build()
