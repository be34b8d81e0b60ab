"""Streams are cached for a second: a test must not see those of the test before, which were rolled back."""

import pytest

from anlan.sensing.queries import directory


@pytest.fixture(autouse=True)
def _fresh_directory():
    directory.forget()
