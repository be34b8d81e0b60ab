"""The bare doors, asked inside a test's own transaction."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from anlan.fieldwork.api import gathering


@pytest.fixture
def inline(db, monkeypatch):
    """Let the doors' threads be one, which speaks through the test's connection: what they write is rolled back."""
    ours = connections["default"]
    ours.inc_thread_sharing()

    def share():
        connections["default"] = ours

    pool = ThreadPoolExecutor(1, initializer=share)
    monkeypatch.setattr(gathering, "threads", lambda: pool)
    monkeypatch.setattr(gathering, "lanes", lambda: pool)
    monkeypatch.setattr(gathering, "close_old_connections", lambda: None)  # it would end the transaction
    yield
    pool.shutdown()
    ours.dec_thread_sharing()
