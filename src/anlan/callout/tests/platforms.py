"""A messenger's open platform on loopback: tokens that expire, codes in the body, and the moods that real ones have."""

import contextlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Platform:
    """`said` keeps (method, path, query, body) of all that was asked; subclasses answer it in their own protocol."""

    url: str = ""
    mood: str = "well"  # well | error | throttle | garbage | hang_up | list
    said: list = field(default_factory=list)
    minted: int = 0
    good: str = ""
    throttled: int = 0  # so many requests more are refused for their number
    lock: threading.Lock = field(default_factory=threading.Lock)

    def mint(self):
        self.minted += 1
        self.good = f"token-{self.minted}"
        return self.good

    def expire(self):
        """Make the token that everybody holds worthless."""
        self.good = "nobody-has-this"

    def asked(self, path):
        """Return the bodies of what was asked at an address."""
        return [body for _method, where, _query, body in self.said if where == path]

    def answer(self, method, path, query, headers, body):
        raise NotImplementedError

    def serve(self, method, target, headers, raw):
        """Return (status, payload), or None to drop the line."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        body = json.loads(raw) if raw else None
        with self.lock:
            self.said.append((method, parts.path, query, body))
            if self.mood == "error":
                return 503, {"errcode": -1}
            if self.mood == "garbage":
                return 200, "<html>welcome to the hotel network</html>"
            if self.mood == "list":
                return 200, [1, 2]
            if self.mood == "hang_up":
                return None
            if self.mood == "throttle":
                return 429, {}
            return self.answer(method, parts.path, query, headers, body)


@contextlib.contextmanager
def running(platform):
    """Serve a platform on loopback for the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self):
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            said = platform.serve(self.command, self.path, self.headers, raw)
            if said is None:
                self.close_connection = True
                return
            status, payload = said
            text = payload if isinstance(payload, str) else json.dumps(payload)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

        do_GET = do_POST = serve  # noqa: N815 - the names that http.server asks for

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    platform.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
