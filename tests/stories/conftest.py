"""Stories run over the whole house: every effect follows from a committed entry, so each has a database of its own."""

import pytest

from anlan.web.tests import story


@pytest.fixture
def town(live_db, cast):
    """The cast, five more grid workers (key, reply, covered with a B岗, proxied, silent), real commits."""
    story.crew(cast)
    return cast
