"""The whole application on loopback, in a thread of the test: for clients of others that speak HTTP themselves."""

import contextlib
import socket
import threading
import time

import uvicorn

from anlan.web.asgi import app


@contextlib.contextmanager
def served():
    """Serve `live_db`; yields the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
