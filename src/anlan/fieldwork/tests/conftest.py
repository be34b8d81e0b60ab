"""The bare doors, asked inside a test's own transaction."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from anlan.fieldwork.api import sync_door


@pytest.fixture
def inline(db, monkeypatch):
    """Let the doors' threads be one, which speaks through the test's connection: what they write is rolled back."""
    ours = connections["default"]
    ours.inc_thread_sharing()

    def share():
        connections["default"] = ours

    pool = ThreadPoolExecutor(1, initializer=share)
    monkeypatch.setattr(sync_door, "_threads", lambda: pool)
    monkeypatch.setattr(sync_door, "close_old_connections", lambda: None)  # it would end the transaction
    monkeypatch.setattr(sync_door, "ThreadPoolExecutor", lambda *_a, **_k: pool)
    yield
    pool.shutdown()
    ours.dec_thread_sharing()
