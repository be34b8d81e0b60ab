"""What a line in the log belongs to: the affair being worked on, carried along without passing it by hand."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from uuid import UUID

chain: ContextVar[UUID | str | None] = ContextVar("chain", default=None)
request: ContextVar[str | None] = ContextVar("request", default=None)


@contextlib.contextmanager
def following(chain_id: UUID | str | None) -> Iterator[None]:
    """Let every log line inside carry the affair's chain id."""
    token = chain.set(chain_id)
    try:
        yield
    finally:
        chain.reset(token)
